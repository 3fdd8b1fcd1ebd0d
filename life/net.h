/*
 * A jail's private network stack: what it is to have (struct net), worked out
 * from its parameters and from what the host is now, and how that is made.
 *
 * Everything on the host is a journal record first.  A record is complete: its
 * text says what to take back (net_undo.c) and, together with struct net, what
 * to put back when something else took it away (net_change.c).
 *
 *	link	"END ALTNAME"		the host's end; "-": no altname
 *	addr	"IP END HOSTIF INDEX"	host route, proxy neighbour ("-": none)
 *	elem	"SET\tKEY\tDATA"	element of our nftables table
 *	flow	"IP"			tracked connections to be forgotten
 *	share	"KIND KEY"		what jails share (net_share.c)
 *	netns	"COOKIE"		where all of them are: the first
 */
#ifndef LIFE_NET_H
#define LIFE_NET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/conf.h"
#include "model/pf.h"
#include "net/announce.h"
#include "net/rtnl.h"
#include "registry/registry.h"

#define UNDO_LINK "link"
#define UNDO_ADDR "addr"
#define UNDO_ELEM "elem"
#define UNDO_FLOW "flow"
#define UNDO_SHARE "share"
#define UNDO_NETNS "netns"

#define NET_ALTNAME 128

struct net_if {
	char host[RTNL_NAME]; /* the host's interface; "": none is named */
	int host_index;
	uint8_t host_mac[6];
	bool ether; /* neighbours there can be asked and told */
	unsigned mtu;
	char inside[RTNL_NAME];
	char end[RTNL_NAME];
	char altname[NET_ALTNAME]; /* "": none */
	uint8_t mac[6];
	int end_index, inside_index; /* 0 until it is made */
};

struct net_addr {
	struct ip ip;
	unsigned prefix;       /* of a loopback address; else all bits */
	enum addr_class class; /* never ADDR_OPEN */
	int i;		       /* which of ifs leads to it; -1: lo alone */
};

struct net {
	struct net_if *ifs; /* owned */
	size_t nifs;
	struct net_addr *a; /* owned; IPv4 first, as given */
	size_t n;
	int primary[2]; /* index of the IPv4, IPv6 primary; -1 */
	bool saddrsel[2];
	struct pf_rules rdr, nat, binat;
	struct strv loopbacks;	/* lo1, ...: altnames of lo */
	struct strv arrives[2]; /* host interfaces, IPv4 and IPv6, by which
				 * redirected packets come */
};

/* Which jail it is for: names and MACs come from this.  rec: what a running one
 * has, so that an address that names no interface stays where it is. */
struct net_id {
	int jid;
	const char *name, *uuid8;
	const struct reg_record *rec;
	size_t nrec;
};

/* Index of the family in primary[] and the like. */
static inline int
net_fam(int family)
{
	return family == AF_INET6;
}

/* Is this the name of a host's end (net_plan.c)? */
static inline bool
net_is_end(const char *ifname)
{
	return str_after(ifname, "lj") != NULL;
}

/* Has it a stack of its own with something in it?  (Else lo alone, or the
 * host's stack.) */
bool net_wanted(const struct jail_conf *c);

/* ip_hostname: what the host's resolver says of host.hostname (not given: of
 * `now', which may be NULL) is appended to the lists. */
int net_hostname(struct jail_conf *c, const char *now, struct jerr *e);

/*
 * out is filled from nothing; net_free, also on -1.  Asks the host about
 * interfaces, routes and whose an address is; changes nothing.
 */
int net_plan(const struct jail_conf *c, const struct net_id *id,
    struct rtnl *host, struct net *out, struct jerr *e);
void net_free(struct net *n);

/* What the registry keeps others from taking: "10.0.0.1,fd00::1", appended. */
int net_claim(const struct net *n, struct strbuf *out);

/* ---- records: the texts that belong to n, appended.  Elements name links by
 * their index (a name could not be taken back once the link is gone), so after
 * net_link_make. ---- */
