/*
 * The small parts of a pf rule: lists in braces, interfaces, addresses, ports.
 *
 * Never looks a host's name up: an address is written as one, and what looks
 * like a name is told so.
 */
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "model/pf_int.h"

#define WORDLEN 64

static int
nomem(const struct pf_lex *l)
{
	return jerr_nomem(l->e);
}

/* ---- lists ---- */

/* "a" or "{ a, b c }". */
int
pf_read_list(
    struct pf_lex *l, struct pf_rule *r, pf_read_one *one, const char *what)
{
	if (!pf_is(l, "{"))
		return one(l, r);
	if (pf_next(l) == -1)
		return -1;
	if (pf_is(l, "}"))
		return pf_expected(l, what);
	while (!pf_is(l, "}")) {
		if (l->tok.kind == PFT_END)
			return pf_wrong(l, NULL, "\"}\" is missing");
		if (one(l, r) == -1)
			return -1;
		if (pf_is(l, ",") && pf_next(l) == -1)
			return -1;
	}
	return pf_next(l);
}

/* ---- interfaces ---- */

bool
pf_is_keyword(const struct pf_tok *t)
{
	static const char *const keywords[] = { "pass", "on", "inet", "inet6",
		"proto", "from", "to", "port", "any", "all", "self" };

	for (size_t i = 0; i < nitems(keywords); i++)
		if (t->len == strlen(keywords[i]) &&
		    memcmp(t->s, keywords[i], t->len) == 0)
			return true;
	return false;
}

bool
pf_is_ifname(const struct pf_tok *t)
{
	if (t->kind != PFT_WORD || t->len >= PF_IFNAME || pf_is_keyword(t) ||
	    !isalpha((unsigned char)t->s[0]))
		return false;
	for (size_t i = 0; i < t->len; i++) {
		char c = t->s[i];

		/* em0.100 is an interface, example.org is not. */
		if (c == '.' &&
		    (i + 1 == t->len || !isdigit((unsigned char)t->s[i + 1])))
			return false;
		if (!isalnum((unsigned char)c) && strchr("._-", c) == NULL)
			return false;
	}
	return true;
}

/* Linux gives none of them a meaning as an interface in a rule. */
static int
read_ifname(struct pf_lex *l, char out[PF_IFNAME])
{
	const char *colon = memchr(l->tok.s, ':', l->tok.len);

	if (l->tok.kind == PFT_WORD && colon != NULL)
		return pf_wrong(l, &l->tok,
		    "an interface without \":network\" and the like");
	if (!pf_is_ifname(&l->tok))
		return pf_expected(l, "the name of an interface");
	(void)pf_copy(&l->tok, out, PF_IFNAME);
	return pf_next(l);
}

int
pf_read_on(struct pf_lex *l, struct pf_rule *r)
{
	char(*v)[PF_IFNAME] = reallocarray(r->ifs, r->nifs + 1, sizeof(*v));

	if (v == NULL)
		return nomem(l);
	r->ifs = v;
	if (read_ifname(l, v[r->nifs]) == -1)
		return -1;
	r->nifs++;
	return 0;
}

/* "(em0)" or "em0" into out; the current token is one of the two. */
int
pf_read_if_address(struct pf_lex *l, char out[PF_IFNAME])
{
	bool paren = pf_is(l, "(");

	if ((paren && pf_next(l) == -1) || read_ifname(l, out) == -1)
		return -1;
	if (!paren)
		return 0;
	if (!pf_is(l, ")"))
		return pf_expected(l, "\")\"");
	return pf_next(l);
}

/* ---- addresses ---- */

/* An address or a network; 1, 0: something else, -1. */
int
pf_read_net(const struct pf_lex *l, const struct pf_tok *t, struct pf_net *out)
{
	char copy[WORDLEN], *slash;
	uint64_t prefix;

	if (t->kind != PFT_WORD || !pf_copy(t, copy, sizeof(copy)))
		return 0;
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (ip_parse(copy, AF_UNSPEC, &out->ip) == -1)
		return 0;
	out->prefix = ip_bits(&out->ip);
	if (slash == NULL)
		return 1;
	if (num_u64(slash, out->prefix, &prefix) == -1)
		return pf_wrong(
		    l, t, "not a network: bad prefix \"%s\"", slash);
	out->prefix = (unsigned)prefix;
	out->ip = ip_network(&out->ip, out->prefix);
	return 1;
}

/* Why a word is no address. */
int
pf_no_address(const struct pf_lex *l, const char *what)
{
	const struct pf_tok *t = &l->tok;

	if (t->kind != PFT_WORD || pf_is_keyword(t))
		return pf_expected(l, what);
	if (isalpha((unsigned char)t->s[0]) &&
	    memchr(t->s, '.', t->len) != NULL &&
	    memchr(t->s, ':', t->len) == NULL)
		return pf_wrong(
		    l, t, "not an address (names are not looked up here)");
	return pf_expected(l, what);
}

