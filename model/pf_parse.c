/*
 * The grammar of rdr, nat and binat, one function a part of the rule, in pf's
 * order.
 *
 * Knows what a rule says, not what the host or the jail has.
 */
#include <sys/socket.h>

#include <string.h>

#include "model/pf_int.h"

#define WORDLEN 64

/* ---- the parts, in pf's order ---- */

static int
read_family(struct pf_lex *l, struct pf_rule *r)
{
	if (pf_is(l, "inet"))
		r->family = AF_INET;
	else if (pf_is(l, "inet6"))
		r->family = AF_INET6;
	else
		return 0;
	return pf_next(l);
}

static int
read_proto(struct pf_lex *l, struct pf_rule *r)
{
	if (pf_is(l, "tcp") || pf_is(l, "6"))
		r->protos |= PF_TCP;
	else if (pf_is(l, "udp") || pf_is(l, "17"))
		r->protos |= PF_UDP;
	else
		return pf_expected(l, "tcp or udp");
	return pf_next(l);
}

/* What stands in front of the addresses. */
static int
read_head(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	/* "rdr = "rdr pass on ...": the line of pf.conf as it was. */
	if (pf_is(l, l->param) && pf_next(l) == -1)
		return -1;
	if (pf_is(l, "pass") && pf_next(l) == -1)
		return -1;
	if (pf_is(l, "on")) {
		if (pf_next(l) == -1)
			return -1;
		if (id == P_RDR && pf_is(l, "any")) {
			if (pf_next(l) == -1)
				return -1;
		} else if (pf_read_list(l, r, pf_read_on,
			       "the name of an interface") == -1) {
			return -1;
		}
	} else if (id != P_RDR) {
		return pf_expected(l, "\"on INTERFACE\"");
	}
	if (read_family(l, r) == -1)
		return -1;
	if (pf_is(l, "proto")) {
		if (id != P_RDR)
			return pf_wrong(l, &l->tok,
			    "all protocols are translated; leave it out");
		if (pf_next(l) == -1 ||
		    pf_read_list(l, r, read_proto, "tcp or udp") == -1)
			return -1;
	}
	if (r->protos == 0 && id == P_RDR)
		r->protos = PF_TCP | PF_UDP;
	return 0;
}

static int
read_source(struct pf_lex *l, struct pf_rule *r)
{
	if (!pf_is(l, "from"))
		return 0;
	if (pf_next(l) == -1)
		return -1;
	if (pf_is(l, "any")) {
		if (pf_next(l) == -1)
			return -1;
	} else if (pf_read_list(
		       l, r, pf_read_from, "an address or a network") == -1) {
		return -1;
	}
	if (pf_is(l, "port"))
		return pf_wrong(
		    l, &l->tok, "the source's port is not looked at here");
	return 0;
}

/* rdr: any, self, (em0), em0, addresses; the others know any alone. */
static int
read_target_hosts(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	if (pf_is(l, "any") || (id == P_RDR && pf_is(l, "self")))
		return pf_next(l);
	if (id != P_RDR)
		return pf_expected(l, "\"any\"");
	if (pf_is(l, "(") || pf_is_ifname(&l->tok)) {
		r->to_kind = PF_TO_IF;
		return pf_read_if_address(l, r->to_if);
	}
	r->to_kind = PF_TO_NETS;
	return pf_read_list(l, r, pf_read_to, "an address");
}

static int
read_destination(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	if (!pf_is(l, "to") && !pf_is(l, "port"))
		return 0;
	if (pf_is(l, "to") &&
	    (pf_next(l) == -1 || read_target_hosts(l, id, r) == -1))
		return -1;
	if (!pf_is(l, "port"))
		return 0;
	if (id != P_RDR)
		return pf_wrong(
		    l, &l->tok, "all ports are translated; leave it out");
	if (pf_next(l) == -1 ||
	    pf_read_list(l, r, pf_read_to_port, "a port") == -1)
		return -1;
	return 0;
}

static int
read_addresses(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	if (pf_is(l, "all"))
		return pf_next(l);
	if (read_source(l, r) == -1)
		return -1;
	return read_destination(l, id, r);
}

/* ---- behind the arrow ---- */

static int
read_one_address(struct pf_lex *l, struct pf_rule *r, const char *what)
{
	struct pf_net net;
	int got;

	if (pf_is(l, "{"))
		return pf_wrong(l, &l->tok, "one address is the target");
	got = pf_read_net(l, &l->tok, &net);
	if (got == -1)
		return -1;
	if (got == 0)
		return pf_no_address(l, what);
	if (net.prefix != ip_bits(&net.ip))
		return pf_wrong(l, &l->tok, "one address is the target");
	if (pf_family_fits(l, &l->tok, r, &net.ip) == -1)
		return -1;
	r->target = net.ip;
	return pf_next(l);
}

static bool
has_range(const struct pf_rule *r)
{
	for (size_t i = 0; i < r->nports; i++)
		if (r->ports[i].lo != r->ports[i].hi)
			return true;
	return r->nports == 0;
}

