/*
 * struct jail_conf: giving one parameter a value, with every check of name,
 * type and range that needs nothing but the table; and reading it.  The one
 * way in for jail.conf, argv, jail_set(2) and the registry's text.
 *
 * Never looks at the system: whether a path exists, or a jid is free, is asked
 * by those who use it.
 */
#include "model/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/num.h"

static const char *const jailsys_words[] = {
	[JSYS_DISABLE] = "disable",
	[JSYS_NEW] = "new",
	[JSYS_INHERIT] = "inherit",
};

void
conf_free(struct jail_conf *c)
{
	for (size_t i = 0; i < P_COUNT; i++)
		strv_free(&c->val[i].strs);
	for (size_t i = 0; i < c->nkeyed; i++) {
		free(c->keyed[i].key);
		free(c->keyed[i].value);
	}
	free(c->keyed);
	memset(c, 0, sizeof(*c));
}

static int
keyed_add(struct jail_conf *c, enum param_id id, const char *key,
    const char *value, struct conf_origin at)
{
	struct conf_keyed *k;

	k = reallocarray(c->keyed, c->nkeyed + 1, sizeof(*k));
	if (k == NULL)
		return -1;
	c->keyed = k;
	k += c->nkeyed;
	*k = (struct conf_keyed) { .id = id, .at = at };
	k->key = strdup(key);
	k->value = value != NULL ? strdup(value) : NULL;
	if (k->key == NULL || (value != NULL && k->value == NULL)) {
		free(k->key);
		free(k->value);
		return -1;
	}
	c->nkeyed++;
	return 0;
}

int
conf_copy(struct jail_conf *to, const struct jail_conf *from)
{
	for (size_t i = 0; i < P_COUNT; i++) {
		to->val[i] = from->val[i];
		to->val[i].strs = (struct strv)STRV_INIT;
		if (strv_copy(&to->val[i].strs, &from->val[i].strs) == -1)
			return -1;
	}
	for (size_t i = 0; i < from->nkeyed; i++) {
		const struct conf_keyed *k = &from->keyed[i];

		if (keyed_add(to, k->id, k->key, k->value, k->at) == -1)
			return -1;
	}
	return 0;
}

/* ---- setting ---- */

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			return true;
	return false;
}

static int
parse_bool(const char *name, bool negated, const char *text, int64_t *out,
    struct jerr *e)
{
	int64_t n = 1;

	if (text == NULL || strcasecmp(text, "true") == 0)
		n = 1;
	else if (strcasecmp(text, "false") == 0)
		n = 0;
	else if (num_int(text, INT64_MIN, INT64_MAX, &n) == -1)
		return jerr_set(
		    e, EINVAL, "%s: unknown boolean value \"%s\"", name, text);
	*out = (n != 0) != negated;
	return 0;
}

static int
parse_int(enum param_id id, const char *text, int64_t *out, struct jerr *e)
{
	const struct param_desc *d = &param_table[id];

	/* Nothing is not 0: "enforce_statfs;" must not open the jail up. */
	if (text == NULL)
		return jerr_set(e, EINVAL, "%s: no value given", d->name);
	if (num_int(text, d->min, d->max, out) == 0)
		return 0;
	if (errno != ERANGE)
		return jerr_set(
		    e, EINVAL, "%s: non-integer value \"%s\"", d->name, text);
	if (id == P_JID && *text == '-')
		return jerr_set(e, EINVAL, "negative jid");
	if (id == P_OSRELDATE && str_eq(text, "0"))
		return jerr_set(e, EINVAL, "osreldate cannot be 0");
	return jerr_set(e, EINVAL, "%s: %s is not within %lld to %lld", d->name,
	    text, (long long)d->min, (long long)d->max);
}

static int
parse_jailsys(enum param_id id, const char *text, int64_t *out, struct jerr *e)
{
	const struct param_desc *d = &param_table[id];
	int64_t n = JSYS_NEW;
	bool known = text == NULL || *text == '\0';

	for (size_t i = 0; !known && i < nitems(jailsys_words); i++)
		if (strcasecmp(text, jailsys_words[i]) == 0) {
			n = (int64_t)i;
			known = true;
		}
	if (!known)
		known = num_int(text, 0, 2, &n) == 0;
	if (!known || n < d->min || n > d->max)
		return jerr_set(e, EINVAL, "%s: unknown jailsys value \"%s\"",
		    d->name, text != NULL ? text : "new");
	*out = n;
	return 0;
}

