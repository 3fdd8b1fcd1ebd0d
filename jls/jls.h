/*
 * jls(8) between its files: what was asked for.
 */
#ifndef JLS_JLS_H
#define JLS_JLS_H

#include <stdbool.h>

#include "cli/printer.h"

enum jls_flag {
	JLS_HEADER = 1 << 0,  /* -h */
	JLS_NAMEVAL = 1 << 1, /* -n */
	JLS_QUOTED = 1 << 2,  /* -q */
	JLS_SKIP = 1 << 3,    /* -s */
	JLS_VERBOSE = 1 << 4, /* -v */
	JLS_NAME = 1 << 5,    /* -N */
};

struct jls {
	unsigned flags;	  /* enum jls_flag */
	int get_flags;	  /* JAIL_DYING or 0 */
	const char *jail; /* -j, or NULL: all */
	char *const *params;
	int nparams; /* 0: the table */
	struct printer *out;
};

/* The table of -N, -v or nothing.  0, or -1 with the error in jail_errmsg. */
int jls_table(const struct jls *j);
int jls_verbose(const struct jls *j);

/* Parameters by name ("all": every one). */
int jls_params(const struct jls *j);

struct jailparam;
/*
 * Goes through the jails that were asked for: fills jp and calls fn for each.
 * jp[0] must be "lastjid", jp[1] "jid", jp[2] "name"; which of them is the key
 * is chosen here.  0, or -1 with jail_errmsg.
 */
int jls_each(const struct jls *j, struct jailparam *jp, unsigned njp,
    void (*fn)(const struct jls *, struct jailparam *, unsigned));

#endif
