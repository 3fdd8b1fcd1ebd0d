/*
 * Tracked connections of an address that goes away.  pf forgets the states of
 * a jail that is removed; here they would live for days and send what comes
 * back to nobody.  The kernel picks them out itself: newer ones delete what the
 * filter picks, 6.1 only lists it.
 *
 * Never deletes without a filter or a whole tuple: the same message without one
 * forgets every connection of the host.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "net/nft_int.h"

/* The kernel's name for "compare the source address alone" is in no header of
 * the uapi. */
#define COMPARE_SRC 1u

static uint16_t
src_attr(const struct ip *a)
{
	return a->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;
}

/* About what has this source address in the original or reply direction. */
static void
queue_filtered(struct nfnl *n, uint16_t type, uint16_t flags,
    const struct ip *a, bool reply)
{
	struct nlmsghdr *h = nfnl_begin(
	    n, CT_TYPE(type), flags, (uint8_t)a->family);
	struct nlattr *tuple, *ip, *filter;

	tuple = n->m->mnl_attr_nest_start(
	    h, reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
	ip = n->m->mnl_attr_nest_start(h, CTA_TUPLE_IP);
	n->m->mnl_attr_put(h, src_attr(a), ip_bits(a) / 8, a->b);
	n->m->mnl_attr_nest_end(h, ip);
	n->m->mnl_attr_nest_end(h, tuple);
	filter = n->m->mnl_attr_nest_start(h, CTA_FILTER);
	n->m->mnl_attr_put_u32(
	    h, CTA_FILTER_ORIG_FLAGS, reply ? 0 : COMPARE_SRC);
	n->m->mnl_attr_put_u32(
	    h, CTA_FILTER_REPLY_FLAGS, reply ? COMPARE_SRC : 0);
	n->m->mnl_attr_nest_end(h, filter);
	nfnl_queue(n, h);
}

/* ---- 6.1: list, then delete one by one ---- */

struct tuple {
	uint8_t v[256]; /* what is in CTA_TUPLE_ORIG */
	size_t len;
};

struct tuples {
	const struct ip *ip;
	bool reply;
	struct tuple *v;
	size_t n;
};

/* A kernel that did not filter is checked here. */
static bool
is_its(const struct nfnl *n, const struct nlattr *tuple, const struct ip *a)
{
	const struct nlattr *tb[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1];
	const struct nlattr *src;

	nfnl_nested(n, tuple, tb, nitems(tb));
	nfnl_nested(n, tb[CTA_TUPLE_IP], ip, nitems(ip));
	src = ip[src_attr(a)];
	return src != NULL &&
	    n->m->mnl_attr_get_payload_len(src) == ip_bits(a) / 8 &&
	    memcmp(n->m->mnl_attr_get_payload(src), a->b, ip_bits(a) / 8) == 0;
}

static int
listed(const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg)
{
	const struct nlattr *tb[CTA_MAX + 1];
	struct tuples *l = arg;
	struct tuple *v;
	size_t len;

	(void)i;
	nfnl_attrs(n, h, tb, nitems(tb));
	if (tb[CTA_TUPLE_ORIG] == NULL ||
	    !is_its(n, tb[l->reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG], l->ip))
		return 0;
	len = n->m->mnl_attr_get_payload_len(tb[CTA_TUPLE_ORIG]);
	if (len == 0 || len > sizeof(v->v))
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	l->v = v;
	v = &v[l->n++];
	memcpy(v->v, n->m->mnl_attr_get_payload(tb[CTA_TUPLE_ORIG]), len);
	v->len = len;
	return 0;
}

static int
one_by_one(struct nfnl *n, const struct ip *a, bool reply, struct jerr *e)
{
	struct tuples l = { .ip = a, .reply = reply };
	int rc;

	queue_filtered(n, IPCTNL_MSG_CT_GET, NLM_F_DUMP, a, reply);
	rc = nfnl_ask(n, listed, &l, NULL, e);
	for (size_t i = 0; i < l.n && rc == 0; i++) {
		struct nlmsghdr *h = nfnl_begin(
		    n, CT_TYPE(IPCTNL_MSG_CT_DELETE), 0, (uint8_t)a->family);

		n->m->mnl_attr_put(
		    h, CTA_TUPLE_ORIG | NLA_F_NESTED, l.v[i].len, l.v[i].v);
		nfnl_queue(n, h);
	}
	if (rc == 0)
		rc = nfnl_ask(n, NULL, NULL, NULL, e);
	free(l.v);
	return rc;
}

static int
forget(struct nfnl *n, const struct ip *a, bool reply, struct jerr *e)
{
	queue_filtered(n, IPCTNL_MSG_CT_DELETE, 0, a, reply);
	if (nfnl_ask(n, NULL, NULL, NULL, e) == 0)
		return 0;
	if (e->code == EINVAL && one_by_one(n, a, reply, e) == 0)
		return 0;
	/* No connection tracking, or gone by itself: nothing to forget. */
	if (e->code == ENOENT || e->code == EINVAL || e->code == EOPNOTSUPP)
		return 0;
	return -1;
}

int
nft_conntrack_forget(const char *ip, struct jerr *e)
{
	struct nfnl n;
	struct ip a;
	int rc;

	if (ip_parse(ip, AF_UNSPEC, &a) == -1)
		return jerr_set(e, EINVAL, "not an address: %s", ip);
	rc = nfnl_open(&n, e);
	if (rc == 0 &&
	    (forget(&n, &a, true, e) == -1 || forget(&n, &a, false, e) == -1))
		rc = jerr_wrap(e, "connections of %s", ip);
	nfnl_close(&n);
	return rc;
}
