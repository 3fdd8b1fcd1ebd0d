/*
 * /proc of the jail, made by the builder with host credentials before any
 * process of the jail runs.
 *
 * On kernels without "pidns=" the helper shares the builder's memory and
 * descriptors (CLONE_VM|CLONE_FILES), so the mount's descriptor is the
 * builder's own at once; it must do nothing but system calls and stores.
 */
#include "linux/procfs.h"

#include <sys/mount.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/mount.h"

#define PROC_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

struct helper {
	int fd;
	struct jerr e;
};

static int
helper_main(void *arg)
{
	struct helper *h = arg;

	h->fd = mount_new("proc", "proc", NULL, PROC_ATTR, &h->e);
	return 0;
}

static int
by_helper(int pidfd, struct jerr *e)
{
	static char stack[32768] __attribute__((aligned(16)));
	struct helper h = { .fd = -1, .e = JERR_INIT };
	pid_t pid;

	if (setns(pidfd, CLONE_NEWPID) == -1)
		return jerr_sys(e, "setns to the jail's pid namespace");
	/* vfork-like: this thread sleeps until the child has ended. */
	pid = clone(helper_main, stack + sizeof(stack),
	    CLONE_VM | CLONE_VFORK | CLONE_FILES, &h);
	if (pid == -1)
		return jerr_sys(e, "proc: clone");
	while (waitpid(pid, NULL, __WALL) == -1 && errno == EINTR)
		continue;
	if (h.fd == -1) {
		if (h.e.msg[0] == '\0')
			return jerr_set(e, ECHILD, "proc: the helper died");
		*e = h.e;
	}
	return h.fd;
}

int
procfs_mount(int procfd, pid_t pid, int pidfd, struct jerr *e)
{
	auto_close int fs = -1, ns = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/ns/pid", (int)pid);
	ns = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	if (ns == -1)
		return jerr_sys(e, "open the jail's pid namespace");
	fs = mount_fs_open("proc", e);
	if (fs == -1)
		return -1;
	if (fsconfig(fs, FSCONFIG_SET_FD, "pidns", NULL, ns) == -1) {
		if (errno == EINVAL)
			return by_helper(pidfd, e);
		return mount_fs_fail(fs, e, "proc: pidns");
	}
	(void)mount_fs_set(fs, "source", "proc");
	return mount_fs_create(fs, "proc", PROC_ATTR, e);
}
