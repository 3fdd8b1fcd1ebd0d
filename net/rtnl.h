/*
 * rtnetlink: links, addresses, routes and proxy neighbours of one network
 * namespace.  A batch is queued message by message, sent with one write and
 * acknowledged one by one; queries ask for what is named and cost the same
 * with one jail and with a thousand.
 */
#ifndef NET_RTNL_H
#define NET_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

#define RTNL_NAME 16	  /* bytes of an interface name, with NUL */
#define RTNL_GROUP 27233u /* the link group of every host end */

struct rtnl;

/* nsfd: a network namespace (the socket is opened in there, then back: the
 * process must have one thread), -1: the caller's own.  NULL on error. */
struct rtnl *rtnl_open(int nsfd, struct jerr *e);
void rtnl_close(struct rtnl *r); /* NULL is fine; drops what is queued */

/* Which network namespace the caller is in: never 0, the same until the next
 * boot.  0: this kernel does not say. */
uint64_t rtnl_netns(void);

/* ---- a batch.  The queueing functions never fail (no memory is reported by
 * rtnl_send).  absent: deleting what is not there is success; exist: adding
 * what is there is. ---- */

/* A pair, both NOARP with the same MAC; the peer is made in peer_ns under the
 * name peer (network: one frame address for both, so no ARP and no ND). */
struct rtnl_veth {
	const char *name; /* the host end, group RTNL_GROUP */
	const char *peer;
	int peer_ns;
	uint8_t mac[6];
	unsigned mtu; /* 0: the default */
};
void rtnl_veth(struct rtnl *r, const struct rtnl_veth *v);

/* Up, ifalias (NULL: none), IPv4 forwarding 1 and rp_filter 1, no IPv6
 * address generation: the host end. */
void rtnl_host_end(struct rtnl *r, int index, const char *alias);
/* Up; unless it is lo, no IPv6 address generation and no IPv4 forwarding and
 * rp_filter: an interface inside. */
void rtnl_link_up(struct rtnl *r, int index);
void rtnl_link_del(struct rtnl *r, const char *name, bool absent);
void rtnl_altname(struct rtnl *r, int index, const char *altname, bool add);

/* In the jail: IFA_F_NODAD.  prefix as given (32, 128: the usual). */
void rtnl_addr(struct rtnl *r, int index, const struct ip *a, unsigned prefix,
    bool add, bool exist_or_absent);

struct rtnl_route {
	struct ip dst;	 /* family 0: not allowed; default: any address, 0 */
	unsigned prefix; /* 0: default */
	int oif;
	struct ip src; /* preferred source; family 0: none */
	unsigned metric;
};
void rtnl_route(struct rtnl *r, const struct rtnl_route *rt, bool add,
    bool exist_or_absent);

/* Answer for a on this interface (permanent proxy neighbour). */
void rtnl_proxy(struct rtnl *r, int index, const struct ip *a, bool add,
    bool exist_or_absent);

/* Sends what is queued.  -1: the first that was refused, "WHAT: strerror" with
 * WHAT like "address 10.0.0.1", "route fd00::1", "link lj3g1"; those after it
 * were done or not: undo takes it all back. */
int rtnl_send(struct rtnl *r, struct jerr *e);

/* ---- queries ---- */

struct rtnl_link {
	int index;
	char name[RTNL_NAME];
	uint8_t mac[6];
	unsigned mtu;
	unsigned group;
	bool up, loopback;
	bool ether; /* has a MAC: can be asked by ARP, announced on */
};
/* By name (altnames too) or, name NULL, by index.  1 found, 0 none, -1. */
int rtnl_link_get(struct rtnl *r, const char *name, int index,
    struct rtnl_link *out, struct jerr *e);

struct rtnl_ifaddr {
	struct ip ip;
	unsigned prefix;
};
/* Addresses of one interface, both families; malloc'd. */
int rtnl_addrs(struct rtnl *r, int index, struct rtnl_ifaddr **out, size_t *n,
    struct jerr *e);

/* Routes of the main table through one interface, family 0: both, unicast
 * alone, less those that jails' addresses make elsewhere; malloc'd. */
struct rtnl_rt {
	struct ip dst; /* any address with prefix 0: default */
	unsigned prefix;
	bool gateway; /* not on the link itself */
	unsigned metric;
};
int rtnl_routes(struct rtnl *r, int index, int family, struct rtnl_rt **out,
    size_t *n, struct jerr *e);

enum rtnl_where {
	RTNL_NOWHERE,
	RTNL_LOCAL,
	RTNL_BROADCAST,
	RTNL_ANYCAST,
	RTNL_ON_LINK,
	RTNL_BY_GATEWAY
};
/* Where the kernel would send a packet for a: RTNL_LOCAL = the host's own
 * address; RTNL_BROADCAST, RTNL_ANYCAST = of *oif's network; RTNL_ON_LINK = *oif's network holds it; *dflt: by a default route.
 * -1 with e. */
int rtnl_where(struct rtnl *r, const struct ip *a, enum rtnl_where *where,
    int *oif, bool *dflt, struct jerr *e);

/* The interface of the host's default route of this family: its index, 0: no
 * default route, -1 with e. */
int rtnl_default_if(struct rtnl *r, int family, struct jerr *e);

/* Has this namespace IPv4 forwarding or rp_filter set for all its interfaces?
 * 1, 0, -1. */
int rtnl_conf4_all(struct rtnl *r, struct jerr *e);

/* Is this proxy neighbour there?  1, 0, -1. */
int rtnl_has_proxy(
    struct rtnl *r, int index, const struct ip *a, struct jerr *e);

/* ---- neighbours on a wire, asked by the kernel's ARP and ND ---- */

/* Make the kernel ask for a, now; what it knew is forgotten.  Best effort: a
 * link that is down has nobody to ask. */
void rtnl_neigh_ask(struct rtnl *r, int index, const struct ip *a);
/* Ask no longer, forget the answer. */
void rtnl_neigh_forget(struct rtnl *r, int index, const struct ip *a);

struct rtnl_neigh {
	struct ip ip;
	int index;
	uint8_t mac[6];
};
/* A descriptor on which neighbours that were found are heard of (close it);
 * before the first is asked for. */
int rtnl_neigh_listen(struct jerr *e);
/* Some of what was heard, 0: nothing more now, -1. */
int rtnl_neigh_heard(const struct rtnl *r, int fd, struct rtnl_neigh *v,
    size_t max, struct jerr *e);

#endif
