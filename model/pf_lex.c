/*
 * The words of a pf rule, each with its column, and the messages about them.
 *
 * Never lets a word pass that pf gives a meaning and this does not: it is
 * named, with what to write instead where there is something.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/pf_int.h"

#define SHOWN 160 /* bytes of a line in a message */

/* What a word is made of: names, numbers, addresses, and their : / - . */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.:/-%*@$&+|~", c) != NULL;
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while (
	    s[n] != '\0' && is_word(s[n]) && !(s[n] == '-' && s[n + 1] == '>'))
		n++;
	return n;
}

static size_t
op_length(const char *s)
{
	static const char *const pairs[] = { "!=", "<=", ">=", "><", "<>" };

	for (size_t i = 0; i < nitems(pairs); i++)
		if (str_after(s, pairs[i]) != NULL)
			return 2;
	return 1;
}

int
pf_next(struct pf_lex *l)
{
	struct pf_tok *t = &l->tok;
	const char *s = t->s + t->len;

	s += strspn(s, " \t\r\n");
	*t = (struct pf_tok) { .s = s, .len = 1 };
	if (*s == '\0') {
		t->len = 0;
		t->kind = PFT_END;
	} else if (s[0] == '-' && s[1] == '>') {
		t->kind = PFT_ARROW;
		t->len = 2;
	} else if (is_word(*s)) {
		t->kind = PFT_WORD;
		t->len = word_length(s);
	} else if (strchr("{}(),", *s) != NULL) {
		t->kind = PFT_MARK;
	} else if (strchr("=!<>", *s) != NULL) {
		t->kind = PFT_OP;
		t->len = op_length(s);
	} else if (isprint((unsigned char)*s)) {
		return pf_wrong(l, t, "no character of a rule");
	} else {
		return pf_wrong(l, NULL, "no character of a rule");
	}
	return 0;
}

int
pf_lex_init(
    struct pf_lex *l, enum param_id id, const char *text, struct jerr *e)
{
	*l = (struct pf_lex) {
		.param = param_table[id].name,
		.text = text,
		.tok = { .s = text },
		.e = e,
	};
	return pf_next(l);
}

bool
pf_is(const struct pf_lex *l, const char *s)
{
	return l->tok.len == strlen(s) && memcmp(l->tok.s, s, l->tok.len) == 0;
}

bool
pf_copy(const struct pf_tok *t, char *buf, size_t size)
{
	if (t->len >= size)
		return false;
	memcpy(buf, t->s, t->len);
	buf[t->len] = '\0';
	return true;
}

/* ---- messages ---- */

/* One line of it, however it was written. */
static const char *
shown(const char *text, char buf[SHOWN])
{
	size_t n = strlen(text);

	(void)snprintf(
	    buf, SHOWN, "%.*s%s", SHOWN - 4, text, n > SHOWN - 4 ? "..." : "");
	for (char *s = buf; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			*s = ' ';
	return buf;
}

int
pf_wrong(const struct pf_lex *l, const struct pf_tok *t, const char *fmt, ...)
{
	const struct pf_tok *at = t != NULL ? t : &l->tok;
	char what[256], line[SHOWN];
	int len = t != NULL && t->len < 64 ? (int)t->len : t != NULL ? 64 : 0;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return jerr_set(l->e, EINVAL, "%s: column %zu of \"%s\": %.*s%s%s",
	    l->param, (size_t)(at->s - l->text) + 1, shown(l->text, line), len,
	    at->s, len > 0 ? ": " : "", what);
}

/* pf.conf(5) of FreeBSD and OpenBSD. */
static const struct {
	const char *word, *why;
} refused[] = {
	{ "!", "\"not\" is not known here" },
	{ "!=", "only single ports, lists and ranges are known here" },
	{ "<=", "only single ports, lists and ranges are known here" },
	{ ">=", "only single ports, lists and ranges are known here" },
	{ "><", "only single ports, lists and ranges are known here" },
	{ "<>", "only single ports, lists and ranges are known here" },
	{ "<", "tables are not known here" },
	{ ">", "tables are not known here" },
	{ "no", "exceptions are not known here; leave the rule out" },
	{ "log", "nothing is logged here" },
	{ "quick", "these are not filter rules" },
	{ "block", "these are not filter rules" },
	{ "in", "these are not filter rules" },
	{ "out", "these are not filter rules" },
	{ "keep", "connections are always tracked" },
	{ "modulate", "connections are always tracked" },
	{ "synproxy", "connections are always tracked" },
	{ "flags", "these are not filter rules" },
	{ "label", "not known here" },
	{ "tag", "packets are not tagged here" },
	{ "tagged", "packets are not tagged here" },
	{ "user", "not known here" },
	{ "group", "not known here" },
	{ "os", "not known here" },
	{ "tos", "not known here" },
	{ "rtable", "Linux has no routing tables by rule of pf" },
	{ "queue", "not known here" },
	{ "received-on", "write the interface with \"on\"" },
	{ "divert-to", "not known here" },
	{ "route-to", "not known here" },
	{ "reply-to", "not known here" },
	{ "anchor", "not known here" },
	{ "no-route", "not known here" },
	{ "urpf-failed", "not known here" },
	{ "static-port", "Linux keeps the port where it can, and only there" },
	{ "round-robin", "one address is the target" },
	{ "random", "one address is the target" },
	{ "source-hash", "one address is the target" },
	{ "bitmask", "one address is the target" },
	{ "sticky-address", "one address is the target" },
	{ "endpoint-independent", "not known here" },
	{ "rdr-to", "write \"-> ADDRESS\"" },
	{ "nat-to", "write \"-> ADDRESS\"" },
	{ "binat-to", "write \"-> ADDRESS\"" },
	{ "match", "write the rule without it" },
};

const char *
pf_refused(const struct pf_lex *l)
{
	for (size_t i = 0; i < nitems(refused); i++)
		if (pf_is(l, refused[i].word))
			return refused[i].why;
	return NULL;
}

int
pf_expected(const struct pf_lex *l, const char *what)
{
	const char *why = pf_refused(l);

	if (why != NULL)
		return pf_wrong(l, &l->tok, "%s", why);
	if (l->tok.kind == PFT_END)
		return pf_wrong(l, NULL, "%s expected, not the end", what);
	return pf_wrong(l, &l->tok, "%s expected", what);
}
