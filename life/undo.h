/*
 * Taking back what a jail's journal names, from the records alone: one function
 * a kind, used by roll-back, removal and recovery alike.
 */
#ifndef LIFE_UNDO_H
#define LIFE_UNDO_H

#include "base/err.h"
#include "registry/registry.h"

/* Kinds of record that are written today; the network's are in life/net.h. */
#define UNDO_CGROUP "cgroup" /* "jail/3.1234abcd", below the cgroup2 root */

/* How long what was killed may take to be gone. */
#define UNDO_WAIT_MS 10000

/*
 * Newest first; a failure does not stop the others.  pidfd of pid 1 or -1 is
 * only to be woken early.  0 when everything is gone, else -1 with the first
 * error (EBUSY: processes that cannot be killed).
 */
int undo_all(struct reg_jail *j, int pidfd, struct jerr *e);

/* Can this process take them back at all?  EXDEV: not from this network
 * namespace. */
int undo_check(struct reg_jail *j, struct jerr *e);

/* Some of them, in this order, after undo_check; the rest of the jail lives on. */
int undo_records(struct reg_jail *j, int pidfd, struct reg_record *rec,
    size_t n, struct jerr *e);

/* undo_all, then free the jid.  When something is left, the jail stays in the
 * registry as dying, for the next command to try again.  Frees j. */
int undo_and_release(struct reg_jail *j, int pidfd, struct jerr *e);

#endif
