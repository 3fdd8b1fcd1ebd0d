/*
 * The netfilter socket.  The kernel works a request off inside sendmsg, so when
 * that returns every answer is in the receive queue (the next part of a dump is
 * made by reading the part before): nothing here ever waits, and an answer that
 * is not there will not come.
 */
#include "net/nfnl.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/proc.h"
#include "net/nft_int.h"
#include "net/rtnl.h"

/* One transaction is one send, and a thousand refusals are one receive queue:
 * the default of 208 KiB is too little for the largest jails. */
#define QUEUE (4 << 20)

/*
 * Closing a netfilter socket waits until what was deleted in its namespace is
 * freed, an RCU grace period (measured: 8 to 16 ms after the deletion of one
 * element, 0.01 ms when that has passed).  So a process keeps the one it has:
 * by its end, which closes it, a removal has done other things for as long.
 */
static struct {
	struct mnl_socket *s;
	uint64_t netns; /* cookie of its namespace */
	pid_t pid;	/* a child must not read its parent's answers */
	uint32_t seq;
	bool lent; /* another process keeps it as well */
} kept;

static void
forget(void)
{
	struct jerr e;

	if (kept.s != NULL)
		(void)mnl_open(&e)->mnl_socket_close(kept.s);
	kept.s = NULL;
}

void
nft_close(void)
{
	int saved = errno;

	forget();
	nft_run_close();
	errno = saved;
}

void
nft_leave(void)
{
	struct jerr e;

	if (kept.s != NULL && kept.pid == getpid() && !kept.lent)
		proc_hold(mnl_open(&e)->mnl_socket_get_fd(kept.s));
}

