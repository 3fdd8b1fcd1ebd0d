/*
 * A running jail opened from its registry row: what entering, stopping and
 * changing it need.  Joins only what we made: pid 1's start time must match.
 */
#ifndef LIFE_RUNNING_H
#define LIFE_RUNNING_H

#include <stdbool.h>

#include "base/err.h"
#include "life/enter.h"
#include "linux/cgroup.h"
#include "model/conf.h"
#include "policy/confine.h"
#include "registry/registry.h"

/* EBUSY: what is said of a jail whose pid 1 is not there yet. */
#define RUNNING_NOT_YET "is being started, and is not there yet"

struct running {
	int jid;
	char uuid8[9];
	uint32_t base;
	struct jail_conf params; /* as stored; owned */
	struct confine *cf;	 /* from them; owned */
	int pidfd;		 /* of pid 1 */
	pid_t init;
	struct cgroup cg;
	int cgroot;
	char cgrel[64];
};

/* Is pid 1 of this row there? (Not a bare pid: its start time is compared.) */
bool running_alive(const struct reg_row *row);

/* ESRCH "jail N is dying"/"not found" when it has ended.  0 or -1. */
int running_open(struct reg *reg, const struct reg_row *row,
    struct running *out, struct jerr *e);
void running_close(struct running *r);

void running_enter(const struct running *r, struct enter_jail *j);

#endif
