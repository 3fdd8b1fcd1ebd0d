/*
 * The table: its rules as one text, given to libnftables when the first jail
 * needs them, and taken away whole.  What comes and goes with jails are elements
 * (nft_elems.c), never rules, so the number of rules does not depend on theirs.
 *
 * Never a jail's name, and nothing that came from a user, goes into a text that
 * libnftables reads.
 */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/nft_int.h"
#include "net/rtnl.h"

_Static_assert(RTNL_GROUP == 27233, "the rules say it in figures");
_Static_assert(NFT_PASSING == -5, "and this");

/*
 * early: what a jail may send, before anything looks at it; so connection
 *	tracking never sees a forged packet.
 * passing: what may be forwarded.  The mark lets the accept that is appended to
 *	others' chains (nft_foreign.c) know our traffic; it is set before
 *	"redirected" may end this chain.
 * wire: to a jail and from none: so not in a jail's name either, and not to an
 *	internal address unless redirected.
 * others: an interface forwards for jails' sake; that makes no router of a host
 *	that was none, to where it did not forward then.
 * redirected: empty while there is no nat, since one ct expression switches
 *	tracking on for the whole host.
 */
static const char filter_rules[] =
    "chain from_jail {\n"
    "  meta protocol != { ip, ip6 } drop\n"
    "  ip daddr { 127.0.0.0/8, 169.254.0.0/16 } drop\n"
    "  ip6 daddr { ::1, fd00:ec2::254 } drop\n"
    "  meta protocol ip iif . ip saddr != @own4 drop\n"
    "  meta protocol ip6 iif . ip6 saddr != @own6 drop\n"
    "  icmpv6 type { nd-router-solicit, nd-router-advert, nd-redirect,"
    " nd-neighbor-advert, nd-neighbor-solicit } drop\n"
    "}\n"
    "chain early {\n"
    "  type filter hook prerouting priority -350; policy accept;\n"
    "  iifgroup 27233 jump from_jail\n"
    "}\n"
    "chain redirected { }\n"
    "chain wire {\n"
    "  ip saddr @jail4 drop\n"
    "  ip6 saddr @jail6 drop\n"
    "  jump redirected\n"
    "  ip daddr @int4 drop\n"
    "  ip6 daddr @int6 drop\n"
    "}\n"
    "chain others {\n"
    "  meta nfproto ipv4 iifname @open4 oifname @shut4 drop\n"
    "  meta nfproto ipv6 iifname @open6 oifname @shut6 drop\n"
    "}\n"
    "chain passing {\n"
    "  type filter hook forward priority -5; policy accept;\n"
    "  oifgroup 27233 ip daddr != @jail4 drop\n"
    "  oifgroup 27233 ip6 daddr != @jail6 drop\n"
    "  oifgroup 27233 meta mark set meta mark | 0x40000000\n"
    "  iifgroup 27233 meta mark set meta mark | 0x40000000\n"
    "  iifgroup != 27233 oifgroup 27233 jump wire\n"
    "  iifgroup != 27233 oifgroup != 27233 jump others\n"
    "}\n";

/* A port of some network before that port of all, both before a range. */
#define TO_JAIL(v, ip) \
	"  meta nfproto ipv" v " meta l4proto { tcp, udp } dnat " ip " to " ip \
	" saddr . meta l4proto . " ip " daddr . th dport map @rdr" v "f\n" \
	"  meta nfproto ipv" v " meta l4proto { tcp, udp } dnat " ip \
	" to meta l4proto . " ip " daddr . th dport map @rdr" v "\n" \
	"  meta nfproto ipv" v " meta l4proto { tcp, udp } dnat " ip " to " ip \
	" saddr . meta l4proto . " ip " daddr . th dport map @rdr" v "r\n" \
	"  meta nfproto ipv" v " fib daddr type local" \
	" meta l4proto { tcp, udp } dnat " ip \
	" to iifname . meta l4proto . th dport map @rdrif" v "\n" \
	"  meta nfproto ipv" v " fib daddr type local" \
	" meta l4proto { tcp, udp } dnat " ip " to iifname . " ip \
	" saddr . meta l4proto . th dport map @rdrif" v "r\n" \
	"  meta nfproto ipv" v " dnat " ip " to " ip " daddr map @bin" v "\n"

#define NAT_OUT(v, ip) \
	"  meta nfproto ipv" v " snat " ip " to oifname . " ip \
	" saddr map @bout" v "\n" \
	"  meta nfproto ipv" v " oifname . " ip " saddr @nat" v \
	" masquerade\n"

