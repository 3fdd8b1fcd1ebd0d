/*
 * A jail's /dev: a tmpfs with device nodes made by mknodat while it is still
 * detached (host credentials, so its superblock allows devices; the jail's
 * root can neither make nodes there nor change the mode of ours), devpts, shm
 * and mqueue.
 */
#ifndef LINUX_DEVFS_H
#define LINUX_DEVFS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct devfs_node {
	char name[32]; /* below /dev, one component */
	unsigned major, minor;
	mode_t mode; /* permission bits */
	bool chown;  /* give it to uid, gid (as the jail counts) */
	uid_t uid;
	gid_t gid;
};

struct devfs_link {
	const char *name, *to;
};

struct devfs_spec {
	const struct devfs_node *nodes;
	size_t nnodes;
	const struct devfs_link *links;
	size_t nlinks;
	bool pts, shm, mqueue; /* whether the directories are made */
	uid_t base;	       /* first id of the range, 0: the host's own */
};

/* The detached tmpfs with nodes, links and empty directories. */
int devfs_build(const struct devfs_spec *s, struct jerr *e);

/* The detached file systems that go into it; mqueue is made for the caller's
 * ipc namespace. */
int devfs_pts(uid_t base, struct jerr *e);
int devfs_shm(uid_t base, struct jerr *e);
int devfs_mqueue(struct jerr *e);

/* A directory of links 0..255 to /proc/self/fd/N: FreeBSD's fdescfs for a root
 * without our /dev. */
int devfs_fdesc(uid_t base, struct jerr *e);

#endif
