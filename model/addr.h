/*
 * One entry of ip4.addr or ip6.addr as people write it:
 *
 *	[INTERFACE|]ADDRESS[/MASK] [ifconfig words]
 *
 * Data only; what the host has is not asked here.
 */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "model/conf.h"

#define ADDR_IFNAME 16
#define ADDR_MAX 255 /* of one family; FreeBSD's jail_max_af_ips */

enum addr_class {
	ADDR_WIRE,     /* an interface of the host is named: em0|10.0.0.1 */
	ADDR_INTERNAL, /* lo1|10.9.9.2: loN, and neither 127/8 nor fe80::/10 */
	ADDR_LOOPBACK, /* 127/8, ::1, loN|fe80::...: the jail's alone */
	ADDR_OPEN,     /* no interface: the one whose network holds it, else
			* internal */
};

struct addr {
	struct ip ip;
	unsigned prefix;	  /* given, else 32 or 128 */
	char ifname[ADDR_IFNAME]; /* given (or of `interface`); "" none */
	enum addr_class class;
};

/*
 * family AF_INET or AF_INET6; dflt_if: the `interface` parameter or NULL.  -1
 * EINVAL: the message begins with the parameter ("ip4.addr: ...").
 */
int addr_parse(const char *text, int family, const char *dflt_if,
    struct addr *out, struct jerr *e);

struct addrs {
	struct addr *v; /* owned; ip4 first, in the order given: v[0] of a
			 * family is its primary */
	size_t n;
};
#define ADDRS_INIT \
	{ \
		.v = NULL, .n = 0 \
	}
/* All of a jail: both lists, duplicates and limits checked, "" and "-" are
 * empty lists.  out: INIT; free with addrs_free, also on -1. */
int addrs_from_conf(
    const struct jail_conf *c, struct addrs *out, struct jerr *e);
void addrs_free(struct addrs *a);

/* The primary of a family: the first that is no loopback, else the first; NULL
 * when there is none. */
const struct addr *addrs_primary(const struct addrs *a, int family);
/* Is this one of them?  NULL when not. */
const struct addr *addrs_find(const struct addrs *a, const struct ip *ip);

/*
 * For readers of what is stored already (jls, libjail): P_IP4_ADDR or
 * P_IP6_ADDR with interface, mask and words stripped, with commas between,
 * appended.  What does not parse is shown as it is.  -1 ENOMEM.
 */
int addr_show_list(
    const struct jail_conf *c, enum param_id id, struct strbuf *out);
/* The column of the registry's index and of jls: the first IPv4 address, bare,
 * or nothing; appended.  -1 ENOMEM. */
int addr_show_first4(const struct jail_conf *c, struct strbuf *out);

/*
 * What ip4 or ip6 (by family) comes to: giving an address means new, whatever
 * the mode says, as in FreeBSD; new without an address is disable.
 */
enum jailsys addr_mode(const struct jail_conf *c, int family);

#endif
