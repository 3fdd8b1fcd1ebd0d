/*
 * The seccomp program of a jail: classified table -> ranges -> binary search.
 * The same choice gives the same bytes, so what enters later gets what pid 1
 * got.
 */
#ifndef POLICY_SECCOMP_H
#define POLICY_SECCOMP_H

#include <linux/filter.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/syscalls.h"

/* What a jail's parameters can change. */
struct seccomp_choice {
	bool ip4, ip6;	/* sockets of AF_INET, AF_INET6 */
	bool raw;	/* of AF_PACKET */
	bool statmount; /* statmount, listmount */
};

/*
 * A conditional rule is a list of clauses; the first one that holds decides,
 * else "otherwise".  A clause compares one 32-bit half of one argument.  Most
 * arguments here are ints: the kernel never looks at the high half, and so
 * must we not, or a caller could set it and walk past.
 */
enum seccomp_need { NEED_NONE, NEED_IP4, NEED_IP6, NEED_RAW };

struct seccomp_clause {
	uint8_t arg;   /* 0-5 */
	bool high;     /* its upper half */
	bool negate;   /* holds if it is not equal */
	uint8_t need;  /* enum seccomp_need: else left out */
	uint32_t mask; /* (half & mask) == value */
	uint32_t value;
	enum sys_action act; /* ACT_ALLOW, an errno */
};

struct seccomp_rule {
	const struct seccomp_clause *clause;
	size_t n;
	enum sys_action otherwise;
};

/* The rule of ACT_CLONE and on, or NULL for what needs none. */
const struct seccomp_rule *seccomp_rule(enum sys_action act);
bool seccomp_has(const struct seccomp_choice *c, uint8_t need);

/* The action of nr under c: rules remain, ACT_STATMOUNT and ACT_UNKNOWN do not. */
enum sys_action seccomp_action(const struct seccomp_choice *c, size_t nr);

/* At most max instructions to out, how many to *n.  E2BIG if there are more. */
int seccomp_build(const struct seccomp_choice *c, struct sock_filter *out,
    size_t max, size_t *n, struct jerr *e);

#endif