static const char nat_rules[] =
    "table inet jail {\n"
    "chain to_jail {\n" TO_JAIL("4", "ip") TO_JAIL(
	"6", "ip6") "}\n"
		    "chain rdr_in {\n"
		    "  type nat hook prerouting priority -110; policy accept;\n"
		    "  jump to_jail\n"
		    "}\n"
		    "chain rdr_local {\n"
		    "  type nat hook output priority -110; policy accept;\n"
		    "  jump to_jail\n"
		    "}\n"
		    "chain nat_out {\n"
		    "  type nat hook postrouting priority 90; policy accept;\n"
		    "  ct status dnat iif . oif @hair masquerade\n" NAT_OUT(
			"4", "ip") NAT_OUT("6",
			"ip6") "}\n"
			       "chain redirected {\n"
			       "  ct state { established, related } accept\n"
			       "  ct status dnat accept\n"
			       "}\n"
			       "}\n";

/* ---- the table ---- */

#define CHAINS 5 /* of either text */

static const char *const filter_chains[CHAINS] = { "from_jail", "early", "wire",
	"others", "passing" };
/* Rules go before the chains that they jump to.  The first is of the filter,
 * and stays. */
static const char *const nat_chains[CHAINS] = { "redirected", "rdr_in",
	"rdr_local", "nat_out", "to_jail" };

/* Asks for one thing of ours by its name: 1, 0, -1. */
static int
exists(uint16_t type, const char *name, struct jerr *e)
{
	struct nfnl n;
	int rc = -1, err = 0;

	if (nfnl_open(&n, e) == 0) {
		struct nlmsghdr *h = nfnl_begin(
		    &n, NFT_TYPE(type), 0, NFPROTO_INET);

		_Static_assert((int)NFTA_TABLE_NAME == (int)NFTA_SET_TABLE &&
			(int)NFTA_TABLE_NAME == (int)NFTA_CHAIN_TABLE,
		    "the same");
		n.m->mnl_attr_put_strz(h, NFTA_TABLE_NAME, NFT_OURS);
		if (name != NULL)
			n.m->mnl_attr_put_strz(h,
			    type == NFT_MSG_GETSET ? NFTA_SET_NAME :
						     NFTA_CHAIN_NAME,
			    name);
		nfnl_queue(&n, h);
		rc = nfnl_ask(&n, NULL, NULL, &err, e);
	}
	nfnl_close(&n);
	if (rc == 0 || err != ENOENT)
		return rc == 0 ? 1 : -1;
	*e = (struct jerr)JERR_INIT;
	return 0;
}

/* A table of that name without the first of our sets is somebody else's. */
static int
is_ours(struct jerr *e)
{
	return exists(NFT_MSG_GETSET, "own4", e);
}

/* How many rules stand in each of these chains of ours. */
struct rules {
	const char *const *chains;
	size_t n[CHAINS];
};

static int
count_rule(const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg)
{
	const struct nlattr *tb[NFTA_RULE_MAX + 1];
	struct rules *r = arg;

	(void)i;
	nfnl_attrs(n, h, tb, nitems(tb));
	for (size_t k = 0; k < CHAINS; k++)
		r->n[k] += str_eq(
		    nfnl_str(n, tb[NFTA_RULE_CHAIN]), r->chains[k]);
	return 0;
}

/* None where there is no table. */
static int
count_rules(struct rules *r, struct jerr *e)
{
	struct nfnl n;
	int rc = nfnl_open(&n, e);

	if (rc == 0) {
		struct nlmsghdr *h = nfnl_begin(
		    &n, NFT_TYPE(NFT_MSG_GETRULE), NLM_F_DUMP, NFPROTO_INET);

		n.m->mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFT_OURS);
		nfnl_queue(&n, h);
		rc = nfnl_ask(&n, count_rule, r, NULL, e);
		if (rc == -1 && e->code == ENOENT) {
			*e = (struct jerr)JERR_INIT;
			rc = 0;
		}
	}
	nfnl_close(&n);
	return rc;
}

/* Of a text above: a rule is a line that begins with two blanks. */
static size_t
rules_of(const char *text, const char *chain)
{
	char head[32];
	const char *p, *end;
	size_t n = 0;

	(void)snprintf(head, sizeof(head), "chain %s {\n", chain);
	p = strstr(text, head);
	end = p != NULL ? strstr(p, "\n}") : NULL;
	for (; end != NULL && (p = strstr(p, "\n  ")) != NULL && p < end;
	     p += 3)
		n += strncmp(p + 3, "type ", 5) != 0;
	return n;
}

/* Flushed, or in part, it is as good as gone: nothing would be checked. */
static int
is_whole(const char *text, const char *const *chains, struct jerr *e)
{
	struct rules r = { .chains = chains };

	if (count_rules(&r, e) == -1)
		return -1;
	for (size_t k = 0; k < CHAINS; k++)
		if (r.n[k] < rules_of(text, chains[k]))
			return 0;
	return 1;
}

int
nft_table_there(struct jerr *e)
{
	return is_whole(filter_rules, filter_chains, e);
}

