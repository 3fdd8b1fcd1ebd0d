/*
 * Both ends of a conversation, for the tests of networking: a server on any
 * number of sockets whose answer says who it is and whom it sees, and a client
 * that prints the answer, or the errno's name.  A shell's tools cannot say
 * which source address was seen, nor bind ten sockets before they return.
 *
 *	talk serve TAG SOCKET...	binds, prints its pid, goes on behind
 *	talk ask [-s SOURCE] [-w MS] SOCKET	MS: as it is, not scaled
 *	talk hold FILE SOCKET		connects, goes on behind; asks again when
 *					it gets SIGUSR1, answers go to FILE
 *
 * SOCKET is tcp/ADDRESS/PORT or udp/ADDRESS/PORT; ADDRESS may have %interface.
 * Must not need a library or /proc: it runs in the smallest root.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS 32
#define LINE 160

struct end {
	int type; /* SOCK_STREAM, SOCK_DGRAM */
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a;
	socklen_t len;
};

/* How a program ends when a call failed: the errno's name for the test. */
static int
failed(const char *what)
{
	const char *name = strerrorname_np(errno);

	printf("%s: %s\n", what, name != NULL ? name : "?");
	return 1;
}

static bool
parse_addr(char *host, const char *port, struct end *out)
{
	char *scope = strchr(host, '%');
	unsigned n = (unsigned)strtoul(port, NULL, 10);

	if (scope != NULL)
		*scope++ = '\0';
	if (inet_pton(AF_INET, host, &out->a.in.sin_addr) == 1) {
		out->a.in.sin_family = AF_INET;
		out->a.in.sin_port = htons((uint16_t)n);
		out->len = sizeof(out->a.in);
		return true;
	}
	if (inet_pton(AF_INET6, host, &out->a.in6.sin6_addr) != 1)
		return false;
	out->a.in6.sin6_family = AF_INET6;
	out->a.in6.sin6_port = htons((uint16_t)n);
	out->a.in6.sin6_scope_id = scope != NULL ? if_nametoindex(scope) : 0;
	out->len = sizeof(out->a.in6);
	return true;
}

static bool
parse(const char *text, struct end *out)
{
	char copy[128];
	char *host, *port;

	memset(out, 0, sizeof(*out));
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy) ||
	    (host = strchr(copy, '/')) == NULL ||
	    (port = strchr(host + 1, '/')) == NULL)
		return false;
	*host++ = '\0';
	*port++ = '\0';
	out->type = strcmp(copy, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	return parse_addr(host, port, out);
}

/* An address alone; an IPv4 one that came over an IPv6 socket as IPv4. */
static void
print_peer(const struct end *e, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (e->a.sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &e->a.in.sin_addr, text, sizeof(text));
	else if (IN6_IS_ADDR_V4MAPPED(&e->a.in6.sin6_addr))
		inet_ntop(AF_INET, &e->a.in6.sin6_addr.s6_addr[12], text,
		    sizeof(text));
	else
		inet_ntop(AF_INET6, &e->a.in6.sin6_addr, text, sizeof(text));
	snprintf(out, size, "%s", text);
}

static int
listen_on(const char *text)
{
	struct end e;
	int fd, on = 1;

	if (!parse(text, &e)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(e.a.sa.sa_family, e.type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &e.a.sa, e.len) != 0 ||
	    (e.type == SOCK_STREAM && listen(fd, 16) != 0)) {
		on = errno;
		close(fd);
		errno = on;
		return -1;
	}
	return fd;
}

/* "TAG from PEER", and for what was connected until it is closed. */
static void
answer(int fd, const char *tag)
{
	struct end peer = { .len = sizeof(peer.a) };
	char text[INET6_ADDRSTRLEN], line[LINE], buf[LINE];
	int type = 0, c = fd;
	socklen_t len = sizeof(type);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	if (type == SOCK_STREAM) {
		c = accept4(fd, &peer.a.sa, &peer.len, SOCK_CLOEXEC);
		if (c < 0)
			return;
	} else if (recvfrom(fd, buf, sizeof(buf), 0, &peer.a.sa, &peer.len) < 0)
		return;
	print_peer(&peer, text, sizeof(text));
	snprintf(line, sizeof(line), "%s from %s\n", tag, text);
	if (type == SOCK_DGRAM) {
		sendto(fd, line, strlen(line), 0, &peer.a.sa, peer.len);
		return;
	}
	/* A process of its own for each: one may be held open. */
	if (fork() == 0) {
		while (read(c, buf, sizeof(buf)) > 0 &&
		    write(c, line, strlen(line)) > 0)
			;
		_exit(0);
	}
	close(c);
}

