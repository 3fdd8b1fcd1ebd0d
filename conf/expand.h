/*
 * One jail's parameters while they are put together: a slot for every symbol,
 * what was assigned to it, and its text when the variables are in.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "conf/ast.h"

enum slot_state { SLOT_NEW, SLOT_BUSY, SLOT_DONE };

#define NO_NODE ((size_t)-1)

struct slot {
	unsigned epoch; /* of another jail: empty */
	enum slot_state state;
	size_t first, last; /* nodes, NO_NODE: no values */
	const struct assign *latest;
	bool is_param;	 /* given as one, not only as $name */
	bool failed;	 /* told already */
	bool used_jid;	 /* text depends on $jid or $jailid */
	struct strv out; /* after expand_all */
};

struct node {
	const struct assign *a;
	size_t next;
};

struct frame_of { /* a slot being expanded, and how far it is */
	unsigned number;
	size_t node;
	const struct text *text;
	const struct var_ref *var;
};

struct scratch {
	struct slot *slots; /* by symbol number */
	unsigned epoch;
	unsigned *order; /* numbers in the order first given */
	size_t norder;
	struct node *nodes;
	size_t nnodes, maxnodes;
	struct frame_of *stack;
	size_t bytes; /* of all expanded text */
};

struct expansion {
	const struct conf_file *f;
	struct scratch *s;
	struct reporter *r;
	const char *jid; /* NULL: not known yet */
};

struct slot *scratch_slot(struct scratch *s, unsigned number); /* or NULL */
struct slot *scratch_claim(struct scratch *s, unsigned number);
int scratch_add(struct scratch *s, struct slot *slot, const struct assign *a);
void scratch_clear(struct scratch *s);

/* Put the variables into every slot; mistakes are told.  -1: no memory. */
int expand_all(struct expansion *x);

#endif
