/*
 * Memory of one loaded configuration: everything is taken from a pool and goes
 * with it at once.  And the symbols: every parameter and variable name once,
 * with a number, so that a jail's parameters are an array and not a search.
 */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "model/param.h"

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks;
	char *next;
	size_t left;
};

#define POOL_INIT \
	{ \
		.chunks = NULL, .next = NULL, .left = 0 \
	}

/* Zeroed, aligned for anything; NULL when memory is out. */
void *pool_alloc(struct pool *p, size_t n);
char *pool_strdup(struct pool *p, const char *s, size_t n);
void pool_free(struct pool *p);

struct symbol {
	const char *name; /* canonical: "allow.mount" also for allow.nomount */
	enum param_id id; /* P_COUNT: a variable, or an unknown parameter */
	bool keyed;	  /* meta.k, env.k, cgroup.FILE */
	unsigned number;  /* from 0 */
	struct symbol *next; /* in its bucket */
};

struct symtab {
	struct pool *pool;
	struct symbol **buckets;
	size_t nbuckets;
	unsigned n;
};

#define SYMTAB_INIT(p) \
	{ \
		.pool = (p) \
	}

/* Add or find; *negated as param_find's.  NULL when memory is out. */
struct symbol *sym_intern(struct symtab *t, const char *name, bool *negated);
/* Only find; NULL when nothing has that name. */
struct symbol *sym_find(const struct symtab *t, const char *name);
void symtab_free(struct symtab *t);

/* The hash of all name tables here. */
size_t hash_str(const char *s);

#endif
