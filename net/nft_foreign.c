/*
 * Others' rules: which of their forward chains drop by policy, and the one
 * accept of our mark at the end of such a chain.  At the end, so that every
 * drop which the administrator wrote is met before it.  Never anything else in
 * a table that is not ours.
 */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/nft_int.h"

#define TAG "linux-jails"
#define BY_HAND "for-jails" /* of rules that we asked the administrator for */

static const struct {
	uint8_t number;
	const char *name;
} families[] = {
	{ NFPROTO_IPV4, "ip" },
	{ NFPROTO_IPV6, "ip6" },
	{ NFPROTO_INET, "inet" },
};

static const char *
family_name(uint8_t number)
{
	for (size_t i = 0; i < nitems(families); i++)
		if (families[i].number == number)
			return families[i].name;
	return NULL;
}

static uint8_t
family_number(const char *name)
{
	for (size_t i = 0; i < nitems(families); i++)
		if (str_eq(families[i].name, name))
			return families[i].number;
	return NFPROTO_UNSPEC;
}

/* ---- rules of their chains ---- */

/* Ours by their handles, and: do they end in a rule that lets nothing through,
 * with none of ours before it?  Are there rules made by hand for jails? */
struct handles {
	uint64_t *v;
	size_t n;
	bool closed, by_hand;
};

/* An expression that drops or rejects: 1; one that lets a rule go on with
 * everything: 0; else -1. */
static int
refuses(const struct nfnl *n, const struct nlattr *expr)
{
	const struct nlattr *tb[NFTA_EXPR_MAX + 1];
	const struct nlattr *in[NFTA_IMMEDIATE_MAX + 1];
	const struct nlattr *data[NFTA_DATA_MAX + 1];
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];
	const char *name;

	nfnl_nested(n, expr, tb, nitems(tb));
	name = nfnl_str(n, tb[NFTA_EXPR_NAME]);
	if (str_eq(name, "counter") || str_eq(name, "log"))
		return 0;
	if (str_eq(name, "reject"))
		return 1;
	nfnl_nested(n, tb[NFTA_EXPR_DATA], in, nitems(in));
	if (str_eq(name, "target")) /* of iptables-nft */
		return str_eq(nfnl_str(n, in[NFTA_TARGET_NAME]), "REJECT") ? 1 :
									     -1;
	if (!str_eq(name, "immediate"))
		return -1;
	nfnl_nested(n, in[NFTA_IMMEDIATE_DATA], data, nitems(data));
	nfnl_nested(n, data[NFTA_DATA_VERDICT], verdict, nitems(verdict));
	return verdict[NFTA_VERDICT_CODE] != NULL &&
		nfnl_be32(n, verdict[NFTA_VERDICT_CODE]) == NF_DROP ?
	    1 :
	    -1;
}

static bool
refuses_all(const struct nfnl *n, const struct nlattr *exprs)
{
	const char *end;
	bool does = false;

	if (exprs == NULL)
		return false;
	end = (const char *)n->m->mnl_attr_get_payload(exprs) +
	    n->m->mnl_attr_get_payload_len(exprs);
	for (const struct nlattr *a = n->m->mnl_attr_get_payload(exprs);
	     n->m->mnl_attr_ok(a, (int)(end - (const char *)a));
	     a = n->m->mnl_attr_next(a)) {
		int r = refuses(n, a);

		if (r == -1)
			return false;
		does = does || r == 1;
	}
	return does;
}

static int
rule(const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg)
{
	const struct nlattr *tb[NFTA_RULE_MAX + 1];
	struct handles *l = arg;
	uint64_t *v;

	(void)i;
	nfnl_attrs(n, h, tb, nitems(tb));
	if (nft_has_comment(n, tb[NFTA_RULE_USERDATA], BY_HAND))
		l->by_hand = true;
	if (!nft_has_comment(n, tb[NFTA_RULE_USERDATA], TAG)) {
		if (l->n == 0)
			l->closed = refuses_all(n, tb[NFTA_RULE_EXPRESSIONS]);
		return 0;
	}
	l->closed = false;
	if (tb[NFTA_RULE_HANDLE] == NULL ||
	    n->m->mnl_attr_get_payload_len(tb[NFTA_RULE_HANDLE]) != sizeof(*v))
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	l->v = v;
	/* As it came, in network order: it only goes back. */
	memcpy(&v[l->n++], n->m->mnl_attr_get_payload(tb[NFTA_RULE_HANDLE]),
	    sizeof(*v));
	return 0;
}

/* The handles of our rules there; none when the chain is not. */
static int
our_rules(struct nfnl *n, const struct nft_chain *c, struct handles *l,
    struct jerr *e)
{
	struct nlmsghdr *h = nfnl_begin(
	    n, NFT_TYPE(NFT_MSG_GETRULE), NLM_F_DUMP, family_number(c->family));

	n->m->mnl_attr_put_strz(h, NFTA_RULE_TABLE, c->table);
	n->m->mnl_attr_put_strz(h, NFTA_RULE_CHAIN, c->chain);
	nfnl_queue(n, h);
	if (nfnl_ask(n, rule, l, NULL, e) == -1 && e->code != ENOENT)
		return -1;
	return 0;
}

/* ---- the chains ---- */

struct chains {
	struct nft_chain *v;
	size_t n;
};

