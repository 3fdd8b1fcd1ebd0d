/*
 * The generator of the seccomp program.
 *
 * Numbers of equal action are ranges; a balanced tree of comparisons finds the
 * range; its leaves jump to one return instruction an outcome, or to the one
 * body of a conditional rule.  Jumps of classic BPF go forward only and at most
 * 255 far, so the program is written from its end to its beginning: every
 * target is known when a jump to it is made, and a target that has got too far
 * away is brought near by an unconditional jump, which has 32 bits.
 *
 * Only instructions that the kernel's own emulation understands (ld nr and
 * arch, jeq, jge, ja, ret) lie on the way to a plain "allow": since 5.11 it
 * then answers those calls from a bitmap without running the program at all.
 *
 * Pure: no allocation, no kernel call, no state; same input, same bytes.
 */
#include "policy/seccomp.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "base/cleanup.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* Leaves one step of slack: bringing one target of a comparison near moves the
 * other one away by one.  (A test makes it small, since today's program is so
 * short that nothing is ever far.) */
#ifndef NEAR
#define NEAR 254
#endif

#define NONE ((size_t)-1)
#define MAXRANGES 512

struct range {
	uint32_t first; /* up to the next one's first */
	enum sys_action act;
};

/*
 * Positions count from the end of the program: instruction 0 is the last one,
 * g->n the next to be written.
 */
struct gen {
	const struct seccomp_choice *choice;
	struct sock_filter *out;
	size_t max, n;
	bool full;
	size_t leaf[ACT_COUNT]; /* nearest entry of an outcome or rule */
	struct range range[MAXRANGES];
	size_t nranges;
};

static const uint32_t outcomes[ACT_COUNT] = {
	[ACT_ALLOW] = SECCOMP_RET_ALLOW,
	[ACT_EPERM] = SECCOMP_RET_ERRNO | EPERM,
	[ACT_ENOSYS] = SECCOMP_RET_ERRNO | ENOSYS,
	[ACT_EAFNOSUPPORT] = SECCOMP_RET_ERRNO | EAFNOSUPPORT,
};

static size_t
emit(struct gen *g, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (g->n == g->max) {
		g->full = true;
		return g->n - 1;
	}
	g->out[g->max - 1 - g->n] = (struct sock_filter) {
		.code = code, .jt = jt, .jf = jf, .k = k
	};
	return g->n++;
}

/* Target itself, or a jump to it that is close enough. */
static size_t
bring_near(struct gen *g, size_t target)
{
	size_t dist = g->n - target - 1;

	if (dist <= NEAR)
		return target;
	return emit(g, BPF_JMP | BPF_JA, 0, 0, (uint32_t)dist);
}

static size_t
emit_if(struct gen *g, uint16_t cond, uint32_t k, size_t yes, size_t no)
{
	yes = bring_near(g, yes);
	no = bring_near(g, no);
	return emit(g, BPF_JMP | cond | BPF_K, (uint8_t)(g->n - yes - 1),
	    (uint8_t)(g->n - no - 1), k);
}

static size_t emit_rule(struct gen *, const struct seccomp_rule *);

/* Entry of an action, made at its first use, within reach of the next jump. */
static size_t
leaf(struct gen *g, enum sys_action act)
{
	const struct seccomp_rule *rule = seccomp_rule(act);

	bool far = g->leaf[act] == NONE || g->n - g->leaf[act] - 1 > NEAR;

	if (!far)
		return g->leaf[act];
	if (rule == NULL) /* a second return is as long as a jump */
		g->leaf[act] = emit(g, BPF_RET | BPF_K, 0, 0, outcomes[act]);
	else if (g->leaf[act] == NONE)
		g->leaf[act] = emit_rule(g, rule);
	else
		g->leaf[act] = bring_near(g, g->leaf[act]);
	return g->leaf[act];
}

static uint32_t
half_offset(const struct seccomp_clause *c)
{
	/* Both machines are little-endian. */
	return (uint32_t)(offsetof(struct seccomp_data, args) +
	    8 * (size_t)c->arg + (c->high ? 4u : 0u));
}

