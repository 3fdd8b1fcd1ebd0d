/*
 * jls(8) with parameters: named ones, or all; plain, name=value (-n), quoted
 * (-q), or as jail(8) would take them back (-s).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/str.h"
#include "jail.h"
#include "jls/jls.h"

/* Before those asked for stand the keys: lastjid, jid, name. */
#define KEYS 3

/* All limits of a jail in one, "FILE=VALUE" lines. */
#define LIMITS "cgroup"

struct wanted {
	struct jailparam *jp;
	unsigned n, cap;
};

static int
add_param(struct wanted *w, const char *name)
{
	if (w->n == w->cap) {
		unsigned cap = w->cap != 0 ? w->cap * 2 : 16;
		struct jailparam *jp = reallocarray(w->jp, cap, sizeof(*jp));

		if (jp == NULL) {
			(void)snprintf(
			    jail_errmsg, JAIL_ERRMSGLEN, "out of memory");
			return -1;
		}
		w->jp = jp;
		w->cap = cap;
	}
	if (jailparam_init(&w->jp[w->n], name) == -1)
		return -1;
	w->n++;
	return 0;
}

/* Names without a dot come first, then all by the alphabet. */
static int
by_name(const void *va, const void *vb)
{
	const struct jailparam *a = va, *b = vb;
	int da = strchr(a->jp_name, '.') != NULL;
	int db = strchr(b->jp_name, '.') != NULL;

	return da != db ? da - db : strcmp(a->jp_name, b->jp_name);
}

static int
add_all(struct wanted *w, unsigned flags)
{
	struct jailparam *all;
	int n = jailparam_all(&all), rc = 0;

	if (n == -1)
		return -1;
	qsort(all, (size_t)n, sizeof(*all), by_name);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_param(w, all[i].jp_name);
	jailparam_free(all, (unsigned)n);
	free(all);
	/* Which limits there are differs from jail to jail: no columns. */
	if (rc == 0 && (flags & JLS_NAMEVAL))
		rc = add_param(w, LIMITS);
	return rc;
}

/* ---- one value ---- */

static bool
is_bool(const struct jailparam *jp)
{
	return (jp->jp_flags & (JP_BOOL | JP_NOBOOL)) != 0;
}

/* A key of meta or env that is not there; an empty one has its NUL. */
static bool
is_missing(const struct jailparam *jp)
{
	return jp->jp_valuelen == 0 && (jp->jp_flags & JP_KEYVALUE);
}

/* persist <-> nopersist, by the last component. */
static int
add_negated(struct strbuf *b, const struct jailparam *jp)
{
	const char *dot = strrchr(jp->jp_name, '.');
	const char *last = dot != NULL ? dot + 1 : jp->jp_name;

	if (strbuf_add(b, jp->jp_name, (size_t)(last - jp->jp_name)) == -1)
		return -1;
	if (jp->jp_flags & JP_NOBOOL)
		return strbuf_puts(b, last + 2);
	return strbuf_addf(b, "no%s", last);
}

static int
add_value(struct strbuf *b, const struct jailparam *jp, const char *text,
    unsigned flags)
{
	if (jp->jp_valuelen == 0) /* an empty list of addresses */
		return strbuf_puts(b,
		    flags & JLS_QUOTED	    ? "\"\"" :
			flags & JLS_NAMEVAL ? "" :
					      "-");
	if (*text == '\0' || (flags & JLS_QUOTED))
		return quote_word(b, text);
	return strbuf_puts(b, text);
}

static int
add_field(struct strbuf *b, const struct jailparam *jp, const char *text,
    unsigned flags)
{
	if (is_bool(jp) && (flags & JLS_NAMEVAL))
		return strcmp(text, "false") == 0 ? add_negated(b, jp) :
						    strbuf_puts(b, jp->jp_name);
	if (is_missing(jp))
		return strbuf_puts(b, flags & JLS_NAMEVAL ? jp->jp_name : "");
	if ((flags & JLS_NAMEVAL) && strbuf_addf(b, "%s=", jp->jp_name) == -1)
		return -1;
	return add_value(b, jp, text, flags);
}

static void
carry(struct printer *p, const struct jailparam *jp, const char *text)
{
	struct strv v = STRV_INIT;
	size_t n;

	if (is_missing(jp))
		return;
	if (jp->jp_elemlen == 0) {
		printer_value(p, jp->jp_name, text, is_bool(jp));
		return;
	}
	for (; *text != '\0'; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (strv_addn(&v, text, n) == -1)
			break;
	}
	printer_list(p, jp->jp_name, v.v, v.n);
	strv_free(&v);
}

