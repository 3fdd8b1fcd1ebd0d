/*
 * jail_errmsg and errno from a struct jerr: every public function ends here
 * when it fails.
 */
#ifndef LIBJAIL_ERRMSG_H
#define LIBJAIL_ERRMSG_H

#include "base/err.h"

/* Copies e; errno is its code, EINVAL when it has none.  Returns -1. */
int errmsg_fail(const struct jerr *e);

#endif
