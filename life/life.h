/*
 * The life cycle as libjail sees it: plan (which jails, in which order), one
 * walk a jail, and entering.  Only this layer knows the order of steps.
 */
#ifndef LIFE_LIFE_H
#define LIFE_LIFE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/conf_file.h"
#include "jail_linux.h"
#include "model/conf.h"

/* ---- jail(8): several jails (libjail's jail_request_run) ---- */

struct plan {
	unsigned ops;		      /* JAIL_OP_* */
	const struct conf_file *conf; /* NULL: none */
	bool from_args;		      /* conf is a command line's one jail */
	char *const *targets;
	size_t ntargets;
	unsigned parallel;
	bool verbose;
	char *const *environment;
	jail_event_fn *event;
	void *arg;
};

/* 0, or -1 when anything failed; everything was told through event. */
int plan_run(const struct plan *p);

/* ---- jail_set(2), jail_remove(2): one jail, kernel rows alone ---- */

/* flags: JAIL_CREATE, JAIL_UPDATE.  The jid, or -1. */
int life_set(const struct jail_conf *c, int flags, struct jerr *e);
int life_remove(int jid, struct jerr *e);

/* ---- jexec, jail_attach(2) ---- */

/* Runs ex, proxies a terminal, waits, sweeps the jail if that ended it.
 * 0-255 as a shell has it, or -1 with e: not started. */
int life_exec(const struct jail_exec *ex, struct jerr *e);

#endif
