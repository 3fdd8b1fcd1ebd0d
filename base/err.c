/*
 * Filling and wrapping of struct jerr.  Nothing here prints or allocates, so
 * it may be used between clone and exec.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The macros are for the callers. */
#undef jerr_set
#undef jerr_sys
#undef jerr_nomem
#undef jerr_wrap

int
jerr_set(struct jerr *e, int code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int
jerr_sys(struct jerr *e, const char *fmt, ...)
{
	int code = errno;
	va_list ap;
	size_t n;

	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(code));
	errno = code;
	return -1;
}

int
jerr_nomem(struct jerr *e)
{
	return jerr_set(e, ENOMEM, "out of memory");
}

int
jerr_wrap(struct jerr *e, const char *fmt, ...)
{
	char old[JERR_MSGLEN];
	va_list ap;
	size_t n;

	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", old);
	return -1;
}
