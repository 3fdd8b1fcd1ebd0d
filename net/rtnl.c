/*
 * The rtnetlink socket: opening it in a namespace, the batch, questions and
 * their answers.  What is in the messages stands in rtnl_make.c and
 * rtnl_query.c.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/rtnl_int.h"

/* Answers to so many requests fit into any receive buffer. */
#define AT_ONCE 64

static struct mnl_socket *
open_socket(const struct mnl *m)
{
	static const int on[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK,
		NETLINK_GET_STRICT_CHK };
	struct mnl_socket *s = m->mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int one = 1;

	if (s == NULL)
		return NULL;
	for (size_t i = 0; i < nitems(on); i++)
		(void)m->mnl_socket_setsockopt(s, on[i], &one, sizeof(one));
	if (m->mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1) {
		(void)m->mnl_socket_close(s);
		return NULL;
	}
	return s;
}

/* The socket belongs to the namespace in which it was opened, wherever the
 * process is later. */
static int
open_in(struct rtnl *r, int nsfd, struct jerr *e)
{
	auto_close int here = -1;

	if (nsfd != -1) {
		here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (here == -1 || setns(nsfd, CLONE_NEWNET) == -1)
			return jerr_sys(e, "network namespace");
	}
	r->s = open_socket(r->m);
	if (r->s == NULL)
		(void)jerr_sys(e, "rtnetlink");
	if (nsfd != -1 && setns(here, CLONE_NEWNET) == -1)
		return jerr_sys(e, "network namespace");
	return r->s == NULL ? -1 : 0;
}

struct rtnl *
rtnl_open(int nsfd, struct jerr *e)
{
	const struct mnl *m = mnl_open(e);
	struct rtnl *r = m == NULL ? NULL : calloc(1, sizeof(*r));

	if (m == NULL)
		return NULL;
	if (r == NULL) {
		(void)jerr_nomem(e);
		return NULL;
	}
	r->m = m;
	if (open_in(r, nsfd, e) == -1) {
		rtnl_close(r);
		return NULL;
	}
	return r;
}

void
rtnl_close(struct rtnl *r)
{
	int saved = errno;

	if (r == NULL)
		return;
	if (r->s != NULL)
		(void)r->m->mnl_socket_close(r->s);
	free(r->batch);
	free(r->msg);
	free(r);
	errno = saved;
}

uint64_t
rtnl_netns(void)
{
	/* Any new socket is the current namespace's: 2 us. */
	auto_close int s = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	uint64_t c = 0;
	socklen_t len = sizeof(c);

	if (s == -1 ||
	    getsockopt(s, SOL_SOCKET, SO_NETNS_COOKIE, &c, &len) == -1)
		return 0;
	return c;
}

/* ---- a request ---- */

void *
rtnl_begin(struct rtnl *r, struct nlmsghdr **h, uint16_t type, uint16_t flags,
    size_t size)
{
	memset(r->one, 0, sizeof(r->one));
	*h = r->m->mnl_nlmsg_put_header(r->one);
	(*h)->nlmsg_type = type;
	(*h)->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	(*h)->nlmsg_seq = ++r->seq;
	return r->m->mnl_nlmsg_put_extra_header(*h, size);
}

void
rtnl_put_ip(
    const struct rtnl *r, struct nlmsghdr *h, uint16_t type, const struct ip *a)
{
	r->m->mnl_attr_put(h, type, ip_bits(a) / 8, a->b);
}

bool
rtnl_get_ip(
    const struct rtnl *r, const struct nlattr *a, int family, struct ip *out)
{
	struct ip ip = { .family = family };
	size_t n = r->m->mnl_attr_get_payload_len(a);

	if (n != ip_bits(&ip) / 8)
		return false;
	memcpy(ip.b, r->m->mnl_attr_get_payload(a), n);
	*out = ip;
	return true;
}

/* ---- the batch ---- */

static bool
grow(struct rtnl *r, size_t bytes)
{
	if (r->len + bytes > r->cap) {
		size_t cap = r->cap * 2 + bytes + 4096;
		char *b = realloc(r->batch, cap);

		if (b == NULL)
			return false;
		r->batch = b;
		r->cap = cap;
	}
	if (r->n == r->msgcap) {
		size_t cap = r->msgcap * 2 + 16;
		struct rtnl_msg *v = reallocarray(r->msg, cap, sizeof(*v));

		if (v == NULL)
			return false;
		r->msg = v;
		r->msgcap = cap;
	}
	return true;
}

void
rtnl_queue(struct rtnl *r, struct nlmsghdr *h, enum rtnl_tolerate t,
    const char *fmt, ...)
{
	size_t bytes = NLMSG_ALIGN(h->nlmsg_len);
	struct rtnl_msg *m;
	va_list ap;

	if (r->nomem || !grow(r, bytes)) {
		r->nomem = true;
		return;
	}
	h->nlmsg_flags |= NLM_F_ACK;
	memcpy(r->batch + r->len, h, bytes);
	m = &r->msg[r->n++];
	m->off = r->len;
	m->tolerate = t;
	va_start(ap, fmt);
	(void)vsnprintf(m->what, sizeof(m->what), fmt, ap);
	va_end(ap);
	r->len += bytes;
}

static bool
tolerated(enum rtnl_tolerate t, int err)
{
	switch (t) {
	case RTNL_STRICT:
		return false;
	case RTNL_EXIST_OK:
		return err == EEXIST;
	case RTNL_ABSENT_OK:
		return err == ENOENT || err == ESRCH || err == ENODEV ||
		    err == EADDRNOTAVAIL || err == ENXIO;
	}
	return false;
}

