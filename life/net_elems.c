/*
 * The elements of our nftables table that belong to one jail: what it may use
 * as a source, what may be forwarded to it, and its nat, rdr and binat.  Rules
 * are constant; a jail is nothing but elements.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "net/nft.h"

static char
digit(int family)
{
	return family == AF_INET6 ? '6' : '4';
}

/* ---- sources and destinations ---- */

static int
add_own(const struct net *n, const struct net_addr *a, struct strv *out)
{
	char text[IP_TEXT];
	char d = digit(a->ip.family);

	(void)ip_print(&a->ip, text);
	/* By whichever of its interfaces: routes decide, not we. */
	for (size_t i = 0; i < n->nifs; i++)
		if (strv_addf(out, "own%c\t%d . %s\t", d, n->ifs[i].end_index,
			text) == -1)
			return -1;
	if (a->class == ADDR_INTERNAL &&
	    strv_addf(out, "int%c\t%s\t", d, text) == -1)
		return -1;
	return strv_addf(out, "jail%c\t%s\t", d, text);
}

static bool
redirects(const struct net *n)
{
	return n->rdr.n != 0 || n->binat.n != 0;
}

static int
add_hair(const struct net *n, struct strv *out)
{
	for (size_t i = 0; i < n->nifs && redirects(n); i++)
		for (size_t k = 0; k < n->nifs; k++)
			if (strv_addf(out, "hair\t%d . %d\t",
				n->ifs[i].end_index, n->ifs[k].end_index) == -1)
				return -1;
	return 0;
}

/* ---- nat, binat ---- */

static bool
from_matches(const struct pf_rule *r, const struct ip *a)
{
	if (r->family != 0 && r->family != a->family)
		return false;
	for (size_t i = 0; i < r->nfrom; i++)
		if (ip_in(a, &r->from[i].ip, r->from[i].prefix))
			return true;
	return r->nfrom == 0;
}

static int
add_nat_one(const struct pf_rule *r, const char *ifname, const struct ip *a,
    struct strv *out)
{
	char text[IP_TEXT], ext[IP_TEXT];
	char d = digit(a->family);

	(void)ip_print(a, text);
	if (r->target.family == 0)
		return strv_addf(out, "nat%c\t%s . %s\t", d, ifname, text);
	if (r->target.family != a->family)
		return 0;
	return strv_addf(out, "bout%c\t%s . %s\t%s", d, ifname, text,
	    ip_print(&r->target, ext));
}

static int
add_nat(const struct net *n, const struct pf_rule *r, struct strv *out)
{
	for (size_t k = 0; k < n->n; k++)
		for (size_t i = 0; i < r->nifs; i++)
			if (n->a[k].class != ADDR_LOOPBACK &&
			    from_matches(r, &n->a[k].ip) &&
			    add_nat_one(r, r->ifs[i], &n->a[k].ip, out) == -1)
				return -1;
	return 0;
}

static const struct ip *
own_address(const struct net *n, const struct pf_rule *r, int family)
{
	int k = n->primary[net_fam(family)];

	for (size_t i = 0; i < n->n && r->nfrom != 0; i++)
		if (n->a[i].ip.family == family &&
		    n->a[i].class != ADDR_LOOPBACK &&
		    from_matches(r, &n->a[i].ip))
			return &n->a[i].ip;
	return k == -1 || r->nfrom != 0 ? NULL : &n->a[k].ip;
}

static int
add_binat(const struct net *n, const struct pf_rule *r, struct strv *out,
    struct jerr *e)
{
	char in[IP_TEXT], ext[IP_TEXT];
	const struct ip *a = own_address(n, r, r->target.family);
	char d = digit(r->target.family);

	if (a == NULL)
		return jerr_set(e, EINVAL,
		    "binat: the jail has no such address for %s",
		    ip_print(&r->target, ext));
	(void)ip_print(a, in);
	(void)ip_print(&r->target, ext);
	if (strv_addf(out, "bin%c\t%s\t%s", d, ext, in) == -1)
		return jerr_nomem(e);
	for (size_t i = 0; i < r->nifs; i++)
		if (strv_addf(out, "bout%c\t%s . %s\t%s", d, r->ifs[i], in,
			ext) == -1)
			return jerr_nomem(e);
	return 0;
}

/* ---- rdr ---- */

