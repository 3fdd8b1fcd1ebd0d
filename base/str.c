/*
 * Growing strings and vectors.  Sizes are checked before they are used; the
 * object is unchanged when memory runs out.
 */
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
reserve(struct strbuf *b, size_t more)
{
	size_t need, cap;
	char *p;

	if (more > SIZE_MAX / 4 - b->len)
		return -1;
	need = b->len + more + 1;
	if (need <= b->cap)
		return 0;
	for (cap = b->cap != 0 ? b->cap : 64; cap < need; cap *= 2)
		;
	p = realloc(b->s, cap);
	if (p == NULL)
		return -1;
	b->s = p;
	b->cap = cap;
	return 0;
}

int
strbuf_add(struct strbuf *b, const char *s, size_t n)
{
	if (reserve(b, n) == -1)
		return -1;
	if (n != 0)
		memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
	return 0;
}

int
strbuf_puts(struct strbuf *b, const char *s)
{
	return strbuf_add(b, s, strlen(s));
}

int
strbuf_putc(struct strbuf *b, char c)
{
	return strbuf_add(b, &c, 1);
}

__attribute__((format(printf, 2, 0))) static int
addv(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || reserve(b, (size_t)n) == -1)
		return -1;
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int
strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = addv(b, fmt, ap);
	va_end(ap);
	return r;
}

void
strbuf_free(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf)STRBUF_INIT;
}

const char *
strbuf_str(const struct strbuf *b)
{
	return b->s != NULL ? b->s : "";
}

int
strv_addn(struct strv *v, const char *s, size_t n)
{
	char **p;
	char *copy;

	if (v->n + 2 > v->cap) {
		size_t cap = v->cap != 0 ? v->cap * 2 : 8;

		p = reallocarray(v->v, cap, sizeof(*p));
		if (p == NULL)
			return -1;
		v->v = p;
		v->cap = cap;
	}
	copy = strndup(s, n);
	if (copy == NULL)
		return -1;
	v->v[v->n++] = copy;
	v->v[v->n] = NULL;
	return 0;
}

int
strv_add(struct strv *v, const char *s)
{
	return strv_addn(v, s, strlen(s));
}

int
strv_addf(struct strv *v, const char *fmt, ...)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = addv(&b, fmt, ap);
	va_end(ap);
	return r == -1 ? -1 : strv_addn(v, strbuf_str(&b), b.len);
}

int
strv_copy(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (strv_add(to, from->v[i]) == -1)
			return -1;
	return 0;
}

void
strv_free(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv)STRV_INIT;
}

const char *
str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

int
str_octal(const char *s)
{
	int v = 0;

	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return -1;
		v = v * 8 + (s[i] - '0');
	}
	return v > 0 && v <= 0377 ? v : -1;
}

void
str_unescape_octal(char *s)
{
	char *to = s;

	while (*s != '\0') {
		int v = *s == '\\' ? str_octal(s + 1) : -1;

		if (v != -1) {
			*to++ = (char)v;
			s += 4;
		} else
			*to++ = *s++;
	}
	*to = '\0';
}
