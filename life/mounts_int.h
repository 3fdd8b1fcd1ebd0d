/*
 * Between the files of life/mounts*.c; nobody else's.
 */
#ifndef LIFE_MOUNTS_INT_H
#define LIFE_MOUNTS_INT_H

#include "life/mounts.h"
#include "linux/devfs.h"
#include "model/devfs_rules.h"
#include "model/fstab.h"

#define DEVFS_RULES_FILE "/etc/devfs.rules"
#define DEVFS_RULESET_JAIL 4

/* The layers of an overlay, cloned by the caller, mapped by the builder. */
struct mnt_layers {
	int lower[16]; /* from the top down */
	size_t nlower;
	int top;	    /* clone that holds upper and work both; -1 */
	char *upper, *work; /* below top */
};

struct mnt {
	enum fstab_kind kind;
	char *where; /* begins messages: "mount", "mount.devfs", ... */
	char *rel;   /* target below the root; "" is the root itself */
	char *spec, *type;
	struct fstab_opts o;
	bool automatic; /* skipped when the root has no such directory */
	int fd;		/* the detached mount once it is there, or -1 */
	struct mnt_layers layers;
};

struct mnt_vec {
	struct mnt *v;
	size_t n, cap;
};

struct mounts {
	char *given, *path; /* "/" is "" in both */
	int hostroot;	    /* O_PATH of the root in the host's namespace */
	bool host_root;	    /* path=/ */
	struct path_edges edges; /* roots of jails, our own (not "/") too */
	bool users;		 /* a user namespace: everything is idmapped */
	int root;		 /* the detached clone */
	struct mnt_vec subs;	 /* what was mounted below the root, in order */
	struct mnt_vec lines;	 /* everything else, parents first */
	struct devfs_node nodes[DEV_COUNT];
	size_t nnodes;
	struct devfs_link links[DEV_COUNT];
	size_t nlinks;
	bool pts, shm, mqueue; /* which of these /dev brings itself */
	struct strv notes;     /* for warn */
};

struct build {
	struct mounts *m;
	const struct confine *cf;
	const struct mounts_ctx *ctx;
	int top;  /* what is the jail's "/" at this moment */
	int mask; /* tmpfs with an empty file and directory; -1 */
};

/* A zeroed entry at the end of vec with its strings copied; NULL: no memory. */
struct mnt *mnt_add(struct mnt_vec *vec, enum fstab_kind kind,
    const char *where, const char *rel);
struct mnt *mnt_find(
    const struct mnt_vec *vec, enum fstab_kind kind, const char *rel);
void mnt_vec_free(struct mnt_vec *vec);

/* mounts_lines.c: mount, mount.fstab and the mounts that parameters imply. */
int mounts_read_lines(
    struct mounts *m, const struct jail_conf *c, struct jerr *e);
int mounts_read_devfs(
    struct mounts *m, const struct jail_conf *c, struct jerr *e);

/* mounts_path.c */

/* A root that belongs to an id no jail can see is refused by name. */
int mounts_check_owner(const struct mounts *m, int fd, struct jerr *e);

/* The part of path below the root, as configured or as resolved, normalised
 * ("" is the root); malloc'd.  NULL: it is elsewhere or leads out (e). */
char *mounts_rel(const struct mounts *m, const char *where, const char *path,
    struct jerr *e);

/*
 * O_PATH of rel below rootfd with no symbolic link on the way; -1 with the
 * reference's message.
 */
int mounts_open_target(const struct mounts *m, const char *where, int rootfd,
    const char *rel, struct jerr *e);

/* O_PATH of a host path to bind from; below the jail's own root no link is
 * followed, since the jail's root could have put it there. */
int mounts_open_source(const struct mounts *m, const char *where,
    const char *spec, struct jerr *e);

/* mounts_overlay.c */
int overlay_clone(const struct mounts *m, struct mnt *en, struct jerr *e);
int overlay_idmap(struct mnt *en, int userns, struct jerr *e);
int overlay_build(struct build *b, struct mnt *en, int target, struct jerr *e);
void overlay_free(struct mnt_layers *l);

/* mounts_mask.c */
int mask_prepare(struct build *b, struct jerr *e);
int mask_proc(struct build *b, int proc, struct jerr *e);
int mask_sys(struct build *b, int sys, struct jerr *e);

#endif
