/*
 * One byte there and back over TCP, the measure of a round trip that asks
 * nothing of a program at either end:
 *
 *	bench-echo serve PORT		prints its pid when it listens
 *	bench-echo ask ROUNDS PORT LABEL NETNS ADDR [LABEL NETNS ADDR]...
 *
 * One connection to each server, from the network namespace NETNS (a file; "-":
 * this one), all of them at once, asked in turns a few
 * times a round, so that what else the machine does falls on all alike.  Prints
 * as bench-time does: LABEL, median, 10th and 90th percentile, in nanoseconds
 * here.  Says nothing about throughput: iperf3 does.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/clock.h"

#define TARGETS_MAX 8
#define ROUNDS_MAX 100000
#define TURNS 20 /* a round, of each */
#define CLIENTS_MAX 16

struct target {
	const char *label;
	int fd;
	int64_t *took;
};

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(1);
}

static void
no_delay(int fd)
{
	static const int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1)
		die("TCP_NODELAY");
}

static struct sockaddr_in
address(const char *ip, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1) {
		fprintf(stderr, "%s: not an address\n", ip);
		exit(2);
	}
	return a;
}

/* One connection after the other; each has one byte under way at most. */
static void __attribute__((noreturn)) answer(int fd)
{
	struct pollfd p[1 + CLIENTS_MAX] = { { fd, POLLIN, 0 } };
	nfds_t n = 1;
	char c;

	for (;;) {
		if (poll(p, n, -1) == -1)
			die("poll");
		for (nfds_t i = n - 1; i > 0; i--) {
			if (p[i].revents == 0)
				continue;
			if (read(p[i].fd, &c, 1) == 1 &&
			    write(p[i].fd, &c, 1) == 1)
				continue;
			(void)close(p[i].fd);
			p[i] = p[--n];
		}
		if (p[0].revents != 0 && n < 1 + CLIENTS_MAX) {
			p[n].fd = accept(fd, NULL, NULL);
			p[n].events = POLLIN;
			if (p[n].fd != -1)
				no_delay(p[n++].fd);
		}
	}
}

static int
serve(const char *port)
{
	struct sockaddr_in a = address("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(fd, CLIENTS_MAX) == -1)
		die("listen");
	(void)signal(SIGPIPE, SIG_IGN);
	pid = fork();
	switch (pid) {
	case -1:
		die("fork");
	case 0:
		(void)setsid();
		(void)close(0);
		(void)close(1);
		(void)close(2);
		answer(fd);
	default:
		printf("%d\n", (int)pid);
		return 0;
	}
}

static int64_t
ask_one(const struct target *t)
{
	int64_t start = now();
	char c = 'x';

	if (write(t->fd, &c, 1) != 1 || read(t->fd, &c, 1) != 1)
		die(t->label);
	return now() - start;
}

/* A socket stays in the namespace that it was made in. */
static int
socket_in(const char *netns, int own)
{
	int ns = strcmp(netns, "-") == 0 ? own : open(netns, O_RDONLY);
	int fd;

	if (ns == -1 || setns(ns, CLONE_NEWNET) == -1)
		die(netns);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd == -1)
		die("socket");
	if (ns != own)
		(void)close(ns);
	return fd;
}

static void
open_target(struct target *t, int own, const char *port, char **argv)
{
	struct sockaddr_in a = address(argv[2], port);

	t->label = argv[0];
	t->fd = socket_in(argv[1], own);
	if (connect(t->fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		die(t->label);
	no_delay(t->fd);
	/* What is learned by the first packet is not measured. */
	for (int i = 0; i < TURNS; i++)
		(void)ask_one(t);
}

static int
ask(size_t rounds, const char *port, char **argv)
{
	struct target t[TARGETS_MAX];
	int own = open("/proc/self/ns/net", O_RDONLY);
	size_t n = 0, all = rounds * TURNS;

	for (; n < TARGETS_MAX && argv[0] != NULL && argv[1] != NULL &&
	     argv[2] != NULL;
	     argv += 3) {
		t[n].took = calloc(all, sizeof(*t->took));
		if (t[n].took == NULL)
			die("memory");
		open_target(&t[n++], own, port, argv);
	}
	for (size_t r = 0; r < rounds; r++)
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < TURNS; k++)
				t[i].took[r * TURNS + k] = ask_one(&t[i]);
	for (size_t i = 0; i < n; i++) {
		int64_t *v = t[i].took;

		qsort(v, all, sizeof(*v), ascending);
		printf("%s\t%lld\t%lld\t%lld\n", t[i].label,
		    (long long)v[all / 2], (long long)v[all / 10],
		    (long long)v[all * 9 / 10]);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	long rounds = argc > 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc > 6 && strcmp(argv[1], "ask") == 0 && rounds > 0 &&
	    rounds <= ROUNDS_MAX)
		return ask((size_t)rounds, argv[3], argv + 4);
	fprintf(stderr,
	    "usage: bench-echo serve PORT\n"
	    "       bench-echo ask ROUNDS PORT LABEL NETNS ADDR "
	    "[LABEL NETNS ADDR]...\n");
	return 2;
}