static const struct pf_ports all_ports = { 1, 65535 };
static const char *const proto_name[] = { "tcp", "udp" };

/* One redirection, everything chosen. */
struct rdr {
	int family;
	const char *proto;
	char from[IP_TEXT + 8]; /* a network; "" any */
	struct pf_ports port;
	char to[IP_TEXT + 8]; /* the address called, or the interface */
	bool by_if;
	char target[IP_TEXT];
	uint16_t target_port; /* 0: kept; never with a range (model/pf.h) */
};

static int
print_rdr(const struct rdr *r, struct strv *out, struct jerr *e)
{
	char d = digit(r->family);
	const char *from = r->from[0] != '\0' ? r->from :
	    r->family == AF_INET6	      ? "::/0" :
						"0.0.0.0/0";
	bool range = r->port.lo != r->port.hi;
	char ports[16];
	int rc;

	(void)snprintf(ports, sizeof(ports), range ? "%u-%u" : "%u", r->port.lo,
	    r->port.hi);
	if (r->by_if && r->from[0] != '\0' && r->target_port != 0)
		return jerr_set(e, ENOTSUP,
		    "rdr: from a network to any address and to another port "
		    "inside: name the address after to");
	if (r->by_if && (range || r->from[0] != '\0'))
		rc = strv_addf(out, "rdrif%cr\t%s . %s . %s . %s\t%s", d, r->to,
		    from, r->proto, ports, r->target);
	else if (r->by_if)
		rc = strv_addf(out, "rdrif%c\t%s . %s . %s\t%s . %u", d, r->to,
		    r->proto, ports, r->target,
		    r->target_port != 0 ? r->target_port : r->port.lo);
	else if (range)
		rc = strv_addf(out, "rdr%cr\t%s . %s . %s . %s\t%s", d, from,
		    r->proto, r->to, ports, r->target);
	else if (r->from[0] != '\0')
		rc = strv_addf(out, "rdr%cf\t%s . %s . %s . %s\t%s . %u", d,
		    from, r->proto, r->to, ports, r->target,
		    r->target_port != 0 ? r->target_port : r->port.lo);
	else
		rc = strv_addf(out, "rdr%c\t%s . %s . %s\t%s . %u", d, r->proto,
		    r->to, ports, r->target,
		    r->target_port != 0 ? r->target_port : r->port.lo);
	return rc == -1 ? jerr_nomem(e) : 0;
}

/* Every source, protocol and port of the rule for one destination. */
static int
spread(const struct pf_rule *p, struct rdr *r, struct strv *out, struct jerr *e)
{
	size_t nports = p->nports != 0 ? p->nports : 1;
	size_t nfrom = p->nfrom != 0 ? p->nfrom : 1;
	char text[IP_TEXT];

	r->target_port = p->target_port;
	for (size_t f = 0; f < nfrom; f++) {
		r->from[0] = '\0';
		if (p->nfrom != 0) {
			if (p->from[f].ip.family != r->family)
				continue;
			(void)snprintf(r->from, sizeof(r->from), "%s/%u",
			    ip_print(&p->from[f].ip, text), p->from[f].prefix);
		}
		for (size_t b = 0; b < nitems(proto_name); b++) {
			if ((p->protos & (1u << b)) == 0)
				continue;
			r->proto = proto_name[b];
			for (size_t k = 0; k < nports; k++) {
				r->port = p->nports != 0 ? p->ports[k] :
							   all_ports;
				if (print_rdr(r, out, e) == -1)
					return -1;
			}
		}
	}
	return 0;
}

/* The address inside for this family; 1, 0: this rule says nothing of it. */
static int
find_target(const struct net *n, const struct pf_rule *p, int family,
    struct rdr *r, struct jerr *e)
{
	const struct ip *t = &p->target;
	int k = n->primary[net_fam(family)];

	r->family = family;
	if (p->family != 0 && p->family != family)
		return 0;
	if (t->family == 0) {
		if (k == -1)
			return 0;
		t = &n->a[k].ip;
	}
	if (t->family != family)
		return 0;
	(void)ip_print(t, r->target);
	for (size_t i = 0; i < n->n; i++)
		if (n->a[i].class != ADDR_LOOPBACK && ip_eq(&n->a[i].ip, t))
			return 1;
	return jerr_set(
	    e, EINVAL, "rdr: %s is not an address of this jail", r->target);
}

