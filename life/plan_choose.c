/*
 * Which jails a command is about, by name, jid, pattern or as all of the
 * configuration.  Reads the snapshot and the configuration; changes nothing,
 * runs nothing.
 */
#include "life/plan_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/running.h"

/* The running jail of that name or jid that is not on its way out. */
static const struct reg_row *
find_running(const struct planner *pl, const char *name)
{
	const struct reg_row *row;
	uint64_t jid;

	if (num_u64(name, REG_JID_MAX, &jid) == 0)
		row = reg_find_jid(&pl->snap, (int)jid);
	else
		row = reg_find_name(&pl->snap, name);
	if (row != NULL && reg_row_up(row) && !running_alive(row))
		return NULL;
	/* One that is dying keeps nobody from its name. */
	if (row != NULL && row->state == REG_DYING &&
	    (pl->p->ops & JAIL_OP_CREATE) != 0)
		return NULL;
	return row;
}

static int
add(struct planner *pl, long conf, const char *name, const struct reg_row *row,
    bool pattern)
{
	struct units *us = &pl->units;

	/* "-r web '*'" names it twice; one pattern does not. */
	for (size_t i = 0; i < us->before; i++)
		if (str_eq(us->u[i].name, name) && us->u[i].conf == conf)
			return 0;
	if (us->n == us->cap) {
		size_t cap = us->cap != 0 ? us->cap * 2 : 16;
		struct unit *u = reallocarray(us->u, cap, sizeof(*u));

		if (u == NULL)
			return -1;
		us->u = u;
		us->cap = cap;
	}
	us->u[us->n++] = (struct unit) { .conf = conf,
		.name = name,
		.jid = row != NULL ? row->jid : 0,
		.pattern = pattern };
	return 0;
}

static void
not_found(struct planner *pl, const char *target)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "\"%s\" not found", target);
	plan_tell(pl, JAIL_EVENT_ERROR, text);
	pl->failed = 1;
}

static void
ignore_message(void *arg, bool is_note, const char *line)
{
	(void)arg;
	(void)is_note;
	(void)line;
}

static int
add_pattern(struct planner *pl, const char *pattern)
{
	const struct plan *p = pl->p;
	bool force = (p->ops & JAIL_OP_FORCE) != 0;
	bool any = false;

	for (size_t i = 0;
	     !force && p->conf != NULL && i < conf_file_count(p->conf); i++) {
		const char *name = conf_file_name(p->conf, i);

		if (!conf_match(pattern, name))
			continue;
		any = true;
		if (add(pl, (long)i, name, find_running(pl, name), true) == -1)
			return -1;
	}
	for (size_t i = 0; (force || p->conf == NULL) && i < pl->snap.n; i++) {
		const struct reg_row *row = &pl->snap.rows[i];

		if (!conf_match(pattern, row->name))
			continue;
		any = true;
		if (add(pl, -1, row->name, row, true) == -1)
			return -1;
	}
	if (!any && !str_eq(pattern, "*"))
		not_found(pl, pattern);
	return 0;
}

static int
add_target(struct planner *pl, const char *target)
{
	const struct plan *p = pl->p;
	const struct reg_row *row = find_running(pl, target);
	long conf = -1;

	if (strchr(target, '*') != NULL)
		return add_pattern(pl, target);
	if (p->conf != NULL && (p->ops & JAIL_OP_FORCE) == 0) {
		conf = conf_file_lookup(p->conf, target);
		/* A jid is mapped back to its block by the running name. */
		if (conf == -1 && row != NULL)
			conf = conf_file_lookup(p->conf, row->name);
	}
	if (conf != -1)
		return add(pl, conf, conf_file_name(p->conf, (size_t)conf),
		    row != NULL ?
			row :
			find_running(pl, conf_file_name(p->conf, (size_t)conf)),
		    false);
	if (row != NULL && (p->ops & JAIL_OP_CREATE) == 0)
		return add(pl, -1, row->name, row, false);
	not_found(pl, target);
	return 0;
}

/* "jid=3 name=new": the jid selects, the name is a change. */
static const struct reg_row *
find_by_args(const struct planner *pl)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;
	const struct reg_row *row = NULL;
	char jid[16] = "";
	bool needs;

	/* What is wrong with them is told when they are used. */
	if (conf_file_jail(
		pl->p->conf, 0, 0, &needs, &c, ignore_message, NULL, &e) == 0 &&
	    conf_isset(&c, P_JID))
		(void)snprintf(
		    jid, sizeof(jid), "%d", (int)conf_int(&c, P_JID));
	if (jid[0] != '\0')
		row = find_running(pl, jid);
	else if (conf_file_name(pl->p->conf, 0)[0] != '\0')
		row = find_running(pl, conf_file_name(pl->p->conf, 0));
	conf_free(&c);
	return row;
}

int
plan_choose(struct planner *pl)
{
	const struct plan *p = pl->p;

	for (size_t i = 0; i < p->ntargets; i++) {
		pl->units.before = pl->units.n;
		if (add_target(pl, p->targets[i]) == -1)
			return -1;
	}
	if (p->ntargets != 0 || p->conf == NULL)
		return 0;
	for (size_t i = 0; i < conf_file_count(p->conf); i++) {
		const char *name = conf_file_name(p->conf, i);

		if (add(pl, (long)i, name,
			p->from_args ? find_by_args(pl) :
				       find_running(pl, name),
			false) == -1)
			return -1;
	}
	return 0;
}
