/*
 * The jail's tree of mounts: prepared by the caller in the host's mount
 * namespace (what must be cloned from there), then put together by the builder
 * in its private one.  Knows nothing of processes or of the registry.
 */
#ifndef LIFE_MOUNTS_H
#define LIFE_MOUNTS_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"
#include "model/conf.h"
#include "policy/confine.h"

struct mounts; /* opaque; holds detached mounts by descriptor */
struct path_edges;

struct mounts_at {
	const char *given, *path; /* the root as configured, and resolved */
	int rootfd;		  /* O_PATH of the latter */
	/* Roots of the other jails, whose users may not say what a source of
	 * this one is; copied.  NULL: none. */
	const struct path_edges *others;
};

/*
 * Parse and check mount, mount.fstab, mount.devfs, .fdescfs, .procfs, .sysfs,
 * devfs_ruleset against the open root: targets exist, are directories (or
 * files for file binds) and stay inside; sources exist.
 * Makes no clone, changes nothing.  Messages as the reference's ("mount.devfs:
 * P is a symbolic link", "mount: LINE: fstab parse error", ...).
 */
int mounts_parse(const struct jail_conf *c, const struct mounts_at *at,
    struct mounts **out, struct jerr *e);

/*
 * After exec.prestart: clone the root, the mounts below it that come along and
 * the bind sources (recipe 2 step 3, 7).  warn is called for what is left out
 * under path=/ and for devfs rules that ask for what a jail may not have.
 *
 * The path is opened again by name, so that a hook may have mounted it.
 */
int mounts_clone(struct mounts *m, void (*warn)(void *, const char *),
    void *arg, struct jerr *e);

struct mounts_ctx {
	int procfd; /* O_PATH of the host's /proc */
	pid_t init; /* C, the later pid 1, as the host counts */
	int pidfd;  /* of C */
	int userns; /* its user namespace, maps written; -1: users=inherit */
	uid_t base; /* first host id of the range; 0 with users=inherit */
	int *sys;   /* out: O_PATH of sys in the jail's /proc, through which
		     * it can be written; left as it is when there is none.
		     * May be NULL */
	bool tiny;  /* the builder stands in a tiny namespace: the root
				 * goes over "/", else pivot_root */
};

/*
 * In the builder, after C exists and its maps are written, and after
 * setns(pidfd, NEWIPC [|NEWNET]): recipe 2 steps 10-12 and 15-17.  Afterwards
 * the builder's root and cwd are the jail's root, complete with masks.
 */
int mounts_build(struct mounts *m, const struct confine *cf,
    const struct mounts_ctx *ctx, struct jerr *e);

/*
 * The root's clone, for whoever must look into it before mounts_build.  C does
 * not need it: after the builder is done, mount_enter_top() (linux/mount.h)
 * brings C to the jail's root in both variants, and also when a line of mount
 * covers the root itself (unionfs, nullfs over the path), which fchdir(rootfd)
 * would miss.
 */
int mounts_rootfd(const struct mounts *m);

void mounts_free(struct mounts *m);

#endif
