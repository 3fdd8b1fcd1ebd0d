/*
 * What the three parts of the plan share: plan.c runs, plan_choose.c says which
 * jails, plan_unit.c what becomes of one.
 */
#ifndef LIFE_PLAN_INT_H
#define LIFE_PLAN_INT_H

#include <signal.h>

#include "life/life.h"
#include "registry/registry.h"

struct unit {
	long conf;	  /* index in the configuration, or -1 */
	const char *name; /* owned by the configuration or the snapshot */
	int jid;	  /* of the running jail, 0: none */
	bool pattern;	  /* chosen by "*": not running is no mistake */
};

struct units {
	struct unit *u;
	size_t n, cap;
	size_t before; /* how many are of earlier words of the command */
};

struct planner {
	const struct plan *p;
	struct reg *reg;
	struct reg_snapshot snap;
	struct units units;
	int failed;
	int sigfd;
	int tiny; /* life/tiny.h, for the walks; -1: none */
	sigset_t oldmask;
};

/* Events without and with an error's text; plan_fail is -1. */
void plan_tell(
    const struct planner *pl, enum jail_event_kind kind, const char *text);
int plan_fail(const struct planner *pl, const struct jerr *e);

/* Fills units in the order in which they are to be started.  A target that is
 * not there is told and fails the plan; -1: out of memory. */
int plan_choose(struct planner *pl);

/* What the operations asked for come to for this jail as it is: 0, or -1, told.
 */
int plan_run_unit(const struct planner *pl, const struct unit *u);

#endif
