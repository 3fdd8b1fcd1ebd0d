/*
 * jail_list_*: all jails from one reading of the index, for jls(8) and whoever
 * has a thousand of them.  No file a jail is opened but what tells whether its
 * pid 1 still lives.
 */
#include "jail_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jail.h"
#include "libjail/lib_int.h"

struct jail_list {
	struct reg *r;
	struct reg_snapshot s;
	size_t next;
	int flags;
	struct jail_summary item;
};

struct jail_list *
jail_list_open(int flags)
{
	struct jail_list *l;
	struct jerr e = JERR_INIT;

	lib_clear();
	if (flags & ~JAIL_DYING) {
		(void)lib_fail(EINVAL, "jail_list_open: unknown flags");
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL) {
		(void)lib_fail(errno, "malloc: %s", strerror(errno));
		return NULL;
	}
	l->flags = flags;
	l->r = reg_open(lib_dir(), false, &e);
	if (l->r == NULL || reg_snapshot(l->r, &l->s, &e) == -1) {
		jail_list_close(l);
		(void)lib_fail_err(&e);
		return NULL;
	}
	return l;
}

const struct jail_summary *
jail_list_next(struct jail_list *l)
{
	while (l->next < l->s.n) {
		const struct reg_row *row = &l->s.rows[l->next++];

		if (!lib_row_visible(row, l->flags))
			continue;
		l->item = (struct jail_summary) {
			.jid = row->jid,
			.name = row->name,
			.hostname = row->hostname,
			.path = row->path,
			.ip4 = row->ip4,
			.dying = row->state == REG_DYING,
		};
		return &l->item;
	}
	return NULL;
}

void
jail_list_close(struct jail_list *l)
{
	if (l == NULL)
		return;
	reg_snapshot_free(&l->s);
	reg_close(l->r);
	free(l);
}
