/*
 * Parser of fstab lines and the tables of types and options.  nodev is not an
 * option here but a rule: every mount of a jail has it (life/ adds it), so
 * "dev" is accepted and changes nothing.
 */
#include "model/fstab.h"

#include <sys/mount.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

#define BLANKS " \t\f\v\r\n"

/* vis(3)'s escapes, as far as fstabs use them; in place.  -1: not one. */
static int
decode(char *s)
{
	static const struct {
		char from, to;
	} simple[] = {
		{ '\\', '\\' },
		{ 's', ' ' },
		{ 't', '\t' },
		{ 'n', '\n' },
		{ '#', '#' },
		{ '"', '"' },
	};
	char *to = s;

	while (*s != '\0') {
		size_t i;
		int v;

		if (*s != '\\') {
			*to++ = *s++;
			continue;
		}
		v = str_octal(s + 1);
		if (v != -1) {
			*to++ = (char)v;
			s += 4;
			continue;
		}
		for (i = 0; i < nitems(simple); i++)
			if (s[1] == simple[i].from)
				break;
		if (i == nitems(simple))
			return -1;
		*to++ = simple[i].to;
		s += 2;
	}
	*to = '\0';
	return 0;
}

void
fstab_line_free(struct fstab_line *l)
{
	free(l->spec);
	free(l->file);
	free(l->type);
	free(l->opts);
	*l = (struct fstab_line) { .spec = NULL };
}

int
fstab_parse(const char *line, struct fstab_line *out, struct jerr *e)
{
	auto_free char *copy = strdup(line);
	char *field[4] = { NULL }, *save = NULL, *w;
	int n = 0;

	*out = (struct fstab_line) { .spec = NULL };
	if (copy == NULL)
		return jerr_sys(e, "fstab");
	for (w = strtok_r(copy, BLANKS, &save); w != NULL && n < 4;
	     w = strtok_r(NULL, BLANKS, &save))
		field[n++] = w;
	if (n == 0)
		return 0;
	for (int i = 0; i < n && i < 2; i++)
		if (decode(field[i]) == -1)
			return jerr_set(
			    e, EINVAL, "%s: fstab parse error", line);
	if (n < 3)
		return jerr_set(e, EINVAL, "%s: missing information", line);
	out->spec = strdup(field[0]);
	out->file = strdup(field[1]);
	out->type = strdup(field[2]);
	out->opts = strdup(n == 4 ? field[3] : "rw");
	if (out->spec == NULL || out->file == NULL || out->type == NULL ||
	    out->opts == NULL) {
		fstab_line_free(out);
		return jerr_sys(e, "fstab");
	}
	return 1;
}

void
fstab_cut_comment(char *line)
{
	/* "\#" is how vis(3) writes one that is part of a name. */
	for (char *p = line; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '#') {
			*p = '\0';
			return;
		}
	}
}

static const struct {
	const char *type;
	enum fstab_kind kind;
} types[] = {
	{ "nullfs", FSK_BIND },
	{ "bind", FSK_BIND },
	{ "rbind", FSK_RBIND },
	{ "unionfs", FSK_UNION },
	{ "overlay", FSK_OVERLAY },
	{ "procfs", FSK_PROC },
	{ "linprocfs", FSK_PROC },
	{ "proc", FSK_PROC },
	{ "linsysfs", FSK_SYS },
	{ "sysfs", FSK_SYS },
	{ "fdescfs", FSK_FDESC },
	{ "devfs", FSK_DEV },
	{ "tmpfs", FSK_TMPFS },
	{ "devpts", FSK_PTS },
	{ "mqueue", FSK_MQUEUE },
	{ "mqueuefs", FSK_MQUEUE },
	{ "cgroup2", FSK_CGROUP },
};

static const struct {
	const char *type, *why;
} refused[] = {
	{ "devtmpfs", "it would show every device of the host (use devfs)" },
	{ "cgroup", "it would show every group of the host (use cgroup2)" },
	{ "swap", "a jail cannot swap" },
};

