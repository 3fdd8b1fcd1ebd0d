/*
 * From policy to privilege: the same for pid 1 and for whatever enters later.
 */
#ifndef LIFE_DROP_H
#define LIFE_DROP_H

#include "linux/caps.h"
#include "policy/confine.h"

/* Fill d for uid/gid 0 without groups; points into cf, which must live on. */
void drop_from_confine(const struct confine *cf, struct priv_drop *d);

#endif
