/*
 * clone3 and pidfds.  No pid number is ever waited for or signalled here: a
 * number can be somebody else by the time it is used.
 */
#include "linux/proc.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

pid_t
proc_clone(const struct proc_clone *w, int *pidfd)
{
	int fd = -1;
	struct clone_args a = {
		.flags = w->flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&fd,
		.exit_signal = (uint64_t)w->exit_signal,
	};
	long pid;

	if (w->cgroup >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)w->cgroup;
	}
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (pid > 0)
		*pidfd = fd;
	return (pid_t)pid;
}

int
pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
pidfd_kill(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

void
proc_reset_signals(const sigset_t *mask)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
}

int
proc_hear(const int *sigs, size_t n, sigset_t *old)
{
	struct sigaction sa;
	sigset_t held, heard;

	(void)sigemptyset(&held);
	(void)sigemptyset(&heard);
	for (size_t i = 0; i < n; i++) {
		(void)sigaddset(&held, sigs[i]);
		if (sigaction(sigs[i], NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_IGN)
			(void)sigaddset(&heard, sigs[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &held, old);
	return signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
}

int64_t
mono_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
pidfd_ended(int pidfd, int timeout_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t end = mono_ms() + timeout_ms;
	int left = timeout_ms;
	int n;

	for (;;) {
		n = poll(&p, 1, left);
		if (n != -1 || errno != EINTR)
			return n;
		if (timeout_ms >= 0) {
			left = (int)(end - mono_ms());
			if (left < 0)
				left = 0;
		}
	}
}

int
pidfd_wait(int pidfd, int timeout_ms, int *status)
{
	siginfo_t si;
	int n;

	if (timeout_ms >= 0) {
		n = pidfd_ended(pidfd, timeout_ms);
		if (n <= 0)
			return n;
	}
	/* __WALL: children with exit_signal 0 are "clone children". */
	do {
		memset(&si, 0, sizeof(si));
		n = waitid(
		    (idtype_t)P_PIDFD, (id_t)pidfd, &si, WEXITED | __WALL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	if (status == NULL)
		return 1;
	if (si.si_code == CLD_EXITED)
		*status = W_EXITCODE(si.si_status, 0);
	else
		*status = W_EXITCODE(0, si.si_status & 0x7f);
	return 1;
}

uint64_t
proc_start_time(int procfd, pid_t pid)
{
	char path[64], buf[1024];
	char *p;

	(void)snprintf(path, sizeof(path), "%s%d/stat",
	    procfd == -1 ? "/proc/" : "", (int)pid);
	if (io_read_file(
		procfd == -1 ? AT_FDCWD : procfd, path, buf, sizeof(buf)) <= 0)
		return 0;
	/* The command's name may hold anything: count from the last ')'. */
	p = strrchr(buf, ')');
	if (p == NULL || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X')
		return 0; /* dead, though nobody has reaped it yet */
	p++;
	for (int field = 2; field < 21 && p != NULL; field++) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	p = p != NULL ? strchr(p, ' ') : NULL;
	return p != NULL ? strtoull(p + 1, NULL, 10) : 0;
}

bool
proc_is_leaving(pid_t pid)
{
	char path[64], to[64];

	/* Its namespaces are given up before anything else is told. */
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)pid);
	return readlink(path, to, sizeof(to)) == -1 &&
	    (errno == ENOENT || errno == ESRCH);
}

int
status_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + WTERMSIG(status);
}

void
proc_hold(int fd)
{
	struct proc_clone c = { .cgroup = -1 };
	auto_close int pidfd = -1;
	pid_t parent = getpid();
	sigset_t all;

	if (proc_clone(&c, &pidfd) != 0)
		return;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	if (dup2(fd, 0) == -1 || syscall(SYS_close_range, 1, ~0u, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		_exit(1);
	/* It may have ended before we asked to be told. */
	while (getppid() == parent)
		(void)pause();
	_exit(0);
}