int
nft_nat_there(struct jerr *e)
{
	return is_whole(nat_rules, nat_chains, e);
}

/*
 * All of text, whatever of it is there: its chains are made where they are not,
 * emptied, and filled, in one transaction.  Sets keep their elements.
 */
static int
make_anew(const char *text, const char *const *chains, struct jerr *e)
{
	auto_strbuf struct strbuf all = STRBUF_INIT;
	int r = strbuf_puts(&all, text);

	for (size_t i = 0; i < CHAINS && r == 0; i++)
		r = strbuf_addf(
		    &all, "flush chain " NFT_TABLE " %s\n", chains[i]);
	if (r == -1 || strbuf_puts(&all, text) == -1)
		return jerr_nomem(e);
	return nft_run(strbuf_str(&all), e);
}

/* create is refused when somebody was faster: then it is there. */
static int
make_new(const char *create, const char *text, int (*there)(struct jerr *e),
    struct jerr *e)
{
	auto_strbuf struct strbuf all = STRBUF_INIT;
	struct jerr why = JERR_INIT;

	if (strbuf_puts(&all, create) == -1 || strbuf_puts(&all, text) == -1)
		return jerr_nomem(e);
	if (nft_run(strbuf_str(&all), e) == -1)
		return there(&why) == 1 ? 0 : -1;
	return 0;
}

int
nft_table_make(struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int is = nft_table_there(e);

	if (is != 0)
		return is == 1 ? 0 : -1;
	is = exists(NFT_MSG_GETTABLE, NULL, e);
	if (is == 1)
		is = is_ours(e);
	/* Asked again: it may just have been flushed, and made anew. */
	if (is == 0 && exists(NFT_MSG_GETTABLE, NULL, e) == 1 &&
	    is_ours(e) == 0)
		return jerr_set(e, EBUSY,
		    "nftables: table " NFT_TABLE " is there and is not ours");
	if (is == -1)
		return -1;
	if (strbuf_puts(&text, "table " NFT_TABLE " {\n") == -1 ||
	    nft_sets_text(&text) == -1 ||
	    strbuf_puts(&text, filter_rules) == -1 ||
	    strbuf_puts(&text, "}\n") == -1)
		return jerr_nomem(e);
	return is == 0 ? make_new("create table " NFT_TABLE "\n",
			     strbuf_str(&text), nft_table_there, e) :
			 make_anew(strbuf_str(&text), filter_chains, e);
}

int
nft_nat_make(struct jerr *e)
{
	int is = nft_nat_there(e);

	if (is != 0)
		return is == 1 ? 0 : -1;
	is = exists(NFT_MSG_GETCHAIN, "to_jail", e);
	if (is == -1)
		return -1;
	return is == 0 ? make_new("create chain " NFT_TABLE " to_jail\n",
			     nat_rules, nft_nat_there, e) :
			 make_anew(nat_rules, nat_chains, e);
}

/* ---- taking away needs no library ---- */

static void
queue_del(struct nfnl *n, uint16_t type, const char *chain)
{
	struct nlmsghdr *h = nfnl_begin(n, NFT_TYPE(type), 0, NFPROTO_INET);

	_Static_assert((int)NFTA_RULE_TABLE == (int)NFTA_CHAIN_TABLE &&
		(int)NFTA_RULE_TABLE == (int)NFTA_TABLE_NAME,
	    "the same");
	n->m->mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFT_OURS);
	if (chain != NULL)
		n->m->mnl_attr_put_strz(h,
		    type == NFT_MSG_DELRULE ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME,
		    chain);
	nfnl_queue(n, h);
}

/* One transaction; that there is nothing to delete is success. */
static int
commit_del(struct nfnl *n, struct jerr *e)
{
	if (nfnl_commit(n, NULL, e) == 0 || e->code == ENOENT)
		return 0;
	return -1;
}

int
nft_table_del(struct jerr *e)
{
	struct nfnl n;
	int rc = is_ours(e);

	if (rc != 1)
		return rc;
	rc = nfnl_open(&n, e);
	if (rc == 0) {
		queue_del(&n, NFT_MSG_DELTABLE, NULL);
		rc = commit_del(&n, e);
	}
	nfnl_close(&n);
	return rc;
}

int
nft_nat_del(struct jerr *e)
{
	struct nfnl n;
	int rc = nfnl_open(&n, e);

	if (rc == 0) {
		for (size_t i = 0; i < nitems(nat_chains); i++)
			queue_del(&n, NFT_MSG_DELRULE, nat_chains[i]);
		for (size_t i = 1; i < nitems(nat_chains); i++)
			queue_del(&n, NFT_MSG_DELCHAIN, nat_chains[i]);
		rc = commit_del(&n, e);
	}
	nfnl_close(&n);
	return rc;
}
