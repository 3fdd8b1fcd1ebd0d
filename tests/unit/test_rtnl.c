/*
 * net/rtnl*, net/sysctl: a private stack is made between two namespaces as a
 * jail's is, read back by questions of our own and with ip(8), used by a packet,
 * and taken away.
 */
#include <sys/socket.h>

#include <errno.h>

#include "base/cleanup.h"
#include "net/rtnl.h"
#include "net/sysctl.h"
#include "tests/unit/netns.h"
#include "tests/unit/tap.h"

static struct jerr e;
static int host, jail, client;
static struct rtnl *r, *in;

static const uint8_t mac[6] = { 0x02, 0x6a, 1, 2, 3, 4 };

static struct ip
ip(const char *s)
{
	struct ip a = { 0 };

	(void)ip_parse(s, AF_UNSPEC, &a);
	return a;
}

static bool
works(int rc, const char *what)
{
	ok(rc == 0, "%s", what);
	if (rc != 0)
		tap_diag_str("error", e.msg);
	e = (struct jerr)JERR_INIT;
	return rc == 0;
}

static int
index_of(struct rtnl *x, const char *name)
{
	struct rtnl_link l;

	return rtnl_link_get(x, name, 0, &l, &e) == 1 ? l.index : 0;
}

/* The host has em0 on a wire with a client at its other end. */
static void
wire(void)
{
	client = ns_enter_new();
	jail = ns_enter_new();
	ns_go(host);
	said("ip link set lo up; ip link add em0 type veth peer name c0; "
	     "ip link add em1 type veth peer name c1");
	{
		char cmd[128];

		(void)snprintf(cmd, sizeof(cmd),
		    "ip link set c0 netns /proc/%d/fd/%d", (int)getpid(),
		    client);
		is_str(said(cmd), "", "a wire");
	}
	is_str(
	    said("ip addr add 10.10.0.10/24 dev em0; "
		 "ip addr add fd00:10::10/64 dev em0 nodad; "
		 "ip addr add 10.20.0.10/24 dev em1; "
		 "ip link set em0 up; ip link set em1 up; ip link set c1 up; "
		 "ip route add default via 10.10.0.20; "
		 "ip route add default via fd00:10::20 dev em0; "
		 "ip route add 172.16.0.0/12 via 10.20.0.20; "
		 "ip route add 192.0.2.0/24 via 10.20.0.20; "
		 "ip route add unreachable 198.18.0.0/15"),
	    "", "the host's addresses and routes");
	is_str(
	    said_in(client,
		"ip link set lo up; ip addr add 10.10.0.20/24 dev c0; "
		"ip addr add fd00:10::20/64 dev c0 nodad; ip link set c0 up"),
	    "", "the client's");
}

/* ---- questions about a host ---- */

static void
links(void)
{
	struct rtnl_link l, same;

	is_int(rtnl_link_get(r, "em0", 0, &l, &e), 1, "em0 is there");
	is_str(l.name, "em0", "its name");
	ok(l.up && l.ether && !l.loopback, "up, with a MAC");
	ok(memcmp(l.mac, "\0\0\0\0\0\0", 6) != 0, "which is read");
	is_int(l.mtu, 1500, "its MTU");
	is_int(rtnl_link_get(r, NULL, l.index, &same, &e), 1, "by index");
	is_str(same.name, "em0", "the same");
	is_int(rtnl_link_get(r, "nosuch", 0, &same, &e), 0, "none of a name");
	is_int(rtnl_link_get(r, NULL, 9999, &same, &e), 0, "none of an index");
	is_int(rtnl_link_get(r, "lo", 0, &l, &e), 1, "lo is there");
	ok(l.loopback && !l.ether && l.index == 1, "a loopback, no MAC");

	rtnl_altname(
	    r, index_of(r, "em0"), "wire-of-the-house-number-one", true);
	works(rtnl_send(r, &e), "an altname");
	is_int(rtnl_link_get(r, "wire-of-the-house-number-one", 0, &l, &e), 1,
	    "it is found by it");
	is_str(l.name, "em0", "and is the same");
	rtnl_altname(r, l.index, "wire-of-the-house-number-one", true);
	is_int(rtnl_send(r, &e), -1, "again: is taken");
	ok(has(e.msg, "altname wire-of-the-house-number-one: File exists"),
	    "which is said");
	rtnl_altname(r, l.index, "wire-of-the-house-number-one", false);
	works(rtnl_send(r, &e), "and goes");
	rtnl_altname(r, l.index, "wire-of-the-house-number-one", false);
	works(rtnl_send(r, &e), "absent is success");
}

