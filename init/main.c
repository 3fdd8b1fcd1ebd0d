/*
 * jail-init: pid 1 of a jail.  It reaps, holds the namespaces while the jail
 * is persistent, ends when the last process of a jail that is not is gone, and
 * empties the jail's output pipe once jail(8) has left.
 *
 * It starts with: 0-2 /dev/null, 3 = j/cgroup.events, 4 = the read end of the
 * output pipe and 5 = the read end of a pipe whose write end jail(8) holds (4
 * and 5 may be closed), every signal blocked.
 *
 * It must never allocate, never fail, and never believe a signal that a jailed
 * process could have sent: persist is switched only by SIGUSR1 (on) and
 * SIGUSR2 (off) with si_code SI_USER and si_pid 0, which only a process outside
 * of this pid namespace can produce (si_pid 0 alone can be forged with
 * rt_sigqueueinfo, SI_USER cannot).  DESIGN 2; recipe 4.
 */
#include <linux/signal.h>
#include <linux/wait.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/sys.h"

enum { FD_EVENTS = 3, FD_OUTPUT = 4, FD_ALIVE = 5 };

/* <sys/signalfd.h> without the C library's part. */
struct signal_info {
	uint32_t signo;
	int32_t err;
	int32_t code;
	uint32_t pid;
	uint8_t rest[112];
};

_Static_assert(sizeof(struct signal_info) == 128, "signalfd_siginfo");

void init_main(void);

static void
reap(void)
{
	while (sys4(__NR_wait4, -1, NULL, WNOHANG | __WALL, NULL) > 0)
		;
}

/* Does anybody but us live here?  Unreadable counts as yes: a jail is not to
 * end because of a transient error. */
static bool
populated(void)
{
	static const char no[] = "populated 0";
	char buf[64];
	long n = sys4(__NR_pread64, FD_EVENTS, buf, sizeof(buf), 0);

	if (n < (long)sizeof(no) - 1)
		return true;
	for (size_t i = 0; i < sizeof(no) - 1; i++)
		if (buf[i] != no[i])
			return true;
	return false;
}

static void
take_signals(int sigfd, bool *persist)
{
	struct signal_info si;

	while (sys3(__NR_read, sigfd, &si, sizeof(si)) == (long)sizeof(si)) {
		bool outside = si.code == SI_USER && si.pid == 0;

		if (outside && si.signo == SIGUSR1)
			*persist = true;
		else if (outside && si.signo == SIGUSR2)
			*persist = false;
	}
}

static void
drain(struct pollfd *output)
{
	char buf[4096];
	long n = sys3(__NR_read, FD_OUTPUT, buf, sizeof(buf));

	if (n == 0)
		output->fd = -1; /* no writer is left */
}

void
init_main(void)
{
	uint64_t all = ~(uint64_t)0;
	bool persist = true;
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
		take_signals(p[0].fd, &persist);
		reap();
		if (p[2].revents & (POLLHUP | POLLERR | POLLNVAL)) {
			p[2].fd = -1;
			p[3].fd = FD_OUTPUT;
		}
		if (p[3].revents & POLLNVAL)
			p[3].fd = -1;
		else if (p[3].revents != 0)
			drain(&p[3]);
		/* Read after every wake-up, persistent or not: the kernel
		 * reports a change of it until it is read. */
		if (!populated() && !persist)
			sys3(__NR_exit_group, 0, 0, 0);
	}
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n"
	"\tcall init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tbl init_main\n\tbrk #0\n");
#endif
