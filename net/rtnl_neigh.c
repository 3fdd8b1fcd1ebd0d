/*
 * Asking a neighbour by the kernel's own ARP and neighbour discovery: an entry
 * that is wanted at once makes it ask, and what comes of it is told to whoever
 * listens.  A packet socket of ours would do the same at the price of an RCU
 * grace period when it is closed (8 to 20 ms measured).
 *
 * Never touches an entry that somebody made permanent.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/rtnl_int.h"

static void
queue(struct rtnl *r, uint16_t type, uint16_t flags, int index,
    const struct ip *a, enum rtnl_tolerate t)
{
	struct nlmsghdr *h;
	struct ndmsg *m = rtnl_begin(r, &h, type, flags, sizeof(*m));
	char text[IP_TEXT];

	m->ndm_family = (uint8_t)a->family;
	m->ndm_ifindex = index;
	if (type == RTM_NEWNEIGH)
		m->ndm_flags = NTF_USE;
	rtnl_put_ip(r, h, NDA_DST, a);
	rtnl_queue(r, h, t, "neighbour %s", ip_print(a, text));
}

static int
state_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *m = r->m->mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == RTM_NEWNEIGH)
		*(int *)arg = m->ndm_state;
	return 0;
}

static bool
is_permanent(struct rtnl *r, int index, const struct ip *a)
{
	struct nlmsghdr *h;
	struct ndmsg *m = rtnl_begin(r, &h, RTM_GETNEIGH, 0, sizeof(*m));
	int state = 0;

	m->ndm_family = (uint8_t)a->family;
	m->ndm_ifindex = index;
	rtnl_put_ip(r, h, NDA_DST, a);
	(void)rtnl_ask(r, h, state_answer, &state, "neighbour", NULL);
	return (state & (NUD_PERMANENT | NUD_NOARP)) != 0;
}

void
rtnl_neigh_ask(struct rtnl *r, int index, const struct ip *a)
{
	struct jerr e = JERR_INIT;

	queue(
	    r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, index, a, RTNL_STRICT);
	if (rtnl_send(r, &e) == 0 || e.code != EEXIST)
		return;
	/* What is remembered may be of yesterday: ask anew. */
	if (is_permanent(r, index, a))
		return;
	queue(r, RTM_DELNEIGH, 0, index, a, RTNL_ABSENT_OK);
	queue(r, RTM_NEWNEIGH, NLM_F_CREATE, index, a, RTNL_EXIST_OK);
	(void)rtnl_send(r, &e);
}

void
rtnl_neigh_forget(struct rtnl *r, int index, const struct ip *a)
{
	struct jerr e = JERR_INIT;

	if (is_permanent(r, index, a))
		return;
	queue(r, RTM_DELNEIGH, 0, index, a, RTNL_ABSENT_OK);
	(void)rtnl_send(r, &e);
}

int
rtnl_neigh_listen(struct jerr *e)
{
	auto_close int s = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int group = RTNLGRP_NEIGH;

	/* One without a number is taken for the sender of every message. */
	if (s == -1 || bind(s, (struct sockaddr *)&any, sizeof(any)) == -1 ||
	    setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		sizeof(group)) == -1)
		return jerr_sys(e, "rtnetlink");
	return take_fd(&s);
}

struct attrs {
	int family;
	struct ip ip;
	uint8_t mac[6];
	bool has_mac;
};

static void
attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	struct attrs *x = arg;

	if (r->m->mnl_attr_get_type(a) == NDA_DST)
		(void)rtnl_get_ip(r, a, x->family, &x->ip);
	if (r->m->mnl_attr_get_type(a) == NDA_LLADDR &&
	    r->m->mnl_attr_get_payload_len(a) == sizeof(x->mac)) {
		memcpy(x->mac, r->m->mnl_attr_get_payload(a), sizeof(x->mac));
		x->has_mac = true;
	}
}

static bool
read_event(
    const struct rtnl *r, const struct nlmsghdr *h, struct rtnl_neigh *out)
{
	const struct ndmsg *m = r->m->mnl_nlmsg_get_payload(h);
	struct attrs x = { .ip.family = 0 };

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) ||
	    (m->ndm_flags & NTF_PROXY) != 0 ||
	    (m->ndm_family != AF_INET && m->ndm_family != AF_INET6) ||
	    (m->ndm_state &
		(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)) == 0)
		return false;
	x.family = m->ndm_family;
	rtnl_attrs(r, h, sizeof(*m), attr, &x);
	if (x.ip.family == 0 || !x.has_mac)
		return false;
	*out = (struct rtnl_neigh) { .ip = x.ip, .index = m->ndm_ifindex };
	memcpy(out->mac, x.mac, sizeof(out->mac));
	return true;
}

int
rtnl_neigh_heard(const struct rtnl *r, int fd, struct rtnl_neigh *v, size_t max,
    struct jerr *e)
{
	_Alignas(8) char buf[RTNL_REPLY];
	size_t n = 0;

	for (;;) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && errno == EAGAIN)
			return 0;
		/* More happens than we read: what was lost was others'. */
		if (got == -1 && errno == ENOBUFS)
			continue;
		if (got <= 0)
			return jerr_sys(e, "rtnetlink");
		for (const struct nlmsghdr *h = (const void *)buf;
		     n < max && r->m->mnl_nlmsg_ok(h, left);
		     h = r->m->mnl_nlmsg_next(h, &left))
			if (read_event(r, h, &v[n]))
				n++;
		if (n != 0)
			return (int)n;
	}
}