int
pf_family_fits(const struct pf_lex *l, const struct pf_tok *t,
    const struct pf_rule *r, const struct ip *ip)
{
	if (r->family == 0 || r->family == ip->family)
		return 0;
	return pf_wrong(l, t, "an %s address in a rule for %s",
	    ip->family == AF_INET ? "IPv4" : "IPv6",
	    r->family == AF_INET ? "IPv4" : "IPv6");
}

static int
add_net(struct pf_lex *l, const struct pf_rule *r, struct pf_net **v, size_t *n)
{
	struct pf_net net, *grown;
	int got = pf_read_net(l, &l->tok, &net);

	if (got == -1 ||
	    (got == 1 && pf_family_fits(l, &l->tok, r, &net.ip) == -1))
		return -1;
	if (got == 0)
		return pf_no_address(l, "an address or a network");
	grown = reallocarray(*v, *n + 1, sizeof(*grown));
	if (grown == NULL)
		return nomem(l);
	grown[(*n)++] = net;
	*v = grown;
	return pf_next(l);
}

int
pf_read_from(struct pf_lex *l, struct pf_rule *r)
{
	return add_net(l, r, &r->from, &r->nfrom);
}

int
pf_read_to(struct pf_lex *l, struct pf_rule *r)
{
	const struct pf_net *net;
	struct pf_tok at;

	if (pf_is_ifname(&l->tok) || pf_is(l, "("))
		return pf_wrong(
		    l, &l->tok, "an interface stands alone, not in a list");
	at = l->tok;
	if (add_net(l, r, &r->to, &r->nto) == -1)
		return -1;
	net = &r->to[r->nto - 1];
	if (ip_is_loopback(&net->ip))
		return pf_wrong(
		    l, &at, "the host's loopback addresses are not redirected");
	if (net->prefix != ip_bits(&net->ip))
		return pf_wrong(
		    l, &at, "\"to\" takes addresses, not a network");
	return 0;
}

/* ---- ports ---- */

/* *n is 0 where "*" stands and may. */
static int
read_port(const struct pf_lex *l, const struct pf_tok *t, unsigned protos,
    bool star, unsigned *n)
{
	char name[WORDLEN];
	uint64_t v;

	if (!pf_copy(t, name, sizeof(name)) || *name == '\0')
		return pf_wrong(l, t, "not a port");
	if (star && str_eq(name, "*")) {
		*n = 0;
		return 0;
	}
	if (isdigit((unsigned char)name[0])) {
		if (num_u64(name, 65535, &v) == -1 || v == 0)
			return pf_wrong(l, t, "not a port (1 to 65535)");
		*n = (unsigned)v;
		return 0;
	}
	*n = pf_service(name, protos);
	if (*n == 0)
		return pf_wrong(l, t,
		    "not a port, and no service that /etc/services knows%s",
		    protos == PF_TCP	 ? " for tcp" :
			protos == PF_UDP ? " for udp" :
					   "");
	return 0;
}

/* "80", "http", "8000:8080"; with star also "8000:*". */
int
pf_read_range(
    struct pf_lex *l, unsigned protos, bool star, unsigned *lo, unsigned *hi)
{
	struct pf_tok a = l->tok, b = l->tok;
	const char *colon = memchr(a.s, ':', a.len);

	*lo = *hi = 0;
	if (a.kind != PFT_WORD)
		return pf_expected(l, "a port");
	if (colon != NULL) {
		a.len = (size_t)(colon - a.s);
		b.s = colon + 1;
		b.len -= a.len + 1;
	}
	if (read_port(l, &a, protos, false, lo) == -1 ||
	    read_port(l, &b, protos, star && colon != NULL, hi) == -1)
		return -1;
	if (*hi != 0 && *lo > *hi)
		return pf_wrong(
		    l, &l->tok, "a range that ends before it begins");
	return pf_next(l);
}

int
pf_read_to_port(struct pf_lex *l, struct pf_rule *r)
{
	struct pf_ports *v;
	unsigned lo = 0, hi = 0;

	if (pf_is(l, "=") && pf_next(l) == -1)
		return -1;
	/* port < 1024: pf's comparison, no table. */
	if (pf_is(l, "<") || pf_is(l, ">"))
		return pf_wrong(l, &l->tok,
		    "only single ports, lists and ranges are known here");
	if (pf_read_range(l, r->protos, false, &lo, &hi) == -1)
		return -1;
	v = reallocarray(r->ports, r->nports + 1, sizeof(*v));
	if (v == NULL)
		return nomem(l);
	v[r->nports++] = (struct pf_ports) { (uint16_t)lo, (uint16_t)hi };
	r->ports = v;
	return 0;
}
