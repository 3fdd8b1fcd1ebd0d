/*
 * The links of a private stack: a pair for each interface, both ends NOARP with
 * one MAC, so that no gateway, no ARP and no neighbour entry is needed; routes
 * to the jail's addresses on the host, addresses and routes inside.
 *
 * Never writes an IPv6 `forwarding`: on any interface that throws away what
 * the host learned from router advertisements (net_share.c knows how).
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "net/sysctl.h"

/* The jail's other defaults stand below the one that is taken. */
#define METRIC_OTHERS 2000u

/* What was missing is told, what is new is not.  Records begin with the name. */
static int
put(const struct net_make *m, const char *what, const char *name)
{
	if (m->put == NULL)
		return 0;
	for (size_t i = 0; m->fresh != NULL && i < m->fresh->n; i++) {
		const char *rest = str_after(m->fresh->v[i], name);

		if (rest != NULL && *rest == ' ')
			return 0;
	}
	return strv_addf(m->put, "%s %s", what, name);
}

/* ---- the host's end ---- */

static int
make_pair(const struct net_make *m, const struct net_if *i, struct jerr *e)
{
	struct rtnl_veth v = { .name = i->end,
		.peer = i->inside,
		.peer_ns = m->netns,
		.mtu = i->mtu };

	memcpy(v.mac, i->mac, sizeof(v.mac));
	rtnl_veth(m->host, &v);
	return rtnl_send(m->host, e);
}

/* A change of net.ipv4.ip_forward sets every interface's forwarding back. */
static bool
was_reset(const struct net_make *m, const struct net_if *i)
{
	return m->put != NULL &&
	    (sysctl_get(SYSCTL_CONF4, i->end, "forwarding") != 1 ||
		(m->ipv6 &&
		    sysctl_get(SYSCTL_CONF6, i->end, "force_forwarding") == 0));
}

/*
 * A jail on two LANs answers by its routes, not by the end that was called:
 * rp_filter there would drop what came through the other, the loose one too,
 * since an end has no address (own4 still checks every source).  With one end
 * it stays, for when the table is gone.
 */
static int
reverse_path(
    const struct net_make *m, const struct net_if *i, bool anew, struct jerr *e)
{
	int one = m->n->nifs == 1;

	if (anew && one == 1) /* made so */
		return 0;
	return sysctl_set(SYSCTL_CONF4, i->end, "rp_filter", one, e) == -1 ?
	    -1 :
	    0;
}

/* A help for people: somebody else may have the name. */
static void
add_altname(const struct net_make *m, const struct net_if *i)
{
	struct jerr ignored = JERR_INIT;

	if (i->altname[0] == '\0')
		return;
	rtnl_altname(m->host, i->end_index, i->altname, true);
	(void)rtnl_send(m->host, &ignored);
}

/* The jail was renamed; the old altname goes with its record. */
static int
other_name(const struct net_make *m, const struct net_if *i, struct jerr *e)
{
	struct rtnl_link l;
	int r = i->altname[0] == '\0' ?
	    1 :
	    rtnl_link_get(m->host, i->altname, 0, &l, e);

	if (r != 0)
		return r == -1 ? -1 : 0;
	add_altname(m, i);
	rtnl_host_end(m->host, i->end_index, i->altname);
	return rtnl_send(m->host, e);
}

int
net_link_make(const struct net_make *m, struct net_if *i, struct jerr *e)
{
	struct rtnl_link l;
	int r = rtnl_link_get(m->host, i->end, 0, &l, e);
	bool anew = r == 0;

	if (anew && make_pair(m, i, e) == 0)
		r = rtnl_link_get(m->host, i->end, 0, &l, e);
	if (r != 1)
		return r == -1 ? -1 :
				 jerr_set(e, ENODEV, "%s: not made", i->end);
	i->end_index = l.index;
	if (!anew && other_name(m, i, e) == -1)
		return -1;
	if (!anew && l.up && !was_reset(m, i))
		return reverse_path(m, i, false, e);
	if (anew)
		add_altname(m, i);
	rtnl_host_end(
	    m->host, l.index, i->altname[0] != '\0' ? i->altname : NULL);
	if (rtnl_send(m->host, e) == -1 || reverse_path(m, i, true, e) == -1)
		return -1;
	/* Its own setting where the kernel has one (6.17). */
	if (m->ipv6 &&
	    ((sysctl_get(SYSCTL_CONF6, i->end, "force_forwarding") != -1 &&
		 sysctl_set(SYSCTL_CONF6, i->end, "force_forwarding", 1, e) ==
		     -1) ||
		sysctl_set(SYSCTL_CONF6, i->end, "accept_ra", 0, e) == -1))
		return -1;
	return put(m, "link", i->end);
}

