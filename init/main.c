/*
 * jail-init: pid 1 of a jail.  It reaps, holds the namespaces while the jail
 * is persistent, ends when the last process of a jail that is not is gone, and
 * empties the jail's output pipe into its console log, or nowhere, once jail(8)
 * has left.
 *
 * It starts with: 0-2 /dev/null, 3 = j/cgroup.events, 4 = the read end of the
 * output pipe and 5 = the read end of a pipe whose write end jail(8) holds (4
 * and 5 may be closed), 6 = init/cgroup.max.descendants, 7 = the console log
 * (or closed), every signal blocked.
 *
 * It must never allocate, never fail, and never believe a signal.  Whether the
 * jail is persistent stands in 6, a file that nobody inside can write (life's
 * persist.c), and a signal only means "look again".  What a signal says of its
 * sender can be forged: one for which the kernel has no queue entry left comes
 * with si_code SI_USER and si_pid 0, like one from outside, and the jail's root
 * can use the queue up.
 */
#include <linux/signal.h>
#include <linux/wait.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/sys.h"

enum { FD_EVENTS = 3, FD_OUTPUT = 4, FD_ALIVE = 5, FD_PERSIST = 6, FD_LOG = 7 };

void init_main(void);

static void
reap(void)
{
	while (sys4(__NR_wait4, -1, NULL, WNOHANG | __WALL, NULL) > 0)
		;
}

/* Does the file begin with this?  Unreadable counts as no. */
static bool
file_says(int fd, const char *word, size_t n)
{
	char buf[64];
	long got = sys4(__NR_pread64, fd, buf, sizeof(buf), 0);

	if (got < (long)n)
		return false;
	for (size_t i = 0; i < n; i++)
		/* The kernel filled it. NOLINTNEXTLINE(clang-analyzer-*) */
		if (buf[i] != word[i])
			return false;
	return true;
}

/* Is nobody left but us, in a jail that shall not stay then?  Each wants its
 * plain answer: a jail is not to end because of a transient error.  The first
 * is read after every wake-up, persistent or not: the kernel reports a change
 * of it until it is read. */
static bool
is_over(void)
{
	static const char empty[] = "populated 0", no[] = "0\n";

	return file_says(FD_EVENTS, empty, sizeof(empty) - 1) &&
	    file_says(FD_PERSIST, no, sizeof(no) - 1);
}

/* So that they can be waited for again; what they say is not looked at.  One
 * read: who sends without end shall not keep us here. */
static void
take_signals(int sigfd)
{
	char info[8 * 128]; /* struct signalfd_siginfo */

	sys3(__NR_read, sigfd, info, sizeof(info));
}

/* False when there is nothing more now.  What the log does not take (a full
 * file system) is lost; whoever writes to the pipe shall not hang for it. */
static bool
drain(struct pollfd *output)
{
	char buf[4096];
	long n = sys3(__NR_read, FD_OUTPUT, buf, sizeof(buf));
	long w;

	if (n == 0)
		output->fd = -1; /* no writer is left */
	for (long done = 0; done < n; done += w) {
		w = sys3(__NR_write, FD_LOG, buf + done, n - done);
		if (w <= 0)
			break;
	}
	return n > 0;
}

void
init_main(void)
{
	uint64_t all = ~(uint64_t)0;
	struct pollfd p[4] = {
		{ .events = POLLIN }, { .fd = FD_EVENTS, .events = POLLPRI },
		{ .fd = FD_ALIVE, .events = POLLIN },
		{ .fd = -1,
		    .events = POLLIN }, /* output: not before jail(8) left */
	};

	sys4(__NR_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
	p[0].fd = (int)sys4(__NR_signalfd4, -1, &all, sizeof(all),
	    04000 | 02000000); /* SFD_NONBLOCK | SFD_CLOEXEC */
	for (;;) {
		sys5(__NR_ppoll, p, 4, NULL, NULL, 0);
		take_signals(p[0].fd);
		reap();
		if (p[2].revents & (POLLHUP | POLLERR | POLLNVAL)) {
			p[2].fd = -1;
			p[3].fd = FD_OUTPUT;
		}
		if (p[3].revents & POLLNVAL)
			p[3].fd = -1;
		else if (p[3].revents != 0)
			(void)drain(&p[3]);
		if (is_over()) {
			while (p[3].fd != -1 && drain(&p[3]))
				; /* the last words */
			sys3(__NR_exit_group, 0, 0, 0);
		}
	}
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n"
	"\tcall init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tbl init_main\n\tbrk #0\n");
#endif