static void
where(void)
{
	static const struct {
		const char *a;
		enum rtnl_where where;
		const char *oif; /* NULL: not looked at */
		bool dflt;
	} v[] = {
		{ "10.10.0.10", RTNL_LOCAL, NULL, false },
		{ "fd00:10::10", RTNL_LOCAL, NULL, false },
		{ "127.0.0.9", RTNL_LOCAL, NULL, false },
		{ "10.10.0.77", RTNL_ON_LINK, "em0", false },
		{ "fd00:10::77", RTNL_ON_LINK, "em0", false },
		{ "10.20.0.77", RTNL_ON_LINK, "em1", false },
		{ "172.16.5.5", RTNL_BY_GATEWAY, "em1", false },
		{ "8.8.8.8", RTNL_BY_GATEWAY, "em0", true },
		{ "2001:db8::8", RTNL_BY_GATEWAY, "em0", true },
		{ "198.18.0.1", RTNL_NOWHERE, NULL, false },
	};

	for (size_t i = 0; i < nitems(v); i++) {
		enum rtnl_where w = 99;
		struct ip a = ip(v[i].a);
		int oif = -1;
		bool dflt = false;

		works(rtnl_where(r, &a, &w, &oif, &dflt, &e), v[i].a);
		is_int(w, v[i].where, "where %s is", v[i].a);
		if (v[i].oif != NULL)
			is_int(
			    oif, index_of(r, v[i].oif), "behind %s", v[i].oif);
		is_int(dflt, v[i].dflt, "by default or not");
	}
	is_int(rtnl_default_if(r, AF_INET, &e), index_of(r, "em0"),
	    "the default route's");
	is_int(
	    rtnl_default_if(r, AF_INET6, &e), index_of(r, "em0"), "and IPv6's");
	/* One of a network that is asked about: another is asked about. */
	said("ip route add 9.9.9.0/24 via 10.20.0.20");
	is_int(rtnl_default_if(r, AF_INET, &e), index_of(r, "em0"),
	    "a route to somewhere is no default route");
	said("ip route del 9.9.9.0/24; ip route del default; "
	     "ip -6 route del default");
	is_int(rtnl_default_if(r, AF_INET, &e), 0, "none");
	is_int(rtnl_default_if(r, AF_INET6, &e), 0, "none of IPv6");
	said("ip route add default via 10.10.0.20; "
	     "ip route add default via fd00:10::20 dev em0");
}

static void
lists(void)
{
	auto_free struct rtnl_ifaddr *a = NULL;
	auto_free struct rtnl_rt *rt = NULL;
	char text[256] = "", t[IP_TEXT];
	size_t n = 0;

	works(rtnl_addrs(r, index_of(r, "em0"), &a, &n, &e), "addresses");
	for (size_t i = 0; i < n; i++)
		if (!ip_is_linklocal(&a[i].ip))
			(void)snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%s/%u ",
			    ip_print(&a[i].ip, t), a[i].prefix);
	is_str(text, "10.10.0.10/24 fd00:10::10/64 ", "those of em0 alone");

	text[0] = '\0';
	works(
	    rtnl_routes(r, index_of(r, "em1"), AF_INET, &rt, &n, &e), "routes");
	for (size_t i = 0; i < n; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s/%u%s ", ip_print(&rt[i].dst, t), rt[i].prefix,
		    rt[i].gateway ? " gw" : "");
	is_str(text, "10.20.0.0/24 172.16.0.0/12 gw 192.0.2.0/24 gw ",
	    "those of em1 alone");
	free(rt);
	text[0] = '\0';
	works(rtnl_routes(r, index_of(r, "em0"), 0, &rt, &n, &e), "both");
	for (size_t i = 0; i < n; i++)
		if (!ip_is_linklocal(&rt[i].dst))
			(void)snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%s/%u%s ",
			    ip_print(&rt[i].dst, t), rt[i].prefix,
			    rt[i].gateway ? " gw" : "");
	is_str(text, "0.0.0.0/0 gw 10.10.0.0/24 fd00:10::/64 ::/0 gw ",
	    "both families");
	is_int(rtnl_addrs(r, 9999, &a, &n, &e) == 0 ? (int)n : 0, 0,
	    "no such interface: none");
	e = (struct jerr)JERR_INIT;
}

/* ---- what a jail gets ---- */