static bool
same_half(const struct seccomp_clause *a, const struct seccomp_clause *b)
{
	return a->arg == b->arg && a->high == b->high;
}

static size_t
emit_rule(struct gen *g, const struct seccomp_rule *rule)
{
	const struct seccomp_clause *c, *before;
	size_t i, p, next, hit;

	next = leaf(g, rule->otherwise);
	for (i = rule->n; i > 0; i--) {
		c = &rule->clause[i - 1];
		if (!seccomp_has(g->choice, c->need))
			continue;
		hit = leaf(g, c->act);
		next = c->negate ? emit_if(g, BPF_JEQ, c->value, next, hit) :
				   emit_if(g, BPF_JEQ, c->value, hit, next);
		if (c->mask != 0xffffffffu)
			next = emit(
			    g, BPF_ALU | BPF_AND | BPF_K, 0, 0, c->mask);
		/* What runs just before this clause may have it loaded. */
		before = NULL;
		for (p = i - 1; p > 0 && before == NULL; p--)
			if (seccomp_has(g->choice, rule->clause[p - 1].need))
				before = &rule->clause[p - 1];
		if (before == NULL || !same_half(before, c) ||
		    before->mask != 0xffffffffu)
			next = emit(
			    g, BPF_LD | BPF_W | BPF_ABS, 0, 0, half_offset(c));
	}
	return next;
}

/* The tree over range[lo..hi]; the number is in A. */
static size_t
emit_tree(struct gen *g, size_t lo, size_t hi)
{
	const struct range *r = g->range;
	size_t mid, left, right;

	if (lo == hi)
		return leaf(g, r[lo].act);
	/* One number that differs from both sides: a single comparison. */
	if (hi - lo == 2 && r[lo].act == r[hi].act &&
	    r[hi].first == r[lo + 1].first + 1) {
		right = leaf(g, r[lo + 1].act);
		left = leaf(g, r[lo].act);
		return emit_if(g, BPF_JEQ, r[lo + 1].first, right, left);
	}
	mid = lo + (hi - lo + 1) / 2;
	right = emit_tree(g, mid, hi);
	left = emit_tree(g, lo, mid - 1);
	return emit_if(g, BPF_JGE, r[mid].first, right, left);
}

static int
make_ranges(struct gen *g, struct jerr *e)
{
	enum sys_action act;
	size_t nr;

	/* One past the end: all numbers above are unknown, x32's among them
	 * (bit 30). */
	for (nr = 0; nr <= syscall_count(); nr++) {
		act = seccomp_action(g->choice, nr);
		if (g->nranges > 0 && g->range[g->nranges - 1].act == act)
			continue;
		if (g->nranges == MAXRANGES)
			return jerr_set(e, E2BIG, "seccomp: too many ranges");
		g->range[g->nranges++] = (struct range) { .first = (uint32_t)nr,
			.act = act };
	}
	return 0;
}

int
seccomp_build(const struct seccomp_choice *c, struct sock_filter *out,
    size_t max, size_t *n, struct jerr *e)
{
	struct gen g = { .choice = c, .out = out, .max = max };
	size_t i, tree;

	for (i = 0; i < ACT_COUNT; i++)
		g.leaf[i] = NONE;
	if (make_ranges(&g, e) == -1)
		return -1;
	tree = emit_tree(&g, 0, g.nranges - 1);
	if (tree != g.n - 1) /* one range alone: its leaf is elsewhere */
		(void)emit(
		    &g, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(g.n - tree - 1));
	tree = emit(&g, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, nr));
	(void)emit_if(&g, BPF_JEQ, NATIVE_ARCH, tree, leaf(&g, ACT_ENOSYS));
	(void)emit(&g, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, arch));
	if (g.full)
		return jerr_set(e, E2BIG,
		    "seccomp: the program exceeds %zu instructions", max);
	*n = g.n;
	memmove(out, out + (max - g.n), g.n * sizeof(*out));
	return 0;
}