/* pf moves a range of ports to another place with "9000:*". */
static int
read_target_port(struct pf_lex *l, struct pf_rule *r)
{
	struct pf_tok at;
	unsigned lo, hi;

	if (pf_next(l) == -1)
		return -1;
	at = l->tok;
	if (pf_read_range(l, r->protos, true, &lo, &hi) == -1)
		return -1;
	if (r->nports == 1 && r->ports[0].lo == lo &&
	    (hi == 0 || hi == r->ports[0].hi))
		return 0; /* where they were */
	if (lo != hi || has_range(r))
		return pf_wrong(
		    l, &at, "a range, or all ports, keep their numbers here");
	r->target_port = (uint16_t)lo;
	return 0;
}

/* Is the current token, with or without ":0", an interface of "on"? */
static bool
names_on(const struct pf_lex *l, const struct pf_rule *r)
{
	struct pf_tok t = l->tok;
	char name[WORDLEN];

	if (t.len > 2 && memcmp(t.s + t.len - 2, ":0", 2) == 0)
		t.len -= 2;
	if (!pf_copy(&t, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < r->nifs; i++)
		if (str_eq(name, r->ifs[i]))
			return true;
	return false;
}

/* (em0), em0, (em0:0) mean what no "->" means. */
static int
read_nat_target(struct pf_lex *l, struct pf_rule *r)
{
	bool paren = pf_is(l, "(");

	if (!paren && !names_on(l, r))
		return read_one_address(
		    l, r, "an address or the interface of \"on\"");
	if (paren && pf_next(l) == -1)
		return -1;
	if (!names_on(l, r))
		return pf_expected(l, "the interface of \"on\"");
	if (r->nifs > 1)
		return pf_wrong(l, &l->tok,
		    "of several interfaces each gives its own; leave it out");
	if (pf_next(l) == -1)
		return -1;
	if (!paren)
		return 0;
	if (!pf_is(l, ")"))
		return pf_expected(l, "\")\"");
	return pf_next(l);
}

static int
read_target(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	if (l->tok.kind != PFT_ARROW) {
		if (id == P_BINAT)
			return pf_expected(l, "\"-> ADDRESS\"");
		return 0;
	}
	if (pf_next(l) == -1)
		return -1;
	if (id == P_NAT)
		return read_nat_target(l, r);
	if (read_one_address(l, r, "an address") == -1)
		return -1;
	if (id == P_RDR && pf_is(l, "port"))
		return read_target_port(l, r);
	return 0;
}

/* ---- the whole ---- */

static int
unexpected(const struct pf_lex *l)
{
	const char *why = pf_refused(l);

	if (why != NULL)
		return pf_wrong(l, &l->tok, "%s", why);
	return pf_wrong(l, &l->tok,
	    "%s (the order is: pass, on, inet, proto, from, to, port, ->)",
	    pf_is_keyword(&l->tok) ? "not in its place" : "not known here");
}

/* One family through the rule, or the addresses cannot meet. */
static int
settle_family(struct pf_lex *l, struct pf_rule *r, const struct pf_tok *target)
{
	const struct pf_net *lists[] = { r->from, r->to };
	size_t n[] = { r->nfrom, r->nto };
	int only[2] = { 0, 0 };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < n[k]; i++) {
			int f = lists[k][i].ip.family;

			if (r->target.family != 0 && f != r->target.family)
				return pf_wrong(l, target,
				    "%s on one side of \"->\", %s on the other",
				    f == AF_INET ? "IPv4" : "IPv6",
				    f == AF_INET ? "IPv6" : "IPv4");
			only[k] = i == 0 || only[k] == f ? f : -1;
		}
	if (only[0] > 0 && only[1] > 0 && only[0] != only[1])
		return pf_wrong(l, NULL, "from IPv4 to IPv6, or the reverse");
	if (r->family == 0)
		r->family = r->target.family;
	for (size_t k = 0; k < 2 && r->family == 0; k++)
		r->family = only[k] > 0 ? only[k] : 0;
	return 0;
}

static int
settle_binat(struct pf_lex *l, struct pf_rule *r)
{
	if (r->nifs != 1)
		return pf_wrong(l, NULL, "one interface is needed");
	if (r->nfrom > 1 ||
	    (r->nfrom == 1 && r->from[0].prefix != ip_bits(&r->from[0].ip)))
		return pf_wrong(l, NULL,
		    "one address stands for one: \"from\" is the jail's");
	return 0;
}

int
pf_read_rule(struct pf_lex *l, enum param_id id, struct pf_rule *r)
{
	struct pf_tok target;

	if (read_head(l, id, r) == -1 || read_addresses(l, id, r) == -1)
		return -1;
	if (l->tok.kind != PFT_ARROW && l->tok.kind != PFT_END)
		return unexpected(l);
	if (id == P_RDR && r->nports == 0 && r->to_kind != PF_TO_NETS)
		return pf_wrong(l, NULL,
		    "\"port\" is missing: all ports of the host would be "
		    "taken");
	target = l->tok;
	if (read_target(l, id, r) == -1)
		return -1;
	if (l->tok.kind != PFT_END)
		return unexpected(l);
	if (id == P_BINAT && settle_binat(l, r) == -1)
		return -1;
	return settle_family(l, r, &target);
}