static void
make(void)
{
	struct rtnl_veth v = {
		.name = "lj3gabc", .peer = "em0", .peer_ns = jail, .mtu = 1400
	};
	struct ip a4 = ip("10.10.0.1"), a6 = ip("fd00:10::1"),
		  lo4 = ip("127.0.1.5");
	struct rtnl_link l;
	int end, em0 = index_of(r, "em0");

	memcpy(v.mac, mac, sizeof(mac));
	rtnl_veth(r, &v);
	if (!works(rtnl_send(r, &e), "a pair"))
		return;
	is_int(rtnl_link_get(r, "lj3gabc", 0, &l, &e), 1, "the host end");
	ok(l.group == RTNL_GROUP && memcmp(l.mac, mac, 6) == 0 &&
		l.mtu == 1400 && !l.ether && !l.up,
	    "as it was wanted");
	end = l.index;
	rtnl_host_end(r, end, "jail-www-em0");
	rtnl_route(r,
	    &(struct rtnl_route) { .dst = a4, .prefix = 32, .oif = end }, true,
	    false);
	rtnl_route(r,
	    &(struct rtnl_route) { .dst = a6, .prefix = 128, .oif = end }, true,
	    false);
	rtnl_proxy(r, em0, &a4, true, false);
	rtnl_proxy(r, em0, &a6, true, false);
	works(rtnl_send(r, &e), "the host's batch");

	is_int(rtnl_link_get(in, "em0", 0, &l, &e), 1, "the jail's end");
	ok(l.index == 2 && memcmp(l.mac, mac, 6) == 0 && l.mtu == 1400,
	    "same MAC, the first after lo");
	rtnl_link_up(in, 1);
	rtnl_link_up(in, 2);
	rtnl_addr(in, 1, &lo4, 32, true, false);
	rtnl_addr(in, 2, &a4, 32, true, false);
	rtnl_addr(in, 2, &a6, 128, true, false);
	rtnl_altname(in, 1, "lo1", true);
	rtnl_route(in,
	    &(struct rtnl_route) {
		.dst = ip("10.10.0.0"), .prefix = 24, .oif = 2, .src = a4 },
	    true, false);
	rtnl_route(in,
	    &(struct rtnl_route) {
		.dst = ip("0.0.0.0"), .oif = 2, .src = a4, .metric = 5 },
	    true, false);
	rtnl_route(in,
	    &(struct rtnl_route) { .dst = ip("::"), .oif = 2, .src = a6 }, true,
	    false);
	works(rtnl_send(in, &e), "the jail's batch");
}

static void
made(void)
{
	struct ip a4 = ip("10.10.0.1"), no = ip("10.10.0.2"),
		  a6 = ip("fd00:10::1");
	int em0 = index_of(r, "em0");

	ok(has(said("ip -d link show lj3gabc"), "jail-www-em0"), "ifalias");
	ok(has(said("ip link show lj3gabc"), "group 27233"), "group");
	ok(has(said("ip link show lj3gabc"), "NOARP,UP"), "NOARP, up");
	ok(has(said("ip -d link show lj3gabc"), "addrgenmode none"),
	    "makes no address");
	is_str(said("ip -6 addr show dev lj3gabc"), "", "and has none");
	is_int(
	    sysctl_get(SYSCTL_CONF4, "lj3gabc", "forwarding"), 1, "forwards");
	is_int(sysctl_get(SYSCTL_CONF4, "lj3gabc", "rp_filter"), 1,
	    "checks sources");
	is_int(sysctl_get(SYSCTL_IP4, NULL, "ip_forward"), 0,
	    "the host's own ip_forward is as it was");
	ok(has(said("ip route show dev lj3gabc"), "10.10.0.1"), "/32");
	ok(strstr(said("ip route show dev lj3gabc"), "src") == NULL,
	    "without a source of the host's");
	ok(has(said("ip -6 route show dev lj3gabc"), "fd00:10::1"), "/128");
	ok(has(said("ip neigh show proxy"), "10.10.0.1 dev em0"), "proxy");
	is_int(rtnl_has_proxy(r, em0, &a4, &e), 1, "is there");
	is_int(rtnl_has_proxy(r, em0, &a6, &e), 1, "IPv6 too");
	is_int(rtnl_has_proxy(r, em0, &no, &e), 0, "another is not");
	is_int(rtnl_has_proxy(r, index_of(r, "em1"), &a4, &e), 0,
	    "nor on another interface");

	ok(has(said_in(jail, "ip addr show dev em0"), "10.10.0.1/32"),
	    "address inside");
	ok(has(said_in(jail, "ip -6 addr show dev em0"), "fd00:10::1/128"),
	    "IPv6 inside");
	ok(strstr(said_in(jail, "ip -6 addr show dev em0"), "tentative") ==
		NULL,
	    "usable at once");
	ok(strstr(said_in(jail, "ip -6 addr"), "fe80") == NULL,
	    "no link-local address");
	ok(has(said_in(jail, "ip -6 addr show dev lo"), "::1/128"),
	    "lo has ::1");
	ok(has(said_in(jail, "ip addr show dev lo1"),
	       "127.0.1.5/32 scope host"),
	    "lo1 is lo");
	is_str(said_in(jail, "ip route show | tr -s ' ' | sed 's/ $//'"),
	    "default dev em0 proto static scope link src 10.10.0.1 metric 5\n"
	    "10.10.0.0/24 dev em0 proto static scope link src 10.10.0.1\n",
	    "routes inside, with their source");
	ok(has(said_in(jail, "ip -6 route show"),
	       "default dev em0 proto static src fd00:10::1"),
	    "IPv6's too");
}

