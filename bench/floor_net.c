/*
 * The floor's network: what a jail with one IPv4 address on an interface of the
 * host needs from the kernel, as one batch of messages a side.  A veth pair
 * made in place, settings of the host's end riding along, the route to the
 * address, the host answering for it; inside lo, the address and the default
 * route.  No rules, no question whether the address is taken, no announcement.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/floor.h"

#define INSIDE 2 /* index of the jail's end */

struct batch {
	_Alignas(NLMSG_ALIGNTO) char buf[4096];
	size_t len;
	unsigned n;
};

static struct mnl_socket *
open_here(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	check(s == NULL ? -1 : 0, "rtnetlink");
	check(mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID), "rtnetlink");
	return s;
}

void
net_open(struct net *n, char **argv)
{
	n->ifname = argv[0];
	n->address = argv[1];
	n->host = open_here();
	n->on = if_nametoindex(n->ifname);
	check(n->on == 0 ? -1 : 0, n->ifname);
	/* Chosen here, so that nobody has to ask. */
	n->end = 0x1000000u + (unsigned)getpid();
}

static void *
message(struct batch *b, uint16_t type, uint16_t flags, size_t extra,
    struct nlmsghdr **h)
{
	*h = mnl_nlmsg_put_header(b->buf + b->len);
	(*h)->nlmsg_type = type;
	(*h)->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	(*h)->nlmsg_seq = b->n++;
	return mnl_nlmsg_put_extra_header(*h, extra);
}

static void
done(struct batch *b, const struct nlmsghdr *h)
{
	b->len += MNL_ALIGN(h->nlmsg_len);
}

/* An error is the end, `but' one excepted. */
static void
send_batch(
    struct mnl_socket *s, const struct batch *b, int but, const char *what)
{
	char buf[8192];

	check(mnl_socket_sendto(s, b->buf, b->len), what);
	for (unsigned i = 0; i < b->n;) {
		ssize_t n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		int left = (int)n;

		check(n, what);
		for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf;
		     mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left), i++) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			errno = -e->error;
			check(errno == 0 || errno == but ? 0 : -1, what);
		}
	}
}

static void
put_veth(struct batch *b, const struct net *n, int netns)
{
	static const uint8_t mac[6] = { 0x02, 0x6a, 0, 0, 0, 1 };
	struct nlmsghdr *h;
	struct ifinfomsg *m = message(
	    b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m), &h);
	struct nlattr *info, *data, *peer;
	char name[IFNAMSIZ];

	(void)snprintf(name, sizeof(name), "fl%u", n->end);
	m->ifi_index = (int)n->end;
	m->ifi_flags = m->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac), mac);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_index = INSIDE;
	m->ifi_flags = m->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(h, IFLA_IFNAME, n->ifname);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	done(b, h);
}

/* The host's end is told to forward and to check. */
static void
put_forward(struct nlmsghdr *h)
{
	struct nlattr *in = mnl_attr_nest_start(h, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(h, IFLA_INET_CONF);

	mnl_attr_put_u32(h, IPV4_DEVCONF_FORWARDING, 1);
	mnl_attr_put_u32(h, IPV4_DEVCONF_RP_FILTER, 1);
	mnl_attr_nest_end(h, conf);
	mnl_attr_nest_end(h, in);
}

static void
put_up(struct batch *b, unsigned index, bool host)
{
	struct nlmsghdr *h;
	struct ifinfomsg *m = message(b, RTM_NEWLINK, 0, sizeof(*m), &h);
	struct nlattr *spec, *in;

	m->ifi_index = (int)index;
	m->ifi_flags = m->ifi_change = IFF_UP;
	if (index != 1) {
		spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
		in = mnl_attr_nest_start(h, AF_INET6);
		mnl_attr_put_u8(
		    h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(h, in);
		if (host)
			put_forward(h);
		mnl_attr_nest_end(h, spec);
	}
	done(b, h);
}

/* To dst, or, when that is NULL, the default one. */
static void
put_route(struct batch *b, uint16_t type, const struct in_addr *dst,
    unsigned oif, const struct in_addr *src)
{
	struct nlmsghdr *h;
	struct rtmsg *m = message(b, type,
	    type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*m),
	    &h);

	m->rtm_family = AF_INET;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = RT_SCOPE_LINK;
	m->rtm_type = RTN_UNICAST;
	if (dst != NULL) {
		m->rtm_dst_len = 32;
		mnl_attr_put(h, RTA_DST, sizeof(*dst), dst);
	}
	if (src != NULL)
		mnl_attr_put(h, RTA_PREFSRC, sizeof(*src), src);
	mnl_attr_put_u32(h, RTA_OIF, oif);
	done(b, h);
}

static void
put_proxy(struct batch *b, bool add, const struct in_addr *ip, unsigned on)
{
	struct nlmsghdr *h;
	struct ndmsg *m = message(b, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
	    add ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*m), &h);

	m->ndm_family = AF_INET;
	m->ndm_ifindex = (int)on;
	m->ndm_state = NUD_PERMANENT;
	m->ndm_flags = NTF_PROXY;
	mnl_attr_put(h, NDA_DST, sizeof(*ip), ip);
	done(b, h);
}

static void
put_address(struct batch *b, const struct in_addr *ip)
{
	struct nlmsghdr *h;
	struct ifaddrmsg *m = message(
	    b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m), &h);

	m->ifa_family = AF_INET;
	m->ifa_prefixlen = 32;
	m->ifa_index = INSIDE;
	mnl_attr_put(h, IFA_LOCAL, sizeof(*ip), ip);
	mnl_attr_put(h, IFA_ADDRESS, sizeof(*ip), ip);
	done(b, h);
}

void
net_make(const struct net *n, int netns)
{
	struct mnl_socket *in = open_here();
	struct batch b = { .len = 0 };
	struct in_addr ip;

	check(inet_pton(AF_INET, n->address, &ip) == 1 ? 0 : -1, n->address);
	put_veth(&b, n, netns);
	put_up(&b, n->end, true);
	put_route(&b, RTM_NEWROUTE, &ip, n->end, NULL);
	put_proxy(&b, true, &ip, n->on);
	send_batch(n->host, &b, 0, "the host's end");
	b.len = b.n = 0;
	put_up(&b, 1, false);
	put_up(&b, INSIDE, false);
	put_address(&b, &ip);
	put_route(&b, RTM_NEWROUTE, NULL, INSIDE, &ip);
	send_batch(in, &b, 0, "the jail's end");
	(void)mnl_socket_close(in);
}

/* The link dies with the namespace, in the kernel's own time, and its route with
 * it: it may be gone. */
void
net_remove(const struct net *n)
{
	struct batch b = { .len = 0 };
	struct in_addr ip;

	check(inet_pton(AF_INET, n->address, &ip) == 1 ? 0 : -1, n->address);
	put_route(&b, RTM_DELROUTE, &ip, n->end, NULL);
	put_proxy(&b, false, &ip, n->on);
	send_batch(n->host, &b, ESRCH, "route");
}
