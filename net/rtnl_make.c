/*
 * The requests of a batch: links, addresses, routes, proxy neighbours.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "net/rtnl_int.h"

/* Of <linux/ip.h>, which does not go together with the C library's. */
enum { DEVCONF4_FORWARDING = 1, DEVCONF4_RP_FILTER = 8 };

#define MAKE (NLM_F_CREATE | NLM_F_EXCL)

static enum rtnl_tolerate
tolerate(bool add, bool relaxed)
{
	if (!relaxed)
		return RTNL_STRICT;
	return add ? RTNL_EXIST_OK : RTNL_ABSENT_OK;
}

/* ---- links ---- */

static void
put_mac(const struct rtnl *r, struct nlmsghdr *h, const uint8_t mac[6])
{
	r->m->mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
}

void
rtnl_veth(struct rtnl *r, const struct rtnl_veth *v)
{
	struct nlmsghdr *h;
	struct ifinfomsg *i = rtnl_begin(r, &h, RTM_NEWLINK, MAKE, sizeof(*i));
	struct nlattr *info, *data, *peer;
	struct ifinfomsg *p;

	/* NOARP: every frame goes to the link's own MAC, which is the peer's
	 * as well: no gateway, no ARP, no neighbour entry. */
	i->ifi_flags = i->ifi_change = IFF_NOARP;
	r->m->mnl_attr_put_strz(h, IFLA_IFNAME, v->name);
	put_mac(r, h, v->mac);
	r->m->mnl_attr_put_u32(h, IFLA_GROUP, RTNL_GROUP);
	if (v->mtu != 0)
		r->m->mnl_attr_put_u32(h, IFLA_MTU, v->mtu);
	info = r->m->mnl_attr_nest_start(h, IFLA_LINKINFO);
	r->m->mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = r->m->mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = r->m->mnl_attr_nest_start(h, VETH_INFO_PEER);
	p = r->m->mnl_nlmsg_put_extra_header(h, sizeof(*p));
	p->ifi_flags = p->ifi_change = IFF_NOARP;
	r->m->mnl_attr_put_strz(h, IFLA_IFNAME, v->peer);
	put_mac(r, h, v->mac);
	if (v->mtu != 0)
		r->m->mnl_attr_put_u32(h, IFLA_MTU, v->mtu);
	r->m->mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)v->peer_ns);
	r->m->mnl_attr_nest_end(h, peer);
	r->m->mnl_attr_nest_end(h, data);
	r->m->mnl_attr_nest_end(h, info);
	rtnl_queue(r, h, RTNL_STRICT, "link %s", v->name);
}

static bool
has_ipv6(void)
{
	return access("/proc/sys/net/ipv6", F_OK) == 0;
}

