/* jail -m and jail_set(2) with JAIL_UPDATE. */
#ifndef LIFE_MODIFY_H
#define LIFE_MODIFY_H

#include <stdbool.h>

#include "base/err.h"
#include "life/running.h"
#include "model/conf.h"
#include "registry/registry.h"

/* What is said of it until the policy work. */
#define MODIFY_SECURELEVEL "securelevel: recorded, not yet enforced"

/* Create-only parameters that c gives another value than stored: the name of
 * the first, or NULL. */
const char *modify_create_only(
    const struct jail_conf *stored, const struct jail_conf *c);

/* Does c give it what only a start can give?  whole: c is all that it is to have
 * (a file), so a limit that is not there any more counts as well. */
bool modify_needs_restart(
    const struct running *r, const struct jail_conf *c, bool whole);

/*
 * Change a running jail; nothing changed on -1.  note (may be NULL) is told what
 * was recorded but is not enforced yet.
 */
int modify_jail(struct reg *reg, const struct reg_row *row,
    const struct jail_conf *c, void (*note)(void *, const char *), void *arg,
    struct jerr *e);

#endif
