/*
 * From ip4.addr, ip6.addr and the host as it is to what a jail's stack will
 * hold.  Names and MACs come from the jail's identity alone, so they are the
 * same at every start.  Asks the host, changes nothing.
 */
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "net/sysctl.h"

static const char *const param_name[2] = { "ip4.addr", "ip6.addr" };

bool
net_wanted(const struct jail_conf *c)
{
	return addr_mode(c, AF_INET) == JSYS_NEW ||
	    addr_mode(c, AF_INET6) == JSYS_NEW;
}

void
net_free(struct net *n)
{
	free(n->ifs);
	free(n->a);
	pf_free(&n->rdr);
	pf_free(&n->nat);
	pf_free(&n->binat);
	strv_free(&n->loopbacks);
	strv_free(&n->arrives[0]);
	strv_free(&n->arrives[1]);
	memset(n, 0, sizeof(*n));
}

/* ---- ip_hostname ---- */

static int
append_value(struct jail_conf *c, int family, const char *text, struct jerr *e)
{
	enum param_id id = family == AF_INET6 ? P_IP6_ADDR : P_IP4_ADDR;
	struct conf_value *v = &c->val[id];
	char *value = (char *)(uintptr_t)text;
	struct conf_origin at = v->at;
	bool more = v->more;

	if (conf_set(c, param_table[id].name, &value, 1, true, at, e) == -1)
		return -1;
	v->more = more; /* a list of "+=" remains one */
	return 0;
}

int
net_hostname(struct jail_conf *c, const char *now, struct jerr *e)
{
	const char *name = conf_isset(c, P_HOST_HOSTNAME) ?
	    conf_str(c, P_HOST_HOSTNAME) :
	    now;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all = NULL;
	char text[IP_TEXT + 16];
	int rc;

	if (!conf_bool(c, P_IP_HOSTNAME))
		return 0;
	if (name == NULL || name[0] == '\0')
		return jerr_set(
		    e, EINVAL, "ip_hostname: host.hostname is not given");
	rc = getaddrinfo(name, NULL, &hints, &all);
	if (rc != 0)
		return jerr_set(
		    e, EINVAL, "ip_hostname: %s: %s", name, gai_strerror(rc));
	rc = 0;
	for (const struct addrinfo *a = all; a != NULL && rc == 0;
	     a = a->ai_next) {
		if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
			continue;
		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text),
			NULL, 0, NI_NUMERICHOST) == 0)
			rc = append_value(c, a->ai_family, text, e);
	}
	freeaddrinfo(all);
	return rc;
}

/* ---- names ---- */

/* FNV-1a over the jail's name and the interface's. */
static uint32_t
hash2(const char *a, const char *b)
{
	uint32_t h = 2166136261u;

	for (; *a != '\0'; a++)
		h = (h ^ (uint8_t)*a) * 16777619u;
	h = (h ^ 0xffu) * 16777619u;
	for (; *b != '\0'; b++)
		h = (h ^ (uint8_t)*b) * 16777619u;
	return h;
}

static void
name_if(struct net_if *i, const struct net_id *id)
{
	uint32_t h = hash2(id->name, i->inside);

	i->mac[0] = 0x02;
	i->mac[1] = 0x6a;
	for (int b = 0; b < 4; b++)
		i->mac[2 + b] = (uint8_t)(h >> (24 - 8 * b));
	/* A new life of the jail has new names on the host: the old life's
	 * links may still be on their way out. */
	(void)snprintf(i->end, sizeof(i->end), "lj%ug%06x",
	    (unsigned)id->jid % 1000000u,
	    (unsigned)(hash2(id->uuid8, i->inside) & 0xffffffu));
	if (snprintf(i->altname, sizeof(i->altname), "jail-%s-%s", id->name,
		i->inside) >= (int)sizeof(i->altname) ||
	    i->altname[strcspn(i->altname, " \t/:")] != '\0')
		i->altname[0] = '\0';
}

/* ---- interfaces ---- */

static int
find_if(const struct net *n, const char *host)
{
	for (size_t i = 0; i < n->nifs; i++)
		if (str_eq(n->ifs[i].host, host))
			return (int)i;
	return -1;
}

