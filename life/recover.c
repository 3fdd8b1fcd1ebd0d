/*
 * Recovery.  A journal's POSIX lock tells whether somebody is walking a jail;
 * where nobody is, the records are undone, as roll-back and removal do it.
 */
#include "life/recover.h"

#include <sys/uio.h>

#include <errno.h>
#include <stdio.h>

#include "life/running.h"
#include "life/undo.h"

/*
 * Only a suspicion, cheap enough for a thousand rows (a tenth of reading
 * /proc/PID/stat): what has no memory any more is no pid 1, be it gone or a
 * zombie that the host's init has not reaped yet, which kill(2) would still
 * find.  A number used again is found out when the jail is named
 * (running_alive), or when that process ends.
 */
static bool
looks_dead(const struct reg_row *row)
{
	char c;
	struct iovec here = { .iov_base = &c, .iov_len = 1 };
	struct iovec there = { .iov_base = NULL, .iov_len = 1 };

	return row->init == 0 ||
	    (process_vm_readv(row->init, &here, 1, &there, 1, 0) == -1 &&
		errno == ESRCH);
}

static void
sweep(struct reg *reg, const struct reg_row *row,
    void (*fn)(void *, const char *), void *arg)
{
	struct jerr e = JERR_INIT;
	struct reg_jail *j = reg_take(reg, row->jid, row->uuid8, &e);
	char text[JERR_MSGLEN + 64];

	/* Somebody is at work on it, or was faster. */
	if (j == NULL)
		return;
	/* It may have come to life between our look and the lock. */
	if (reg_jail_row(j)->state == REG_ALIVE &&
	    running_alive(reg_jail_row(j))) {
		reg_jail_put(j);
		return;
	}
	if (undo_and_release(j, -1, &e) == -1 && fn != NULL) {
		(void)snprintf(text, sizeof(text), "%s: %s", row->name, e.msg);
		fn(arg, text);
	}
}

void
recover_sweep(struct reg *reg, void (*fn)(void *, const char *), void *arg)
{
	struct reg_snapshot s;
	struct jerr e = JERR_INIT;

	if (reg_snapshot(reg, &s, &e) == -1)
		return;
	for (size_t i = 0; i < s.n; i++)
		if (s.rows[i].state != REG_ALIVE || looks_dead(&s.rows[i]))
			sweep(reg, &s.rows[i], fn, arg);
	reg_snapshot_free(&s);
}

void
recover_one(struct reg *reg, int jid, const char *uuid8)
{
	struct reg_snapshot s;
	struct jerr e = JERR_INIT;
	const struct reg_row *row;

	if (reg_snapshot(reg, &s, &e) == -1)
		return;
	row = reg_find_jid(&s, jid);
	if (row != NULL && str_eq(row->uuid8, uuid8) && !running_alive(row))
		sweep(reg, row, NULL, NULL);
	reg_snapshot_free(&s);
}
