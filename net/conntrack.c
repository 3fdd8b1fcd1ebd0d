/*
 * Tracked connections of an address that goes away.  pf forgets the states of
 * a jail that is removed; here they would live for days and send what comes
 * back to nobody.  The kernel picks those whose answers come from the address,
 * each is deleted by its own tuple.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "net/mnl.h"
#include "net/nft.h"

#ifndef CTA_FILTER_MAX
enum { CTA_FILTER_ORIG_FLAGS = 1, CTA_FILTER_REPLY_FLAGS = 2 };
#endif
enum { FILTER_IP_SRC = 1 << 0 }; /* CTA_FILTER_F_CTA_IP_SRC */

struct tuples {
	const struct mnl *m;
	struct ip ip;
	uint8_t *v; /* attributes CTA_TUPLE_ORIG, one behind the other */
	size_t len;
	bool nomem;
};

static struct nlmsghdr *
begin(const struct mnl *m, void *buf, uint16_t type, uint16_t flags, int family)
{
	struct nlmsghdr *h = m->mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g = m->mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = (uint8_t)family;
	g->version = NFNETLINK_V0;
	return h;
}

static void
put_filter(const struct mnl *m, struct nlmsghdr *h, const struct ip *a)
{
	struct nlattr *reply, *ip, *filter;

	reply = m->mnl_attr_nest_start(h, CTA_TUPLE_REPLY);
	ip = m->mnl_attr_nest_start(h, CTA_TUPLE_IP);
	m->mnl_attr_put(h,
	    a->family == AF_INET6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC,
	    ip_bits(a) / 8, a->b);
	m->mnl_attr_nest_end(h, ip);
	m->mnl_attr_nest_end(h, reply);
	filter = m->mnl_attr_nest_start(h, CTA_FILTER);
	m->mnl_attr_put_u32(h, CTA_FILTER_ORIG_FLAGS, 0);
	m->mnl_attr_put_u32(h, CTA_FILTER_REPLY_FLAGS, FILTER_IP_SRC);
	m->mnl_attr_nest_end(h, filter);
}

/* The attribute of this type among those behind `from`. */
static const struct nlattr *
find(const struct mnl *m, const void *from, const void *end, uint16_t type)
{
	for (const struct nlattr *a = from;
	     m->mnl_attr_ok(a, (int)((const char *)end - (const char *)a));
	     a = m->mnl_attr_next(a))
		if (m->mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

static const struct nlattr *
inside(const struct mnl *m, const struct nlattr *a, uint16_t type)
{
	const char *p;

	if (a == NULL)
		return NULL;
	p = m->mnl_attr_get_payload(a);
	return find(m, p, p + m->mnl_attr_get_payload_len(a), type);
}

/* The kernel has filtered; a kernel that did not is checked here. */
static void
keep(struct tuples *t, const struct nlmsghdr *h)
{
	const struct mnl *m = t->m;
	const char *first = m->mnl_nlmsg_get_payload_offset(
	    h, sizeof(struct nfgenmsg));
	const void *end = m->mnl_nlmsg_get_payload_tail(h);
	const struct nlattr *orig = find(m, first, end, CTA_TUPLE_ORIG);
	const struct nlattr *src = inside(m,
	    inside(m, find(m, first, end, CTA_TUPLE_REPLY), CTA_TUPLE_IP),
	    t->ip.family == AF_INET6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC);
	size_t bytes;
	uint8_t *v;

	if (orig == NULL || src == NULL ||
	    m->mnl_attr_get_payload_len(src) != ip_bits(&t->ip) / 8 ||
	    memcmp(m->mnl_attr_get_payload(src), t->ip.b,
		ip_bits(&t->ip) / 8) != 0)
		return;
	bytes = NLA_ALIGN(orig->nla_len);
	v = realloc(t->v, t->len + bytes);
	if (v == NULL) {
		t->nomem = true;
		return;
	}
	t->v = v;
	memcpy(v + t->len, orig, orig->nla_len);
	t->len += bytes;
}

/* Answers until the end of the dump or an acknowledgement: 0, or -1, errno. */
static int
answers(const struct mnl *m, struct mnl_socket *s, struct tuples *t)
{
	_Alignas(8) char buf[32768];

	for (;;) {
		ssize_t got = m->mnl_socket_recvfrom(s, buf, sizeof(buf));
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		for (const struct nlmsghdr *h = (const void *)buf;
		     m->mnl_nlmsg_ok(h, left);
		     h = m->mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *err = m->mnl_nlmsg_get_payload(
			    h);

			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				errno = -err->error;
				return err->error == 0 ? 0 : -1;
			}
			if (t != NULL)
				keep(t, h);
		}
	}
}

static int
delete_all(const struct mnl *m, struct mnl_socket *s, const struct tuples *t)
{
	const struct nlattr *a;

	for (size_t off = 0; off < t->len; off += NLA_ALIGN(a->nla_len)) {
		_Alignas(8) char buf[1024] = "";
		struct nlmsghdr *h = begin(
		    m, buf, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, t->ip.family);

		a = (const void *)(t->v + off);
		m->mnl_attr_put(h, a->nla_type, m->mnl_attr_get_payload_len(a),
		    m->mnl_attr_get_payload(a));
		if (m->mnl_socket_sendto(s, h, h->nlmsg_len) == -1 ||
		    (answers(m, s, NULL) == -1 && errno != ENOENT))
			return -1;
	}
	return 0;
}

static int
forget(const struct mnl *m, struct mnl_socket *s, struct tuples *t)
{
	_Alignas(8) char buf[1024] = "";
	struct nlmsghdr *h = begin(
	    m, buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP, t->ip.family);

	put_filter(m, h, &t->ip);
	if (m->mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    m->mnl_socket_sendto(s, h, h->nlmsg_len) == -1 ||
	    answers(m, s, t) == -1)
		/* Without tracking in the kernel there is nothing to forget. */
		return errno == EINVAL || errno == EOPNOTSUPP ||
			errno == ENOENT ?
		    0 :
		    -1;
	if (t->nomem) {
		errno = ENOMEM;
		return -1;
	}
	return delete_all(m, s, t);
}

int
nft_conntrack_forget(const char *ip, struct jerr *e)
{
	const struct mnl *m = mnl_open(e);
	struct tuples t = { .m = m };
	struct mnl_socket *s;
	int r;

	if (m == NULL)
		return -1;
	if (ip_parse(ip, AF_UNSPEC, &t.ip) == -1)
		return jerr_set(e, EINVAL, "conntrack: no address: %s", ip);
	s = m->mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (s == NULL)
		return errno == EPROTONOSUPPORT ? 0 : jerr_sys(e, "conntrack");
	r = forget(m, s, &t);
	if (r == -1)
		(void)jerr_sys(e, "conntrack");
	free(t.v);
	(void)m->mnl_socket_close(s);
	return r;
}
