/*
 * jail_exec_run: what is wrong with the arguments is found here, before the
 * jail is touched.
 */
#include "jail_linux.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "libjail/lib_int.h"
#include "life/life.h"

static int
check(const struct jail_exec *ex, struct jerr *e)
{
	if (ex->jid <= 0)
		return jerr_set(
		    e, EINVAL, "jail_attach(%d): no such jail", ex->jid);
	if (ex->user_from != JAIL_USER_NONE &&
	    (ex->user == NULL || ex->user[0] == '\0'))
		return jerr_set(e, EINVAL, "user: empty name");
	for (char *const *v = ex->env; v != NULL && *v != NULL; v++)
		if (strchr(*v, '=') == NULL || (*v)[0] == '=')
			return jerr_set(
			    e, EINVAL, "%s: Invalid environment variable.", *v);
	return 0;
}

int
jail_exec_run(const struct jail_exec *ex)
{
	struct jerr e = JERR_INIT;
	int status;

	lib_clear();
	if (check(ex, &e) == -1)
		return lib_fail_err(&e);
	status = life_exec(ex, &e);
	return status == -1 ? lib_fail_err(&e) : status;
}
