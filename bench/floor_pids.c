/*
 * The floor's processes: clone3 into a cgroup, dropping privilege, entering.
 */
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/floor.h"

/* What a jail's root keeps (policy/confine.c). */
#define KEPT 0xb0ec85ffull

static const struct sock_filter filter[] = {
#include "floor_filter.inc"
};

void
check(long r, const char *what)
{
	if (r != -1)
		return;
	perror(what);
	_exit(1);
}

pid_t
fork_into(int cgroup, unsigned long flags, int *pidfd)
{
	struct clone_args a = { .flags = flags | CLONE_INTO_CGROUP |
		    CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.cgroup = (uint64_t)cgroup };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	check(pid, "clone3");
	return (pid_t)pid;
}

void
write_file(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	check(fd, path);
	check(write(fd, text, strlen(text)), path);
	(void)close(fd);
}

void
confine(void)
{
	static const struct rlimit none = { 0, 0 }, files = { 1024, 524288 };
	struct sock_fprog prog = { sizeof(filter) / sizeof(*filter),
		(struct sock_filter *)(uintptr_t)filter };
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)KEPT, (uint32_t)KEPT, 0 },
		{ (uint32_t)(KEPT >> 32), (uint32_t)(KEPT >> 32), 0 },
	};

	(void)setrlimit(RLIMIT_MEMLOCK, &none);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	check(
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog), "seccomp");
	check(syscall(SYS_setgroups, 0, NULL), "setgroups");
	check(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	check(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		if ((KEPT >> cap & 1) == 0)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	check(syscall(SYS_capset, &h, d), "capset");
}

static void __attribute__((noreturn)) entrant(int pidfd, char *const *argv)
{
	check(setns(pidfd,
		  CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWIPC |
		      CLONE_NEWUTS | CLONE_NEWNET),
	    "setns");
	check(chdir("/"), "chdir");
	confine();
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	(void)execv(argv[0], argv);
	check(-1, argv[0]);
	_exit(1);
}

void
enter(int pidfd, int cgroup, char *const *argv)
{
	int child = -1, status = 0;

	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	check(setns(pidfd, CLONE_NEWPID), "setns");
	if (fork_into(cgroup, 0, &child) == 0)
		entrant(pidfd, argv);
	check(waitpid(-1, &status, __WALL), "wait");
	if (status != 0)
		_exit(1);
}
