/*
 * jail_errmsg, the one message of the last call that failed, and where the
 * registry is.  Not for threads, as on FreeBSD.
 */
#include "jail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libjail/lib_int.h"

char jail_errmsg[JAIL_ERRMSGLEN];

_Static_assert(JAIL_ERRMSGLEN == JERR_MSGLEN, "messages would be cut");

static const char *registry_dir;

void
lib_clear(void)
{
	jail_errmsg[0] = '\0';
}

int
lib_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(jail_errmsg, sizeof(jail_errmsg), fmt, ap);
	va_end(ap);
	errno = code;
	return -1;
}

int
lib_fail_err(const struct jerr *e)
{
	int code = e->code != 0 ? e->code : EINVAL;

	return lib_fail(
	    code, "%s", e->msg[0] != '\0' ? e->msg : strerror(code));
}

const char *
lib_dir(void)
{
	return registry_dir;
}

void
lib_set_dir(const char *dir)
{
	registry_dir = dir;
}