/* What rides along in IFLA_AF_SPEC: no write to /proc is cheaper. */
static void
put_settings(const struct rtnl *r, struct nlmsghdr *h, bool host_end)
{
	struct nlattr *spec, *af, *conf;

	spec = r->m->mnl_attr_nest_start(h, IFLA_AF_SPEC);
	if (has_ipv6()) {
		af = r->m->mnl_attr_nest_start(h, AF_INET6);
		r->m->mnl_attr_put_u8(
		    h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
		r->m->mnl_attr_nest_end(h, af);
	}
	/* Inside: whatever the initial namespace has, which was copied. */
	af = r->m->mnl_attr_nest_start(h, AF_INET);
	conf = r->m->mnl_attr_nest_start(h, IFLA_INET_CONF);
	r->m->mnl_attr_put_u32(h, DEVCONF4_FORWARDING, host_end);
	r->m->mnl_attr_put_u32(h, DEVCONF4_RP_FILTER, host_end);
	r->m->mnl_attr_nest_end(h, conf);
	r->m->mnl_attr_nest_end(h, af);
	r->m->mnl_attr_nest_end(h, spec);
}

static struct nlmsghdr *
begin_link(
    struct rtnl *r, uint16_t type, int index, unsigned flags, unsigned change)
{
	struct nlmsghdr *h;
	struct ifinfomsg *i = rtnl_begin(r, &h, type, 0, sizeof(*i));

	i->ifi_index = index;
	i->ifi_flags = flags;
	i->ifi_change = change;
	return h;
}

/* A message of its own, before the link is up: Linux 6.1 looks at the flags
 * first, and an interface that comes up makes its link-local address then. */
static void
set_settings(struct rtnl *r, int index, const char *alias, bool host_end)
{
	struct nlmsghdr *h = begin_link(r, RTM_NEWLINK, index, 0, 0);

	if (alias != NULL)
		r->m->mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	put_settings(r, h, host_end);
	rtnl_queue(r, h, RTNL_STRICT, "link %d: settings", index);
}

void
rtnl_host_end(struct rtnl *r, int index, const char *alias)
{
	set_settings(r, index, alias, true);
	rtnl_queue(r, begin_link(r, RTM_NEWLINK, index, IFF_UP, IFF_UP),
	    RTNL_STRICT, "link %d: up", index);
}

void
rtnl_link_up(struct rtnl *r, int index)
{
	if (index != 1) /* lo is always the first */
		set_settings(r, index, NULL, false);
	rtnl_queue(r, begin_link(r, RTM_NEWLINK, index, IFF_UP, IFF_UP),
	    RTNL_STRICT, "link %d: up", index);
}

void
rtnl_link_del(struct rtnl *r, const char *name, bool absent)
{
	struct nlmsghdr *h = begin_link(r, RTM_DELLINK, 0, 0, 0);

	r->m->mnl_attr_put_strz(h, IFLA_IFNAME, name);
	rtnl_queue(r, h, tolerate(false, absent), "link %s", name);
}

void
rtnl_altname(struct rtnl *r, int index, const char *altname, bool add)
{
	struct nlmsghdr *h = begin_link(
	    r, add ? RTM_NEWLINKPROP : RTM_DELLINKPROP, index, 0, 0);
	struct nlattr *list;

	if (add)
		h->nlmsg_flags |= MAKE | NLM_F_APPEND;
	list = r->m->mnl_attr_nest_start(h, IFLA_PROP_LIST);
	r->m->mnl_attr_put_strz(h, IFLA_ALT_IFNAME, altname);
	r->m->mnl_attr_nest_end(h, list);
	/* Not there is EINVAL for a name, ENODEV for the link. */
	rtnl_queue(r, h, tolerate(add, !add), "altname %s", altname);
}

/* ---- addresses, routes, neighbours ---- */

void
rtnl_addr(struct rtnl *r, int index, const struct ip *a, unsigned prefix,
    bool add, bool exist_or_absent)
{
	struct nlmsghdr *h;
	struct ifaddrmsg *m = rtnl_begin(
	    r, &h, add ? RTM_NEWADDR : RTM_DELADDR, add ? MAKE : 0, sizeof(*m));
	char text[IP_TEXT];

	m->ifa_family = (uint8_t)a->family;
	m->ifa_prefixlen = (uint8_t)prefix;
	m->ifa_index = (unsigned)index;
	if (a->family == AF_INET6)
		m->ifa_flags = IFA_F_NODAD;
	else
		rtnl_put_ip(r, h, IFA_ADDRESS, a);
	if (ip_is_loopback(a))
		m->ifa_scope = RT_SCOPE_HOST;
	rtnl_put_ip(r, h, IFA_LOCAL, a);
	rtnl_queue(r, h, tolerate(add, exist_or_absent), "address %s",
	    ip_print(a, text));
}

void
rtnl_route(
    struct rtnl *r, const struct rtnl_route *rt, bool add, bool exist_or_absent)
{
	struct nlmsghdr *h;
	struct rtmsg *m = rtnl_begin(r, &h, add ? RTM_NEWROUTE : RTM_DELROUTE,
	    add ? MAKE : 0, sizeof(*m));
	char text[IP_TEXT];

	m->rtm_family = (uint8_t)rt->dst.family;
	m->rtm_dst_len = (uint8_t)rt->prefix;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_type = RTN_UNICAST;
	m->rtm_protocol = add ? RTPROT_STATIC : RTPROT_UNSPEC;
	m->rtm_scope = !add	      ? RT_SCOPE_NOWHERE :
	    rt->dst.family == AF_INET ? RT_SCOPE_LINK :
					RT_SCOPE_UNIVERSE;
	if (rt->prefix != 0)
		rtnl_put_ip(r, h, RTA_DST, &rt->dst);
	r->m->mnl_attr_put_u32(h, RTA_OIF, (uint32_t)rt->oif);
	if (rt->src.family != 0)
		rtnl_put_ip(r, h, RTA_PREFSRC, &rt->src);
	if (rt->metric != 0)
		r->m->mnl_attr_put_u32(h, RTA_PRIORITY, rt->metric);
	rtnl_queue(r, h, tolerate(add, exist_or_absent), "route %s/%u",
	    ip_print(&rt->dst, text), rt->prefix);
}

void
rtnl_proxy(struct rtnl *r, int index, const struct ip *a, bool add,
    bool exist_or_absent)
{
	struct nlmsghdr *h;
	struct ndmsg *m = rtnl_begin(r, &h, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
	    add ? NLM_F_CREATE : 0, sizeof(*m));
	char text[IP_TEXT];

	m->ndm_family = (uint8_t)a->family;
	m->ndm_ifindex = index;
	m->ndm_state = NUD_PERMANENT;
	m->ndm_flags = NTF_PROXY;
	rtnl_put_ip(r, h, NDA_DST, a);
	rtnl_queue(r, h, tolerate(add, exist_or_absent), "proxy for %s",
	    ip_print(a, text));
}
