/*
 * Mounts by descriptor: clones, new file systems, attributes, id maps, putting
 * them in place.  Everything stays detached until mount_attach, so nothing is
 * ever visible before it has its final attributes.
 *
 * "attr" is MOUNT_ATTR_* of <sys/mount.h>.  Descriptors are O_CLOEXEC and
 * owned by the caller; closing a detached one unmounts it, which waits for an
 * RCU grace period: move it instead wherever the path is hot.
 */
#ifndef LINUX_MOUNT_H
#define LINUX_MOUNT_H

#include <sys/mount.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct mount_attrs {
	uint64_t set; /* MOUNT_ATTR_* to switch on */
	uint64_t
	    clr; /* and off; MOUNT_ATTR__ATIME when set names an atime mode */
};

/*
 * A private clone of the one mount at dirfd/path (path "": dirfd itself), of
 * nothing below it.  dirfd must be of the caller's own mount namespace.  -1
 * with errno.
 */
int mount_clone(int dirfd, const char *path, const struct mount_attrs *a);

/* 0, or -1 with errno. */
int mount_set(int fd, const struct mount_attrs *a);

/* Maps a detached mount into userns, once.  -1 with errno EINVAL: this file
 * system cannot be mapped; EPERM: it is mapped already. */
int mount_idmap(int fd, int userns);

/* What to call the file system of fd in a message: "ext4", "overlay", or its
 * magic number in hexadecimal. */
const char *mount_fsname(int fd, char buf[32]);

/*
 * A new file system of a kernel type from option strings "key=value" or "flag";
 * source may be NULL.  attr: MOUNT_ATTR_*.  The detached mount, or -1; the
 * message carries what the kernel logged about it.
 */
int mount_new(const char *type, const char *source, const struct strv *opts,
    unsigned attr, struct jerr *e);

/* The same in steps, for options that are descriptors.  mount_fs_set: -1 with
 * errno and nothing else, value NULL is a flag. */
int mount_fs_open(const char *type, struct jerr *e);
int mount_fs_set(int fs, const char *key, const char *value);
int mount_fs_create(int fs, const char *type, unsigned attr, struct jerr *e);
int mount_fs_fail(int fs, struct jerr *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* errno and the kernel's log */

/* Puts the detached mount fd on what target (O_PATH) names.  -1, errno. */
int mount_attach(int fd, int target);

/* Takes away the topmost mount at directory fd; changes the working directory
 * to fd.  -1 with errno. */
int mount_detach(int fd);

/*
 * The root, in the builder (recipe 2 step 11), in three parts, so that what
 * belongs over or beside it can be put there in between:
 *	mount_root_place(fd)	over "/" (tiny) or over a directory of the host
 *	mount_root_enter(top)	top becomes root and cwd
 *	mount_root_finish(top)	the old root is taken away (not tiny: pivot_root
 *				had stacked it on top of the new one)
 */
int mount_root_place(int fd, bool tiny, struct jerr *e);
int mount_root_enter(int top, bool tiny, struct jerr *e);
int mount_root_finish(int top, bool tiny, struct jerr *e);

/*
 * In a process that shares the builder's mount namespace but not its root (C):
 * go to the topmost mount over its own "/", which is the jail's root once the
 * builder has finished, tiny or not.  Afterwards root and cwd are there.
 */
int mount_enter_top(struct jerr *e);

#endif
