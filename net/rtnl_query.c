/*
 * Questions about links, addresses, routes and proxy neighbours.  Each names
 * what it asks for, so that a thousand jails on the host do not make it slower
 * by what user space has to read.
 */
#include <sys/socket.h>

#include <errno.h>
#include <net/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/rtnl_int.h"

/* ---- links ---- */

static void
link_attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	struct rtnl_link *l = arg;

	switch (r->m->mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		(void)snprintf(l->name, sizeof(l->name), "%s",
		    (const char *)r->m->mnl_attr_get_payload(a));
		break;
	case IFLA_MTU:
		l->mtu = r->m->mnl_attr_get_u32(a);
		break;
	case IFLA_GROUP:
		l->group = r->m->mnl_attr_get_u32(a);
		break;
	case IFLA_ADDRESS:
		if (r->m->mnl_attr_get_payload_len(a) == sizeof(l->mac))
			memcpy(l->mac, r->m->mnl_attr_get_payload(a),
			    sizeof(l->mac));
		break;
	default:
		break;
	}
}

static int
link_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *i = r->m->mnl_nlmsg_get_payload(h);
	struct rtnl_link *l = arg;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	memset(l, 0, sizeof(*l));
	l->index = i->ifi_index;
	l->up = (i->ifi_flags & IFF_UP) != 0;
	l->loopback = (i->ifi_flags & IFF_LOOPBACK) != 0;
	l->ether = i->ifi_type == ARPHRD_ETHER &&
	    (i->ifi_flags & (IFF_NOARP | IFF_LOOPBACK)) == 0;
	rtnl_attrs(r, h, sizeof(*i), link_attr, l);
	return 0;
}

int
rtnl_link_get(struct rtnl *r, const char *name, int index,
    struct rtnl_link *out, struct jerr *e)
{
	struct nlmsghdr *h;
	struct ifinfomsg *i = rtnl_begin(r, &h, RTM_GETLINK, 0, sizeof(*i));

	if (name != NULL)
		/* Finds names and altnames alike. */
		r->m->mnl_attr_put_strz(h, IFLA_ALT_IFNAME, name);
	else
		i->ifi_index = index;
	r->m->mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	out->index = 0;
	if (rtnl_ask(r, h, link_answer, out, "link", NULL) == -1 &&
	    errno != ENODEV)
		return name != NULL ? jerr_sys(e, "link %s", name) :
				      jerr_sys(e, "link %d", index);
	return out->index != 0;
}

/* ---- addresses of one interface ---- */

struct addr_list {
	int index;
	struct rtnl_ifaddr *v;
	size_t n;
	int family;
	struct ip found, local;
};

static void
addr_attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	struct addr_list *l = arg;

	if (r->m->mnl_attr_get_type(a) == IFA_ADDRESS)
		(void)rtnl_get_ip(r, a, l->family, &l->found);
	else if (r->m->mnl_attr_get_type(a) == IFA_LOCAL)
		(void)rtnl_get_ip(r, a, l->family, &l->local);
}

static int
addr_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = r->m->mnl_nlmsg_get_payload(h);
	struct addr_list *l = arg;
	struct rtnl_ifaddr *v;

	if (h->nlmsg_type != RTM_NEWADDR || (int)m->ifa_index != l->index ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return 0;
	l->family = m->ifa_family;
	l->found = l->local = (struct ip) { .family = 0 };
	rtnl_attrs(r, h, sizeof(*m), addr_attr, l);
	if (l->local.family != 0)
		l->found = l->local;
	if (l->found.family == 0)
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	l->v = v;
	v[l->n++] = (struct rtnl_ifaddr) { .ip = l->found,
		.prefix = m->ifa_prefixlen };
	return 0;
}

int
rtnl_addrs(struct rtnl *r, int index, struct rtnl_ifaddr **out, size_t *n,
    struct jerr *e)
{
	struct addr_list l = { .index = index };
	struct nlmsghdr *h;
	struct ifaddrmsg *m = rtnl_begin(
	    r, &h, RTM_GETADDR, NLM_F_DUMP, sizeof(*m));

	m->ifa_index = (unsigned)index;
	if (rtnl_ask(r, h, addr_answer, &l, "addresses", e) == -1) {
		free(l.v);
		return -1;
	}
	*out = l.v;
	*n = l.n;
	return 0;
}

/* ---- routes ---- */

struct route {
	int family;
	struct ip dst;
	int oif;
	bool gateway;
	unsigned metric;
	unsigned table;
	unsigned char type, prefix;
	bool found;
};

