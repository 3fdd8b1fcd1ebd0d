/*
 * The kinds of what jails share on the host.  A share is a kind and a key:
 *
 *	table -			the table with its constant rules
 *	nat -			the nat chains: they switch tracking on
 *	if4 em0, if6 em0	what the host needs to answer there for jails
 *	all6 -			IPv6 forwarding where there is no other way
 *	accept ip filter FORWARD   our mark at the end of that chain
 *
 * accept_ra stays at 2, since with forwarding on anything else would lose the
 * host's default route.
 */
#ifndef LIFE_NET_SHARE_KIND_H
#define LIFE_NET_SHARE_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct share_kind {
	const char *name;
	/* What is there before the first user; -1: ENOMEM. */
	int (*save)(const char *key, struct strbuf *value);
	/* Makes what is missing of it.  value: what was saved.  put: what was
	 * found missing; note: what the administrator is to know (both may be
	 * NULL). */
	int (*make)(const char *key, const char *value, struct strv *put,
	    struct strv *note, struct jerr *e);
	int (*undo)(const char *key, const char *value, struct jerr *e);
	bool own; /* in a table or setting of ours or the kernel's; not in a
		   * chain that others make */
};

const struct share_kind *share_kinds(size_t *n);
const struct share_kind *share_kind_named(const char *name); /* or NULL */

/* Has IPv6 a setting of each interface that makes it forward (6.17)?  Else
 * there is all6. */
bool share_kind_force6(void);

#endif