/* host: of the host, or NULL for what leads to internal addresses alone. */
static int
add_if(struct net *n, const struct rtnl_link *host, const struct net_id *id)
{
	struct net_if *v = reallocarray(n->ifs, n->nifs + 1, sizeof(*v));
	struct net_if *i;

	if (v == NULL)
		return -1;
	n->ifs = v;
	i = &v[n->nifs];
	memset(i, 0, sizeof(*i));
	(void)snprintf(i->inside, sizeof(i->inside), "%s",
	    host != NULL ? host->name : "eth0");
	if (host != NULL) {
		memcpy(i->host, host->name, sizeof(i->host));
		memcpy(i->host_mac, host->mac, sizeof(i->host_mac));
		i->host_index = host->index;
		i->ether = host->ether;
		i->mtu = host->mtu;
	}
	name_if(i, id);
	return (int)n->nifs++;
}

static int
check_ip6(const char *ifname, struct jerr *e)
{
	const char *const names[] = { "all", ifname };

	for (size_t i = 0; i < nitems(names); i++) {
		int off = sysctl_get(SYSCTL_CONF6, names[i], "disable_ipv6");

		if (off == 1)
			return jerr_set(e, EADDRNOTAVAIL,
			    "ip6.addr: IPv6 is switched off on this host: "
			    "net.ipv6.conf.%s.disable_ipv6 is 1",
			    names[i]);
		if (off == -1 && errno == ENOENT && i == 0)
			return jerr_set(e, EAFNOSUPPORT,
			    "ip6.addr: this kernel has no IPv6");
	}
	return 0;
}

/* An address that is answered on a wire. */
static int
on_wire(struct net *n, const struct rtnl_link *l, struct net_addr *a,
    const struct net_id *id, struct jerr *e)
{
	if (a->ip.family == AF_INET6 && check_ip6(l->name, e) == -1)
		return -1;
	a->class = ADDR_WIRE;
	a->i = find_if(n, l->name);
	if (a->i == -1)
		a->i = add_if(n, l, id);
	return a->i == -1 ? jerr_nomem(e) : 0;
}

/* The interface of the host that this address of a running jail is on. */
static int
was_on(const struct net_id *id, const struct ip *ip, struct rtnl *host,
    struct rtnl_link *l, struct jerr *e)
{
	struct jerr ignored = JERR_INIT;
	struct net_addr_rec was;

	for (size_t i = 0; i < id->nrec; i++) {
		int r;

		if (!str_eq(id->rec[i].kind, UNDO_ADDR) ||
		    net_read_addr(id->rec[i].text, &was, &ignored) == -1 ||
		    !ip_eq(&was.ip, ip) || was.hostif[0] == '\0')
			continue;
		/* Renamed, or made anew. */
		r = rtnl_link_get(host, NULL, was.host_index, l, e);
		return r != 0 ? r : rtnl_link_get(host, was.hostif, 0, l, e);
	}
	return 0;
}

/* An address that names no interface: the one whose network holds it. */
static int
place_open(struct net *n, const struct addr *from, struct net_addr *a,
    const struct net_id *id, struct rtnl *host, enum rtnl_where where, int oif,
    struct jerr *e)
{
	struct rtnl_link l;
	int r;

	a->class = ADDR_INTERNAL;
	if (where != RTNL_ON_LINK)
		return 0;
	r = rtnl_link_get(host, NULL, oif, &l, e);
	/* Its own route, while the jail runs. */
	if (r == 1 && l.group == RTNL_GROUP)
		r = was_on(id, &from->ip, host, &l, e);
	if (r == -1)
		return -1;
	return r == 1 && !l.loopback ? on_wire(n, &l, a, id, e) : 0;
}

static int
place(struct net *n, const struct addr *from, struct net_addr *a,
    const struct net_id *id, struct rtnl *host, struct jerr *e)
{
	const char *p = param_name[net_fam(from->ip.family)];
	struct rtnl_link l;
	enum rtnl_where where;
	char text[IP_TEXT];
	int oif = 0, r;
	bool dflt;

	*a = (struct net_addr) { .ip = from->ip,
		.prefix = ip_bits(&from->ip),
		.class = from->class,
		.i = -1 };
	if (from->class == ADDR_LOOPBACK) {
		a->prefix = from->prefix;
		return 0;
	}
	if (rtnl_where(host, &from->ip, &where, &oif, &dflt, e) == -1)
		return jerr_wrap(e, "%s", p);
	if (where == RTNL_LOCAL)
		return jerr_set(e, EADDRINUSE,
		    "%s: %s is the host's own address; sharing it needs "
		    "ip.stack=shared",
		    p, ip_print(&from->ip, text));
	if (where == RTNL_BROADCAST || where == RTNL_ANYCAST)
		return jerr_set(e, EADDRNOTAVAIL, "%s: %s is %s address here",
		    p, ip_print(&from->ip, text),
		    where == RTNL_BROADCAST ? "a broadcast" : "the anycast");
	if (from->class == ADDR_OPEN)
		return place_open(n, from, a, id, host, where, oif, e);
	if (from->class == ADDR_INTERNAL)
		return 0;
	r = rtnl_link_get(host, from->ifname, 0, &l, e);
	if (r == 0)
		return jerr_set(
		    e, ENXIO, "%s: no such interface: %s", p, from->ifname);
	return r == -1 ? -1 : on_wire(n, &l, a, id, e);
}

