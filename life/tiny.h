/*
 * A mount namespace that holds one empty read-only tmpfs, to build jails from.
 */
#ifndef LIFE_TINY_H
#define LIFE_TINY_H

#include "base/err.h"

/*
 * A descriptor of a new one, which lives as long as it is open.  A builder that
 * starts from it has nothing of the host to copy and nothing to take away from
 * below the jail's root (recipe 2, step 7 a): it is worth its own making from a
 * handful of jails on.  -1 with e: go without.
 */
int tiny_open(struct jerr *e);

#endif
