/*
 * One line of exec.*: how it is split, and running it on the host.
 */
#ifndef LIFE_HOOK_H
#define LIFE_HOOK_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "life/walk.h"

struct hook {
	struct strv argv;
	bool background; /* a lone '&' at the end: not waited for */
};

/* Reference 3.2: shell characters make it "/bin/sh -c LINE", else words. */
int hook_split(const char *line, struct hook *h, struct jerr *e);

/*
 * Start it on the host: environment without LD_*, with JID JNAME JPATH and,
 * while there is one, JPID; cwd "/", umask 022, default signals, stdin
 * /dev/null, a process group of its own, as exec.system_user (R31).  The child
 * and its pidfd, or -1.
 */
pid_t hook_start(
    struct walk *w, const struct hook *h, int *pidfd, struct jerr *e);

#endif
