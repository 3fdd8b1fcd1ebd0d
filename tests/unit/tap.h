/*
 * TAP for unit tests: ok(), is_int(), is_str(), done_testing().  A failed
 * assertion prints file and line and both values; the plan is printed last,
 * so a test program that dies half way is a failure for the harness.
 *
 *	int
 *	main(void)
 *	{
 *		is_int(num_parse("7"), 7, "a digit");
 *		is_str(name, "web", "name of jail %d", jid);
 *		done_testing();
 *	}
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count;
static int tap_failed;

static inline bool __attribute__((format(printf, 2, 3)))
tap_line(bool good, const char *fmt, ...)
{
	char name[512];
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	/* '#' would start a directive, a newline would end the line. */
	for (i = 0; name[i] != '\0'; i++)
		if (name[i] == '\n' || name[i] == '#')
			name[i] = ' ';
	tap_count++;
	if (!good)
		tap_failed++;
	(void)printf("%s %d - %s\n", good ? "ok" : "not ok", tap_count, name);
	return good;
}

/* A value as a diagnostic: every line of it is a comment. */
static inline void
tap_diag_str(const char *what, const char *s)
{
	(void)printf("#   %s: ", what);
	if (s == NULL) {
		(void)printf("(null)\n");
		return;
	}
	(void)putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			(void)printf("\\n");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			(void)printf("\\%03o", (unsigned char)*s);
		else
			(void)putchar(*s);
	}
	(void)printf("\"\n");
}

static inline bool
tap_same_str(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static inline void
tap_where(const char *file, int line)
{
	(void)printf("#   at %s:%d\n", file, line);
}

#define ok(cond, ...) \
	do { \
		bool tap_good = (cond); \
\
		if (!tap_line(tap_good, __VA_ARGS__)) { \
			tap_where(__FILE__, __LINE__); \
			(void)printf("#   false: %s\n", #cond); \
		} \
		(void)fflush(stdout); \
	} while (0)

#define is_int(got, want, ...) \
	do { \
		long long tap_got = (long long)(got); \
		long long tap_want = (long long)(want); \
\
		if (!tap_line(tap_got == tap_want, __VA_ARGS__)) { \
			tap_where(__FILE__, __LINE__); \
			(void)printf("#   got:  %lld (%s)\n#   want: %lld\n", \
			    tap_got, #got, tap_want); \
		} \
		(void)fflush(stdout); \
	} while (0)

#define is_str(got, want, ...) \
	do { \
		const char *tap_got = (got); \
		const char *tap_want = (want); \
\
		if (!tap_line(tap_same_str(tap_got, tap_want), __VA_ARGS__)) { \
			tap_where(__FILE__, __LINE__); \
			tap_diag_str("got ", tap_got); \
			tap_diag_str("want", tap_want); \
		} \
		(void)fflush(stdout); \
	} while (0)

/* The whole program cannot run here; ends it. */
#define skip_all(why) \
	do { \
		(void)printf("1..0 # SKIP %s\n", (why)); \
		exit(0); \
	} while (0)

/* Prints the plan and returns from main. */
#define done_testing() \
	do { \
		(void)printf("1..%d\n", tap_count); \
		return tap_failed == 0 ? 0 : 1; \
	} while (0)

#endif