static int
spread_if(const struct pf_rule *p, const char *ifname, struct rdr *r,
    struct strv *out, struct jerr *e)
{
	r->by_if = true;
	(void)snprintf(r->to, sizeof(r->to), "%s", ifname);
	return spread(p, r, out, e);
}

/* The addresses that an interface of the host has now: reached from everywhere,
 * not only by that wire. */
static int
spread_addrs(const struct pf_rule *p, const char *ifname, struct rtnl *host,
    struct rdr *r, struct strv *out, struct jerr *e)
{
	auto_free struct rtnl_ifaddr *a = NULL;
	struct rtnl_link l;
	size_t n = 0;
	int rc = rtnl_link_get(host, ifname, 0, &l, e);

	if (rc == 0)
		return jerr_set(e, ENXIO, "rdr: no such interface: %s", ifname);
	if (rc == -1 || rtnl_addrs(host, l.index, &a, &n, e) == -1)
		return -1;
	r->by_if = false;
	for (size_t i = 0; i < n; i++) {
		if (a[i].ip.family != r->family || ip_is_linklocal(&a[i].ip))
			continue;
		(void)ip_print(&a[i].ip, r->to);
		if (spread(p, r, out, e) == -1)
			return -1;
	}
	return 0;
}

static int
add_rdr_family(const struct net *n, const struct pf_rule *p, int family,
    struct rtnl *host, struct strv *out, struct jerr *e)
{
	struct rdr r = { .by_if = false };
	int rc = find_target(n, p, family, &r, e);

