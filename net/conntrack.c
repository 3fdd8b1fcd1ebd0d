/*
 * Tracked connections of an address that goes away.  pf forgets the states of
 * a jail that is removed; here they would live for days and send what comes
 * back to nobody.  The kernel picks them out itself, in one pass.
 *
 * Never without a filter: the same message without one forgets every connection
 * of the host.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "base/ip.h"
#include "net/nft_int.h"

/* The kernel's name for "compare the source address alone" is in no header of
 * the uapi. */
#define COMPARE_SRC 1u

/* Forget what has this source address in the original or reply direction: the
 * filter is the kernel's (5.8), one message whatever the table holds. */
static void
queue_forget(struct nfnl *n, const struct ip *a, bool reply)
{
	struct nlmsghdr *h = nfnl_begin(
	    n, CT_TYPE(IPCTNL_MSG_CT_DELETE), 0, (uint8_t)a->family);
	struct nlattr *tuple, *ip, *filter;

	tuple = n->m->mnl_attr_nest_start(
	    h, reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
	ip = n->m->mnl_attr_nest_start(h, CTA_TUPLE_IP);
	n->m->mnl_attr_put(h,
	    a->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC,
	    ip_bits(a) / 8, a->b);
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

int
nft_conntrack_forget(const char *ip, struct jerr *e)
{
	struct nfnl n;
	struct ip a;
	int rc;

	if (ip_parse(ip, AF_UNSPEC, &a) == -1)
		return jerr_set(e, EINVAL, "not an address: %s", ip);
	rc = nfnl_open(&n, e);
	if (rc == 0) {
		queue_forget(&n, &a, true);
		queue_forget(&n, &a, false);
		rc = nfnl_ask(&n, NULL, NULL, NULL, e);
		/* No connection tracking: nothing to forget. */
		if (rc == -1 &&
		    (e->code == ENOENT || e->code == EINVAL ||
			e->code == EOPNOTSUPP))
			rc = 0;
		if (rc == -1)
			(void)jerr_wrap(e, "connections of %s", ip);
	}
	nfnl_close(&n);
	return rc;
}
