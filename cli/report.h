/*
 * What jail(8) says while a request runs: the printer of jail_event.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include "jail_linux.h"

struct report {
	bool quiet;   /* -q: errors only */
	bool verbose; /* -v */
	bool ids;     /* -i: the jid of what was created, nothing else */
	bool no_done; /* no "NAME: created" and the like without -v */
	int record;   /* -J: descriptor, or -1 */
	const char *old_record; /* old style: what follows the jid, or NULL */
	bool warned;		/* an error was told (in this process) */
};

/* A jail_event_fn; arg is the struct report.  Only writes: it may run in a
 * child of this process. */
void report_event(void *arg, const struct jail_event *ev);

#endif
