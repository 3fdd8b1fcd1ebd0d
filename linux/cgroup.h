/*
 * A jail's control groups: jail/<jid>.<uuid8>/{init,j} at the root of the
 * cgroup2 mount as this process sees it.  Limits stand in the upper one, pid 1
 * alone in init, everything else in j.
 */
#ifndef LINUX_CGROUP_H
#define LINUX_CGROUP_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"

struct cgroup {
	int top; /* O_PATH descriptors, -1 when not open; owned */
	int init;
	int j;
};

#define CGROUP_INIT \
	{ \
		.top = -1, .init = -1, .j = -1 \
	}
#define CGROUP_PARENT "jail"

/* O_PATH of the cgroup2 mount's root (pure: /sys/fs/cgroup, hybrid: below it,
 * else by mountinfo). */
int cgroup_root(struct jerr *e);

/*
 * mkdir of rel ("jail/3.1234abcd") and its two leaves, and the parent "jail"
 * when missing.  On failure what was made stays: the caller has recorded rel
 * and undoes with cgroup_remove.
 */
int cgroup_make(int root, const char *rel, struct cgroup *out, struct jerr *e);
int cgroup_open(int root, const char *rel, struct cgroup *out, struct jerr *e);
void cgroup_close(struct cgroup *c);

/*
 * Write value to file ("memory.max") of the jail's upper cgroup, switching its
 * controller on for jails first.  ENODEV: this host has no such controller.
 */
int cgroup_limit(int root, const struct cgroup *c, const char *file,
    const char *value, struct jerr *e);

int cgroup_populated(int dirfd); /* 1, 0, or -1 with errno */
int cgroup_kill(int dirfd);	 /* SIGKILL to all below; 0 or -1, errno */

/*
 * Wait until nothing lives below dirfd: 1 empty, 0 not in timeout_ms, -1 errno.
 * pidfd (of pid 1, or -1) is polled beside cgroup.events, whose notifications
 * the kernel sends at most every 10 ms.
 */
int cgroup_wait_empty(int dirfd, int pidfd, int timeout_ms);

/*
 * Take the jail's cgroups away: kill, wait at most timeout_ms, rmdir from
 * below; and the parent when it was the last.  Nothing there: 0.  EBUSY: what
 * cannot be killed is still there.
 */
int cgroup_remove(
    int root, const char *rel, int pidfd, int timeout_ms, struct jerr *e);

/* Pids in dirfd's cgroup.procs as the caller counts; malloc'd; 0 or -1. */
int cgroup_pids(int dirfd, pid_t **pids, size_t *n);

#endif
