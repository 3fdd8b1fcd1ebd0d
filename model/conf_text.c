/*
 * A jail's parameters as the registry's text and back, and the text of meta
 * and env.  The format carries a number; what a released version wrote is read
 * for ever (tests hold frozen records).
 *
 * Never writes a newline or control character of a value as it is: a row is a
 * line.
 */
#include "model/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

static int
put_escaped(struct strbuf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;
		int r = iscntrl(ch) || ch == '\\' ?
		    strbuf_addf(out, "\\%03o", ch) :
		    strbuf_putc(out, *s);

		if (r == -1)
			return -1;
	}
	return 0;
}

static int
put_line(
    struct strbuf *out, const char *name, const char *key, const char *value)
{
	if (strbuf_puts(out, name) == -1)
		return -1;
	if (key != NULL &&
	    (strbuf_putc(out, '.') == -1 || put_escaped(out, key) == -1))
		return -1;
	if (value != NULL &&
	    (strbuf_putc(out, '=') == -1 || put_escaped(out, value) == -1))
		return -1;
	return strbuf_putc(out, '\n');
}

static int
put_param(const struct jail_conf *c, enum param_id id, struct strbuf *out)
{
	const struct param_desc *d = &param_table[id];
	const struct strv *l = conf_list(c, id);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (d->type == PT_LIST || d->type == PT_COMMA) {
		if (l->n == 0)
			return put_line(out, d->name, NULL, NULL);
		for (size_t i = 0; i < l->n; i++)
			if (put_line(out, d->name, NULL, l->v[i]) == -1)
				return -1;
		return 0;
	}
	if (conf_export(c, id, &text) == -1)
		return -1;
	return put_line(out, d->name, NULL, strbuf_str(&text));
}

int
conf_save(const struct jail_conf *c, struct strbuf *out)
{
	if (strbuf_addf(out, "params %d\n", CONF_FORMAT) == -1)
		return -1;
	for (unsigned i = 0; i < P_COUNT; i++)
		if (c->val[i].set && (param_table[i].flags & PF_KERNEL) &&
		    put_param(c, (enum param_id)i, out) == -1)
			return -1;
	for (size_t i = 0; i < c->nkeyed; i++)
		if (put_line(out, param_table[c->keyed[i].id].name,
			c->keyed[i].key, c->keyed[i].value) == -1)
			return -1;
	return 0;
}

/* In place; -1 for a backslash that no conf_save wrote. */
static int
unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		int v;

		if (*s != '\\') {
			*to++ = *s++;
			continue;
		}
		v = str_octal(s + 1);
		if (v == -1)
			return -1;
		*to++ = (char)v;
		s += 4;
	}
	*to = '\0';
	return 0;
}

static int
load_line(struct jail_conf *c, char *line, unsigned number, struct jerr *e)
{
	struct conf_origin at = { .file = NULL, .line = number, .col = 1 };
	char *value = strchr(line, '=');

	if (value != NULL)
		*value++ = '\0';
	if (unescape(line) == -1 || (value != NULL && unescape(value) == -1))
		return jerr_set(
		    e, EINVAL, "parameters, line %u: bad escape", number);
	/* Lists are several lines of one name, so every line appends. */
	if (conf_set(c, line, &value, value != NULL, true, at, e) == -1)
		return jerr_wrap(e, "parameters, line %u", number);
	return 0;
}

int
conf_load(struct jail_conf *c, const char *text, struct jerr *e)
{
	auto_free char *copy = strdup(text);
	const char *version;
	char *line, *end;
	int64_t format;

	if (copy == NULL)
		return jerr_nomem(e);
	line = copy;
	for (unsigned number = 1; *line != '\0'; number++, line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return jerr_set(e, EINVAL,
			    "parameters, line %u: cut short", number);
		*end = '\0';
		if (number > 1) {
			if (load_line(c, line, number, e) == -1)
				return -1;
			continue;
		}
		version = str_after(line, "params ");
		if (version == NULL ||
		    num_int(version, 1, CONF_FORMAT, &format) == -1)
			return jerr_set(e, EINVAL,
			    "parameters: unknown format \"%.40s\"", line);
	}
	if (line == copy)
		return jerr_set(e, EINVAL, "parameters: empty");
	return 0;
}

/* ---- meta, env ---- */

/* text without its lines "key=..."; appended to out. */
static int
without_key(const char *text, const char *key, struct strbuf *out)
{
	size_t klen = strlen(key);
	bool first = out->len == 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		bool match = n > klen && strncmp(text, key, klen) == 0 &&
		    text[klen] == '=';

		if (!match) {
			if ((!first && strbuf_putc(out, '\n') == -1) ||
			    strbuf_add(out, text, n) == -1)
				return -1;
			first = false;
		}
		text += n;
		if (*text == '\n')
			text++;
	}
	return 0;
}

int
conf_apply_keyvalue(const struct jail_conf *changes, enum param_id id,
    char **text, struct jerr *e)
{
	const struct param_desc *d = &param_table[id];
	const char *start = *text != NULL ? *text : "";
	auto_strbuf struct strbuf now = STRBUF_INIT;

	if (changes->val[id].set)
		start = conf_str(changes, id);
	if (strbuf_puts(&now, start) == -1)
		return jerr_nomem(e);
	for (size_t i = 0; i < changes->nkeyed; i++) {
		const struct conf_keyed *k = &changes->keyed[i];
		struct strbuf next = STRBUF_INIT;

		if (k->id != id)
			continue;
		if ((k->value != NULL &&
			strbuf_addf(&next, "%s=%s", k->key, k->value) == -1) ||
		    without_key(strbuf_str(&now), k->key, &next) == -1) {
			strbuf_free(&next);
			return jerr_nomem(e);
		}
		strbuf_free(&now);
		now = next;
	}
	/* Nothing may be stored that reads back longer than asked for. */
	if (now.len >= (size_t)d->max)
		return jerr_set(e, EFBIG, "%s: longer than %lld bytes", d->name,
		    (long long)d->max - 1);
	if (now.s == NULL && strbuf_puts(&now, "") == -1)
		return jerr_nomem(e);
	free(*text);
	*text = now.s;
	now = (struct strbuf)STRBUF_INIT;
	return 0;
}
