/*
 * jail_attach(2) and jail(2).  On Linux a process cannot move into a pid
 * namespace, so both wait for the transparent proxy of DESIGN 2; until then
 * they say so, and jail_exec_run (jexec) runs commands in a jail.
 */
#include "jail.h"

#include <errno.h>

#include "libjail/lib_int.h"

int
jail_attach(int jid)
{
	(void)jid;
	return lib_fail(ENOSYS,
	    "jail_attach: not available yet (jexec runs a command in a jail)");
}

int
jail(struct jail *j)
{
	if (j->version != 0 && j->version != JAIL_API_VERSION)
		return lib_fail(EINVAL, "jail: unknown version");
	return lib_fail(ENOSYS,
	    "jail: not available yet (jail_set and jexec do its two halves)");
}