static void
nexthop_attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	struct route *rt = arg;

	(void)r;
	if (r->m->mnl_attr_get_type(a) == RTA_GATEWAY ||
	    r->m->mnl_attr_get_type(a) == RTA_VIA)
		rt->gateway = true;
}

/* The first hop of several stands for all. */
static void
multipath(const struct rtnl *r, const struct nlattr *a, struct route *rt)
{
	const struct rtnexthop *nh = r->m->mnl_attr_get_payload(a);
	size_t left = r->m->mnl_attr_get_payload_len(a);
	const char *end;

	if (left < sizeof(*nh) || nh->rtnh_len > left)
		return;
	rt->oif = nh->rtnh_ifindex;
	end = (const char *)nh + nh->rtnh_len;
	/* RTNH_DATA without its cast. */
	for (const struct nlattr *x =
		 (const void *)((const char *)nh + RTNH_LENGTH(0));
	     r->m->mnl_attr_ok(x, (int)(end - (const char *)x));
	     x = r->m->mnl_attr_next(x))
		nexthop_attr(r, x, rt);
}

static void
route_attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	struct route *rt = arg;

	switch (r->m->mnl_attr_get_type(a)) {
	case RTA_DST:
		(void)rtnl_get_ip(r, a, rt->family, &rt->dst);
		break;
	case RTA_OIF:
		rt->oif = (int)r->m->mnl_attr_get_u32(a);
		break;
	case RTA_GATEWAY:
	case RTA_VIA:
		rt->gateway = true;
		break;
	case RTA_PRIORITY:
		rt->metric = r->m->mnl_attr_get_u32(a);
		break;
	case RTA_TABLE:
		rt->table = r->m->mnl_attr_get_u32(a);
		break;
	case RTA_MULTIPATH:
		multipath(r, a, rt);
		break;
	default:
		break;
	}
}

static bool
read_route(struct rtnl *r, const struct nlmsghdr *h, struct route *rt)
{
	const struct rtmsg *m = r->m->mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != RTM_NEWROUTE)
		return false;
	*rt = (struct route) { .family = m->rtm_family,
		.dst.family = m->rtm_family,
		.table = m->rtm_table,
		.type = m->rtm_type,
		.prefix = m->rtm_dst_len,
		.found = true };
	rtnl_attrs(r, h, sizeof(*m), route_attr, rt);
	return true;
}

struct route_list {
	int index;
	struct rtnl_rt *v;
	size_t n;
};

static int
routes_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	struct route_list *l = arg;
	struct rtnl_rt *v;
	struct route rt;

	if (!read_route(r, h, &rt) || rt.table != RT_TABLE_MAIN ||
	    rt.type != RTN_UNICAST || rt.oif != l->index)
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	l->v = v;
	v[l->n++] = (struct rtnl_rt) { .dst = rt.dst,
		.prefix = rt.prefix,
		.gateway = rt.gateway,
		.metric = rt.metric };
	return 0;
}

static int
routes_of(struct rtnl *r, struct route_list *l, int family, struct jerr *e)
{
	struct nlmsghdr *h;
	struct rtmsg *m = rtnl_begin(
	    r, &h, RTM_GETROUTE, NLM_F_DUMP, sizeof(*m));

	m->rtm_family = (uint8_t)family;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_type = RTN_UNICAST;
	r->m->mnl_attr_put_u32(h, RTA_OIF, (uint32_t)l->index);
	if (rtnl_ask(r, h, routes_answer, l, "routes", NULL) != -1)
		return 0;
	/* No such table yet, or no such family in this kernel. */
	if (errno == ENOENT || errno == EAFNOSUPPORT || errno == EOPNOTSUPP)
		return 0;
	return jerr_sys(e, "routes");
}

int
rtnl_routes(struct rtnl *r, int index, int family, struct rtnl_rt **out,
    size_t *n, struct jerr *e)
{
	struct route_list l = { .index = index };

	if ((family != AF_INET6 && routes_of(r, &l, AF_INET, e) == -1) ||
	    (family != AF_INET && routes_of(r, &l, AF_INET6, e) == -1)) {
		free(l.v);
		return -1;
	}
	*out = l.v;
	*n = l.n;
	return 0;
}

static int
where_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	(void)read_route(r, h, arg);
	return 0;
}