static int
prepare(const struct mnl *m, struct mnl_socket *s, struct jerr *e)
{
	static const int size = QUEUE;
	int fd = m->mnl_socket_get_fd(s), one = 1;

	if (m->mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1)
		return jerr_sys(e, "nfnetlink");
	/* Refusals need not bring the whole request back. */
	(void)m->mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

int
nft_lend(void)
{
	struct jerr e = JERR_INIT;
	const struct mnl *m = mnl_open(&e);
	struct mnl_socket *s = m == NULL ?
	    NULL :
	    m->mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int fd = -1;

	if (s == NULL)
		return -1;
	if (prepare(m, s, &e) == 0)
		fd = fcntl(m->mnl_socket_get_fd(s), F_DUPFD_CLOEXEC, 3);
	(void)m->mnl_socket_close(s);
	return fd;
}

void
nft_borrow(int fd)
{
	struct jerr e = JERR_INIT;
	const struct mnl *m = fd == -1 ? NULL : mnl_open(&e);
	char c;

	if (m == NULL)
		return;
	/* What the one before did not read. */
	while (recv(fd, &c, 1, MSG_DONTWAIT) != -1 || errno == EINTR)
		continue;
	forget();
	kept.s = m->mnl_socket_fdopen(fd);
	kept.netns = rtnl_netns();
	kept.pid = getpid();
	kept.lent = true;
}

int
nfnl_open(struct nfnl *n, struct jerr *e)
{
	uint64_t netns = rtnl_netns();

	memset(n, 0, sizeof(*n));
	n->m = mnl_open(e);
	if (n->m == NULL)
		return -1;
	if (kept.s == NULL || kept.pid != getpid() || netns == 0 ||
	    netns != kept.netns) {
		forget();
		kept.s = n->m->mnl_socket_open2(
		    NETLINK_NETFILTER, SOCK_CLOEXEC);
		if (kept.s == NULL)
			return jerr_sys(e, "nfnetlink");
		if (prepare(n->m, kept.s, e) == -1) {
			forget();
			return -1;
		}
		kept.netns = netns;
		kept.pid = getpid();
		kept.lent = false;
	}
	n->s = kept.s;
	n->seq = kept.seq;
	return 0;
}

void
nfnl_close(struct nfnl *n)
{
	int saved = errno;

	if (n->s != NULL)
		kept.seq = n->seq;
	/* Answers may still be on their way to it. */
	if (n->broken)
		forget();
	free(n->buf);
	memset(n, 0, sizeof(*n));
	errno = saved;
}

/* ---- writing ---- */

struct nlmsghdr *
nfnl_begin(struct nfnl *n, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nlmsghdr *h;
	struct nfgenmsg *g;

	memset(n->one, 0, sizeof(n->one));
	h = n->m->mnl_nlmsg_put_header(n->one);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g = n->m->mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	return h;
}

void
nfnl_queue(struct nfnl *n, struct nlmsghdr *h)
{
	size_t bytes = NLMSG_ALIGN(h->nlmsg_len);

	if (n->len + bytes > n->cap) {
		size_t cap = n->cap * 2 + bytes + 4096;
		char *b = n->nomem ? NULL : realloc(n->buf, cap);

		if (b == NULL) {
			n->nomem = true;
			return;
		}
		n->buf = b;
		n->cap = cap;
	}
	h->nlmsg_seq = n->seq + (uint32_t)n->n++;
	memcpy(n->buf + n->len, h, bytes);
	n->last = n->len;
	n->len += bytes;
}

/* ---- sending, and what comes back ---- */

struct reading {
	nfnl_fn *fn;
	void *arg;
	int *err;
	bool dump;
	bool done; /* the last one was answered */
	bool failed;
	struct jerr *e;
};

static void
refuse(struct reading *rd, size_t i, int code)
{
	if (rd->err != NULL && rd->err[i] == 0)
		rd->err[i] = code;
	if (!rd->failed) {
		errno = code;
		(void)jerr_sys(rd->e, "nftables");
	}
	rd->failed = true;
}

static int
message(struct nfnl *n, const struct nlmsghdr *h, struct reading *rd)
{
	size_t i = h->nlmsg_seq - n->seq;
	const int *code = n->m->mnl_nlmsg_get_payload(h);

	if (i >= n->n)
		return 0; /* to an earlier question that was given up */
	if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != NLMSG_DONE)
		return rd->fn == NULL ? 0 : rd->fn(n, h, i, rd->arg);
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*code)))
		return 0;
	if (i == n->n - 1 || rd->dump)
		rd->done = true;
	/* Both begin with it; struct nlmsgerr has the request behind. */
	if (*code < 0)
		refuse(rd, i, -*code);
	return 0;
}

static int
receive(struct nfnl *n, struct reading *rd)
{
	_Alignas(8) char buf[16384];

	for (;;) {
		ssize_t got = recv(n->m->mnl_socket_get_fd(n->s), buf,
		    sizeof(buf), MSG_DONTWAIT);
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && errno == EAGAIN)
			break;
		if (got <= 0) {
			n->broken = true;
			return jerr_sys(rd->e, "nfnetlink");
		}
		for (const struct nlmsghdr *h = (const void *)buf;
		     n->m->mnl_nlmsg_ok(h, left);
		     h = n->m->mnl_nlmsg_next(h, &left))
			if (message(n, h, rd) == -1) {
				n->broken = true;
				return jerr_nomem(rd->e);
			}
	}
	if (!rd->done && !rd->failed)
		return jerr_set(rd->e, EPROTO, "nftables: no answer");
	if (rd->failed)
		errno = rd->e->code;
	return rd->failed ? -1 : 0;
}

static int
send_all(struct nfnl *n, struct iovec *iov, size_t parts, struct reading *rd)
{
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = parts };
	struct nlmsghdr *last;

	if (n->nomem)
		return jerr_nomem(rd->e);
	if (n->n == 0)
		return 0;
	/* Refusals come in any case; the word about the last one comes behind
	 * them and says that those were all. */
	last = (void *)(n->buf + n->last);
	rd->dump = (last->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (!rd->dump)
		last->nlmsg_flags |= NLM_F_ACK;
	if (sendmsg(n->m->mnl_socket_get_fd(n->s), &mh, 0) == -1)
		return jerr_sys(rd->e, "nfnetlink");
	return receive(n, rd);
}

