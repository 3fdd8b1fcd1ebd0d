/*
 * Network namespaces for the unit tests of net/: one to stand in as the host,
 * others beside it, commands in each.  Nothing of the machine's own stack is
 * touched: ns_host() comes first and ends the program when it cannot.
 */
#ifndef TESTS_UNIT_NETNS_H
#define TESTS_UNIT_NETNS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static inline int
ns_here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline void
ns_go(int fd)
{
	if (setns(fd, CLONE_NEWNET) == -1) {
		(void)printf("Bail out! setns: %s\n", strerror(errno));
		exit(1);
	}
}

/* A new one, in which the process then is. */
static inline int
ns_enter_new(void)
{
	if (unshare(CLONE_NEWNET) == -1) {
		(void)printf("Bail out! unshare: %s\n", strerror(errno));
		exit(1);
	}
	return ns_here();
}

static inline int
ns_host(void)
{
	if (geteuid() != 0)
		skip_all("needs root");
	return ns_enter_new();
}

/* For figures that are only shown. */
static inline double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What a shell command prints, both streams. */
static inline const char *
said(const char *cmd)
{
	static char out[65536];
	char line[2048];
	FILE *f;
	size_t n;

	(void)snprintf(line, sizeof(line), "{ %s; } 2>&1", cmd);
	f = popen(line, "r");
	n = f == NULL ? 0 : fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	if (f != NULL)
		(void)pclose(f);
	return out;
}

/* The same in another namespace. */
static inline const char *
said_in(int ns, const char *cmd)
{
	int here = ns_here();
	const char *out;

	ns_go(ns);
	out = said(cmd);
	ns_go(here);
	(void)close(here);
	return out;
}

/* Whether out has what in it; shows it when not. */
static inline bool
has(const char *out, const char *what)
{
	if (strstr(out, what) != NULL)
		return true;
	tap_diag_str("said", out);
	tap_diag_str("want", what);
	return false;
}

#endif
