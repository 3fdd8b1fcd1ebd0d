/*
 * fstab(5) lines as FreeBSD's jail.conf has them ("mount", mount.fstab), and
 * what FreeBSD's types and options mean on Linux.  Text to struct: nothing is
 * looked up.
 */
#ifndef MODEL_FSTAB_H
#define MODEL_FSTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum fstab_kind {
	FSK_BIND,    /* nullfs: one mount */
	FSK_RBIND,   /* with what is mounted below the source */
	FSK_UNION,   /* unionfs: the source over (or below) the target */
	FSK_OVERLAY, /* Linux's own words: lowerdir=, upperdir=, workdir= */
	FSK_PROC,
	FSK_SYS,
	FSK_FDESC,
	FSK_DEV, /* ours, never devtmpfs */
	FSK_TMPFS,
	FSK_PTS,
	FSK_MQUEUE,
	FSK_CGROUP, /* cgroup2 of the jail's cgroup namespace, read-only */
	FSK_OTHER,  /* whatever the kernel mounts from an option string */
	FSK_COUNT
};

struct fstab_line {
	char *spec, *file, *type, *opts; /* decoded; owned */
};

/*
 * 1: *out is filled; 0: nothing on the line.  -1: "LINE: fstab parse error" or
 * "LINE: missing information".  "\040" and the like are decoded in spec and
 * file; options may be missing ("rw").
 */
int fstab_parse(const char *line, struct fstab_line *out, struct jerr *e);
void fstab_line_free(struct fstab_line *l);

/* Cuts a line of a mount.fstab file at its comment, anywhere. */
void fstab_cut_comment(char *line);

/* What a type is here (FSK_OTHER: the kernel knows it or not).  -1 when a
 * jail cannot have it. */
int fstab_kind_of(const char *type, enum fstab_kind *kind, struct jerr *e);

struct fstab_opts {
	uint64_t set, clr; /* MOUNT_ATTR_* */
	bool ro;
	bool noidmap;
	bool below;		   /* unionfs */
	char *workdir;		   /* unionfs, overlay */
	char *upperdir, *lowerdir; /* overlay */
	int64_t ruleset;	   /* devfs; -1: not given */
	int64_t uid, gid; /* tmpfs, as the jail counts; -1: not given */
	struct strv rest; /* "key=value" or "flag" for the file system */
};

/* "TYPE: unknown option \"x\"" and the like. */
int fstab_parse_opts(enum fstab_kind kind, const char *type, const char *opts,
    struct fstab_opts *out, struct jerr *e);
void fstab_opts_free(struct fstab_opts *o);

#endif
