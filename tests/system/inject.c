/*
 * jail(8) with a fault in it, for tests/system/walk_test.sh: the same program,
 * with walk_test_point set.  Never installed.
 *
 *	JAIL_INJECT=list		every point that is passed, one a line, to
 *					descriptor 9
 *	JAIL_INJECT=fail:STEP:before	that row fails with EIO
 *	JAIL_INJECT=kill:STEP:after	SIGKILL to the process that is there
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "life/walk.h"

#undef main /* the build renames jail/main.c's to jail_main */
int jail_main(int argc, char **argv);

static const char *wanted;

static int
inject(const char *step, bool after, struct jerr *e)
{
	char here[128];
	int n;

	n = snprintf(
	    here, sizeof(here), "%s:%s", step, after ? "after" : "before");
	if (n < 0 || (size_t)n >= sizeof(here))
		abort();
	if (strcmp(wanted, "list") == 0) {
		here[n++] = '\n';
		if (write(9, here, (size_t)n) != n)
			abort();
		return 0;
	}
	if (strcmp(wanted + 5, here) != 0)
		return 0;
	if (strncmp(wanted, "kill:", 5) == 0)
		(void)kill(getpid(), SIGKILL);
	return jerr_set(e, EIO, "injected at %s", here);
}

int
main(int argc, char **argv)
{
	static char init[4096];
	const char *prefix = getenv("JAIL_PREFIX");

	/* Built for one place, run in another (the machine of check-vm). */
	if (prefix != NULL) {
		(void)snprintf(
		    init, sizeof(init), "%s/libexec/jail-init", prefix);
		walk_test_init = init;
	}
	wanted = getenv("JAIL_INJECT");
	if (wanted != NULL && strlen(wanted) >= 4) {
		walk_test_point = inject;
		(void)unsetenv("JAIL_INJECT");
	}
	return jail_main(argc, argv);
}
