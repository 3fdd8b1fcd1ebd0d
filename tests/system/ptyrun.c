/*
 * ptyrun [-r ROWS] [-c COLS] [-w TEXT] [-i TEXT] [-f FILE] [-S ROWSxCOLS]
 *     [-k SIGNAL] [-m] COMMAND...
 *
 * Runs a command with a pty as its terminal and controlling terminal, as a
 * person would, and copies what appears on it to standard output.
 *
 *	-w TEXT	wait until TEXT appeared (at most 20 s, else exit 124)
 *	-i TEXT	type TEXT (\n, \r, \t, \\, \ooo as in C)
 *	-f FILE	type FILE while reading what comes back
 *	-S RxC	change the size of the window
 *	-k SIG	send the signal of that number to COMMAND itself
 *
 * These are done in the order given.  At the end: the command's exit status,
 * 128+n for a signal; with -m, 99 when the terminal's mode is not what it was
 * before COMMAND ran, -M TEXT says "raw" or "cooked" now.
 */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define PATIENCE 20

static int user = -1, terminal = -1;
static pid_t child;
static char seen[4 << 20];
static size_t nseen, looked;

static void
fail(const char *what)
{
	(void)fprintf(stderr, "ptyrun: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void
put(const char *b, size_t n)
{
	while (n > 0) {
		ssize_t w = write(1, b, n);

		if (w <= 0)
			fail("write");
		b += w;
		n -= (size_t)w;
	}
}

/* What there is within ms; false at the end of the terminal. */
static bool
get(int ms)
{
	struct pollfd p = { .fd = user, .events = POLLIN };
	char b[16384];
	ssize_t n;

	if (poll(&p, 1, ms) < 1)
		return true;
	n = read(user, b, sizeof(b));
	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR);
	put(b, (size_t)n);
	if (nseen + (size_t)n < sizeof(seen)) {
		memcpy(seen + nseen, b, (size_t)n);
		nseen += (size_t)n;
	}
	return true;
}

static void
wait_for(const char *text)
{
	time_t end = time(NULL) + PATIENCE;
	size_t len = strlen(text);
	const char *at;

	for (;;) {
		at = memmem(seen + looked, nseen - looked, text, len);
		if (at != NULL) {
			looked = (size_t)(at - seen) + len;
			return;
		}
		if (time(NULL) > end) {
			(void)fprintf(stderr, "ptyrun: never saw: %s\n", text);
			(void)kill(child, SIGKILL);
			exit(124);
		}
		if (!get(100) &&
		    memmem(seen + looked, nseen - looked, text, len) == NULL)
			exit(124);
	}
}

/* Never blocks for long: what is typed may only fit when answers are read. */
static void
type(const char *b, size_t n)
{
	time_t end = time(NULL) + PATIENCE * 3;

	while (n > 0) {
		ssize_t w = write(user, b, n);

		if (w > 0) {
			b += w;
			n -= (size_t)w;
		}
		(void)get(w > 0 ? 0 : 10);
		if (time(NULL) > end) {
			(void)fprintf(stderr, "ptyrun: stuck typing\n");
			exit(124);
		}
	}
}

static void
type_text(const char *s)
{
	char b[4096];
	size_t n = 0;

	while (*s != '\0' && n < sizeof(b)) {
		char *end;

		if (*s != '\\') {
			b[n++] = *s++;
			continue;
		}
		s++;
		if (*s >= '0' && *s <= '7') {
			char oct[4] = "";

			(void)strncat(oct, s,
			    strspn(s, "01234567") < 3 ? strspn(s, "01234567") :
							3);
			b[n++] = (char)strtol(oct, &end, 8);
			s += end - oct;
		} else {
			b[n++] = *s == 'n' ? '\n' :
			    *s == 'r'	   ? '\r' :
			    *s == 't'	   ? '\t' :
					     *s;
			s++;
		}
	}
	type(b, n);
}

static void
type_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char b[4096];
	size_t n;

	if (f == NULL)
		fail(name);
	while ((n = fread(b, 1, sizeof(b), f)) > 0)
		type(b, n);
	(void)fclose(f);
}

static void
resize(const char *s)
{
	struct winsize ws = { 0 };

	if (sscanf(s, "%hux%hu", &ws.ws_row, &ws.ws_col) != 2 ||
	    ioctl(user, TIOCSWINSZ, &ws) == -1)
		fail("size");
}

static void
check_mode(const char *want)
{
	struct termios t;
	bool raw;

	for (int i = 0; i < 100; i++) {
		if (tcgetattr(terminal, &t) == -1)
			fail("tcgetattr");
		raw = (t.c_lflag & ICANON) == 0;
		if (raw == (strcmp(want, "raw") == 0))
			return;
		(void)get(50);
	}
	(void)fprintf(stderr, "ptyrun: the terminal is not %s\n", want);
	(void)kill(child, SIGKILL);
	exit(99);
}

static void
act(int opt, const char *arg)
{
	switch (opt) {
	case 'w':
		wait_for(arg);
		break;
	case 'i':
		type_text(arg);
		break;
	case 'f':
		type_file(arg);
		break;
	case 'S':
		resize(arg);
		break;
	case 'k':
		(void)kill(child, atoi(arg));
		break;
	case 'M':
		check_mode(arg);
		break;
	default:
		break;
	}
}

static int
run_to_end(void)
{
	time_t end = time(NULL) + PATIENCE * 3;
	int st = 0;

	/* The terminal is open here too, so its end is not to be waited for. */
	while (waitpid(child, &st, WNOHANG) == 0) {
		(void)get(20);
		if (time(NULL) > end) {
			(void)fprintf(stderr, "ptyrun: does not end\n");
			(void)kill(child, SIGKILL);
			exit(124);
		}
	}
	for (size_t before = nseen + 1; before != nseen;) {
		before = nseen;
		(void)get(50);
	}
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

int
main(int argc, char **argv)
{
	static const char options[] = "+r:c:w:i:f:S:k:M:m";
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios before, after;
	bool compare = false;
	int opt, status;

	while ((opt = getopt(argc, argv, options)) != -1) {
		if (opt == '?')
			return 125;
		if (opt == 'r')
			ws.ws_row = (unsigned short)atoi(optarg);
		else if (opt == 'c')
			ws.ws_col = (unsigned short)atoi(optarg);
		else if (opt == 'm')
			compare = true;
	}
	if (optind == argc || openpty(&user, &terminal, NULL, NULL, &ws) == -1)
		fail("openpty");
	(void)fcntl(user, F_SETFD, FD_CLOEXEC);
	(void)tcgetattr(terminal, &before);
	child = fork();
	if (child == 0) {
		(void)login_tty(terminal);
		(void)execvp(argv[optind], argv + optind);
		fail(argv[optind]);
	}
	(void)fcntl(terminal, F_SETFD, FD_CLOEXEC);
	(void)fcntl(user, F_SETFL, O_RDWR | O_NONBLOCK);
	optind = 1;
	while ((opt = getopt(argc, argv, options)) != -1)
		act(opt, optarg);
	status = run_to_end();
	(void)tcgetattr(terminal, &after);
	if (compare &&
	    (after.c_lflag != before.c_lflag ||
		after.c_iflag != before.c_iflag ||
		after.c_oflag != before.c_oflag)) {
		(void)fprintf(
		    stderr, "ptyrun: the terminal is not as before\n");
		return 99;
	}
	return status;
}