/* Internal addresses are reached through the first interface there is. */
static int
place_internal(struct net *n, const struct net_id *id, struct jerr *e)
{
	for (size_t i = 0; i < n->n; i++) {
		if (n->a[i].class != ADDR_INTERNAL)
			continue;
		if (n->a[i].ip.family == AF_INET6 && check_ip6("all", e) == -1)
			return -1;
		if (n->nifs == 0 && add_if(n, NULL, id) == -1)
			return jerr_nomem(e);
		n->a[i].i = 0;
	}
	return 0;
}

static void
find_primaries(struct net *n)
{
	n->primary[0] = n->primary[1] = -1;
	for (size_t k = n->n; k-- > 0;)
		if (n->a[k].class != ADDR_LOOPBACK)
			n->primary[net_fam(n->a[k].ip.family)] = (int)k;
}

static int
keep_loopback(struct net *n, const char *ifname)
{
	if (ifname[0] == '\0' || str_eq(ifname, "lo"))
		return 0;
	for (size_t i = 0; i < n->loopbacks.n; i++)
		if (str_eq(n->loopbacks.v[i], ifname))
			return 0;
	return strv_add(&n->loopbacks, ifname);
}

/* A rule for an interface that is not there would do nothing, and not say so;
 * nor does the kernel's name of it take its others. */
static int
real_name(char name[PF_IFNAME], const char *param, struct rtnl *host,
    struct rtnl_link *l, struct jerr *e)
{
	int has = rtnl_link_get(host, name, 0, l, e);

	_Static_assert(PF_IFNAME == RTNL_NAME, "one holds the other");
	if (has == 0)
		return jerr_set(
		    e, ENXIO, "%s: no such interface: %s", param, name);
	if (has == 1)
		memcpy(name, l->name, sizeof(l->name));
	return has == -1 ? -1 : 0;
}

static int
real_names(const struct pf_rules *r, const char *param, struct rtnl *host,
    struct jerr *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct pf_rule *one = &r->v[i];
		struct rtnl_link l;

		for (size_t k = 0; k < one->nifs; k++)
			if (real_name(one->ifs[k], param, host, &l, e) == -1)
				return -1;
		if (one->to_kind != PF_TO_IF)
			continue;
		if (real_name(one->to_if, param, host, &l, e) == -1)
			return -1;
		if (l.loopback)
			return jerr_set(e, EINVAL,
			    "%s: the host's loopback addresses are not "
			    "redirected",
			    param);
	}
	return 0;
}

static int
arrives_at(
    struct net *n, int family, int index, struct rtnl *host, struct jerr *e)
{
	struct rtnl_link l;
	int r = index == 0 ? 0 : rtnl_link_get(host, NULL, index, &l, e);

	if (r != 1 || l.loopback || l.group == RTNL_GROUP)
		return r == -1 ? -1 : 0;
	return strv_add(&n->arrives[net_fam(family)], l.name) == -1 ?
	    jerr_nomem(e) :
	    0;
}

/* Where no interface is named: that of the address called, else the one by
 * which the host is reached from afar. */
static int
arrives_for(
    struct net *n, const struct ip *to, struct rtnl *host, struct jerr *e)
{
	enum rtnl_where where;
	struct rtnl_link l;
	int oif = 0, r;
	bool dflt;

	if (rtnl_where(host, to, &where, &oif, &dflt, e) == -1)
		return -1;
	r = where == RTNL_LOCAL ? rtnl_link_get(host, NULL, oif, &l, e) : 0;
	if (r == -1)
		return -1;
	if (r == 0 || l.loopback)
		oif = rtnl_default_if(host, to->family, e);
	return oif == -1 ? -1 : arrives_at(n, to->family, oif, host, e);
}

