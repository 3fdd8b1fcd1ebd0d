/*
 * The tiny mount namespace, made by a child that ends at once; only the
 * descriptor keeps it.  Nothing is mounted in the caller's namespace.
 */
#include "life/tiny.h"

#include <sys/mount.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/mount.h"
#include "linux/msg.h"
#include "linux/proc.h"

enum { MSG_NAMESPACE = 1 };

static int
make(struct jerr *e)
{
	auto_close int root = -1, procfd = -1;
	int fd;

	/* The last look at the host: "self" is found from here later. */
	procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (procfd == -1)
		return jerr_sys(e, "/proc");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return jerr_sys(e, "private mounts");
	root = mount_new("tmpfs", "none", NULL,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
		MOUNT_ATTR_NOEXEC,
	    e);
	if (root == -1 || mount_root_place(root, false, e) == -1 ||
	    mount_root_enter(root, false, e) == -1 ||
	    mount_root_finish(root, false, e) == -1)
		return -1;
	fd = openat(procfd, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return fd == -1 ? jerr_sys(e, "mount namespace") : fd;
}

static void __attribute__((noreturn)) child(int sock)
{
	struct jerr e = JERR_INIT;
	int fd = make(&e);

	if (fd == -1)
		(void)msg_send_error(sock, &e);
	else
		(void)msg_send(sock, MSG_NAMESPACE, 0, fd);
	_exit(0);
}

int
tiny_open(struct jerr *e)
{
	struct proc_clone c = { .flags = CLONE_NEWNS, .cgroup = -1 };
	auto_close int pidfd = -1, ours = -1, theirs = -1;
	int sv[2], fd = -1, status;
	pid_t pid;

	if (msg_pair(sv, e) == -1)
		return -1;
	ours = sv[0];
	theirs = sv[1];
	pid = proc_clone(&c, &pidfd);
	if (pid == 0)
		child(theirs);
	if (pid == -1)
		return jerr_sys(e, "mount namespace");
	close_keep(take_fd(&theirs));
	(void)msg_expect(ours, "builder", MSG_NAMESPACE, NULL, &fd, e);
	(void)pidfd_wait(pidfd, -1, &status);
	return fd;
}
