/*
 * Does a jail stay when its last process is gone?  pid 1 reads it from a file
 * that the host alone can write, and a signal makes it look.
 */
#ifndef LIFE_PERSIST_H
#define LIFE_PERSIST_H

#include <stdbool.h>

#include "base/err.h"

/* For pid 1 to read; cg_init is the cgroup leaf it stands in.  A new jail is
 * persistent until persist_set says otherwise. */
int persist_open(int cg_init, struct jerr *e);

/* ESRCH: the jail has ended. */
int persist_set(int cg_init, int pidfd, bool on, struct jerr *e);

#endif