int
rtnl_where(struct rtnl *r, const struct ip *a, enum rtnl_where *where, int *oif,
    bool *dflt, struct jerr *e)
{
	struct route rt = { .found = false };
	struct nlmsghdr *h;
	struct rtmsg *m = rtnl_begin(r, &h, RTM_GETROUTE, 0, sizeof(*m));
	char text[IP_TEXT];

	m->rtm_family = (uint8_t)a->family;
	m->rtm_dst_len = (uint8_t)ip_bits(a);
	/* The entry of the table, not the packet's own path. */
	m->rtm_flags = RTM_F_FIB_MATCH;
	rtnl_put_ip(r, h, RTA_DST, a);
	*where = RTNL_NOWHERE;
	*oif = 0;
	*dflt = false;
	if (rtnl_ask(r, h, where_answer, &rt, "route", NULL) == -1) {
		if (errno == ENETUNREACH || errno == EHOSTUNREACH ||
		    errno == EAFNOSUPPORT || errno == EOPNOTSUPP ||
		    errno == EACCES || errno == EINVAL || errno == ENODEV)
			return 0;
		return jerr_sys(e, "route to %s", ip_print(a, text));
	}
	if (!rt.found)
		return 0;
	*oif = rt.oif;
	*dflt = rt.prefix == 0;
	if (rt.type == RTN_LOCAL)
		*where = RTNL_LOCAL;
	else if (rt.type == RTN_BROADCAST)
		*where = RTNL_BROADCAST;
	else if (rt.type == RTN_ANYCAST)
		*where = RTNL_ANYCAST;
	else if (rt.type == RTN_UNICAST && !rt.gateway && rt.prefix != 0)
		*where = RTNL_ON_LINK;
	else if (rt.type == RTN_UNICAST)
		*where = RTNL_BY_GATEWAY;
	return 0;
}

int
rtnl_default_if(struct rtnl *r, int family, struct jerr *e)
{
	/* Somewhere far away; one of them is hardly a route of its own. */
	static const char *const far[2][3] = {
		{ "9.9.9.9", "1.1.1.1", "192.0.2.1" },
		{ "2620:fe::fe", "2606:4700:4700::1111", "2001:db8::1" },
	};

	for (size_t i = 0; i < nitems(far[0]); i++) {
		enum rtnl_where where;
		struct ip a;
		int oif;
		bool dflt;

		if (ip_parse(far[family == AF_INET6][i], family, &a) == -1 ||
		    rtnl_where(r, &a, &where, &oif, &dflt, e) == -1)
			return -1;
		if (dflt)
			return oif;
	}
	return 0;
}

/* ---- settings for all interfaces ---- */

static void
netconf_attr(const struct rtnl *r, const struct nlattr *a, void *arg)
{
	int *set = arg;

	if ((r->m->mnl_attr_get_type(a) == NETCONFA_FORWARDING ||
		r->m->mnl_attr_get_type(a) == NETCONFA_RP_FILTER) &&
	    r->m->mnl_attr_get_u32(a) != 0)
		*set = 1;
}

static int
netconf_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	/* The header is a single byte, padded. */
	rtnl_attrs(
	    r, h, NLMSG_ALIGN(sizeof(struct netconfmsg)), netconf_attr, arg);
	return 0;
}

int
rtnl_conf4_all(struct rtnl *r, struct jerr *e)
{
	struct nlmsghdr *h;
	struct netconfmsg *m = rtnl_begin(r, &h, RTM_GETNETCONF, 0, sizeof(*m));
	int set = 0;

	m->ncm_family = AF_INET;
	r->m->mnl_attr_put_u32(
	    h, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	if (rtnl_ask(r, h, netconf_answer, &set, "netconf", e) == -1)
		return -1;
	return set;
}

/* ---- proxy neighbours ---- */

static int
proxy_answer(struct rtnl *r, const struct nlmsghdr *h, void *arg)
{
	bool *found = arg;

	(void)r;
	if (h->nlmsg_type == RTM_NEWNEIGH)
		*found = true;
	return 0;
}

int
rtnl_has_proxy(struct rtnl *r, int index, const struct ip *a, struct jerr *e)
{
	struct nlmsghdr *h;
	struct ndmsg *m = rtnl_begin(r, &h, RTM_GETNEIGH, 0, sizeof(*m));
	bool found = false;

	m->ndm_family = (uint8_t)a->family;
	m->ndm_ifindex = index;
	m->ndm_flags = NTF_PROXY;
	rtnl_put_ip(r, h, NDA_DST, a);
	if (rtnl_ask(r, h, proxy_answer, &found, "proxy", NULL) == -1 &&
	    errno != ENOENT)
		return jerr_sys(e, "proxy neighbour");
	return found;
}