int
net_rec_links(const struct net *n, struct strv *out)
{
	for (size_t k = 0; k < n->nifs; k++) {
		const struct net_if *i = &n->ifs[k];

		if (strv_addf(out, "%s %s", i->end,
			i->altname[0] != '\0' ? i->altname : "-") == -1)
			return -1;
	}
	return 0;
}

/* ---- addresses on the host: a route, a proxy neighbour ---- */

static int
rec_addr(const struct net *n, const struct net_addr *a, struct strv *out)
{
	const struct net_if *i = &n->ifs[a->i];
	char text[IP_TEXT];

	(void)ip_print(&a->ip, text);
	/* By its number, for when it has another name by then. */
	return a->class == ADDR_WIRE ? strv_addf(out, "%s %s %s %d", text,
					   i->end, i->host, i->host_index) :
				       strv_addf(out, "%s %s -", text, i->end);
}

int
net_rec_addrs(const struct net *n, struct strv *out)
{
	for (size_t k = 0; k < n->n; k++)
		if (n->a[k].i != -1 && rec_addr(n, &n->a[k], out) == -1)
			return -1;
	return 0;
}

static int
missing(const struct net_make *m, const struct net_addr *a, bool *route,
    bool *proxy, struct jerr *e)
{
	const struct net_if *i = &m->n->ifs[a->i];
	enum rtnl_where where;
	int oif = 0, has;
	bool dflt;

	*route = *proxy = true;
	if (m->put == NULL)
		return 0;
	if (rtnl_where(m->host, &a->ip, &where, &oif, &dflt, e) == -1)
		return -1;
	*route = where != RTNL_ON_LINK || oif != i->end_index;
	if (a->class != ADDR_WIRE)
		return 0;
	has = rtnl_has_proxy(m->host, i->host_index, &a->ip, e);
	*proxy = has != 1;
	return has == -1 ? -1 : 0;
}

int
net_addrs_make(const struct net_make *m, struct jerr *e)
{
	char text[IP_TEXT];

	for (size_t k = 0; k < m->n->n; k++) {
		const struct net_addr *a = &m->n->a[k];
		bool route, proxy;

		if (a->i == -1)
			continue;
		if (missing(m, a, &route, &proxy, e) == -1)
			return -1;
		(void)ip_print(&a->ip, text);
		if (route) {
			struct rtnl_route rt = { .dst = a->ip,
				.prefix = ip_bits(&a->ip),
				.oif = m->n->ifs[a->i].end_index };

			rtnl_route(m->host, &rt, true, true);
			(void)put(m, "route", text);
		}
		if (proxy && a->class == ADDR_WIRE) {
			rtnl_proxy(m->host, m->n->ifs[a->i].host_index, &a->ip,
			    true, true);
			(void)put(m, "proxy", text);
		}
	}
	return rtnl_send(m->host, e);
}

/* ---- inside ---- */

/* The jail's first address of this family on interface i, else NULL. */
static const struct net_addr *
first_on(const struct net *n, int i, int family)
{
	for (size_t k = 0; k < n->n; k++)
		if (n->a[k].i == i && n->a[k].ip.family == family &&
		    n->a[k].class == ADDR_WIRE)
			return &n->a[k];
	return NULL;
}

static const struct net_addr *
primary(const struct net *n, int family)
{
	int k = n->primary[net_fam(family)];

	return k == -1 ? NULL : &n->a[k];
}

/* Which interface the default route takes: the host's own, if the jail is on
 * it, else that of the primary address. */
