/* Changing and mending the network of a running jail (jail -m). */
#ifndef LIFE_NET_CHANGE_H
#define LIFE_NET_CHANGE_H

#include "base/err.h"
#include "life/running.h"
#include "model/conf.h"
#include "registry/registry.h"

/*
 * Bring the running jail r to what `now` says, and put back what somebody else
 * took away; asked: something of its network is to change (else a jail that is
 * being started by a live walk is left alone).  put, note: lines for the user,
 * appended.  Under the registry lock.  On -1 nothing is changed but what was put
 * back.
 */
int net_change(struct reg *reg, const struct reg_row *row,
    const struct running *r, const struct jail_conf *now, bool asked,
    struct strv *put, struct strv *note, struct jerr *e);

#endif