/* ---- one jail ---- */

/* -s: what cannot be set, and what says nothing because the parameter that it
 * belongs to (host, ip4, linux) is not "new". */
static bool
is_skipped(const struct jailparam *jp, unsigned njp, unsigned i)
{
	const char *dot = strrchr(jp[i].jp_name, '.');
	int value;

	if ((jp[i].jp_ctltype & (int)(CTLFLAG_WR | CTLFLAG_TUN)) == 0)
		return true;
	for (unsigned k = KEYS; dot != NULL && k < njp; k++) {
		const char *name = jp[k].jp_name;

		if (!(jp[k].jp_flags & JP_JAILSYS) ||
		    strlen(name) != (size_t)(dot - jp[i].jp_name) ||
		    strncmp(name, jp[i].jp_name, strlen(name)) != 0 ||
		    jp[k].jp_valuelen != sizeof(value))
			continue;
		memcpy(&value, jp[k].jp_value, sizeof(value));
		return value != JAIL_SYS_NEW;
	}
	return false;
}

/* Each limit as the parameter that sets it: cgroup.pids.max=100. */
static void
print_limits(const struct jls *j, char *lines, bool *first)
{
	char *save = NULL;

	for (char *line = strtok_r(lines, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct strbuf b = STRBUF_INIT, name = STRBUF_INIT;
		char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		if (!*first)
			printer_gap(j->out, " ");
		*first = false;
		if (strbuf_addf(&name, LIMITS ".%s", line) == 0 &&
		    strbuf_addf(&b, "%s=", strbuf_str(&name)) == 0 &&
		    (*value == '\0' || (j->flags & JLS_QUOTED) ?
			    quote_word(&b, value) :
			    strbuf_puts(&b, value)) == 0) {
			printer_data(j->out, strbuf_str(&name), strbuf_str(&b));
			printer_value(j->out, strbuf_str(&name), value, false);
		}
		strbuf_free(&name);
		strbuf_free(&b);
	}
}

static void
print_jail(const struct jls *j, struct jailparam *jp, unsigned njp)
{
	bool first = true;

	printer_begin(j->out);
	for (unsigned i = KEYS; i < njp; i++) {
		struct strbuf b = STRBUF_INIT;
		char *text;

		if ((j->flags & JLS_SKIP) && is_skipped(jp, njp, i))
			continue;
		text = jailparam_export(&jp[i]);
		if (text == NULL)
			continue;
		if ((j->flags & JLS_NAMEVAL) &&
		    strcmp(jp[i].jp_name, LIMITS) == 0) {
			print_limits(j, text, &first);
			free(text);
			continue;
		}
		if (!first)
			printer_gap(j->out, " ");
		first = false;
		if (add_field(&b, &jp[i], text, j->flags) == 0)
			printer_data(j->out, jp[i].jp_name, strbuf_str(&b));
		carry(j->out, &jp[i], text);
		strbuf_free(&b);
		free(text);
	}
	printer_newline(j->out);
	printer_end(j->out);
}

static void
print_header(const struct jls *j, const struct wanted *w)
{
	for (unsigned i = KEYS; i < w->n; i++) {
		if (i > KEYS)
			printer_gap(j->out, " ");
		printer_title(j->out, w->jp[i].jp_name);
	}
	printer_newline(j->out);
}

int
jls_params(const struct jls *j)
{
	static const char *const keys[KEYS] = { "lastjid", "jid", "name" };
	struct wanted w = { .jp = NULL };
	int rc = 0;

	for (unsigned i = 0; i < KEYS && rc == 0; i++)
		rc = add_param(&w, keys[i]);
	if (rc == 0 && j->nparams == 0)
		rc = add_all(&w, j->flags);
	for (int i = 0; i < j->nparams && rc == 0; i++)
		rc = strcmp(j->params[i], "all") == 0 ?
		    add_all(&w, j->flags) :
		    add_param(&w, j->params[i]);
	if (rc == 0) {
		if (j->flags & JLS_HEADER)
			print_header(j, &w);
		rc = jls_each(j, w.jp, w.n, print_jail);
	}
	jailparam_free(w.jp, w.n);
	free(w.jp);
	return rc;
}
