/*
 * The terminal relay, on ptys made here: the "user" holds the master of an
 * outer pty, a relay process stands on its slave as jexec would, and a child
 * function plays the jailed program on the inner one.
 */
#include "linux/tty.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tap.h"

typedef int child_fn(void);

struct session {
	int user;  /* the outer master */
	int slave; /* kept open: to look at the settings */
	pid_t relay;
	struct termios before;
};

struct how {
	child_fn *run;
	bool hide_devpts; /* the child sees an empty root */
	int out_pipe;	  /* relay's fd 1 instead of the terminal, or -1 */
	bool no_tty;
};

static volatile sig_atomic_t got_signal;

static void
note(int sig)
{
	got_signal = sig;
}

static void
say(const char *s)
{
	(void)!write(1, s, strlen(s));
}

static _Noreturn void
play_child(int sock, const struct tty_want *w, const struct how *h)
{
	struct jerr e = JERR_INIT;

	if (h->hide_devpts &&
	    (unshare(CLONE_NEWNS) == -1 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
		mount("none", "/mnt", "tmpfs", 0, NULL) == -1 ||
		chroot("/mnt") == -1))
		_exit(99);
	if (w == NULL) {
		(void)setsid();
	} else if (tty_child(sock, w, &e) == -1) {
		(void)!write(2, e.msg, strlen(e.msg));
		_exit(98);
	}
	_exit(h->run());
}

static _Noreturn void
play_relay(const struct how *h, int slave)
{
	struct jerr e = JERR_INIT;
	struct tty_want w;
	struct tty_run r = { .want = &w, .master = -1, .timeout_ms = -1 };
	sigset_t held, mask;
	int sp[2], status = -1;

	(void)setsid();
	if (!h->no_tty) {
		(void)ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd <= 2; fd++)
			(void)dup2(slave, fd);
		if (h->out_pipe != -1)
			(void)dup2(h->out_pipe, 1);
	} else {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 0);
		(void)dup2(h->out_pipe, 1);
		(void)dup2(h->out_pipe, 2);
	}
	for (int fd = 3; fd < 64; fd++)
		(void)close(fd);
	if (tty_probe(&w) == 0)
		r.want = NULL;
	(void)socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sp);
	/* As life/ does: what is passed on waits until the relay runs. */
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGQUIT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &held, &mask);
	r.pid = fork();
	if (r.pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &mask, NULL);
		play_child(sp[1], r.want, h);
	}
	(void)close(sp[1]);
	r.pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0);
	if (r.want != NULL) {
		r.master = tty_parent_recv(sp[0], 0, 0, &e);
		if (r.master == -1)
			_exit(97);
	}
	if (tty_proxy(&r, &status, &e) == -1)
		_exit(96);
	_exit(status);
}

