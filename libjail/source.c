/*
 * Configurations and requests for jail(8): a thin coat over conf/ and life/.
 * Every mistake is told through the caller's function, whole and as one line;
 * jail_errmsg has the first of them.
 */
#include "jail_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/conf_file.h"
#include "libjail/lib_int.h"
#include "life/life.h"
#include "life/words.h"

struct jail_source {
	struct conf_file *conf;
	jail_event_fn *fn;
	void *arg;
	bool told; /* an error went out since it was cleared */
};

static void
tell(struct jail_source *s, enum jail_event_kind kind, const char *text)
{
	struct jail_event ev = {
		.kind = kind, .text = text, .len = strlen(text)
	};

	if (kind == JAIL_EVENT_ERROR)
		s->told = true;
	if (s->fn != NULL)
		s->fn(s->arg, &ev);
}

static void
message(void *arg, bool is_note, const char *line)
{
	tell(arg, is_note ? JAIL_EVENT_NOTE : JAIL_EVENT_ERROR, line);
}

/* For a failure that had no line of its own. */
static void
fail(struct jail_source *s, const struct jerr *e)
{
	if (!s->told)
		tell(s, JAIL_EVENT_ERROR, e->msg);
	(void)lib_fail_err(e);
}

static struct jail_source *
new_source(jail_event_fn *fn, void *arg)
{
	struct jail_source *s = calloc(1, sizeof(*s));

	lib_clear();
	if (s == NULL) {
		struct jerr e = JERR_INIT;

		(void)jerr_nomem(&e);
		(void)lib_fail_err(&e);
		return NULL;
	}
	s->fn = fn;
	s->arg = arg;
	return s;
}

struct jail_source *
jail_source_file(const char *file, jail_event_fn *fn, void *arg)
{
	struct jail_source *s = new_source(fn, arg);
	struct jerr e = JERR_INIT;

	if (s == NULL)
		return NULL;
	s->conf = conf_file_load(file, false, message, s, &e);
	if (s->conf == NULL) {
		fail(s, &e);
		free(s);
		return NULL;
	}
	return s;
}

struct jail_source *
jail_source_args(int argc, char *const *argv, jail_event_fn *fn, void *arg)
{
	struct jail_source *s = new_source(fn, arg);
	struct jerr e = JERR_INIT;

	if (s == NULL)
		return NULL;
	s->conf = conf_file_from_args(argc, argv, &e);
	if (s->conf == NULL) {
		fail(s, &e);
		free(s);
		return NULL;
	}
	return s;
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

char **
jail_source_params(const struct jail_source *src, size_t i)
{
	struct jail_source s = *src; /* told is ours, not the caller's */
	struct jail_conf c = JAIL_CONF_INIT;
	auto_strv struct strv words = STRV_INIT;
	struct jerr e = JERR_INIT;
	bool needs_jid = false;
	char **v = NULL;

	lib_clear();
	s.told = false;
	if (conf_file_jail(src->conf, i, 0, &needs_jid, &c, message, &s, &e) ==
	    -1) {
		fail(&s, &e);
		conf_free(&c);
		return NULL;
	}
	if (words_from_conf(&c, &words) == -1 ||
	    (words.v == NULL && (v = calloc(1, sizeof(*v))) == NULL)) {
		(void)jerr_nomem(&e);
		fail(&s, &e);
	} else if (v == NULL) {
		v = words.v;
		words = (struct strv)STRV_INIT;
	}
	conf_free(&c);
	return v;
}

void
jail_source_params_free(char **params)
{
	for (char **p = params; p != NULL && *p != NULL; p++)
		free(*p);
	free(params);
}

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
		.environment = req->environment,
		.event = req->event,
		.arg = req->arg,
	};

	lib_clear();
	if (plan_run(&p) == -1) {
		struct jerr e = JERR_INIT;

		/* Everything was told; this is for who looks only here. */
		(void)jerr_set(&e, EINVAL, "not everything went well");
		return lib_fail_err(&e);
	}
	return 0;
}