int net_rec_addrs(const struct net *n, struct strv *out);
int net_rec_elems(
    const struct net *n, struct rtnl *host, struct strv *out, struct jerr *e);
int net_rec_flows(const struct net *n, struct strv *out);
int net_rec_shares(const struct net *n, struct strv *out);
int net_rec_links(const struct net *n, struct strv *out);

/* ---- making; the records stand already.  Each may be called for what is
 * there and puts back what is not.  put (may be NULL) gets a line for each
 * thing that was missing. ---- */

struct net_make {
	const struct net *n; /* end_index, inside_index are filled in */
	struct rtnl *host;
	int netns; /* of the jail */
	bool ipv6; /* has it any IPv6 address beyond loopback */
	struct strv *put;
	const struct strv *fresh; /* records that are new: not put back */
};

int net_link_make(const struct net_make *m, struct net_if *i, struct jerr *e);
/* lo, addresses and routes inside.  again: routes are set anew. */
int net_inside_make(const struct net_make *m, bool again, struct jerr *e);
/* Takes the addresses off its interfaces that it is not to have. */
int net_inside_trim(const struct net_make *m, struct jerr *e);
int net_addrs_make(const struct net_make *m, struct jerr *e);
int net_elems_make(
    char *const *texts, size_t n, const char *uuid8, struct jerr *e);

/* How many of them are there, or -1. */
int net_elems_count(char *const *texts, size_t n, struct jerr *e);

/* Wire addresses, for announce_*; malloc'd, *out may be NULL with *n 0. */
int net_announced(const struct net *n, struct announce **out, size_t *nout);
/* The answers to announce_probe: 0 when nobody says within timeout_ms that one
 * is his; else -1, EADDRINUSE with whose. */
int net_taken(
    int fd, const struct announce *v, size_t n, int timeout_ms, struct jerr *e);

/* ---- what jails share (net_share.c); texts as in the records ---- */

/* Under the registry lock: count rj's jail as a user of each; make what nobody
 * used, and with check also what is there in name only.  put, note: a line for
 * what was done and for what the administrator should know. */
struct net_share {
	struct reg *reg;
	const struct reg_row *row;
	bool check;
	struct strv *put, *note;
};
int net_share_use(
    const struct net_share *s, char *const *texts, size_t n, struct jerr *e);
/* All that is used by anybody and is there in name only, under the registry
 * lock: after the ruleset was flushed. */
int net_share_again(struct reg *reg, struct jerr *e);
int net_share_drop(struct reg *reg, const struct reg_row *row,
    char *const *texts, size_t n, struct jerr *e);
/* Foreign forward chains that drop what jails send: "accept F T C" texts; of
 * those that would not meet our rule a line to note. */
int net_share_foreign(struct strv *out, struct strv *note, struct jerr *e);

/* ---- rules (net_rules.c) ---- */

/* The table and all else of shares; made anew, with the elements of all other
 * jails in it. */
int net_rules_ready(
    const struct net_share *s, const struct strv *shares, struct jerr *e);
/* s's jail's elements, however often the ruleset is flushed meanwhile. */
int net_rules_put(const struct net_share *s, const struct strv *shares,
    const struct strv *elems, struct jerr *e);

/* ---- undo (net_undo.c): a record's text; what is gone is success ---- */

/* What an "addr" record says; hostif "" and host_index 0: no proxy.  0, or -1
 * with e. */
struct net_addr_rec {
	struct ip ip;
	char end[RTNL_NAME], hostif[RTNL_NAME];
	int host_index;
};
int net_read_addr(const char *text, struct net_addr_rec *out, struct jerr *e);
int net_undo_link(const char *text, struct jerr *e);
int net_undo_addrs(char *const *texts, size_t n, struct jerr *e);
int net_undo_elems(
    char *const *texts, size_t n, const char *uuid8, struct jerr *e);
int net_undo_flow(const char *text, struct jerr *e);
/* EXDEV: the caller is in another network namespace than this one. */
int net_check_netns(const char *text, struct jerr *e);

#endif