static void
begin(struct session *s, const struct how *h)
{
	struct winsize ws = { .ws_row = 33, .ws_col = 99 };
	int zero = 0;

	s->user = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	(void)ioctl(s->user, TIOCSPTLCK, &zero);
	s->slave = ioctl(s->user, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	(void)ioctl(s->slave, TIOCSWINSZ, &ws);
	(void)tcgetattr(s->slave, &s->before);
	s->relay = fork();
	if (s->relay == 0)
		play_relay(h, s->slave);
}

static bool
is_raw(const struct session *s)
{
	struct termios t;

	return tcgetattr(s->slave, &t) == 0 && (t.c_lflag & ICANON) == 0;
}

static bool
is_back(const struct session *s)
{
	struct termios t;

	return tcgetattr(s->slave, &t) == 0 && t.c_lflag == s->before.c_lflag &&
	    t.c_iflag == s->before.c_iflag && t.c_oflag == s->before.c_oflag &&
	    t.c_cflag == s->before.c_cflag;
}

/* Reads from fd until text came or ten seconds are over. */
static bool
expect(int fd, const char *text)
{
	static char seen[65536];
	size_t n = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (n < sizeof(seen) - 1 && poll(&p, 1, 10000) == 1) {
		ssize_t r = read(fd, seen + n, 1);

		if (r <= 0)
			break;
		seen[++n] = '\0';
		if (strstr(seen, text) != NULL)
			return true;
	}
	printf("#   wanted \"%s\"\n", text);
	tap_diag_str("saw", seen);
	return false;
}

static int
finish(struct session *s)
{
	int st = 0;

	for (int i = 0; i < 1000; i++) {
		struct timespec t = { 0, 10000000 };

		if (waitpid(s->relay, &st, WNOHANG) == s->relay) {
			(void)close(s->user);
			(void)close(s->slave);
			return WIFEXITED(st) ? WEXITSTATUS(st) :
					       1000 + WTERMSIG(st);
		}
		(void)nanosleep(&t, NULL);
	}
	(void)kill(s->relay, SIGKILL);
	(void)waitpid(s->relay, &st, 0);
	return -1;
}

/* ---- jailed programs ---- */

static int
show_tty(void)
{
	struct winsize ws;
	struct termios t;
	char line[128];
	char mine[64] = "";

	if (isatty(0) != 1 || isatty(1) != 1 || isatty(2) != 1)
		return 1;
	(void)ioctl(0, TIOCGWINSZ, &ws);
	(void)tcgetattr(0, &t);
	(void)ttyname_r(0, mine, sizeof(mine));
	(void)snprintf(line, sizeof(line), "size %d %d icanon %d ctty %d.\n",
	    ws.ws_row, ws.ws_col, (t.c_lflag & ICANON) != 0,
	    tcgetpgrp(0) == getpid() && getsid(0) == getpid());
	say(line);
	return 7;
}

static int
sleep_long(void)
{
	say("ready\n");
	while (getpid() != 0)
		(void)pause();
	return 0;
}

static int
catch_term(void)
{
	(void)signal(SIGTERM, note);
	say("ready\n");
	while (got_signal == 0)
		(void)pause();
	say("got TERM\n");
	return 5;
}

static int
watch_size(void)
{
	struct winsize ws;
	char line[64];

	(void)signal(SIGWINCH, note);
	say("ready\n");
	while (got_signal == 0)
		(void)usleep(10000);
	(void)ioctl(0, TIOCGWINSZ, &ws);
	(void)snprintf(
	    line, sizeof(line), "size %d %d.\n", ws.ws_row, ws.ws_col);
	say(line);
	return 0;
}

/* Until ^D; the pty echoes nothing, so what comes back is ours. */
static int
copy(void)
{
	struct termios t;
	char b[4096];
	ssize_t n;

	(void)tcgetattr(0, &t);
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_oflag &= ~(tcflag_t)OPOST;
	(void)tcsetattr(0, TCSANOW, &t);
	say("ready\n");
	while ((n = read(0, b, sizeof(b))) > 0)
		for (ssize_t off = 0, w; off < n; off += w) {
			w = write(1, b + off, (size_t)(n - off));
			if (w == -1)
				return 1;
		}
	return 3;
}

static int
pour(void)
{
	char line[101];

	memset(line, 'x', 99);
	line[99] = '\n';
	line[100] = '\0';
	for (int i = 0; i < 3000; i++)
		say(line);
	say("the end\n");
	return 4;
}

static int
leave_someone(void)
{
	if (fork() == 0) {
		(void)signal(SIGHUP, SIG_IGN);
		(void)sleep(20);
		_exit(0);
	}
	say("bye\n");
	return 6;
}

static int
two_of_a_group(void)
{
	pid_t other = fork();
	int st = 0;

	if (other == 0)
		return sleep_long();
	(void)signal(SIGINT, note);
	while (waitpid(other, &st, 0) == -1 && errno == EINTR)
		;
	return WIFSIGNALED(st) && got_signal == SIGINT ? 11 : 12;
}

/* ---- tests ---- */

static const struct how plain = { .out_pipe = -1 };

static void
test_basic(void)
{
	struct session s;
	struct how h = plain;

	h.run = show_tty;
	begin(&s, &h);
	ok(expect(s.user, "size 33 99 icanon 1 ctty 1."),
	    "size, mode, controlling terminal");
	is_int(finish(&s), 7, "exit status");

	h.hide_devpts = true;
	begin(&s, &h);
	ok(expect(s.user, "size 33 99 icanon 1 ctty 1."),
	    "the same on a private devpts");
	is_int(finish(&s), 7, "exit status");
}

static void
test_signals(void)
{
	struct session s;
	struct how h = plain;
	struct winsize ws = { .ws_row = 50, .ws_col = 120 };

	h.run = sleep_long;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	ok(is_raw(&s), "the outer terminal is raw");
	is_int(write(s.user, "\003", 1), 1, "^C is typed");
	is_int(finish(&s), 130, "INT reached the child as a byte");

	h.run = catch_term;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	(void)kill(s.relay, SIGTERM);
	ok(expect(s.user, "got TERM"), "TERM is forwarded");
	for (int i = 0; i < 2000 && !is_back(&s); i++)
		(void)usleep(10000);
	ok(is_back(&s), "the outer terminal is as before");
	is_int(finish(&s), 5, "exit status");

	h.run = sleep_long;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	(void)kill(s.relay, SIGUSR1);
	for (int i = 0; i < 2000 && !is_back(&s); i++)
		(void)usleep(10000);
	ok(is_back(&s), "as before after a foreign signal");
	is_int(finish(&s), 1000 + SIGUSR1, "which still ends the relay");

	h.run = watch_size;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	(void)ioctl(s.user, TIOCSWINSZ, &ws);
	ok(expect(s.user, "size 50 120."), "a new size arrives");
	is_int(finish(&s), 0, "exit status");
}

static void
test_stop(void)
{
	struct session s;
	struct how h = plain;
	siginfo_t si;

	h.run = copy;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	(void)kill(s.relay, SIGTSTP);
	(void)waitid(P_PID, (id_t)s.relay, &si, WSTOPPED);
	is_int(si.si_code, CLD_STOPPED, "TSTP stops the relay");
	ok(is_back(&s), "with the terminal as before");
	(void)kill(s.relay, SIGCONT);
	for (int i = 0; i < 2000 && !is_raw(&s); i++)
		(void)usleep(10000);
	ok(is_raw(&s), "raw again after CONT");
	is_int(write(s.user, "hello\n\004", 7), 7, "typed");
	ok(expect(s.user, "hello"), "and relaying");
	is_int(finish(&s), 3, "exit status");
}

/* Feeds n lines and reads them back at the same time. */
static void
test_paste(void)
{
	enum { LINE = 64, SIZE = 1 << 20 };
	static char in[SIZE + 1], out[SIZE + 16];
	struct session s;
	struct how h = plain;
	size_t off = 0, got = 0;

	h.run = copy;
	begin(&s, &h);
	ok(expect(s.user, "ready\n"), "started");
	for (size_t i = 0; i < SIZE; i++)
		in[i] = i % LINE == LINE - 1 ?
		    '\n' :
		    (char)('!' + (i * 7 + i / LINE) % 90);
	in[SIZE] = '\004';
	(void)fcntl(s.user, F_SETFL, O_RDWR | O_NONBLOCK);
	while (got < SIZE) {
		struct pollfd p = { .fd = s.user, .events = POLLIN };
		ssize_t n;

		if (off < sizeof(in))
			p.events |= POLLOUT;
		if (poll(&p, 1, 10000) != 1)
			break;
		if ((p.revents & POLLOUT) != 0 &&
		    (n = write(s.user, in + off, sizeof(in) - off)) > 0)
			off += (size_t)n;
		if ((p.revents & POLLIN) != 0 &&
		    (n = read(s.user, out + got, sizeof(out) - got)) > 0)
			got += (size_t)n;
	}
	is_int(got, SIZE, "a megabyte went through");
	ok(memcmp(in, out, SIZE) == 0, "unchanged");
	is_int(finish(&s), 3, "^D at the end is an end of file");
}

static void
test_slow_reader(void)
{
	static char out[400000];
	struct session s;
	struct how h = plain;
	size_t got = 0;
	ssize_t n;

	h.run = pour;
	begin(&s, &h);
	(void)usleep(500000);
	while (got < sizeof(out) - 1) {
		struct pollfd p = { .fd = s.user, .events = POLLIN };

		if (poll(&p, 1, 20000) != 1)
			break;
		n = read(s.user, out + got, sizeof(out) - 1 - got);
		if (n <= 0)
			break;
		got += (size_t)n;
		if (strstr(out + (got > 64 ? got - 64 : 0), "the end\r\n") !=
		    NULL)
			break;
	}
	/* 3000 lines of 100 and "\r" each, then the last. */
	is_int(got, 3000 * 101 + 9, "all of it came");
	is_int(finish(&s), 4, "exit status");

	h.run = leave_someone;
	begin(&s, &h);
	ok(expect(s.user, "bye"), "the last words came");
	is_int(finish(&s), 6, "does not wait for who holds the pty");
}

static void
test_no_terminal(void)
{
	struct session s;
	struct how h = plain;
	int pp[2];

	ok(pipe(pp) == 0, "pipe");
	h.out_pipe = pp[1];
	h.no_tty = true;
	h.run = two_of_a_group;
	begin(&s, &h);
	ok(expect(pp[0], "ready"), "started without a terminal");
	(void)kill(s.relay, SIGINT);
	is_int(finish(&s), 11, "INT reaches the whole group");

	h.run = sleep_long;
	begin(&s, &h);
	ok(expect(pp[0], "ready"), "started");
	(void)kill(s.relay, SIGTERM);
	is_int(finish(&s), 143, "TERM: 128+15");

	h.no_tty = false;
	h.run = sleep_long;
	begin(&s, &h);
	ok(expect(pp[0], "ready"), "output to a pipe, input a terminal");
	ok(is_back(&s), "the terminal keeps its mode");
	is_int(write(s.user, "\003", 1), 1, "^C is typed");
	is_int(finish(&s), 130, "and arrives");

	h.run = copy;
	begin(&s, &h);
	ok(expect(pp[0], "ready"), "a filter");
	is_int(write(s.user, "abc\n", 4), 4, "a line");
	ok(expect(pp[0], "abc\n"), "goes to the pipe");
	is_int(write(s.user, "\004", 1), 1, "^D");
	is_int(finish(&s), 3, "ends it");
}

static void
test_hangup(void)
{
	struct session s;
	struct how h = plain;
	int st = 0;

	h.run = sleep_long;
	begin(&s, &h);
	ok(expect(s.user, "ready"), "started");
	(void)close(s.slave);
	(void)close(s.user);
	ok(waitpid(s.relay, &st, 0) == s.relay && WIFEXITED(st),
	    "a closed terminal ends it");
	is_int(WEXITSTATUS(st), 129, "by HUP");
}

int
main(void)
{
	if (geteuid() != 0)
		skip_all("needs root for a mount namespace");
	(void)alarm(120);
	test_basic();
	test_signals();
	test_stop();
	test_paste();
	test_slow_reader();
	test_no_terminal();
	test_hangup();
	done_testing();
}