/* It is there to be used. */
static void
used(void)
{
	is_int(sysctl_set(SYSCTL_CONF4, "em0", "forwarding", 1, &e), 1,
	    "em0 forwards");
	(void)sysctl_set(SYSCTL_NEIGH4, "em0", "proxy_delay", 0, &e);
	(void)sysctl_set(SYSCTL_NEIGH6, "em0", "proxy_delay", 0, &e);
	(void)sysctl_set(SYSCTL_CONF6, "em0", "proxy_ndp", 1, &e);
	is_int(sysctl_set(SYSCTL_CONF6, "all", "forwarding", 1, &e), 1,
	    "IPv6 forwards");
	ok(has(said_in(client, "busybox ping -c 1 -W 5 10.10.0.1"),
	       " 0% packet loss"),
	    "a neighbour reaches it");
	ok(has(said_in(client, "busybox ping -6 -c 1 -W 5 fd00:10::1"),
	       " 0% packet loss"),
	    "by IPv6 as well");
	ok(has(said_in(jail, "busybox ping -c 1 -W 5 10.10.0.20"),
	       " 0% packet loss"),
	    "and it its neighbour");
	ok(has(said("busybox ping -c 1 -W 5 10.10.0.1"), " 0% packet loss"),
	    "and the host it");
}

static void
refusals(void)
{
	struct ip a4 = ip("10.10.0.1"), no = ip("10.10.0.2");
	int em0 = index_of(r, "em0"), end = index_of(r, "lj3gabc");
	struct rtnl_route rt = { .dst = a4, .prefix = 32, .oif = end };

	rtnl_route(r, &rt, true, true);
	rtnl_proxy(r, em0, &a4, true, true);
	works(rtnl_send(r, &e), "what is there may be there");
	rtnl_addr(in, 2, &a4, 32, true, true);
	works(rtnl_send(in, &e), "inside too");
	rtnl_addr(in, 2, &a4, 32, true, false);
	is_int(rtnl_send(in, &e), -1, "unless it must not");
	ok(has(e.msg, "address 10.10.0.1: File exists"), "which is said");
	rtnl_route(r, &rt, true, false);
	is_int(rtnl_send(r, &e), -1, "a route that must not");
	ok(has(e.msg, "route 10.10.0.1/32: File exists"), "which is said");
	/* The first one to be refused is named, others are done or not. */
	rtnl_addr(in, 2, &no, 32, true, false);
	rtnl_addr(in, 9, &no, 32, true, false);
	rtnl_addr(in, 10, &a4, 32, true, false);
	is_int(rtnl_send(in, &e), -1, "no such link");
	ok(has(e.msg, "address 10.10.0.2: No such device"), "the first");
	works(rtnl_send(in, &e), "nothing is left queued");

	rt.dst = no;
	rtnl_route(r, &rt, false, true);
	rtnl_proxy(r, em0, &no, false, true);
	rtnl_link_del(r, "nosuch", true);
	works(rtnl_send(r, &e), "absent ones may be absent");
	rtnl_addr(in, 2, &no, 32, false, true);
	rtnl_addr(in, 2, &no, 32, false, true);
	works(rtnl_send(in, &e), "inside too");
	rtnl_proxy(r, em0, &no, false, false);
	is_int(rtnl_send(r, &e), -1, "unless they must be there");
	ok(has(e.msg, "proxy for 10.10.0.2: No such file"), "which is said");
	rtnl_link_del(r, "nosuch", false);
	is_int(rtnl_send(r, &e), -1, "a link");
	ok(has(e.msg, "link nosuch: No such device"), "which is said");
	e = (struct jerr)JERR_INIT;
}

