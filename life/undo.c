/*
 * Undo.  Never looks at live state to find out what to take back: a record is
 * all it goes by, so that it does the same after a crash.  What is gone
 * already is success.
 */
#include "life/undo.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "linux/cgroup.h"

static int
undo_cgroup(const char *text, int pidfd, struct jerr *e)
{
	auto_close int root = cgroup_root(e);
	const char *rest = str_after(text, CGROUP_PARENT "/");

	if (root == -1)
		return -1;
	/* A damaged record must not take somebody else's group away. */
	if (rest == NULL || *rest == '\0' || *rest == '.' ||
	    __builtin_strchr(rest, '/') != NULL)
		return jerr_set(
		    e, EINVAL, "record names no jail's cgroup: %s", text);
	return cgroup_remove(root, text, pidfd, UNDO_WAIT_MS, e);
}

static const struct {
	const char *kind;
	int (*undo)(const char *text, int pidfd, struct jerr *e);
} kinds[] = {
	{ UNDO_CGROUP, undo_cgroup },
};

static int
undo_one(const struct reg_record *r, int pidfd, struct jerr *e)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (str_eq(kinds[i].kind, r->kind))
			return kinds[i].undo(r->text, pidfd, e);
	return jerr_set(e, ENOTSUP,
	    "%s: a record of a newer Linux Jails; use that to remove this jail",
	    r->kind);
}

int
undo_all(struct reg_jail *j, int pidfd, struct jerr *e)
{
	struct reg_record *rec = NULL;
	struct jerr one = JERR_INIT;
	size_t n = 0;
	int result = 0;

	if (reg_journal_read(j, &rec, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (undo_one(&rec[i], pidfd, &one) == 0 &&
		    reg_journal_done(j, rec[i].n, &one) == 0)
			continue;
		if (result == 0)
			*e = one;
		result = -1;
	}
	reg_records_free(rec, n);
	return result;
}

int
undo_and_release(struct reg_jail *j, int pidfd, struct jerr *e)
{
	struct jerr ignored = JERR_INIT;

	if (undo_all(j, pidfd, e) == -1) {
		(void)reg_set_state(j, REG_DYING, &ignored);
		reg_jail_put(j);
		return -1;
	}
	if (reg_release(j, e) == -1) {
		reg_jail_put(j);
		return -1;
	}
	return 0;
}