static int
chain(const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg)
{
	const struct nfgenmsg *g = n->m->mnl_nlmsg_get_payload(h);
	const char *family = family_name(g->nfgen_family), *table, *name;
	const struct nlattr *tb[NFTA_CHAIN_MAX + 1], *hook[NFTA_HOOK_MAX + 1];
	struct chains *l = arg;
	struct nft_chain *v;

	(void)i;
	nfnl_attrs(n, h, tb, nitems(tb));
	nfnl_nested(n, tb[NFTA_CHAIN_HOOK], hook, nitems(hook));
	table = nfnl_str(n, tb[NFTA_CHAIN_TABLE]);
	name = nfnl_str(n, tb[NFTA_CHAIN_NAME]);
	if (family == NULL || hook[NFTA_HOOK_HOOKNUM] == NULL ||
	    nfnl_be32(n, hook[NFTA_HOOK_HOOKNUM]) != NF_INET_FORWARD)
		return 0;
	if (g->nfgen_family == NFPROTO_INET && str_eq(table, NFT_OURS))
		return 0;
	/* A longer name cannot be held; it stays as the administrator has it. */
	if (strlen(table) >= sizeof(v->table) || table[0] == '\0' ||
	    strlen(name) >= sizeof(v->chain) || name[0] == '\0')
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	l->v = v;
	v = &v[l->n++];
	memset(v, 0, sizeof(*v));
	(void)snprintf(v->family, sizeof(v->family), "%s", family);
	(void)snprintf(v->table, sizeof(v->table), "%s", table);
	(void)snprintf(v->chain, sizeof(v->chain), "%s", name);
	v->drops = tb[NFTA_CHAIN_POLICY] != NULL &&
	    nfnl_be32(n, tb[NFTA_CHAIN_POLICY]) == NF_DROP;
	/* Before our mark is there. */
	v->closed = (int32_t)nfnl_be32(n, hook[NFTA_HOOK_PRIORITY]) <=
	    NFT_PASSING;
	return 0;
}

static int
list(struct nfnl *n, struct chains *l, struct jerr *e)
{
	struct nlmsghdr *h = nfnl_begin(
	    n, NFT_TYPE(NFT_MSG_GETCHAIN), NLM_F_DUMP, NFPROTO_UNSPEC);
	size_t kept = 0;

	nfnl_queue(n, h);
	if (nfnl_ask(n, chain, l, NULL, e) == -1)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		struct nft_chain *c = &l->v[i];
		struct handles ours = { .n = 0 };
		int rc = our_rules(n, c, &ours, e);

		c->ours_there = ours.n > 0;
		c->by_hand = ours.by_hand;
		c->drops = c->drops || ours.closed;
		c->closed = c->closed || ours.closed;
		free(ours.v);
		if (rc == -1)
			return -1;
		if (c->drops)
			l->v[kept++] = *c;
	}
	l->n = kept;
	return 0;
}

int
nft_forward_drops(struct nft_chain **v, size_t *n, struct jerr *e)
{
	struct chains l = { .n = 0 };
	struct nfnl nl;
	int rc = nfnl_open(&nl, e);

	if (rc == 0)
		rc = list(&nl, &l, e);
	nfnl_close(&nl);
	if (rc == -1) {
		free(l.v);
		l.v = NULL;
		l.n = 0;
	}
	*v = l.v;
	*n = l.n;
	return rc;
}

/* Names are others' words and go into a text: quoted, and only what cannot end
 * the quotes. */
static bool
plain(const char *s)
{
	return s[0] != '\0' &&
	    s[strspn(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-./\\")] == '\0';
}

static int
accept_there(const struct nft_chain *c, struct jerr *e)
{
	struct handles l = { .n = 0 };
	struct nfnl n;
	int rc = nfnl_open(&n, e);

	if (rc == 0)
		rc = our_rules(&n, c, &l, e);
	nfnl_close(&n);
	free(l.v);
	return rc == -1 ? -1 : l.n != 0;
}

int
nft_accept_add(const struct nft_chain *c, struct jerr *e)
{
	char text[512];
	int there;

	if (family_number(c->family) == NFPROTO_UNSPEC || !plain(c->table) ||
	    !plain(c->chain))
		return jerr_set(e, EINVAL,
		    "nftables: chain %s %s %s: a name "
		    "that cannot be given",
		    c->family, c->table, c->chain);
	there = accept_there(c, e);
	if (there != 0)
		return there == -1 ? -1 : 0;
	(void)snprintf(text, sizeof(text),
	    "add rule %s %s %s meta mark & 0x40000000 == 0x40000000 accept "
	    "comment \"" TAG "\"\n",
	    c->family, c->table, c->chain);
	if (nft_run(text, e) == -1)
		return jerr_wrap(
		    e, "chain %s %s %s", c->family, c->table, c->chain);
	return 1;
}

static int
accept_del(struct nfnl *n, const struct nft_chain *c, struct handles *l,
    struct jerr *e)
{
	if (our_rules(n, c, l, e) == -1)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		struct nlmsghdr *h = nfnl_begin(
		    n, NFT_TYPE(NFT_MSG_DELRULE), 0, family_number(c->family));

		n->m->mnl_attr_put_strz(h, NFTA_RULE_TABLE, c->table);
		n->m->mnl_attr_put_strz(h, NFTA_RULE_CHAIN, c->chain);
		n->m->mnl_attr_put(
		    h, NFTA_RULE_HANDLE, sizeof(l->v[i]), &l->v[i]);
		nfnl_queue(n, h);
	}
	/* A reload of theirs in between: gone is what was wanted. */
	if (nfnl_commit(n, NULL, e) == -1 && e->code != ENOENT)
		return jerr_wrap(
		    e, "chain %s %s %s", c->family, c->table, c->chain);
	return 0;
}

int
nft_accept_del(const struct nft_chain *c, struct jerr *e)
{
	struct handles l = { .n = 0 };
	struct nfnl n;
	int rc = nfnl_open(&n, e);

	if (rc == 0)
		rc = accept_del(&n, c, &l, e);
	nfnl_close(&n);
	free(l.v);
	return rc;
}