/* Nothing of the caller's is kept: else a pipe that it reads never ends. */
static void
go_behind(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++) {
		if (null >= 0)
			dup2(null, fd);
		else
			close(fd);
	}
	setsid();
}

static int
serve(const char *tag, char **specs, int n)
{
	struct pollfd fds[SOCKETS];
	pid_t pid;

	if (n > SOCKETS)
		return 2;
	for (int i = 0; i < n; i++) {
		fds[i] = (struct pollfd) { .fd = listen_on(specs[i]),
			.events = POLLIN };
		if (fds[i].fd < 0)
			return failed(specs[i]);
	}
	pid = fork();
	if (pid != 0) {
		printf("%d\n", (int)pid);
		return pid < 0;
	}
	go_behind();
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (poll(fds, (nfds_t)n, -1) < 0)
			continue;
		for (int i = 0; i < n; i++) {
			if (fds[i].revents != 0)
				answer(fds[i].fd, tag);
		}
	}
}

/* A connected socket: an answer from another address than was asked is none. */
static int
connect_to(const char *spec, const char *source, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };
	struct end e, s;
	char copy[64];
	int fd, saved;

	if (!parse(spec, &e)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(e.a.sa.sa_family, e.type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	memset(&s, 0, sizeof(s));
	snprintf(copy, sizeof(copy), "%s", source != NULL ? source : "");
	if ((source != NULL &&
		(!parse_addr(copy, "0", &s) ||
		    bind(fd, &s.a.sa, s.len) != 0)) ||
	    connect(fd, &e.a.sa, e.len) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static ssize_t
exchange(int fd, char *buf, size_t size)
{
	if (send(fd, "?\n", 2, MSG_NOSIGNAL) < 0)
		return -1;
	return recv(fd, buf, size, 0);
}

static int
ask(const char *spec, const char *source, int ms)
{
	char buf[LINE];
	ssize_t n;
	int fd = connect_to(spec, source, ms);

	if (fd < 0 || (n = exchange(fd, buf, sizeof(buf))) < 0) {
		/* What a time-out is called depends on where it happened. */
		if (errno == EAGAIN || errno == EINPROGRESS)
			errno = ETIMEDOUT;
		return failed("no");
	}
	if (n == 0)
		printf("no: closed\n");
	fwrite(buf, 1, (size_t)n, stdout);
	return n == 0;
}

static int
hold(const char *file, const char *spec, int ms)
{
	int fd = connect_to(spec, NULL, ms), out, sig;
	char buf[LINE];
	sigset_t set;
	ssize_t n;
	pid_t pid;

	if (fd < 0)
		return failed("no");
	out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (pid != 0) {
		printf("%d\n", (int)pid);
		return pid < 0;
	}
	go_behind();
	for (;;) {
		n = exchange(fd, buf, sizeof(buf));
		if (n <= 0)
			n = snprintf(buf, sizeof(buf), "lost\n");
		if (write(out, buf, (size_t)n) < 0)
			return 1;
		sigwait(&set, &sig);
	}
}

int
main(int argc, char **argv)
{
	const char *scale = getenv("JAIL_TEST_SCALE"), *source = NULL;
	int c, ms = 1000, factor = scale != NULL ? atoi(scale) : 1;

	if (argc >= 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv + 3, argc - 3);
	if (argc < 3)
		return 2;
	if (factor > 1)
		ms *= factor;
	optind = 2;
	while ((c = getopt(argc, argv, "s:w:")) != -1) {
		if (c == 's')
			source = optarg;
		else if (c == 'w')
			ms = atoi(optarg);
		else
			return 2;
	}
	if (strcmp(argv[1], "ask") == 0 && argc == optind + 1)
		return ask(argv[optind], source, ms);
	if (strcmp(argv[1], "hold") == 0 && argc == optind + 2)
		return hold(argv[optind], argv[optind + 1], ms);
	return 2;
}