int
fstab_kind_of(const char *type, enum fstab_kind *kind, struct jerr *e)
{
	for (size_t i = 0; i < nitems(refused); i++)
		if (str_eq(type, refused[i].type))
			return jerr_set(
			    e, EINVAL, "%s: %s", type, refused[i].why);
	*kind = FSK_OTHER;
	for (size_t i = 0; i < nitems(types); i++)
		if (str_eq(type, types[i].type))
			*kind = types[i].kind;
	return 0;
}

/*
 * Options of every type: attributes of the mount, and FreeBSD's words that
 * have no meaning for a mount that lives and dies with its jail.
 */
static const struct {
	const char *name;
	uint64_t set, clr;
} generic[] = {
	{ "ro", MOUNT_ATTR_RDONLY, 0 },
	{ "rdonly", MOUNT_ATTR_RDONLY, 0 },
	{ "rw", 0, MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0 },
	{ "suid", 0, MOUNT_ATTR_NOSUID },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0 },
	{ "exec", 0, MOUNT_ATTR_NOEXEC },
	{ "nodev", MOUNT_ATTR_NODEV, 0 },
	{ "dev", 0, 0 },
	{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "late", 0, 0 },
	{ "noauto", 0, 0 },
	{ "auto", 0, 0 },
	{ "failok", 0, 0 },
	{ "defaults", 0, 0 },
	{ "async", 0, 0 },
	{ "noasync", 0, 0 },
	{ "noclusterr", 0, 0 },
	{ "noclusterw", 0, 0 },
	{ "nfsv4acls", 0, 0 },
	{ "acls", 0, 0 },
	{ "multilabel", 0, 0 },
	{ "automounted", 0, 0 },
	{ "nouser", 0, 0 },
	{ "_netdev", 0, 0 },
	{ "nofail", 0, 0 },
	{ "x-systemd.automount", 0, 0 },
};

enum special {
	SP_NOIDMAP,
	SP_BELOW,
	SP_WORKDIR,
	SP_UPPER,
	SP_LOWER,
	SP_RULESET,
	SP_UID,
	SP_GID,
	SP_INODES,
	SP_IGNORE
};

#define K(k) (1u << (k))

/* Options of single types; "key=" takes a value. */
static const struct {
	unsigned kinds;
	const char *name;
	enum special what;
} special[] = {
	{ K(FSK_BIND) | K(FSK_RBIND) | K(FSK_OTHER), "noidmap", SP_NOIDMAP },
	{ K(FSK_BIND), "bind", SP_IGNORE },
	{ K(FSK_BIND) | K(FSK_RBIND), "cache", SP_IGNORE },
	{ K(FSK_BIND) | K(FSK_RBIND), "nocache", SP_IGNORE },
	{ K(FSK_UNION), "below", SP_BELOW },
	{ K(FSK_UNION), "copymode=", SP_IGNORE },
	{ K(FSK_UNION), "whiteout=", SP_IGNORE },
	{ K(FSK_UNION) | K(FSK_OVERLAY), "workdir=", SP_WORKDIR },
	{ K(FSK_OVERLAY), "upperdir=", SP_UPPER },
	{ K(FSK_OVERLAY), "lowerdir=", SP_LOWER },
	{ K(FSK_DEV), "ruleset=", SP_RULESET },
	{ K(FSK_FDESC), "linrdlnk", SP_IGNORE },
	{ K(FSK_FDESC), "nodup", SP_IGNORE },
	{ K(FSK_PROC) | K(FSK_SYS), "linrdlnk", SP_IGNORE },
	{ K(FSK_TMPFS), "uid=", SP_UID },
	{ K(FSK_TMPFS), "gid=", SP_GID },
	{ K(FSK_TMPFS), "inodes=", SP_INODES },
	{ K(FSK_TMPFS), "maxfilesize=", SP_IGNORE },
	{ K(FSK_TMPFS), "export", SP_IGNORE },
	{ K(FSK_TMPFS), "nonc", SP_IGNORE },
};

