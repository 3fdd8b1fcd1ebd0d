/*
 * Libraries that are opened on first use: what asks for no network loads none.
 * Never closed again: a process that needs one needs it to its end.
 */
#ifndef NET_LIBRARY_H
#define NET_LIBRARY_H

#include <stddef.h>

#include "base/err.h"

/*
 * Opens soname unless *handle says that it is open, and writes the addresses of
 * these n functions to table, in their order.  -1: ENOENT, and e names the
 * library and the package to install, or the function that it lacks.
 */
int library_open(void **handle, const char *soname, const char *package,
    const char *const *names, size_t n, void *table, struct jerr *e);

#endif