/* An interface that no rule's "on" names has to answer for the jail too. */
static int
find_arrivals(struct net *n, struct rtnl *host, struct jerr *e)
{
	for (size_t i = 0; i < n->rdr.n; i++) {
		const struct pf_rule *r = &n->rdr.v[i];

		for (int f = 0; f < 2 && r->to_kind == PF_TO_IF; f++)
			if (strv_add(&n->arrives[f], r->to_if) == -1)
				return jerr_nomem(e);
		for (size_t k = 0; k < r->nto && r->nifs == 0; k++)
			if (n->primary[net_fam(r->to[k].ip.family)] != -1 &&
			    arrives_for(n, &r->to[k].ip, host, e) == -1)
				return -1;
	}
	return 0;
}

static int
plan_rules(const struct jail_conf *c, struct rtnl *host, struct net *out,
    struct jerr *e)
{
	const struct {
		enum param_id id;
		struct pf_rules *to;
	} all[] = { { P_RDR, &out->rdr }, { P_NAT, &out->nat },
		{ P_BINAT, &out->binat } };

	for (size_t i = 0; i < nitems(all); i++)
		if (pf_from_conf(c, all[i].id, all[i].to, e) == -1 ||
		    real_names(
			all[i].to, param_table[all[i].id].name, host, e) == -1)
			return -1;
	return find_arrivals(out, host, e);
}

int
net_plan(const struct jail_conf *c, const struct net_id *id, struct rtnl *host,
    struct net *out, struct jerr *e)
{
	struct addrs all = ADDRS_INIT;
	int r = -1;

	memset(out, 0, sizeof(*out));
	out->saddrsel[0] = conf_bool(c, P_IP4_SADDRSEL);
	out->saddrsel[1] = conf_bool(c, P_IP6_SADDRSEL);
	if (addrs_from_conf(c, &all, e) == -1)
		goto done;
	out->a = calloc(all.n + 1, sizeof(*out->a));
	if (out->a == NULL) {
		(void)jerr_nomem(e);
		goto done;
	}
	for (size_t i = 0; i < all.n; i++) {
		const struct addr *a = &all.v[i];

		if (place(out, a, &out->a[out->n++], id, host, e) == -1)
			goto done;
		/* lo1|10.9.9.2 and lo1|127.0.1.5: "%lo1" works inside. */
		if ((a->class == ADDR_LOOPBACK || a->class == ADDR_INTERNAL) &&
		    keep_loopback(out, a->ifname) == -1) {
			(void)jerr_nomem(e);
			goto done;
		}
	}
	find_primaries(out);
	if (place_internal(out, id, e) == 0)
		r = plan_rules(c, host, out, e);
done:
	addrs_free(&all);
	return r;
}

int
net_claim(const struct net *n, struct strbuf *out)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < n->n; i++)
		if (n->a[i].class != ADDR_LOOPBACK &&
		    strbuf_addf(out, "%s%s", out->len != 0 ? "," : "",
			ip_print(&n->a[i].ip, text)) == -1)
			return -1;
	return 0;
}

int
net_announced(const struct net *n, struct announce **out, size_t *nout)
{
	*nout = 0;
	*out = calloc(n->n + 1, sizeof(**out));
	if (*out == NULL)
		return -1;
	for (size_t k = 0; k < n->n; k++) {
		const struct net_addr *a = &n->a[k];
		struct announce *x;

		if (a->class != ADDR_WIRE || !n->ifs[a->i].ether)
			continue;
		x = &(*out)[(*nout)++];
		x->ip = a->ip;
		x->index = n->ifs[a->i].host_index;
		memcpy(x->mac, n->ifs[a->i].host_mac, sizeof(x->mac));
	}
	return 0;
}

int
net_taken(
    int fd, const struct announce *v, size_t n, int timeout_ms, struct jerr *e)
{
	char text[IP_TEXT];
	size_t which = 0;
	uint8_t m[6];
	int r = announce_answer(fd, v, n, timeout_ms, &which, m, e);

	if (r != 1)
		return r;
	return jerr_set(e, EADDRINUSE,
	    "ip%c.addr: %s is in use by %02x:%02x:%02x:%02x:%02x:%02x",
	    v[which].ip.family == AF_INET ? '4' : '6',
	    ip_print(&v[which].ip, text), m[0], m[1], m[2], m[3], m[4], m[5]);
}