static int
check_str(enum param_id id, const char *text, struct jerr *e)
{
	const struct param_desc *d = &param_table[id];
	size_t n = strlen(text);

	if (id == P_OSRELEASE && (n == 0 || n >= (size_t)d->max))
		return jerr_set(
		    e, EINVAL, "osrelease string must be 1-31 bytes long");
	if (n == 0 && d->min > 0)
		return jerr_set(e, EINVAL, "%s: no value given", d->name);
	if (n >= (size_t)d->max) {
		bool linux_limit = id == P_HOST_HOSTNAME ||
		    id == P_HOST_DOMAINNAME;

		return jerr_set(e, ENAMETOOLONG, "%s: longer than %lld bytes%s",
		    d->name, (long long)d->max - 1,
		    linux_limit ? ", which is all that Linux keeps" : "");
	}
	/* These stand in registry rows, prompts and paths. */
	if (has_control(text))
		return jerr_set(
		    e, EINVAL, "%s: control character in the value", d->name);
	return 0;
}

static int
set_strs(struct conf_value *v, enum param_type type, char *const *values,
    size_t n, bool append, struct jerr *e)
{
	struct strv fresh = STRV_INIT;
	size_t first = type == PT_STR || type == PT_KEYVALUE ? n - (n > 0) : 0;

	if (append && first == 0 && strv_copy(&fresh, &v->strs) == -1)
		goto nomem;
	for (size_t i = first; i < n; i++) {
		/* An address list of "" or "-" (as jls shows it) is empty. */
		if (type == PT_COMMA &&
		    (values[i][0] == '\0' || str_eq(values[i], "-")))
			continue;
		if (strv_add(&fresh, values[i]) == -1)
			goto nomem;
	}
	strv_free(&v->strs);
	v->strs = fresh;
	return 0;
nomem:
	strv_free(&fresh);
	return jerr_nomem(e);
}

/* The parts of a cgroup file's name; what jail keeps for itself is not given. */
static int
check_cgroup_key(const char *name, const char *key, struct jerr *e)
{
	static const char *const ours[] = {
		"cgroup.procs",
		"cgroup.threads",
		"cgroup.subtree_control",
		"cgroup.type",
		"cgroup.kill",
		"cgroup.freeze",
	};

	for (const char *p = key; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return jerr_set(e, EINVAL,
			    "%s: not the name of a cgroup file", name);
	if (strchr(key, '.') == NULL || key[0] == '.')
		return jerr_set(
		    e, EINVAL, "%s: not the name of a cgroup file", name);
	for (size_t i = 0; i < nitems(ours); i++)
		if (str_eq(key, ours[i]))
			return jerr_set(
			    e, EINVAL, "%s: this file is jail's own", name);
	return 0;
}

/* meta.k, env.k, cgroup.FILE: a second value takes the place of the first. */
static int
set_keyed(struct jail_conf *c, enum param_id id, const char *name,
    const char *key, const char *value, struct conf_origin at, struct jerr *e)
{
	char *copy;

	if (*key == '\0')
		return jerr_set(e, EINVAL, "%s: empty key", name);
	if (id == P_CGROUP) {
		if (check_cgroup_key(name, key, e) == -1)
			return -1;
		if (value == NULL || *value == '\0')
			return jerr_set(e, EINVAL, "%s: no value given", name);
	} else if (strchr(key, '\n') != NULL || strchr(key, '=') != NULL ||
	    (value != NULL && strchr(value, '\n') != NULL)) {
		/* The text is lines of key=value. */
		return jerr_set(e, EINVAL,
		    "%s: newline or \"=\" where it would end the %s", name,
		    value != NULL && strchr(value, '\n') ? "value" : "key");
	}
	for (size_t i = 0; i < c->nkeyed; i++) {
		struct conf_keyed *k = &c->keyed[i];

		if (k->id != id || !str_eq(k->key, key))
			continue;
		copy = value != NULL ? strdup(value) : NULL;
		if (value != NULL && copy == NULL)
			return jerr_nomem(e);
		free(k->value);
		k->value = copy;
		k->at = at;
		return 0;
	}
	if (keyed_add(c, id, key, value, at) == -1)
		return jerr_nomem(e);
	return 0;
}

/* meta=... replaces everything, so what was said by key before is void. */
static void
drop_keyed(struct jail_conf *c, enum param_id id)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->nkeyed; i++) {
		if (c->keyed[i].id != id) {
			c->keyed[kept++] = c->keyed[i];
			continue;
		}
		free(c->keyed[i].key);
		free(c->keyed[i].value);
	}
	c->nkeyed = kept;
}

static int
unknown(const char *name, struct jerr *e)
{
	const char *near = param_nearest(name);

	if (near != NULL)
		return jerr_set(e, ENOENT,
		    "unknown parameter: %s (did you mean %s?)", name, near);
	return jerr_set(e, ENOENT, "unknown parameter: %s", name);
}

