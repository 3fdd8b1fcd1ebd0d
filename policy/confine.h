/*
 * struct confine: what a jail's processes may do, worked out from its
 * parameters alone.  Pure: no kernel call, tested without root.  One and the
 * same for pid 1's jail and for everything that enters it later.
 */
#ifndef POLICY_CONFINE_H
#define POLICY_CONFINE_H

#include <linux/filter.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "linux/caps.h"
#include "model/conf.h"

enum confine_owner { /* of a namespace */
	NS_HOST,     /* the host's own (inherit) */
	NS_FROZEN, /* made before the user namespace: the jail cannot change it */
	NS_JAIL,   /* owned by the jail's user namespace */
};

#define CONFINE_MAXFILTER 4096

struct confine {
	uint64_t caps; /* 1 << CAP_x: bounding = permitted = effective */
	enum confine_owner net, uts, ipc;
	bool userns;	     /* users=new */
	unsigned securebits; /* SECBIT_*, exactly */
	bool no_new_privs;
	bool ip4, ip6; /* may AF_INET, AF_INET6 sockets be made */
	bool raw;      /* raw and packet sockets */
	const struct priv_limit *limits; /* static, never freed */
	size_t nlimits;
	struct sock_filter filter[CONFINE_MAXFILTER]; /* the seccomp program */
	size_t nfilter;
};

/*
 * EINVAL with a message naming the parameter that cannot be had.  The result
 * goes into struct priv_drop field by field, the ids apart.
 */
int confine_from_conf(
    const struct jail_conf *c, struct confine *out, struct jerr *e);

#endif
