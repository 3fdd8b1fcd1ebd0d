/*
 * What crashes and jails that ended by themselves left behind.
 */
#ifndef LIFE_RECOVER_H
#define LIFE_RECOVER_H

#include "base/err.h"
#include "registry/registry.h"

/*
 * Every root command calls this first: takes back jails that nobody walks and
 * that are half made, half removed, or whose pid 1 is gone.  What cannot be
 * taken back stays for the next time; fn (may be NULL) is told of it.
 */
void recover_sweep(
    struct reg *reg, void (*fn)(void *, const char *), void *arg);

/* One jail, after waiting for its end: swept if pid 1 is gone. */
void recover_one(struct reg *reg, int jid, const char *uuid8);

#endif
