/*
 * The relay between the host's terminal and the pty of a jailed process, and
 * the waiting for it.  One loop, one poll, two buffers; a full buffer stops
 * the reading of its source and nothing else, so a slow reader on one side
 * never keeps signals, the window size or the other direction from moving.
 *
 * Must never leave the terminal in raw mode, whatever ends the loop, and never
 * look at the bytes: what a jail writes goes to a terminal as it is.
 */
#include "linux/tty.h"

#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/proc.h"

#define BUF_SIZE 32768
#define LINE_ROOM 4096 /* a canonical read gives at most one line */
#define SLOW_WRITE 256 /* a blocking terminal takes so much at POLLOUT */
#define RECHECK_MS 200
#define DRAIN_MAX (1 << 20) /* after the child's end: others may flood on */

/* 6.9 and later; older kernels say EINVAL. */
#define SIGNAL_PROCESS_GROUP (1U << 2)

struct buf {
	char b[BUF_SIZE];
	size_t off, len;
};

struct relay {
	const struct tty_run *r;
	int master, sigs;
	int in, out; /* own, non-blocking descriptions, or want's */
	bool in_own, out_own;
	struct termios saved; /* valid while raw_on */
	bool raw_on;
	sigset_t fatal, old;
	int die; /* a signal that shall end this process */
	bool exited, done, late;
	int64_t end; /* timeout_ms from the start */
	size_t drained;
	int status;
	struct buf up, down; /* to the pty, from the pty */
};

enum { FD_SIG, FD_PID, FD_IN, FD_MASTER, FD_OUT, NFDS };

static size_t
room(const struct buf *b)
{
	return sizeof(b->b) - b->len;
}

static void
append(struct buf *b, const char *p, size_t n)
{
	if (b->off + b->len + n > sizeof(b->b)) {
		memmove(b->b, b->b + b->off, b->len);
		b->off = 0;
	}
	memcpy(b->b + b->off + b->len, p, n);
	b->len += n;
}

static void
consume(struct buf *b, size_t n)
{
	b->len -= n;
	b->off = b->len == 0 ? 0 : b->off + n;
}

/*
 * The same terminal through a description of our own, because O_NONBLOCK on
 * the given one would change it for the shell that shares it.  Opening a pty's
 * master again would make another pty.
 */
