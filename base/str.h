/*
 * Growing strings and vectors of strings.  Allocation failure ends nothing:
 * the functions return -1 with errno ENOMEM and leave the object as it was.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *s;    /* NUL-terminated when not NULL; owned */
	size_t len; /* without the NUL */
	size_t cap;
};

#define STRBUF_INIT \
	{ \
		.s = NULL, .len = 0, .cap = 0 \
	}

int strbuf_add(struct strbuf *b, const char *s, size_t n);
int strbuf_puts(struct strbuf *b, const char *s);
int strbuf_putc(struct strbuf *b, char c);
int strbuf_addf(struct strbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_free(struct strbuf *b);		/* and back to STRBUF_INIT */
const char *strbuf_str(const struct strbuf *b); /* "" when empty */

#define auto_strbuf __attribute__((cleanup(strbuf_free)))

struct strv {
	char **v; /* n strings, each owned; v[n] is NULL when v is not */
	size_t n;
	size_t cap;
};

#define STRV_INIT \
	{ \
		.v = NULL, .n = 0, .cap = 0 \
	}

int strv_add(struct strv *v, const char *s); /* copies s */
int strv_addn(struct strv *v, const char *s, size_t n);
int strv_addf(struct strv *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int strv_copy(struct strv *to, const struct strv *from); /* appends */
void strv_free(struct strv *v);

#define auto_strv __attribute__((cleanup(strv_free)))

/* Whole-word tests (a prefix compare is how LXC got CVE-2026-39402). */
static inline bool
str_eq(const char *a, const char *b)
{
	return __builtin_strcmp(a, b) == 0;
}

/* The character that the three octal digits at s stand for, 1 to 255; else -1. */
int str_octal(const char *s);

/* Every \ooo in s to its character, in place; other backslashes stay. */
void str_unescape_octal(char *s);

/* The rest of s after prefix, or NULL when s does not begin with it. */
const char *str_after(const char *s, const char *prefix);

#endif
