/*
 * The process that asks and announces.  It holds a socket on the host's wires
 * and nothing else, obeys one byte after the other, and ends with its caller:
 * at end of file it goes, whatever the caller died of.
 */
#include "life/net_ask.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/proc.h"

enum { ASK_TAKEN = 't', ASK_ANNOUNCE = 'a' };

struct answer {
	int rc; /* of the call */
	size_t which;
	uint8_t mac[6];
	struct jerr e;
};

static void
reply(int sock, const struct answer *r)
{
	if (send(sock, r, sizeof(*r), MSG_NOSIGNAL) != (ssize_t)sizeof(*r))
		_exit(1);
}

static void
only(int sock)
{
	if (dup2(sock, 0) == -1 || syscall(SYS_close_range, 1, ~0u, 0) == -1)
		_exit(1);
}

static void __attribute__((noreturn))
serve(int sock, const struct announce *v, size_t n)
{
	struct answer r = { .rc = 0 };
	char byte;
	int fd;

	only(sock);
	fd = announce_probe(v, n, &r.e);
	r.rc = fd == -1 ? -1 : 0;
	reply(0, &r);
	while (fd != -1 && recv(0, &byte, 1, 0) == 1) {
		memset(&r, 0, sizeof(r));
		r.rc = byte == ASK_TAKEN ?
		    announce_answer(fd, v, n, 0, &r.which, r.mac, &r.e) :
		    announce_send(v, n, &r.e);
		reply(0, &r);
	}
	_exit(0);
}

static int
receive(const struct net_ask *a, struct answer *r, struct jerr *e)
{
	ssize_t n;

	do
		n = recv(a->sock, r, sizeof(*r), 0);
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(*r))
		return jerr_set(e, EPIPE, "asking the neighbours: no answer");
	if (r->rc == -1)
		*e = r->e;
	return r->rc;
}

int
net_ask_start(
    struct net_ask *a, const struct announce *v, size_t n, struct jerr *e)
{
	struct proc_clone c = { .cgroup = -1 };
	struct answer r;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return jerr_sys(e, "asking the neighbours");
	pid = proc_clone(&c, &a->pidfd);
	if (pid == 0)
		serve(pair[1], v, n);
	close_keep(pair[1]);
	a->sock = pair[0];
	if (pid == -1)
		return jerr_sys(e, "asking the neighbours");
	return receive(a, &r, e);
}

static int
ask(const struct net_ask *a, char byte, struct answer *r, struct jerr *e)
{
	if (send(a->sock, &byte, 1, MSG_NOSIGNAL) != 1)
		return jerr_sys(e, "asking the neighbours");
	return receive(a, r, e);
}

int
net_ask_taken(
    const struct net_ask *a, size_t *which, uint8_t mac[6], struct jerr *e)
{
	struct answer r;
	int rc = ask(a, ASK_TAKEN, &r, e);

	if (rc == 1) {
		*which = r.which;
		memcpy(mac, r.mac, sizeof(r.mac));
	}
	return rc;
}

int
net_ask_announce(const struct net_ask *a, struct jerr *e)
{
	struct answer r;

	return ask(a, ASK_ANNOUNCE, &r, e);
}

void
net_ask_end(struct net_ask *a, bool reap)
{
	close_keep(take_fd(&a->sock));
	if (reap && a->pidfd != -1)
		(void)pidfd_wait(a->pidfd, 5000, NULL);
	close_keep(take_fd(&a->pidfd));
}
