/*
 * The library's last message.  Never empty after a failure.
 */
#include "libjail/errmsg.h"

#include <errno.h>
#include <stdio.h>

extern char jail_errmsg[];	/* <jail.h> */
char jail_errmsg[JERR_MSGLEN];
_Static_assert(sizeof(jail_errmsg) == 1024, "JAIL_ERRMSGLEN");

int
errmsg_fail(const struct jerr *e)
{
	(void)snprintf(jail_errmsg, sizeof(jail_errmsg), "%s",
	    e->msg[0] != '\0' ? e->msg : "unknown error");
	errno = e->code != 0 ? e->code : EINVAL;
	return -1;
}
