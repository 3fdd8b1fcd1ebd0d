/*
 * Dropping privilege: what pid 1 and every process that enters a jail does
 * last, after it joined the jail's namespaces and before execve.  One
 * function, so that both come out alike.
 */
#ifndef LINUX_CAPS_H
#define LINUX_CAPS_H

#include <sys/resource.h>
#include <sys/types.h>

#include <linux/filter.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct priv_limit {
	int resource; /* RLIMIT_* */
	struct rlimit want;
};

struct priv_drop {
	uint64_t caps;	     /* 1 << CAP_x: the bounding set; for uid 0 also
				 * permitted and effective, else those are empty */
	unsigned securebits; /* SECBIT_*, exactly */
	bool no_new_privs;
	uid_t uid; /* ids as the jail counts */
	gid_t gid;
	const gid_t *groups; /* the supplementary groups, exactly these */
	size_t ngroups;
	const struct priv_limit *limits;
	size_t nlimits;
	const struct sock_filter *filter; /* seccomp program; required */
	size_t nfilter;
};

/*
 * PR_SET_DUMPABLE 0, verified: call it before the first setns or clone into a
 * jail's namespaces, so that the jail's root cannot trace us half way in.
 */
int priv_nondumpable(struct jerr *e);

/*
 * Limits, a fresh anonymous session keyring, the filter, ids, non-dumpable
 * again, bounding set, securebits, ambient and capability sets,
 * no_new_privs; then all of it is read back and compared.  On -1 the process
 * is in between: it must _exit.
 *
 * The caller has full capabilities in the jail's user namespace and must be
 * its only thread.  Made for use between clone and exec, CLONE_VM included: no
 * allocation, no stdio, raw system calls for the ids (glibc's would go round
 * the threads of the parent).  keyctl and the mount and namespace families are
 * refused afterwards; capabilities are gone: what needs them comes before.
 * Not done here: signals, umask, terminal, descriptors, environment.
 */
int priv_enter(const struct priv_drop *d, struct jerr *e);

/*
 * The limit that priv_enter will set for *l: the smaller of what is wanted and
 * our own hard limit.  True if it is lower than wanted (to be said by the
 * host's side, which has the same hard limits).
 */
bool priv_limit_get(const struct priv_limit *l, struct rlimit *got);

#endif
