/*
 * rdr, nat and binat in pf's words, read into data.  One line of a parameter is
 * one rule:
 *
 *	rdr = "[pass] [on IF] [inet|inet6] [proto P] from S to D [port L]
 *	    [-> ADDR [port N]]"
 *	nat = "on IF [inet|inet6] [from S] [to any] [-> (IF)|ADDR]"
 *	binat = "on IF [inet|inet6] [from ADDR] [to any] -> EXTERNAL"
 *
 * Lists stand in braces, with commas or blanks; "pass" and the rule's own name
 * in front change nothing.  What pf knows and this does not is refused by name.
 */
#ifndef MODEL_PF_H
#define MODEL_PF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "model/addr.h"
#include "model/conf.h"

#define PF_IFNAME 16

enum { PF_TCP = 1, PF_UDP = 2 };

struct pf_ports {
	uint16_t lo, hi; /* lo == hi: one */
};

struct pf_net {
	struct ip ip;
	unsigned prefix;
};

enum pf_to {
	PF_TO_ANY,  /* any address of the host (on the interface, if given) */
	PF_TO_IF,   /* (em0) or em0: that interface's addresses */
	PF_TO_NETS, /* addresses, `to`; none of loopback */
};

struct pf_rule {
	char (*ifs)[PF_IFNAME]; /* `on`; nifs 0: any */
	size_t nifs;
	int family;	 /* AF_INET, AF_INET6; 0: both, or as addresses say */
	unsigned protos; /* PF_TCP | PF_UDP (both when not given, rdr only) */
	struct pf_net *from; /* nfrom 0: any */
	size_t nfrom;
	enum pf_to to_kind;
	char to_if[PF_IFNAME];
	struct pf_net *to;
	size_t nto;
	struct pf_ports *ports; /* rdr: of `to`; nports 0: all ports, and then
				 * to_kind is PF_TO_NETS */
	size_t nports;
	struct ip target;     /* rdr: the jail's address, family 0: primary;
			   * binat, nat: the host's address, family 0: (IF) */
	uint16_t target_port; /* 0: the same port; never with a range */
	unsigned line;	      /* index of the value in its parameter */
};

struct pf_rules {
	struct pf_rule *v; /* owned, with everything in it */
	size_t n;
};
#define PF_RULES_INIT \
	{ \
		.v = NULL, .n = 0 \
	}

/* One line, appended to out with its index.  The message: "rdr: column N of
 * \"LINE\": WORD: what". */
int pf_parse(enum param_id id, const char *line, unsigned index,
    struct pf_rules *out, struct jerr *e);
/* id: P_RDR, P_NAT, P_BINAT.  out: INIT; free with pf_free, also on -1. */
int pf_from_conf(const struct jail_conf *c, enum param_id id,
    struct pf_rules *out, struct jerr *e);
void pf_free(struct pf_rules *r);

/*
 * Do the rules lead to addresses that the jail has, and that can be reached
 * from outside of it?  Also fills in nothing: a target of family 0 stays.  Nat
 * of a jail without addresses is no mistake, it translates nothing.
 */
int pf_check(const struct pf_rules *r, enum param_id id,
    const struct addrs *addrs, struct jerr *e);

#endif
