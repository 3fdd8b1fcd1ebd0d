/*
 * persist stands in cgroup.max.descendants of pid 1's own leaf: "max" as it is
 * born, "0" when the jail is to end with its last process.  The number has no
 * effect, since no group is ever made below that leaf; the file is there in
 * every kernel with or without controllers, belongs to the host's root, and so
 * cannot be written with any right that a jail has.
 *
 * Must never tell pid 1 anything by the signal itself: a signal that comes from
 * inside cannot be told from ours (init/main.c).  One of theirs that is pending
 * swallows ours, and does no harm: pid 1 has still to wake up for it, and finds
 * what was written before.
 */
#include "life/persist.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/io.h"
#include "linux/proc.h"

#define STATE "cgroup.max.descendants"

int
persist_open(int cg_init, struct jerr *e)
{
	int fd = openat(cg_init, STATE, O_RDONLY | O_CLOEXEC);

	return fd != -1 ? fd : jerr_sys(e, "cgroup init/" STATE);
}

int
persist_set(int cg_init, int pidfd, bool on, struct jerr *e)
{
	/* The group may go, with all its files, between two calls. */
	if ((io_write_file(cg_init, STATE, on ? "max" : "0") == -1 &&
		errno != ENOENT && errno != ENODEV) ||
	    pidfd_kill(pidfd, SIGUSR1) == -1)
		return jerr_sys(e, "persist");
	return 0;
}