static void
empty(struct nfnl *n)
{
	n->seq += (uint32_t)n->n;
	n->n = n->len = n->last = 0;
	n->nomem = false;
}

int
nfnl_ask(struct nfnl *n, nfnl_fn *fn, void *arg, int *err, struct jerr *e)
{
	struct reading rd = { .fn = fn, .arg = arg, .err = err, .e = e };
	struct iovec iov = { .iov_base = n->buf, .iov_len = n->len };
	int rc;

	if (err != NULL)
		memset(err, 0, n->n * sizeof(*err));
	rc = send_all(n, &iov, 1, &rd);
	empty(n);
	return rc;
}

int
nfnl_commit(struct nfnl *n, int *err, struct jerr *e)
{
	/* What the kernel says of the whole bears the first message's number. */
	struct edge {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} edge[2];
	struct reading rd = { .err = err, .e = e };
	struct iovec iov[] = {
		{ .iov_base = &edge[0], .iov_len = sizeof(edge[0]) },
		{ .iov_base = n->buf, .iov_len = n->len },
		{ .iov_base = &edge[1], .iov_len = sizeof(edge[1]) },
	};
	int rc;

	for (size_t i = 0; i < 2; i++)
		edge[i] = (struct edge) {
			.h.nlmsg_len = sizeof(edge[i]),
			.h.nlmsg_type = i == 0 ? NFNL_MSG_BATCH_BEGIN :
						 NFNL_MSG_BATCH_END,
			.h.nlmsg_flags = NLM_F_REQUEST,
			.h.nlmsg_seq = n->seq,
			.g.version = NFNETLINK_V0,
			.g.res_id = htons(NFNL_SUBSYS_NFTABLES),
		};
	if (err != NULL)
		memset(err, 0, n->n * sizeof(*err));
	rc = send_all(n, iov, nitems(iov), &rd);
	empty(n);
	return rc;
}

/* ---- reading ---- */

static void
collect(const struct nfnl *n, const struct nlattr *a, const char *end,
    const struct nlattr **tb, size_t max)
{
	memset(tb, 0, max * sizeof(*tb));
	for (; n->m->mnl_attr_ok(a, (int)(end - (const char *)a));
	     a = n->m->mnl_attr_next(a))
		if (n->m->mnl_attr_get_type(a) < max)
			tb[n->m->mnl_attr_get_type(a)] = a;
}

void
nfnl_attrs(const struct nfnl *n, const struct nlmsghdr *h,
    const struct nlattr **tb, size_t max)
{
	collect(n,
	    n->m->mnl_nlmsg_get_payload_offset(h, sizeof(struct nfgenmsg)),
	    n->m->mnl_nlmsg_get_payload_tail(h), tb, max);
}

void
nfnl_nested(const struct nfnl *n, const struct nlattr *nest,
    const struct nlattr **tb, size_t max)
{
	const char *p;

	memset(tb, 0, max * sizeof(*tb));
	if (nest == NULL)
		return;
	p = n->m->mnl_attr_get_payload(nest);
	collect(n, (const void *)p, p + n->m->mnl_attr_get_payload_len(nest),
	    tb, max);
}

uint32_t
nfnl_be32(const struct nfnl *n, const struct nlattr *a)
{
	uint32_t v;

	if (a == NULL || n->m->mnl_attr_get_payload_len(a) < sizeof(v))
		return 0;
	memcpy(&v, n->m->mnl_attr_get_payload(a), sizeof(v));
	return ntohl(v);
}

const char *
nfnl_str(const struct nfnl *n, const struct nlattr *a)
{
	const char *s;
	size_t len;

	if (a == NULL)
		return "";
	s = n->m->mnl_attr_get_payload(a);
	len = n->m->mnl_attr_get_payload_len(a);
	return len > 0 && s[len - 1] == '\0' ? s : "";
}