	if (rc != 1)
		return rc;
	switch (p->to_kind) {
	case PF_TO_ANY:
		if (p->nifs == 0)
			return jerr_set(
			    e, EINVAL, "rdr: to any needs an interface: on IF");
		for (size_t i = 0; i < p->nifs; i++)
			if (spread_if(p, p->ifs[i], &r, out, e) == -1)
				return -1;
		return 0;
	case PF_TO_IF:
		if (spread_if(p, p->to_if, &r, out, e) == -1)
			return -1;
		return spread_addrs(p, p->to_if, host, &r, out, e);
	case PF_TO_NETS:
		break;
	}
	for (size_t i = 0; i < p->nto; i++) {
		if (p->to[i].ip.family != family)
			continue;
		(void)ip_print(&p->to[i].ip, r.to);
		if (spread(p, &r, out, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- the first rule that matches decides, as in pf ---- */

/* "SET\tA . B . PORTS\tDATA": what stands before the ports, and these. */
static void
read_ports(const char *text, size_t *head, unsigned *lo, unsigned *hi)
{
	const char *p = strrchr(text, '\t');

	while (p > text && p[-1] != ' ' && p[-1] != '\t')
		p--;
	*head = (size_t)(p - text);
	if (sscanf(p, "%u-%u", lo, hi) == 1)
		*hi = *lo;
}

/* What of these ports no earlier rule has. */
static int
add_ports(struct strv *out, const char *text, unsigned lo, unsigned hi)
{
	size_t head;
	unsigned l, h;
	char ports[24];

	read_ports(text, &head, &l, &h);
	for (size_t i = 0; i < out->n; i++) {
		size_t other;

		if (strncmp(out->v[i], text, head) != 0)
			continue;
		read_ports(out->v[i], &other, &l, &h);
		if (other != head || hi < l || lo > h)
			continue;
		if (lo < l && add_ports(out, text, lo, l - 1) == -1)
			return -1;
		return hi > h ? add_ports(out, text, h + 1, hi) : 0;
	}
	(void)snprintf(ports, sizeof(ports), lo == hi ? "%u" : "%u-%u", lo, hi);
	return strv_addf(
	    out, "%.*s%s%s", (int)head, text, ports, strrchr(text, '\t'));
}

/* Is the same key there? */
static bool
decided(const struct strv *v, const char *text)
{
	size_t len = (size_t)(strrchr(text, '\t') - text) + 1;

	for (size_t i = 0; i < v->n; i++)
		if (strncmp(v->v[i], text, len) == 0)
			return true;
	return false;
}

static int
first_wins(const struct strv *all, struct strv *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const char *text = all->v[i];
		unsigned lo, hi;
		size_t head;
		int r = 0;

		if (nft_set_is_interval(text, strcspn(text, "\t"))) {
			read_ports(text, &head, &lo, &hi);
			r = add_ports(out, text, lo, hi);
		} else if (!decided(out, text))
			r = strv_add(out, text);
		if (r == -1)
			return -1;
	}
	return 0;
}

static int
every_elem(
    const struct net *n, struct rtnl *host, struct strv *out, struct jerr *e)
{
	for (size_t k = 0; k < n->n; k++)
		if (n->a[k].class != ADDR_LOOPBACK &&
		    add_own(n, &n->a[k], out) == -1)
			return jerr_nomem(e);
	if (add_hair(n, out) == -1)
		return jerr_nomem(e);
	/* In pf's order. */
	for (size_t i = 0; i < n->binat.n; i++)
		if (add_binat(n, &n->binat.v[i], out, e) == -1)
			return -1;
	for (size_t i = 0; i < n->nat.n; i++)
		if (add_nat(n, &n->nat.v[i], out) == -1)
			return jerr_nomem(e);
	for (size_t i = 0; i < n->rdr.n; i++)
		if (add_rdr_family(n, &n->rdr.v[i], AF_INET, host, out, e) ==
			-1 ||
		    add_rdr_family(n, &n->rdr.v[i], AF_INET6, host, out, e) ==
			-1)
			return -1;
	return 0;
}

int
net_rec_elems(
    const struct net *n, struct rtnl *host, struct strv *out, struct jerr *e)
{
	auto_strv struct strv all = STRV_INIT;

	if (every_elem(n, host, &all, e) == -1)
		return -1;
	return first_wins(&all, out) == -1 ? jerr_nomem(e) : 0;
}

/* ---- texts to elements ---- */

struct elems {
	struct nft_elem *v;
	struct strv own; /* the texts, cut */
};

static void
elems_free(struct elems *x)
{
	free(x->v);
	strv_free(&x->own);
}

static int
cut_all(char *const *texts, size_t n, struct elems *x)
{
	x->v = calloc(n + 1, sizeof(*x->v));
	if (x->v == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char *p, *q;

		if (strv_add(&x->own, texts[i]) == -1)
			return -1;
		p = strchr(x->own.v[i], '\t');
		q = p == NULL ? NULL : strchr(p + 1, '\t');
		if (q == NULL)
			return -1;
		*p++ = *q++ = '\0';
		x->v[i] = (struct nft_elem) { .set = x->own.v[i],
			.key = p,
			.data = *q != '\0' ? q : NULL };
	}
	return 0;
}

int
net_elems_make(char *const *texts, size_t n, const char *uuid8, struct jerr *e)
{
	__attribute__((cleanup(elems_free))) struct elems x = { .v = NULL };

	if (n == 0)
		return 0;
	if (cut_all(texts, n, &x) == -1)
		return jerr_nomem(e);
	if (nft_elems_add(x.v, n, uuid8, e) == 0)
		return 0;
	if (e->code != EEXIST)
		return -1;
	/* Addresses were claimed before: it is a redirection. */
	e->code = EADDRINUSE;
	return jerr_wrap(
	    e, "rdr, nat: overlaps another rule, of this jail or another");
}

int
net_elems_count(char *const *texts, size_t n, struct jerr *e)
{
	__attribute__((cleanup(elems_free))) struct elems x = { .v = NULL };

	if (n == 0)
		return 0;
	if (cut_all(texts, n, &x) == -1)
		return jerr_nomem(e);
	return nft_elems_count(x.v, n, e);
}

int
net_undo_elems(char *const *texts, size_t n, const char *uuid8, struct jerr *e)
{
	__attribute__((cleanup(elems_free))) struct elems x = { .v = NULL };

	if (n == 0)
		return 0;
	if (cut_all(texts, n, &x) == -1)
		return jerr_nomem(e);
	return nft_elems_del(x.v, n, uuid8, e);
}

int
net_rec_flows(const struct net *n, struct strv *out)
{
	char text[IP_TEXT];

	if (!redirects(n) && n->nat.n == 0)
		return 0;
	for (size_t k = 0; k < n->n; k++)
		if (n->a[k].class != ADDR_LOOPBACK &&
		    strv_add(out, ip_print(&n->a[k].ip, text)) == -1)
			return -1;
	return 0;
}