static int
default_if(const struct net_make *m, int family, int *out, struct jerr *e)
{
	int index = rtnl_default_if(m->host, family, e);

	if (index == -1)
		return -1;
	*out = primary(m->n, family)->i;
	for (size_t i = 0; i < m->n->nifs && index != 0; i++)
		if (m->n->ifs[i].host_index == index &&
		    first_on(m->n, (int)i, family) != NULL)
			*out = (int)i;
	return 0;
}

static bool
skipped(const struct rtnl_rt *rt)
{
	return rt->prefix == 0 || ip_is_linklocal(&rt->dst) ||
	    ip_is_multicast(&rt->dst) || ip_is_loopback(&rt->dst);
}

/* The host's routes through that interface, from the right address. */
static int
copy_routes(const struct net_make *m, struct rtnl *in, int i, int family,
    const struct ip *src, struct jerr *e)
{
	const struct net_if *nif = &m->n->ifs[i];
	auto_free struct rtnl_rt *rt = NULL;
	size_t n = 0;

	if (nif->host[0] == '\0')
		return 0;
	if (rtnl_routes(m->host, nif->host_index, family, &rt, &n, e) == -1)
		return -1;
	for (size_t k = 0; k < n; k++) {
		struct rtnl_route r = { .dst = rt[k].dst,
			.prefix = rt[k].prefix,
			.oif = nif->inside_index,
			.src = *src,
			.metric = rt[k].metric };

		if (!skipped(&rt[k]))
			rtnl_route(in, &r, true, true);
	}
	return 0;
}

static int
make_routes(
    const struct net_make *m, struct rtnl *in, int family, struct jerr *e)
{
	const struct net_addr *prim = primary(m->n, family);
	int chosen;

	if (prim == NULL)
		return 0;
	if (default_if(m, family, &chosen, e) == -1)
		return -1;
	for (size_t i = 0; i < m->n->nifs; i++) {
		const struct net_addr *a = first_on(m->n, (int)i, family);
		struct ip src = a != NULL && m->n->saddrsel[net_fam(family)] ?
		    a->ip :
		    prim->ip;
		struct rtnl_route d = { .dst.family = family,
			.oif = m->n->ifs[i].inside_index,
			.src = src };

		if (a == NULL && (int)i != chosen)
			continue;
		if (a != NULL &&
		    copy_routes(m, in, (int)i, family, &src, e) == -1)
			return -1;
		d.metric = (int)i == chosen ? 0 : METRIC_OTHERS + (unsigned)i;
		rtnl_route(in, &d, true, true);
	}
	return 0;
}

static int
drop_routes(const struct net_make *m, struct rtnl *in, struct jerr *e)
{
	for (size_t i = 0; i < m->n->nifs; i++) {
		auto_free struct rtnl_rt *rt = NULL;
		int oif = m->n->ifs[i].inside_index;
		size_t n = 0;

		if (rtnl_routes(in, oif, 0, &rt, &n, e) == -1)
			return -1;
		for (size_t k = 0; k < n; k++) {
			struct rtnl_route r = { .dst = rt[k].dst,
				.prefix = rt[k].prefix,
				.oif = oif,
				.metric = rt[k].metric };

			/* Those of its addresses are not ours. */
			if (rt[k].prefix != 0 &&
			    (ip_is_multicast(&rt[k].dst) ||
				rt[k].prefix == ip_bits(&rt[k].dst)))
				continue;
			rtnl_route(in, &r, false, true);
		}
	}
	return 0;
}

static int
find_inside(const struct net_make *m, struct rtnl *in, struct jerr *e)
{
	for (size_t i = 0; i < m->n->nifs; i++) {
		struct net_if *nif = &m->n->ifs[i];
		struct rtnl_link l;
		int r = rtnl_link_get(in, nif->inside, 0, &l, e);

		if (r != 1)
			return r == -1 ?
			    -1 :
			    jerr_set(
				e, ENODEV, "%s: not in the jail", nif->inside);
		nif->inside_index = l.index;
		rtnl_link_up(in, l.index);
	}
	return 0;
}