static void
many(void)
{
	char text[32];
	struct ip a;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(
		    text, sizeof(text), "10.30.%d.%d", i / 250, i % 250);
		a = ip(text);
		rtnl_addr(in, 2, &a, 32, true, false);
	}
	works(rtnl_send(in, &e), "1000 addresses");
	is_str(said_in(jail, "ip -4 addr show dev em0 | grep -c 10.30"),
	    "1000\n", "are there");
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(
		    text, sizeof(text), "10.31.%d.%d", i / 250, i % 250);
		a = ip(text);
		rtnl_addr(in, 2, &a, 32, false, true);
	}
	works(rtnl_send(in, &e), "1000 that are not there");
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(
		    text, sizeof(text), "10.30.%d.%d", i / 250, i % 250);
		a = ip(text);
		rtnl_addr(in, 2, &a, 32, false, false);
	}
	works(rtnl_send(in, &e), "1000 go");
}

static void
taken_away(void)
{
	struct ip a4 = ip("10.10.0.1"), a6 = ip("fd00:10::1");
	int em0 = index_of(r, "em0"), end = index_of(r, "lj3gabc");
	struct rtnl_link l;

	rtnl_route(r,
	    &(struct rtnl_route) { .dst = a4, .prefix = 32, .oif = end }, false,
	    false);
	rtnl_route(r,
	    &(struct rtnl_route) { .dst = a6, .prefix = 128, .oif = end },
	    false, false);
	rtnl_proxy(r, em0, &a4, false, false);
	rtnl_proxy(r, em0, &a6, false, false);
	works(rtnl_send(r, &e), "routes and proxies go");
	(void)said("ip link set lj3gabc down");
	is_str(said("ip neigh show proxy"), "", "no proxy is left");
	is_int(rtnl_link_get(r, NULL, end, &l, &e), 1, "the link is there");
	ok(!l.up, "down");
	rtnl_link_del(r, "lj3gabc", false);
	works(rtnl_send(r, &e), "and goes");
	is_int(rtnl_link_get(in, NULL, 2, &l, &e), 0, "with its other end");
}

static void
sysctls(void)
{
	is_int(
	    sysctl_set(SYSCTL_CONF4, "em1", "rp_filter", 2, &e), 1, "changed");
	is_int(sysctl_get(SYSCTL_CONF4, "em1", "rp_filter"), 2, "is so");
	is_int(sysctl_set(SYSCTL_CONF4, "em1", "rp_filter", 2, &e), 0,
	    "it was so already");
	is_int(
	    sysctl_set(SYSCTL_IP4, NULL, "ip_unprivileged_port_start", 0, &e),
	    1, "one without an interface");
	is_int(sysctl_get(SYSCTL_IP4, NULL, "ip_unprivileged_port_start"), 0,
	    "is so");
	errno = 0;
	is_int(sysctl_get(SYSCTL_CONF6, "nosuch", "forwarding"), -1,
	    "no such interface");
	is_int(errno, ENOENT, "its errno");
	is_int(sysctl_set(SYSCTL_CONF6, "nosuch", "forwarding", 1, &e), -1,
	    "cannot be set");
	is_str(e.msg,
	    "net.ipv6.conf.nosuch.forwarding: No such file or directory",
	    "which is said as sysctl(8) spells it");
	errno = 0;
	is_int(sysctl_get(SYSCTL_CONF4, "../conf/em1", "rp_filter"), -1,
	    "a name is no path");
	is_int(errno, EINVAL, "its errno");
	is_int(sysctl_get(SYSCTL_CONF4, "..", "rp_filter"), -1, "nor ..");
}

int
main(void)
{
	host = ns_host();
	wire();
	r = rtnl_open(-1, &e);
	in = rtnl_open(jail, &e);
	ok(r != NULL && in != NULL, "sockets in both");
	if (r == NULL || in == NULL)
		return 1;
	ok(index_of(in, "em0") == 0 && index_of(r, "em0") > 0,
	    "each in its own");
	links();
	where();
	lists();
	make();
	made();
	used();
	refusals();
	many();
	taken_away();
	sysctls();
	rtnl_close(r);
	rtnl_close(in);
	rtnl_close(NULL);
	done_testing();
}
