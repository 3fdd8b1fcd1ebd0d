/*
 * One jail: what create, modify, remove and their combinations come to for it
 * as it is, and the events of that.  Runs in a process of its own when there
 * are several; must not touch what belongs to the other jails.
 */
#include "life/plan_int.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "life/modify.h"
#include "life/running.h"
#include "life/walk.h"
#include "life/words.h"

static void
conf_message(void *arg, bool is_note, const char *line)
{
	const struct planner *pl = arg;

	plan_tell(pl, is_note ? JAIL_EVENT_NOTE : JAIL_EVENT_ERROR, line);
}

static void
note_modify(void *arg, const char *text)
{
	const struct planner *pl = arg;

	plan_tell(pl, JAIL_EVENT_WARNING, text);
}

static void
tell_done(const struct planner *pl, enum jail_event_kind kind,
    const struct walk *w, const char *name, int jid, const char *what)
{
	auto_strv struct strv words = STRV_INIT;
	char text[512];
	struct jail_event ev = {
		.kind = kind, .name = name, .jid = jid, .text = text
	};

	(void)snprintf(text, sizeof(text), "%s: %s", name, what);
	if (w != NULL && words_from_conf(&w->conf, &words) == 0)
		ev.params = words.v;
	if (pl->p->event != NULL)
		pl->p->event(pl->p->arg, &ev);
}

/*
 * A unit's walk with its configuration, expanded but for what needs a jid that
 * is not there yet (jid 0: a start).  Configuration mistakes are told where
 * they are found.  walk_free in any case.
 */
static int
begin(const struct planner *pl, const struct unit *u, int jid, struct walk *w,
    struct jerr *e)
{
	walk_init(w, pl->p);
	w->reg = pl->reg;
	w->tiny = pl->tiny;
	w->sigfd = pl->sigfd;
	w->oldmask = pl->oldmask;
	w->name = u->name;
	if (u->conf == -1)
		return 0;
	w->conf_index = (size_t)u->conf;
	return conf_file_jail(pl->p->conf, (size_t)u->conf, jid, &w->needs_jid,
	    &w->conf, conf_message, (void *)(uintptr_t)pl, e);
}

/* What a file says wrongly is told by its place, else by the jail's name. */
static void
blame(const struct walk *w, const char *name, struct jerr *e)
{
	struct conf_origin at = conf_blame(&w->conf, e);

	if (at.file != NULL)
		(void)conf_file_place(e, at);
	else if (name[0] != '\0')
		(void)jerr_wrap(e, "%s", name);
}

static int
do_start(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	char name[512];
	int r = -1;

	if (begin(pl, u, 0, &w, &e) == 0) {
		if (conf_check(&w.conf, &e) == -1)
			blame(&w, u->name, &e);
		else
			r = start_jail(&w, &e);
		if (r == -1)
			(void)plan_fail(pl, &e);
	}
	if (r == 0) {
		const char *n = conf_str(&w.conf, P_NAME);

		(void)snprintf(name, sizeof(name), "%s",
		    n != NULL && n[0] != '\0' ? n : w.jid_text);
		tell_done(pl, JAIL_EVENT_CREATED, &w, name, w.jid, "created");
	}
	walk_free(&w);
	return r;
}

/* The row as it is now: the snapshot may be as old as this command. */
static int
with_row(const struct planner *pl, const struct unit *u,
    int (*fn)(
	const struct planner *, const struct unit *, const struct reg_row *))
{
	struct reg_snapshot s;
	struct jerr e = JERR_INIT;
	const struct reg_row *row;
	int r;

	if (reg_snapshot(pl->reg, &s, &e) == -1)
		return plan_fail(pl, &e);
	row = reg_find_jid(&s, u->jid);
	r = row != NULL ? fn(pl, u, row) : 0;
	reg_snapshot_free(&s);
	return r;
}

static int
stop_row(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		w.name = row->name;
		r = stop_jail(&w, row, pl->p->ops, &e);
		if (r == -1)
			(void)plan_fail(pl, &e);
		else
			tell_done(pl, JAIL_EVENT_REMOVED, NULL, row->name,
			    row->jid, "removed");
	}
	walk_free(&w);
	return r;
}

static int
modify_row(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		r = modify_jail(pl->reg, row, &w.conf, note_modify,
		    (void *)(uintptr_t)pl, &e);
		if (r == -1) {
			blame(&w, row->name, &e);
			(void)plan_fail(pl, &e);
		} else
			tell_done(pl, JAIL_EVENT_UPDATED, NULL, row->name,
			    row->jid, "updated");
	}
	walk_free(&w);
	return r;
}

/* -mr: what differs and cannot be changed means a restart.  On a command line
 * what is not said stays. */
static int
needs_restart(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct running run;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		if (running_open(pl->reg, row, &run, &e) == 0) {
			r = modify_needs_restart(
			    &run, &w.conf, !pl->p->from_args);
			running_close(&run);
		} else {
			if (row->state == REG_STARTING)
				(void)jerr_set(&e, EBUSY, RUNNING_NOT_YET);
			(void)jerr_wrap(&e, "%s", row->name);
			(void)plan_fail(pl, &e);
		}
	}
	walk_free(&w);
	return r;
}

static int
clean_up(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		r = clean_jail(&w, &e);
		if (r == -1) {
			(void)jerr_wrap(&e, "%s", u->name);
			(void)plan_fail(pl, &e);
		}
	}
	walk_free(&w);
	return r;
}

static int
exists(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;

	if (u->name[0] != '\0')
		(void)jerr_set(&e, EEXIST, "\"%s\" already exists", u->name);
	else
		(void)jerr_set(&e, EEXIST, "\"%d\" already exists", u->jid);
	return plan_fail(pl, &e);
}

static int
missing(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;
	struct walk w;

	if (u->pattern)
		return 0;
	/* Words that are wrong name no jail: begin tells what it is. */
	if (begin(pl, u, 0, &w, &e) == 0) {
		if (u->name[0] == '\0' && conf_isset(&w.conf, P_JID))
			(void)jerr_set(&e, ENOENT, "\"%d\" not found",
			    (int)conf_int(&w.conf, P_JID));
		else
			(void)jerr_set(&e, ENOENT, "\"%s\" not found",
			    u->name[0] != '\0' ? u->name : "jail");
		(void)plan_fail(pl, &e);
	}
	walk_free(&w);
	return -1;
}

/* What the operations asked for come to for this jail as it is. */
int
plan_run_unit(const struct planner *pl, const struct unit *u)
{
	unsigned ops = pl->p->ops;
	bool create = (ops & JAIL_OP_CREATE) != 0;
	bool modify = (ops & JAIL_OP_MODIFY) != 0;
	bool remove = (ops & (JAIL_OP_REMOVE | JAIL_OP_FORCE)) != 0;

	if ((ops & JAIL_OP_CLEAN) != 0)
		return u->jid != 0 ? exists(pl, u) : clean_up(pl, u);
	if (u->jid == 0) {
		if (create)
			return do_start(pl, u);
		/* -r of a configured jail that does not run: as FreeBSD. */
		return missing(pl, u);
	}
	if (remove && modify) {
		int differs = with_row(pl, u, needs_restart);

		if (differs == -1)
			return -1;
		if (differs == 0)
			return with_row(pl, u, modify_row);
		if (with_row(pl, u, stop_row) == -1)
			return -1;
		return do_start(pl, u);
	}
	if (remove) {
		if (with_row(pl, u, stop_row) == -1)
			return -1;
		return create ? do_start(pl, u) : 0;
	}
	if (modify)
		return with_row(pl, u, modify_row);
	return exists(pl, u);
}