static void
add_addresses(const struct net_make *m, struct rtnl *in)
{
	for (size_t k = 0; k < m->n->n; k++) {
		const struct net_addr *a = &m->n->a[k];
		int index = a->class == ADDR_WIRE ?
		    m->n->ifs[a->i].inside_index :
		    1; /* lo */

		rtnl_addr(in, index, &a->ip, a->prefix, true, true);
	}
}

static int
lo_altnames(const struct net_make *m, struct rtnl *in, struct jerr *e)
{
	struct rtnl_link l;

	for (size_t i = 0; i < m->n->loopbacks.n; i++) {
		const char *name = m->n->loopbacks.v[i];
		int r = rtnl_link_get(in, name, 0, &l, e);

		if (r == -1)
			return -1;
		if (r == 0)
			rtnl_altname(in, 1, name, true);
	}
	return 0;
}

/*
 * A new namespace copies the host's IPv4 settings.  Those of its interfaces
 * were set with the links; where the host has one for all, it goes here.
 */
static int
settings_inside(const struct net_make *m, struct rtnl *in, struct jerr *e)
{
	static const char *const conf4[] = { "forwarding", "rp_filter" };
	auto_close int here = -1;
	int r = rtnl_conf4_all(in, e);

	if (r != 1)
		return r;
	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (here == -1 || setns(m->netns, CLONE_NEWNET) == -1)
		return jerr_sys(e, "network namespace");
	for (size_t k = 0; k < nitems(conf4) && r != -1; k++)
		r = sysctl_set(SYSCTL_CONF4, "all", conf4[k], 0, e);
	if (setns(here, CLONE_NEWNET) == -1)
		return jerr_sys(e, "network namespace");
	return r == -1 ? -1 : 0;
}

int
net_inside_make(const struct net_make *m, bool again, struct jerr *e)
{
	struct rtnl *in = rtnl_open(m->netns, e);
	int r = -1;

	if (in == NULL)
		return -1;
	rtnl_link_up(in, 1);
	if (find_inside(m, in, e) == 0 && lo_altnames(m, in, e) == 0) {
		add_addresses(m, in);
		if ((!again || drop_routes(m, in, e) == 0) &&
		    make_routes(m, in, AF_INET, e) == 0 &&
		    make_routes(m, in, AF_INET6, e) == 0)
			r = rtnl_send(in, e);
	}
	if (r == 0)
		r = settings_inside(m, in, e);
	rtnl_close(in);
	return r;
}

static bool
belongs(const struct net_make *m, int index, const struct rtnl_ifaddr *x)
{
	for (size_t k = 0; k < m->n->n; k++) {
		const struct net_addr *a = &m->n->a[k];
		int at = a->class == ADDR_WIRE ? m->n->ifs[a->i].inside_index :
						 1;

		if (at == index && ip_eq(&a->ip, &x->ip))
			return true;
	}
	return false;
}

/* The kernel's own: 127.0.0.1/8 and ::1. */
static bool
of_kernel(const struct rtnl_ifaddr *x)
{
	char text[IP_TEXT];

	return ip_is_loopback(&x->ip) &&
	    (x->ip.family == AF_INET6 ||
		str_eq(ip_print(&x->ip, text), "127.0.0.1"));
}

static int
trim_one(const struct net_make *m, struct rtnl *in, int index, struct jerr *e)
{
	auto_free struct rtnl_ifaddr *a = NULL;
	size_t n = 0;

	if (rtnl_addrs(in, index, &a, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!of_kernel(&a[i]) && !belongs(m, index, &a[i]))
			rtnl_addr(
			    in, index, &a[i].ip, a[i].prefix, false, true);
	return 0;
}

int
net_inside_trim(const struct net_make *m, struct jerr *e)
{
	struct rtnl *in = rtnl_open(m->netns, e);
	int r;

	if (in == NULL)
		return -1;
	r = trim_one(m, in, 1, e);
	for (size_t i = 0; i < m->n->nifs && r == 0; i++)
		r = trim_one(m, in, m->n->ifs[i].inside_index, e);
	if (r == 0)
		r = rtnl_send(in, e);
	rtnl_close(in);
	return r;
}