/* The kernel's own words to a refusal, behind the header it sends back. */
static const char *
words(const struct rtnl *r, const struct nlmsghdr *h)
{
	const struct nlattr *a;

	if ((h->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return NULL;
	for (a = r->m->mnl_nlmsg_get_payload_offset(h, sizeof(struct nlmsgerr));
	     r->m->mnl_attr_ok(a,
		 (int)((const char *)r->m->mnl_nlmsg_get_payload_tail(h) -
		     (const char *)a));
	     a = r->m->mnl_attr_next(a))
		if (r->m->mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			return r->m->mnl_attr_get_payload(a);
	return NULL;
}

static int
refused(const struct rtnl *r, const struct nlmsghdr *h, const char *what,
    int err, struct jerr *e)
{
	const char *w = words(r, h);

	if (w == NULL) {
		errno = err;
		return jerr_sys(e, "%s", what);
	}
	return jerr_set(e, err, "%s: %s (%s)", what, strerror(err), w);
}

struct batch {
	size_t first, n; /* of r->msg */
	uint32_t seq;	 /* of the first */
	size_t answered;
	bool failed;
	struct jerr *e;
};

static void
answer(const struct rtnl *r, struct batch *b, const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = r->m->mnl_nlmsg_get_payload(h);
	uint32_t i = h->nlmsg_seq - b->seq;
	const struct rtnl_msg *m;

	if (h->nlmsg_type != NLMSG_ERROR || i >= b->n)
		return;
	b->answered++;
	m = &r->msg[b->first + i];
	if (err->error == 0 || b->failed || tolerated(m->tolerate, -err->error))
		return;
	b->failed = true;
	(void)refused(r, h, m->what, -err->error, b->e);
}

static int
receive(struct rtnl *r, struct batch *b, struct jerr *e)
{
	_Alignas(8) char buf[RTNL_REPLY];

	while (b->answered < b->n) {
		ssize_t got = r->m->mnl_socket_recvfrom(r->s, buf, sizeof(buf));
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return jerr_sys(e, "rtnetlink");
		for (const struct nlmsghdr *h = (const void *)buf;
		     r->m->mnl_nlmsg_ok(h, left);
		     h = r->m->mnl_nlmsg_next(h, &left))
			answer(r, b, h);
	}
	return b->failed ? -1 : 0;
}

static int
send_some(struct rtnl *r, size_t first, size_t n, struct jerr *e)
{
	size_t from = r->msg[first].off;
	size_t to = first + n == r->n ? r->len : r->msg[first + n].off;
	const struct nlmsghdr *h = (const void *)(r->batch + from);
	struct batch b = {
		.first = first, .n = n, .seq = h->nlmsg_seq, .e = e
	};

	if (r->m->mnl_socket_sendto(r->s, r->batch + from, to - from) == -1)
		return jerr_sys(e, "rtnetlink");
	return receive(r, &b, e);
}

int
rtnl_send(struct rtnl *r, struct jerr *e)
{
	int rc = 0;

	if (r->nomem)
		rc = jerr_nomem(e);
	/* Numbered anew: questions may have been asked between. */
	for (size_t i = 0; i < r->n; i++) {
		struct nlmsghdr *h = (void *)(r->batch + r->msg[i].off);

		h->nlmsg_seq = ++r->seq;
	}
	for (size_t i = 0; i < r->n && rc == 0; i += AT_ONCE)
		rc = send_some(
		    r, i, r->n - i < AT_ONCE ? r->n - i : AT_ONCE, e);
	r->n = r->len = 0;
	r->nomem = false;
	return rc;
}

/* ---- questions ---- */

void
rtnl_attrs(const struct rtnl *r, const struct nlmsghdr *h, size_t size,
    void (*fn)(const struct rtnl *r, const struct nlattr *a, void *arg),
    void *arg)
{
	const char *end = r->m->mnl_nlmsg_get_payload_tail(h);

	for (const struct nlattr *a =
		 r->m->mnl_nlmsg_get_payload_offset(h, size);
	     r->m->mnl_attr_ok(a, (int)(end - (const char *)a));
	     a = r->m->mnl_attr_next(a))
		fn(r, a, arg);
}

/* 1: go on, 0: that was all, -1 with errno. */
static int
one_answer(struct rtnl *r, const struct nlmsghdr *h,
    int (*fn)(struct rtnl *, const struct nlmsghdr *, void *), void *arg,
    bool dump)
{
	const struct nlmsgerr *err = r->m->mnl_nlmsg_get_payload(h);

	if (h->nlmsg_seq != r->seq)
		return 1;
	if (h->nlmsg_type == NLMSG_DONE)
		return 0;
	if (h->nlmsg_type == NLMSG_ERROR) {
		errno = -err->error;
		return err->error == 0 ? 0 : -1;
	}
	if (fn(r, h, arg) == -1) {
		errno = ENOMEM;
		return -1;
	}
	return dump ? 1 : 0;
}

int
rtnl_ask(struct rtnl *r, struct nlmsghdr *h,
    int (*fn)(struct rtnl *r, const struct nlmsghdr *h, void *arg), void *arg,
    const char *what, struct jerr *e)
{
	_Alignas(8) char buf[RTNL_REPLY];
	bool dump = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int go = 1;

	if (r->m->mnl_socket_sendto(r->s, h, h->nlmsg_len) == -1)
		go = -1;
	while (go == 1) {
		ssize_t got = r->m->mnl_socket_recvfrom(r->s, buf, sizeof(buf));
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			go = -1;
			break;
		}
		for (const struct nlmsghdr *a = (const void *)buf;
		     go == 1 && r->m->mnl_nlmsg_ok(a, left);
		     a = r->m->mnl_nlmsg_next(a, &left))
			go = one_answer(r, a, fn, arg, dump);
	}
	if (go == -1 && e != NULL)
		return jerr_sys(e, "%s", what);
	return go;
}
