/*
 * THE parameter table (model/param.c): every name that jail(8), jail_set(2)
 * and jls(8) know, with its type, when it may be set, its default, and whether
 * its effect is there yet.  Data only: no pointer into anything above.
 *
 * Sources: jail(8), security.jail.param.*; ours are in DESIGN section 6.
 */
#ifndef MODEL_PARAM_H
#define MODEL_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_type {
	PT_BOOL,     /* no value, true/false, integer; "no" prefix inverts */
	PT_INT,	     /* decimal */
	PT_JAILSYS,  /* disable, new, inherit */
	PT_STR,	     /* one string; a later value replaces, several: the last */
	PT_LIST,     /* strings in order; one value may not be split */
	PT_COMMA,    /* as PT_LIST, and split at commas on the command line */
	PT_KEYVALUE, /* meta, env: the whole text; NAME.key are its parts */
};

enum jailsys { JSYS_DISABLE = 0, JSYS_NEW = 1, JSYS_INHERIT = 2 };

enum param_flag {
	PF_KERNEL = 1 << 0, /* jail_set(2) knows it; stored and shown by jls */
	PF_TOOL = 1 << 1,   /* jail(8)'s own: exec.*, depend, ... */
	PF_CREATE = 1 << 2, /* "cannot be changed after creation" */
	PF_RDONLY = 1 << 3, /* shown, never set: parent, dying, ... */
	PF_LATER = 1 << 4,  /* away from its default: refused until built */
	PF_LINUX = 1 << 5,  /* a parameter of our own */
	PF_NODE = 1 << 6,   /* has children (host, ip4, allow.mount): jls -s */
};

enum param_id {
#define P(id, ...) P_##id,
#include "model/param.def"
#undef P
	P_COUNT
};

struct param_desc {
	const char *name; /* dotted, without "no" */
	enum param_type type;
	unsigned flags;	   /* enum param_flag */
	const char *dflt;  /* text of the default; NULL: empty list/unset */
	int64_t min, max;  /* PT_INT: allowed; PT_STR: max = bytes with NUL */
	const char *later; /* PF_LATER: what it waits for, else NULL */
};

extern const struct param_desc param_table[P_COUNT];

/*
 * The row of a name as a user writes it; *negated says that the last component
 * carried "no" (allow.nomount).  For "meta.k", "env.k" the row of meta or env
 * and *key = "k"; for "cgroup.memory.max" the row P_CGROUP and *key =
 * "memory.max"; else *key is NULL.  P_COUNT when unknown.
 */
enum param_id param_find(const char *name, bool *negated, const char **key);

/* The known name nearest to an unknown one (edit distance; common slips such
 * as ipv4.addr by table), or NULL. */
const char *param_nearest(const char *name);

#endif
