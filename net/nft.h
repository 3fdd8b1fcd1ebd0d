/*
 * The one nftables table of ours, "inet jail": constant rules, elements of sets
 * and maps that come and go with jails, nat chains while somebody uses them,
 * and one accept at the end of others' forward chains that drop.  libnftables
 * is opened on first use.
 */
#ifndef NET_NFT_H
#define NET_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NFT_TABLE "inet jail"

/* A process keeps its netfilter socket from the first question on, since
 * closing one waits until the kernel has freed what was deleted (8 to 16 ms).
 * For who may not keep a descriptor. */
void nft_close(void);

/*
 * The process ends soon, and has deleted: the end of the last one that holds
 * the socket waits ten milliseconds for the kernel to free what was deleted.  A
 * child that holds nothing else ends after us and does that waiting.
 */
void nft_leave(void);

/*
 * For who forks many that delete: that waiting blocks every other change of the
 * namespace meanwhile.  A socket to be lent to one child after the other (never
 * to two at once), or -1; whoever lends closes it when all have ended.
 * nft_borrow: in the child, before anything else here.
 */
int nft_lend(void);
void nft_borrow(int fd);

/* The table with its sets, maps and filter chains; there already: 0, nothing is
 * changed; its rules flushed, or some of them, is not there.  EBUSY: a table of
 * that name that is not ours.  nft_table_del: not there, or not ours, is
 * success. */
int nft_table_make(struct jerr *e);
int nft_table_del(struct jerr *e);
int nft_table_there(struct jerr *e); /* 1, 0, -1 */

/* The four nat chains and what goes with them in passing. */
int nft_nat_make(struct jerr *e);
int nft_nat_del(struct jerr *e);
int nft_nat_there(struct jerr *e);

/*
 * The sets (no data) and maps, each with 4 and 6 in its name (hair apart);
 * keys and data as nft(8) writes them; r and f are interval maps, so 10.0.0.0/8,
 * 0.0.0.0/0 and 8000-8080 stand in them:
 *
 *	own4	 end . ip			may leave by this host end;
 *						the link's index, not its name
 *	jail4	 ip				a jail's: may be forwarded to
 *	int4	 ip				internal: never from a wire
 *	open4	 iif				forwards only for jails' sake
 *	shut4	 oif				did not forward before jails
 *	hair	 end . end			a jail by its own redirection
 *	nat4	 oif . ip			masqueraded there
 *	bin4	 external : ip			binat, inward
 *	bout4	 oif . ip : external		binat outward, nat -> ADDR
 *	rdr4	 proto . daddr . dport : ip . port
 *	rdr4f	 saddr . proto . daddr . dport : ip . port	  one port
 *	rdr4r	 saddr . proto . daddr . dport : ip	  a range: port kept
 *	rdrif4	 iif . proto . dport : ip . port	  to any of the host's
 *	rdrif4r	 iif . saddr . proto . dport : ip	  the same, port kept
 */
struct nft_elem {
	const char *set;  /* "own4", "rdr4", ... */
	const char *key;  /* as nft(8) writes it: "lj3g1 . 10.0.0.1" */
	const char *data; /* of a map: "10.0.0.1 . 80"; NULL: a set */
};
/* Is this (len bytes of a name) one whose keys may overlap? */
bool nft_set_is_interval(const char *name, size_t len);
/* One transaction.  comment (the jail's uuid) goes to every element. */
int nft_elems_add(
    const struct nft_elem *v, size_t n, const char *comment, struct jerr *e);
/* Absent ones are success (one transaction; one by one if that is refused).  The
 * kernel goes by the key alone, and a key of a map may be another jail's: with
 * owner (the comment), only what is his and leads where data says. */
int nft_elems_del(
    const struct nft_elem *v, size_t n, const char *owner, struct jerr *e);
/* How many of these are there? -1 with e. */
int nft_elems_count(const struct nft_elem *v, size_t n, struct jerr *e);

/* Base chains of the forward hook, not ours, whose policy is drop or whose last
 * rule lets nothing through. */
struct nft_chain {
	char family[8]; /* ip, ip6, inet */
	char table[64], chain[64];
	bool ours_there; /* our accept stands in it */
	bool by_hand;	 /* a rule with the comment for-jails does */
	bool drops;
	bool
	    closed; /* what is appended is not met, or our mark not there yet */
};
int nft_forward_drops(struct nft_chain **v, size_t *n, struct jerr *e);
/* Append the accept of our mark (comment "linux-jails").  1: done; 0: it stood
 * there already. */
int nft_accept_add(const struct nft_chain *c, struct jerr *e);
/* Take every rule with our comment out of it; gone is success. */
int nft_accept_del(const struct nft_chain *c, struct jerr *e);

/* Forget the connections that were translated to or from this address
 * (conntrack entries by reply source): on removal of a jail. */
int nft_conntrack_forget(const char *ip, struct jerr *e);

#endif
