/*
 * Undo.  Never looks at live state to find out what to take back: a record is
 * all it goes by, so that it does the same after a crash.  What is gone
 * already is success.
 */
#include "life/undo.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "life/net.h"
#include "linux/cgroup.h"

struct undo_ctx {
	struct reg_jail *j;
	int pidfd;
};

static int
undo_cgroup(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	auto_close int root = cgroup_root(e);
	const char *rest = str_after(texts[0], CGROUP_PARENT "/");

	(void)n;
	if (root == -1)
		return -1;
	/* A damaged record must not take somebody else's group away. */
	if (rest == NULL || *rest == '\0' || *rest == '.' ||
	    __builtin_strchr(rest, '/') != NULL)
		return jerr_set(
		    e, EINVAL, "record names no jail's cgroup: %s", texts[0]);
	return cgroup_remove(root, texts[0], c->pidfd, UNDO_WAIT_MS, e);
}

static int
undo_link(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	(void)c;
	(void)n;
	return net_undo_link(texts[0], e);
}

static int
undo_addrs(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	(void)c;
	return net_undo_addrs(texts, n, e);
}

static int
undo_elems(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	return net_undo_elems(texts, n, reg_jail_row(c->j)->uuid8, e);
}

static int
undo_flow(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	(void)c;
	(void)n;
	return net_undo_flow(texts[0], e);
}

static int
undo_share(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	return net_share_drop(
	    reg_jail_reg(c->j), reg_jail_row(c->j), texts, n, e);
}

static int
undo_netns(
    const struct undo_ctx *c, char *const *texts, size_t n, struct jerr *e)
{
	(void)c;
	(void)n;
	return net_check_netns(texts[0], e);
}

/* many: neighbours of the kind are taken back in one go. */
static const struct undo_kind {
	const char *kind;
	int (*undo)(const struct undo_ctx *c, char *const *texts, size_t n,
	    struct jerr *e);
	bool many;
} kinds[] = {
	{ UNDO_CGROUP, undo_cgroup, false },
	{ UNDO_LINK, undo_link, false },
	{ UNDO_ADDR, undo_addrs, true },
	{ UNDO_ELEM, undo_elems, true },
	{ UNDO_FLOW, undo_flow, false },
	{ UNDO_SHARE, undo_share, true },
	{ UNDO_NETNS, undo_netns, false },
};

static const struct undo_kind *
find_kind(const struct reg_record *r, struct jerr *e)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (str_eq(kinds[i].kind, r->kind))
			return &kinds[i];
	(void)jerr_set(e, ENOTSUP,
	    "%s: a record of a newer Linux Jails; use that to remove this jail",
	    r->kind);
	return NULL;
}

/* How many records from r on go in one call; at most n. */
static size_t
run_of(const struct undo_kind *k, const struct reg_record *r, size_t n)
{
	size_t run = 1;

	while (k->many && run < n && str_eq(r[run].kind, k->kind))
		run++;
	return run;
}

static int
undo_run(const struct undo_ctx *c, const struct undo_kind *k,
    const struct reg_record *r, size_t n, struct jerr *e)
{
	auto_free char **texts = calloc(n, sizeof(*texts));

	if (texts == NULL)
		return jerr_nomem(e);
	for (size_t i = 0; i < n; i++)
		texts[i] = r[i].text;
	if (k->undo(c, texts, n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (reg_journal_done(c->j, r[i].n, e) == -1)
			return -1;
	return 0;
}

/* No jailed instruction while its network is taken apart: the filter goes
 * before the processes are all seen to be gone. */
static void
kill_first(const struct reg_record *rec, size_t n)
{
	struct jerr e = JERR_INIT;
	struct cgroup cg = CGROUP_INIT;
	auto_close int root = -1;

	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(rec[i].kind, UNDO_CGROUP))
			continue;
		root = cgroup_root(&e);
		if (root != -1 && cgroup_open(root, rec[i].text, &cg, &e) == 0)
			(void)cgroup_kill(cg.top);
		cgroup_close(&cg);
		return;
	}
}

/* All or nothing: names of links mean something else elsewhere. */
static int
check(const struct reg_record *rec, size_t n, struct jerr *e)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rec[i].kind, UNDO_NETNS) &&
		    net_check_netns(rec[i].text, e) == -1)
			return -1;
	return 0;
}

int
undo_check(struct reg_jail *j, struct jerr *e)
{
	struct reg_record *rec = NULL;
	size_t n = 0;
	int r;

	if (reg_journal_read(j, &rec, &n, e) == -1)
		return -1;
	r = check(rec, n, e);
	reg_records_free(rec, n);
	return r;
}

int
undo_records(struct reg_jail *j, int pidfd, struct reg_record *rec, size_t n,
    struct jerr *e)
{
	struct undo_ctx c = { .j = j, .pidfd = pidfd };
	struct jerr one = JERR_INIT;
	int result = 0;

	for (size_t i = 0, run = 1; i < n; i += run) {
		const struct undo_kind *k = find_kind(&rec[i], &one);

		run = k == NULL ? 1 : run_of(k, &rec[i], n - i);
		if (k != NULL && undo_run(&c, k, &rec[i], run, &one) == 0)
			continue;
		if (result == 0)
			*e = one;
		result = -1;
	}
	return result;
}

int
undo_all(struct reg_jail *j, int pidfd, struct jerr *e)
{
	struct reg_record *rec = NULL;
	size_t n = 0;
	int result;

	if (reg_journal_read(j, &rec, &n, e) == -1)
		return -1;
	result = check(rec, n, e);
	if (result == 0) {
		kill_first(rec, n);
		result = undo_records(j, pidfd, rec, n, e);
	}
	reg_records_free(rec, n);
	return result;
}

int
undo_and_release(struct reg_jail *j, int pidfd, struct jerr *e)
{
	struct jerr ignored = JERR_INIT;

	/* First, so that nobody puts back (net_refill) what we take away. */
	(void)reg_set_state(j, REG_DYING, &ignored);
	if (undo_all(j, pidfd, e) == -1) {
		reg_jail_put(j);
		return -1;
	}
	if (reg_release(j, e) == -1) {
		reg_jail_put(j);
		return -1;
	}
	return 0;
}