/* Kinds whose remaining options go to the kernel, which then judges them. */
static const unsigned passes = K(FSK_TMPFS) | K(FSK_OTHER) | K(FSK_OVERLAY);

static int
replace(char **p, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -1;
	free(*p);
	*p = copy;
	return 0;
}

static int
number(const char *type, const char *opt, const char *value, int64_t *out,
    struct jerr *e)
{
	uint64_t v;

	if (num_u64(value, 65535, &v) == -1)
		return jerr_set(e, EINVAL,
		    "%s: \"%s\" is not a number from 0 to 65535", type, opt);
	*out = (int64_t)v;
	return 0;
}

static int
apply_special(enum special what, const char *type, const char *opt,
    const char *value, struct fstab_opts *o, struct jerr *e)
{
	int rc = 0;

	switch (what) {
	case SP_NOIDMAP:
		o->noidmap = true;
		break;
	case SP_BELOW:
		o->below = true;
		break;
	case SP_WORKDIR:
		rc = replace(&o->workdir, value);
		break;
	case SP_UPPER:
		rc = replace(&o->upperdir, value);
		break;
	case SP_LOWER:
		rc = replace(&o->lowerdir, value);
		break;
	case SP_RULESET:
		return number(type, opt, value, &o->ruleset, e);
	case SP_UID:
		return number(type, opt, value, &o->uid, e);
	case SP_GID:
		return number(type, opt, value, &o->gid, e);
	case SP_INODES:
		rc = strv_addf(&o->rest, "nr_inodes=%s", value);
		break;
	case SP_IGNORE:
		break;
	}
	return rc == -1 ? jerr_sys(e, "%s", type) : 0;
}

static int
one_option(enum fstab_kind kind, const char *type, const char *opt,
    struct fstab_opts *o, struct jerr *e)
{
	for (size_t i = 0; i < nitems(generic); i++) {
		if (!str_eq(opt, generic[i].name))
			continue;
		o->set = (o->set & ~generic[i].clr) | generic[i].set;
		o->clr |= generic[i].clr;
		return 0;
	}
	for (size_t i = 0; i < nitems(special); i++) {
		const char *name = special[i].name, *value;

		if ((special[i].kinds & K(kind)) == 0)
			continue;
		value = str_after(opt, name);
		if (value == NULL ||
		    (name[strlen(name) - 1] != '=' && *value != '\0'))
			continue;
		return apply_special(special[i].what, type, opt, value, o, e);
	}
	if ((passes & K(kind)) == 0)
		return jerr_set(
		    e, EINVAL, "%s: unknown option \"%s\"", type, opt);
	return strv_add(&o->rest, opt) == -1 ? jerr_sys(e, "%s", type) : 0;
}

int
fstab_parse_opts(enum fstab_kind kind, const char *type, const char *opts,
    struct fstab_opts *out, struct jerr *e)
{
	auto_free char *copy = strdup(opts);
	char *save = NULL, *w;

	*out = (struct fstab_opts) { .ruleset = -1, .uid = -1, .gid = -1 };
	if (copy == NULL)
		return jerr_sys(e, "%s", type);
	for (w = strtok_r(copy, ",", &save); w != NULL;
	     w = strtok_r(NULL, ",", &save)) {
		if (one_option(kind, type, w, out, e) == -1) {
			fstab_opts_free(out);
			return -1;
		}
	}
	out->ro = (out->set & MOUNT_ATTR_RDONLY) != 0;
	out->clr &= MOUNT_ATTR__ATIME; /* a clone starts without the others */
	if (out->noidmap && !out->ro) {
		fstab_opts_free(out);
		return jerr_set(e, EINVAL, "%s: noidmap needs ro", type);
	}
	return 0;
}

void
fstab_opts_free(struct fstab_opts *o)
{
	free(o->workdir);
	free(o->upperdir);
	free(o->lowerdir);
	strv_free(&o->rest);
	*o = (struct fstab_opts) { .ruleset = -1, .uid = -1, .gid = -1 };
}