int
conf_set(struct jail_conf *c, const char *name, char *const *values,
    size_t nvalues, bool append, struct conf_origin at, struct jerr *e)
{
	const struct param_desc *d;
	struct conf_value *v;
	const char *key, *last;
	bool negated;
	int64_t num = 0;
	enum param_id id = param_find(name, &negated, &key);
	int r = 0;

	if (id == P_COUNT || (id == P_CGROUP && key == NULL))
		return unknown(name, e);
	d = &param_table[id];
	if (d->flags & PF_RDONLY)
		return jerr_set(e, EINVAL, "unknown parameter: %s", name);
	last = values != NULL && nvalues > 0 ? values[nvalues - 1] : NULL;
	if (key != NULL)
		return set_keyed(c, id, name, key, last, at, e);

	v = &c->val[id];
	switch (d->type) {
	case PT_BOOL:
		r = parse_bool(name, negated, last, &num, e);
		break;
	case PT_INT:
		r = parse_int(id, last, &num, e);
		break;
	case PT_JAILSYS:
		r = parse_jailsys(id, last, &num, e);
		break;
	case PT_STR:
		r = check_str(id, last != NULL ? last : "", e);
		break;
	case PT_KEYVALUE:
		if (last != NULL && strlen(last) >= (size_t)d->max)
			return jerr_set(e, EFBIG, "%s: longer than %lld bytes",
			    name, (long long)d->max - 1);
		break;
	case PT_LIST:
	case PT_COMMA:
		break;
	}
	if (r == -1)
		return -1;
	if (set_strs(v, d->type, values,
		d->type == PT_BOOL || d->type == PT_INT ||
			d->type == PT_JAILSYS || values == NULL ?
		    0 :
		    nvalues,
		append, e) == -1)
		return -1;
	if (d->type == PT_KEYVALUE)
		drop_keyed(c, id);
	v->num = num;
	v->at = at;
	v->set = true;
	v->more = false;
	return 0;
}

int
conf_set1(
    struct jail_conf *c, const char *name, const char *value, struct jerr *e)
{
	auto_strv struct strv v = STRV_INIT;

	if (value != NULL && strv_add(&v, value) == -1)
		return jerr_nomem(e);
	return conf_set(
	    c, name, v.v, v.n, false, (struct conf_origin) { 0 }, e);
}

/* ---- reading ---- */

int64_t
conf_int(const struct jail_conf *c, enum param_id id)
{
	const struct param_desc *d = &param_table[id];
	int64_t n = 0;

	if (c->val[id].set)
		return c->val[id].num;
	if (d->dflt == NULL)
		return 0;
	if (d->type == PT_BOOL)
		return str_eq(d->dflt, "true");
	if (d->type == PT_JAILSYS) {
		for (size_t i = 0; i < nitems(jailsys_words); i++)
			if (str_eq(d->dflt, jailsys_words[i]))
				return (int64_t)i;
		return 0;
	}
	(void)num_int(d->dflt, INT64_MIN, INT64_MAX, &n);
	return n;
}

bool
conf_bool(const struct jail_conf *c, enum param_id id)
{
	return conf_int(c, id) != 0;
}

const char *
conf_str(const struct jail_conf *c, enum param_id id)
{
	const struct param_desc *d = &param_table[id];
	const struct conf_value *v = &c->val[id];
	const char *s;

	if (!v->set)
		return d->dflt;
	s = v->strs.n > 0 ? v->strs.v[0] : "";
	/* exec.consolelog = "" takes back what a wildcard gave. */
	return *s == '\0' && (d->flags & PF_TOOL) ? d->dflt : s;
}

const struct strv *
conf_list(const struct jail_conf *c, enum param_id id)
{
	return &c->val[id].strs;
}

int
conf_export(const struct jail_conf *c, enum param_id id, struct strbuf *out)
{
	const struct strv *l = conf_list(c, id);
	const char *s;

	switch (param_table[id].type) {
	case PT_BOOL:
		return strbuf_puts(out, conf_bool(c, id) ? "true" : "false");
	case PT_INT:
		return strbuf_addf(out, "%lld", (long long)conf_int(c, id));
	case PT_JAILSYS:
		return strbuf_puts(out, jailsys_words[conf_int(c, id)]);
	case PT_STR:
	case PT_KEYVALUE:
		s = conf_str(c, id);
		return strbuf_puts(out, s != NULL ? s : "");
	case PT_LIST:
	case PT_COMMA:
		for (size_t i = 0; i < l->n; i++)
			if ((i > 0 && strbuf_putc(out, ',') == -1) ||
			    strbuf_puts(out, l->v[i]) == -1)
				return -1;
		return 0;
	}
	return 0;
}
