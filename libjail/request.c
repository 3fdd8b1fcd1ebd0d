/*
 * What jail(8) and jexec(8) ask beyond FreeBSD's calls (<jail_linux.h>): a
 * loaded configuration, a request over it, a command inside.  Thin: conf/ and
 * life/ do the work, here only messages change their form.
 */
#include "jail_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "conf/conf_file.h"
#include "jail.h"
#include "libjail/lib_int.h"
#include "life/life.h"

struct jail_source {
	struct conf_file *conf;
	jail_event_fn *fn;
	void *arg;
};

static void
tell(const struct jail_source *src, enum jail_event_kind kind,
    const char *text)
{
	struct jail_event ev = { .kind = kind, .text = text };

	if (src->fn != NULL)
		src->fn(src->arg, &ev);
}

static void
on_message(void *arg, bool is_note, const char *line)
{
	tell(arg, is_note ? JAIL_EVENT_NOTE : JAIL_EVENT_ERROR, line);
}

static struct jail_source *
source_new(jail_event_fn *fn, void *arg)
{
	struct jail_source *src = calloc(1, sizeof(*src));

	lib_clear();
	if (src == NULL) {
		(void)lib_fail(errno, "malloc: %s", strerror(errno));
		return NULL;
	}
	src->fn = fn;
	src->arg = arg;
	return src;
}

/* The configuration did not come to be: told is what went through fn. */
static struct jail_source *
source_fail(struct jail_source *src, const struct jerr *e, bool told)
{
	if (!told)
		tell(src, JAIL_EVENT_ERROR, e->msg);
	free(src);
	(void)lib_fail_err(e);
	return NULL;
}

struct jail_source *
jail_source_file(const char *file, jail_event_fn *fn, void *arg)
{
	struct jail_source *src = source_new(fn, arg);
	struct jerr e = JERR_INIT;

	if (src == NULL)
		return NULL;
	src->conf = conf_file_load(file, false, on_message, src, &e);
	return src->conf != NULL ? src : source_fail(src, &e, true);
}

struct jail_source *
jail_source_args(int argc, char *const *argv, jail_event_fn *fn, void *arg)
{
	struct jail_source *src = source_new(fn, arg);
	struct jerr e = JERR_INIT;

	if (src == NULL)
		return NULL;
	src->conf = conf_file_from_args(argc, argv, &e);
	return src->conf != NULL ? src : source_fail(src, &e, false);
}

void
jail_source_free(struct jail_source *src)
{
	if (src == NULL)
		return;
	conf_file_free(src->conf);
	free(src);
}

size_t
jail_source_count(const struct jail_source *src)
{
	return conf_file_count(src->conf);
}

const char *
jail_source_name(const struct jail_source *src, size_t i)
{
	return conf_file_name(src->conf, i);
}

/* ---- a jail's parameters as words ---- */

static int
add_param(const struct jail_conf *c, enum param_id id, struct strv *out)
{
	const struct param_desc *d = &param_table[id];
	auto_strbuf struct strbuf text = STRBUF_INIT;
	const char *dot;

	if (d->type == PT_BOOL) {
		if (conf_bool(c, id))
			return strv_add(out, d->name);
		dot = strrchr(d->name, '.');
		dot = dot != NULL ? dot + 1 : d->name;
		return strv_addf(out, "%.*sno%s", (int)(dot - d->name),
		    d->name, dot);
	}
	if (conf_export(c, id, &text) == -1)
		return -1;
	return strv_addf(out, "%s=%s", d->name, strbuf_str(&text));
}

static int
add_all(const struct jail_conf *c, struct strv *out)
{
	for (unsigned i = 0; i < P_COUNT; i++)
		if (conf_isset(c, (enum param_id)i) &&
		    add_param(c, (enum param_id)i, out) == -1)
			return -1;
	for (size_t i = 0; i < c->nkeyed; i++) {
		const struct conf_keyed *k = &c->keyed[i];

		if (strv_addf(out, "%s.%s%s%s", param_table[k->id].name,
			k->key, k->value != NULL ? "=" : "",
			k->value != NULL ? k->value : "") == -1)
			return -1;
	}
	return 0;
}

char **
jail_source_params(const struct jail_source *src, size_t i)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct strv out = STRV_INIT;
	struct jerr e = JERR_INIT;
	bool needs_jid = false;
	/* The callback's argument is not const; nothing is changed by it. */
	struct jail_source copy = *src;

	lib_clear();
	if (conf_file_jail(src->conf, i, 0, &needs_jid, &c, on_message, &copy,
		&e) == -1) {
		(void)lib_fail_err(&e);
		conf_free(&c);
		return NULL;
	}
	if (add_all(&c, &out) == -1 || (out.v == NULL &&
		(out.v = calloc(1, sizeof(*out.v))) == NULL)) {
		(void)lib_fail(errno, "malloc: %s", strerror(errno));
		strv_free(&out);
	}
	conf_free(&c);
	return out.v;
}

void
jail_source_params_free(char **params)
{
	if (params == NULL)
		return;
	for (char **p = params; *p != NULL; p++)
		free(*p);
	free(params);
}

/* ---- doing ---- */

int
jail_request_run(const struct jail_request *req)
{
	struct plan p = {
		.ops = req->ops,
		.conf = req->src != NULL ? req->src->conf : NULL,
		.from_args = req->from_args,
		.targets = req->targets,
		.ntargets = req->ntargets,
		.parallel = req->parallel,
		.verbose = req->verbose,
		.environment = environ,
		.event = req->event,
		.arg = req->arg,
	};

	lib_clear();
	if (plan_run(&p) == 0)
		return 0;
	/* Each failure was told; this is for those who ask all the same. */
	if (jail_errmsg[0] == '\0')
		(void)lib_fail(EIO, "a jail's request failed");
	return -1;
}

int
jail_exec_run(const struct jail_exec *ex)
{
	struct jerr e = JERR_INIT;
	int rc;

	lib_clear();
	rc = life_exec(ex, &e);
	return rc != -1 ? rc : lib_fail_err(&e);
}