static int
reopen(int fd, int flags, bool *own)
{
	char name[32];
	struct stat st;
	int n;

	*own = false;
	if (fd == -1 || fstat(fd, &st) == -1 || st.st_rdev == makedev(5, 2))
		return fd;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = open(name, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (n == -1)
		return fd; /* not ours (su), or gone: the given one serves */
	*own = true;
	return n;
}

static bool
foreground(const struct relay *p)
{
	pid_t pg = tcgetpgrp(p->in);

	/* -1: not our controlling terminal, so there is no job control. */
	return pg == -1 || pg == getpgrp();
}

static void
raw_leave(struct relay *p)
{
	if (p->raw_on)
		(void)tcsetattr(p->in, TCSANOW, &p->saved);
	p->raw_on = false;
}

/* SIGTTOU is blocked all the while, so tcsetattr never stops us. */
static void
raw_enter(struct relay *p)
{
	struct termios t;

	if (p->in == -1 || !p->r->want->raw || p->exited || p->master == -1 ||
	    !foreground(p))
		return;
	/* Still on: stopped without warning; what stands there is not "before". */
	if (!p->raw_on && tcgetattr(p->in, &p->saved) == -1)
		return;
	t = p->saved;
	cfmakeraw(&t);
	p->raw_on = tcsetattr(p->in, TCSANOW, &t) == 0 || p->raw_on;
}

static void
copy_size(const struct relay *p)
{
	struct winsize ws;

	if (p->master != -1 && ioctl(p->out, TIOCGWINSZ, &ws) == 0)
		(void)ioctl(p->master, TIOCSWINSZ, &ws);
}

/* Closing the master is what hangs up: SIGHUP to the session, EIO for reads. */
static void
hang_up(struct relay *p)
{
	raw_leave(p);
	close_keep(take_fd(&p->master));
	p->up.len = p->down.len = 0;
}

static void
signal_child(const struct relay *p, int sig)
{
	(void)syscall(SYS_pidfd_send_signal, p->r->pidfd, sig, NULL, 0);
}

/*
 * As ^C on the terminal of the child.  Without a pty to its process group, by
 * number on old kernels: that is safe because the child is ours and not yet
 * waited for, so nobody else can have its pid.
 */
static void
interrupt_child(const struct relay *p, int sig)
{
	if (p->master != -1 && ioctl(p->master, TIOCSIG, sig) == 0)
		return;
	if (syscall(SYS_pidfd_send_signal, p->r->pidfd, sig, NULL,
		SIGNAL_PROCESS_GROUP) == 0)
		return;
	if (kill(-p->r->pid, sig) == -1)
		signal_child(p, sig);
}

static void
handle_signal(struct relay *p, int sig)
{
	if (sig == SIGWINCH) {
		copy_size(p);
	} else if (sig == SIGCONT) {
		raw_enter(p);
		copy_size(p);
	} else if (sig == SIGTSTP) {
		raw_leave(p);
		(void)raise(SIGSTOP);
		raw_enter(p);
		copy_size(p);
	} else if (sigismember(&p->fatal, sig) == 1) {
		p->die = sig;
		p->done = true;
	} else if (p->exited) {
		p->done = true; /* do not wait for a stuck terminal */
	} else if (sig == SIGINT || sig == SIGQUIT) {
		interrupt_child(p, sig);
	} else {
		signal_child(p, sig);
	}
}

static void
read_signals(struct relay *p)
{
	struct signalfd_siginfo si;

	while (read(p->sigs, &si, sizeof(si)) == (ssize_t)sizeof(si))
		handle_signal(p, (int)si.ssi_signo);
}

/* May the terminal be read now?  Not behind a pager's back. */
static bool
may_read(const struct relay *p)
{
	struct termios t;

	if (p->in == -1 || p->master == -1 || p->exited ||
	    room(&p->up) < LINE_ROOM + 1 || !foreground(p))
		return false;
	if (p->r->want->raw)
		return p->raw_on;
	return tcgetattr(p->in, &t) == 0 && (t.c_lflag & ICANON) != 0;
}

static void
read_input(struct relay *p)
{
	char tmp[LINE_ROOM];
	const char eof = (char)p->r->want->tio.c_cc[VEOF];
	ssize_t n = read(p->in, tmp, sizeof(tmp));

	if (n == -1 &&
	    (errno == EINTR || errno == EAGAIN ||
		(errno == EIO && !foreground(p))))
		return;
	if (n == -1 || (n == 0 && p->r->want->raw)) {
		hang_up(p);
		return;
	}
	append(&p->up, tmp, (size_t)n);
	/* In the terminal's own mode only ^D ends a read without a newline. */
	if (!p->r->want->raw && (n == 0 || tmp[n - 1] != '\n'))
		append(&p->up, &eof, 1);
}

static void
read_master(struct relay *p)
{
	char tmp[BUF_SIZE];
	ssize_t n = read(p->master, tmp, room(&p->down));

	if (n > 0) {
		append(&p->down, tmp, (size_t)n);
		if (p->exited)
			p->drained += (size_t)n;
		return;
	}
	if (n == -1 && (errno == EINTR || (errno == EAGAIN && !p->exited)))
		return;
	/*
	 * EIO: no slave is open just now.  Before the child's end that is
	 * somebody who closed all of its terminal; a later open of /dev/tty
	 * makes it readable again, so it is only left alone for a while.
	 */
	if (p->exited)
		p->drained = DRAIN_MAX;
}

static void
write_master(struct relay *p)
{
	ssize_t n = write(p->master, p->up.b + p->up.off, p->up.len);

	if (n > 0)
		consume(&p->up, (size_t)n);
	else if (n == -1 && errno != EINTR && errno != EAGAIN)
		p->up.len = p->up.off = 0;
}

static void
write_output(struct relay *p)
{
	size_t most = p->down.len;
	ssize_t n;

	if (!p->out_own && most > SLOW_WRITE)
		most = SLOW_WRITE;
	n = write(p->out, p->down.b + p->down.off, most);
	if (n > 0)
		consume(&p->down, (size_t)n);
	else if (n == -1 && errno != EINTR && errno != EAGAIN)
		hang_up(p);
}

static void
reap(struct relay *p)
{
	siginfo_t si = { .si_pid = 0 };

	if (waitid((idtype_t)P_PIDFD, (id_t)p->r->pidfd, &si,
		WEXITED | WNOHANG | __WALL) == -1) {
		if (errno == EINTR)
			return;
		p->status = -1; /* somebody else waited for it */
		p->exited = true;
	} else if (si.si_pid != 0) {
		p->status = si.si_code == CLD_EXITED ? si.si_status :
						       128 + si.si_status;
		p->exited = true;
	}
}

/* Which of the descriptors are waited for, and how long at most. */
static int
prepare(const struct relay *p, bool master_idle, struct pollfd *fds)
{
	bool input = may_read(p);
	int ms = -1;

	for (int i = 0; i < NFDS; i++)
		fds[i] = (struct pollfd) { .fd = -1, .events = POLLIN };
	fds[FD_SIG].fd = p->sigs;
	if (!p->exited)
		fds[FD_PID].fd = p->r->pidfd;
	if (input)
		fds[FD_IN].fd = p->in;
	else if (p->in != -1 && p->master != -1 && !p->exited)
		ms = RECHECK_MS; /* nobody tells us that it is our turn */
	if (p->master != -1 && !master_idle) {
		fds[FD_MASTER].events = 0;
		if (room(&p->down) != 0)
			fds[FD_MASTER].events |= POLLIN;
		if (p->up.len != 0 && !p->exited)
			fds[FD_MASTER].events |= POLLOUT;
		/* With no event wanted POLLHUP would still wake us for ever. */
		if (fds[FD_MASTER].events != 0)
			fds[FD_MASTER].fd = p->master;
	}
	if (p->up.len != 0 || master_idle)
		ms = RECHECK_MS;
	fds[FD_OUT].events = POLLOUT;
	if (p->down.len != 0)
		fds[FD_OUT].fd = p->out;
	return ms;
}

/* ms, or less of it when that is all the time that is left. */
static int
time_left(const struct relay *p, int ms)
{
	int64_t left = p->end - mono_ms();

	if (p->r->timeout_ms == -1 || p->exited)
		return ms;
	if (left < 0)
		left = 0;
	return ms != -1 && ms < left ? ms : (int)left;
}

/* One round: wait, then move what can be moved. */
static int
turn(struct relay *p, bool *master_idle)
{
	struct pollfd fds[NFDS];
	int ms = time_left(p, prepare(p, *master_idle, fds));
	short m;

	*master_idle = false;
	if (poll(fds, NFDS,
		p->exited && p->master != -1 && room(&p->down) != 0 ? 0 : ms) ==
	    -1)
		return errno == EINTR ? 0 : -1;
	if (fds[FD_SIG].revents != 0)
		read_signals(p);
	if (p->done)
		return 0;
	if (fds[FD_PID].revents != 0)
		reap(p);
	if (time_left(p, -1) == 0) {
		p->late = p->done = true;
		return 0;
	}
	/* Asked again: a pager may have taken the terminal while we waited. */
	if (fds[FD_IN].revents != 0 && may_read(p))
		read_input(p);
	m = fds[FD_MASTER].revents;
	if (p->master != -1 && (m & POLLOUT) != 0)
		write_master(p);
	if (p->master != -1 && (m & POLLIN) != 0)
		read_master(p);
	else if (p->master != -1 && p->exited && room(&p->down) != 0)
		p->drained = DRAIN_MAX; /* nothing is left in it */
	else if ((m & (POLLHUP | POLLERR)) != 0)
		*master_idle = true;
	if (fds[FD_OUT].revents != 0)
		write_output(p);
	if (!p->raw_on && fds[FD_IN].fd == -1)
		raw_enter(p);
	/* The end of what the child wrote, or more than it can have. */
	if (p->exited && p->drained >= DRAIN_MAX)
		close_keep(take_fd(&p->master));
	p->done = p->exited && p->master == -1 && p->down.len == 0;
	return 0;
}

/* Signals that we take over; what is ignored here stays ignored. */
static int
block_signals(struct relay *p)
{
	static const int forward[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	static const int ours[] = { SIGWINCH, SIGCONT, SIGTSTP };
	static const int deadly[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
		SIGPROF, SIGXCPU, SIGIO, SIGPWR };
	sigset_t take, block;
	struct sigaction sa;

	(void)sigemptyset(&take);
	(void)sigemptyset(&p->fatal);
	for (size_t i = 0; i < nitems(forward); i++)
		if (sigaction(forward[i], NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_IGN)
			(void)sigaddset(&take, forward[i]);
	for (size_t i = 0; p->r->want != NULL && i < nitems(ours); i++)
		(void)sigaddset(&take, ours[i]);
	for (size_t i = 0; p->r->want != NULL && i < nitems(deadly); i++)
		if (sigaction(deadly[i], NULL, &sa) == 0 &&
		    sa.sa_handler == SIG_DFL) {
			(void)sigaddset(&take, deadly[i]);
			(void)sigaddset(&p->fatal, deadly[i]);
		}
	block = take;
	(void)sigaddset(&block, SIGTTOU);
	(void)sigaddset(&block, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &block, &p->old) == -1)
		return -1;
	p->sigs = signalfd(-1, &take, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->sigs == -1)
		(void)sigprocmask(SIG_SETMASK, &p->old, NULL);
	return p->sigs == -1 ? -1 : 0;
}

/* A SIGPIPE of our own writes must not reach the caller with the old mask. */
static void
unblock_signals(struct relay *p)
{
	static const struct timespec now = { 0, 0 };
	sigset_t pipe_only;

	close_keep(take_fd(&p->sigs));
	if (sigismember(&p->old, SIGPIPE) == 0) {
		(void)sigemptyset(&pipe_only);
		(void)sigaddset(&pipe_only, SIGPIPE);
		while (sigtimedwait(&pipe_only, NULL, &now) > 0)
			;
	}
	(void)sigprocmask(SIG_SETMASK, &p->old, NULL);
}

int
tty_proxy(const struct tty_run *r, int *status, struct jerr *e)
{
	struct relay p = {
		.r = r, .master = r->master, .sigs = -1, .in = -1, .out = -1
	};
	bool idle = false;
	int failed = 0;

	p.end = mono_ms() + r->timeout_ms;
	if (block_signals(&p) == -1) {
		close_keep(p.master);
		return jerr_sys(e, "terminal: signals");
	}
	if (r->want != NULL) {
		p.in = reopen(r->want->in, O_RDONLY, &p.in_own);
		p.out = reopen(r->want->out, O_WRONLY, &p.out_own);
		raw_enter(&p);
		copy_size(&p);
	}
	while (!p.done && failed == 0)
		failed = turn(&p, &idle);
	if (failed != 0)
		(void)jerr_sys(e, "terminal: poll");
	raw_leave(&p);
	close_keep(p.master);
	if (p.in_own)
		close_keep(p.in);
	if (p.out_own)
		close_keep(p.out);
	unblock_signals(&p);
	if (p.die != 0)
		(void)raise(p.die);
	if (p.late && failed == 0)
		return jerr_set(e, ETIMEDOUT, "timed out");
	if (failed != 0 || !p.exited)
		return failed != 0 ? -1 :
				     jerr_set(e, EINTR,
					 "terminal: "
					 "ended by signal %d",
					 p.die);
	if (p.status == -1)
		return jerr_set(e, ECHILD, "wait: the process is not ours");
	*status = p.status;
	return 0;
}
