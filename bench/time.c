/*
 * A stopwatch for whole commands: runs each of several command lines once a
 * round, in rotation, so that whatever else the machine does falls on all of
 * them alike, and prints each one's median.
 *
 *	bench-time ROUNDS LABEL CMD [ARG...] [-- LABEL CMD [ARG...]]...
 *	bench-time lines LABEL CMD [ARG...]
 *
 * One line a command: LABEL, median, 10th and 90th percentile in microseconds,
 * or LABEL, "failed" and what it said.  Starts them as vfork(2) does and never
 * through a shell, so that only they are measured.  "lines": one run, and how
 * long the first and the last hundred lines of its output took to come.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/clock.h"

#define COMMANDS_MAX 32
#define ROUNDS_MAX 100000
#define HUNDRED 100

extern char **environ;

struct command {
	const char *label;
	char **argv;   /* a part of our own, NULL at its end */
	int64_t *took; /* nanoseconds */
	size_t n;
	char why[160]; /* it failed and is no longer run */
};

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(2);
}

/* The last line of what it wrote: most programs give the reason there. */
static void
keep_reason(struct command *c, int log, int status)
{
	char buf[4096];
	ssize_t n = pread(log, buf, sizeof(buf) - 1, 0);
	char *line;

	buf[n > 0 ? n : 0] = '\0';
	while (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	line = strrchr(buf, '\n');
	line = line != NULL ? line + 1 : buf;
	if (*line != '\0')
		(void)snprintf(c->why, sizeof(c->why), "%.150s", line);
	else
		(void)snprintf(
		    c->why, sizeof(c->why), "wait status %d", status);
}

/* One run; nanoseconds, or -1 when the command failed. */
static int64_t
run(struct command *c, int null, int log)
{
	posix_spawn_file_actions_t fa;
	int64_t start, end;
	int status, err;
	pid_t pid;

	if (ftruncate(log, 0) == -1 || lseek(log, 0, SEEK_SET) == -1 ||
	    posix_spawn_file_actions_init(&fa) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, null, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, log, 1) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, log, 2) != 0)
		die("spawn");
	start = now();
	err = posix_spawnp(&pid, c->argv[0], &fa, NULL, c->argv, environ);
	if (err == 0)
		while (waitpid(pid, &status, 0) == -1)
			if (errno != EINTR)
				die("wait");
	end = now();
	(void)posix_spawn_file_actions_destroy(&fa);
	if (err != 0) {
		(void)snprintf(c->why, sizeof(c->why), "%s: %s", c->argv[0],
		    strerror(err));
		return -1;
	}
	if (status != 0) {
		keep_reason(c, log, status);
		return -1;
	}
	return end - start;
}

static double
at(const struct command *c, size_t tenths)
{
	return (double)c->took[c->n * tenths / 10 - (tenths == 10)] / 1000;
}

static void
print(struct command *c)
{
	if (c->why[0] != '\0') {
		printf("%s\tfailed\t%s\n", c->label, c->why);
		return;
	}
	qsort(c->took, c->n, sizeof(*c->took), ascending);
	printf(
	    "%s\t%.0f\t%.0f\t%.0f\n", c->label, at(c, 5), at(c, 1), at(c, 9));
}

static size_t
split(char **argv, struct command *c, size_t rounds)
{
	size_t n = 0;

	while (*argv != NULL && n < COMMANDS_MAX) {
		c[n].label = *argv++;
		c[n].argv = argv;
		c[n].took = calloc(rounds, sizeof(*c[n].took));
		if (*argv == NULL || c[n].took == NULL)
			die("arguments");
		n++;
		while (*argv != NULL && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv != NULL)
			*argv++ = NULL;
	}
	return n;
}

/* Reads until end of file; the time of each line's end, *n of them. */
static int64_t *
read_lines(int fd, size_t *n)
{
	int64_t *when = calloc(ROUNDS_MAX, sizeof(*when));
	char buf[65536];
	ssize_t got;

	*n = 0;
	if (when == NULL)
		die("memory");
	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		int64_t t = now();

		for (ssize_t i = 0; i < got && *n < ROUNDS_MAX; i++)
			if (buf[i] == '\n')
				when[(*n)++] = t;
	}
	return when;
}

static int
lines(const char *label, char **argv)
{
	posix_spawn_file_actions_t fa;
	int64_t start, took, *when;
	int p[2], status, err;
	pid_t pid;
	size_t n;

	if (pipe2(p, O_CLOEXEC) == -1 ||
	    posix_spawn_file_actions_init(&fa) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, p[1], 1) != 0)
		die("spawn");
	start = now();
	err = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	(void)close(p[1]);
	if (err != 0) {
		printf("%-28s failed: %s\n", label, strerror(err));
		return 1;
	}
	when = read_lines(p[0], &n);
	if (waitpid(pid, &status, 0) == -1)
		die("wait");
	took = now() - start;
	printf("%-28s %9.3f s", label, (double)took / 1e9);
	if (n > 2 * HUNDRED)
		printf(", first hundred %.3f, last hundred %.3f",
		    (double)(when[HUNDRED - 1] - start) / 1e9,
		    (double)(when[n - 1] - when[n - 1 - HUNDRED]) / 1e9);
	printf("%s\n", status != 0 ? "  (failed)" : "");
	free(when);
	return status != 0;
}

int
main(int argc, char **argv)
{
	static struct command c[COMMANDS_MAX];
	long rounds = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	/* Not /dev/null: runc and crun give what they find on 0-2 to the
	 * container's user. */
	int null = memfd_create("null", MFD_CLOEXEC);
	int log = memfd_create("bench", MFD_CLOEXEC);
	size_t n;

	if (argc > 3 && strcmp(argv[1], "lines") == 0)
		return lines(argv[2], argv + 3);
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr,
		    "usage: bench-time ROUNDS LABEL CMD [ARG...] "
		    "[-- LABEL CMD [ARG...]]...\n"
		    "       bench-time lines LABEL CMD [ARG...]\n");
		return 2;
	}
	if (null == -1 || log == -1)
		die("open");
	n = split(argv + 2, c, (size_t)rounds);
	/* The first round warms the caches and finds out who cannot. */
	for (long r = -1; r < rounds; r++)
		for (size_t i = 0; i < n; i++) {
			int64_t t = c[i].why[0] == '\0' ?
			    run(&c[i], null, log) :
			    -1;

			if (t != -1 && r >= 0)
				c[i].took[c[i].n++] = t;
		}
	for (size_t i = 0; i < n; i++)
		print(&c[i]);
	return 0;
}
