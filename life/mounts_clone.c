/*
 * In the host's mount namespace, after exec.prestart: everything that only
 * there can be cloned or made.  What it leaves is a set of detached mounts,
 * private, nodev, read-only where asked; nothing has become visible anywhere.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"
#include "linux/mount.h"
#include "linux/mountinfo.h"
#include "linux/ns.h"
#include "linux/proc.h"

#define PROBE_BASE 0x70000000u

/* Never cloned, nor what lies below them: the jail gets its own. */
static const char *const left_out[] = {
	"proc",
	"sysfs",
	"devtmpfs",
	"devpts",
	"cgroup",
	"cgroup2",
};

/* Can be mapped on every kernel that we know, so need not be tried. */
static const char *const mappable[] = {
	"ext2",
	"ext3",
	"ext4",
	"xfs",
	"btrfs",
	"vfat",
	"f2fs",
};

struct clone_ctx {
	struct mounts *m;
	int procfd;
	int probe;	      /* a user namespace to try maps with; -1 yet */
	struct strv unmapped; /* under path=/ */
};

static bool
in_list(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, list[i]))
			return true;
	return false;
}

/* A user namespace with maps that dies with its descriptor. */
static int
make_probe(int procfd, struct jerr *e)
{
	struct proc_clone how = { .flags = CLONE_NEWUSER, .cgroup = -1 };
	auto_close int pidfd = -1;
	int ns = -1, status;
	pid_t pid = proc_clone(&how, &pidfd);

	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	if (pid == -1)
		return jerr_sys(e, "make a user namespace");
	if (ns_write_maps(procfd, pid, PROBE_BASE, e) == 0)
		ns = ns_open_user(procfd, pid, e);
	(void)pidfd_kill(pidfd, SIGKILL);
	(void)pidfd_wait(pidfd, -1, &status);
	return ns;
}

/* 1: can be mapped; 0: cannot. */
static int
can_map(struct clone_ctx *c, int fd, const char *type, struct jerr *e)
{
	static const struct mount_attrs none = { 0, 0 };
	auto_close int try = -1;

	if (!c->m->users || in_list(type, mappable, nitems(mappable)))
		return 1;
	if (c->probe == -1)
		c->probe = make_probe(c->procfd, e);
	if (c->probe == -1)
		return -1;
	try = mount_clone(fd, "", &none);
	if (try == -1)
		return jerr_sys(e, "clone %s", type);
	return mount_idmap(try, c->probe) == 0;
}

/*
 * O_PATH of the mount that en describes, below dir (which is base); -1 with
 * errno 0 when something else is mounted over it.
 */
static int
open_entry(int dir, const char *rel, const struct mountinfo_entry *en)
{
	auto_close int fd = path_open_beneath(dir, rel, O_PATH, 0);
	struct statx sx;

	if (fd == -1) {
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
			errno = 0;
		return -1;
	}
	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &sx) ==
	    -1)
		return -1;
	if (sx.stx_mnt_id != en->id) {
		errno = 0;
		return -1;
	}
	return take_fd(&fd);
}

struct tree {
	int dir;	  /* O_PATH of the mount whose submounts are meant */
	const char *path; /* its name in the host */
	const char *where;
	const char *rel; /* of it in the jail */
	struct mount_attrs attrs;
	bool noidmap;
	bool lenient; /* path=/ : leave out what cannot be mapped */
	struct mnt_vec *to;
};

static int
one_submount(struct clone_ctx *c, const struct tree *t,
    const struct mountinfo_entry *en, struct jerr *e)
{
	const char *rest = mountinfo_rest(en->point, t->path);
	auto_close int fd = open_entry(t->dir, rest, en);
	auto_strbuf struct strbuf rel = STRBUF_INIT;
	struct mnt *sub;
	int ok;

	if (fd == -1 && errno == 0)
		return 0;
	if (fd == -1)
		return jerr_sys(e, "%s: %s", t->where, en->point);
	ok = t->noidmap ? 1 : can_map(c, fd, en->type, e);
	if (ok == -1)
		return -1;
	if (!ok && t->lenient)
		return strv_addf(
			   &c->unmapped, "%s (%s)", en->point, en->type) == -1 ?
		    jerr_sys(e, "%s", t->where) :
		    0;
	if (!ok)
		return jerr_set(e, EINVAL,
		    "%s: %s: this kernel cannot map the "
		    "ids of %s; unmount it or give the jail users=inherit",
		    t->where, en->point, en->type);
	if (strbuf_addf(&rel, "%s%s%s", t->rel, t->rel[0] == '\0' ? "" : "/",
		rest) == -1)
		return jerr_sys(e, "%s", t->where);
	sub = mnt_add(t->to, FSK_BIND, t->where, rel.s);
	if (sub == NULL || (sub->spec = strdup(en->point)) == NULL)
		return jerr_sys(e, "%s", t->where);
	sub->o.noidmap = t->noidmap;
	sub->o.set = t->attrs.set;
	sub->fd = mount_clone(fd, "", &t->attrs);
	if (sub->fd == -1)
		return jerr_sys(e, "%s: clone %s", t->where, en->point);
	return 0;
}

/* Everything mounted below t, parents first, the left out and what hangs on
 * them excepted. */
static int
submounts(struct clone_ctx *c, const struct tree *t, struct jerr *e)
{
	auto_mountinfo struct mountinfo mi = MOUNTINFO_INIT;

	if (mountinfo_below(c->procfd, t->path, &mi, e) == -1)
		return jerr_wrap(e, "%s", t->where);
	for (size_t i = 0; i < mi.n; i++) {
		bool skip = in_list(mi.v[i].type, left_out, nitems(left_out));

		for (size_t j = 0; j < i && !skip; j++)
			skip = mi.v[j].id == mi.v[i].parent &&
			    mi.v[j].type[0] == '\0';
		if (skip)
			mi.v[i].type[0] = '\0'; /* marks it for its children */
		else if (one_submount(c, t, &mi.v[i], e) == -1)
			return -1;
	}
	return 0;
}

static struct mount_attrs
attrs_of(const struct mnt *en)
{
	/* Always nodev: devices are /dev's alone. */
	return (struct mount_attrs) {
		.set = en->o.set | MOUNT_ATTR_NODEV,
		.clr = en->o.clr,
	};
}

static int
clone_bind(struct clone_ctx *c, size_t at, struct jerr *e)
{
	struct mnt *en = &c->m->lines.v[at];
	struct mount_attrs attrs = attrs_of(en);
	auto_close int src = mounts_open_source(c->m, en->where, en->spec, e);
	auto_free char *real = NULL, *where = NULL, *rel = NULL;
	struct tree t;

	if (src == -1)
		return -1;
	en->fd = mount_clone(src, "", &attrs);
	if (en->fd == -1)
		return jerr_sys(e, "%s: clone %s", en->where, en->spec);
	if (en->kind == FSK_BIND)
		return 0;
	real = realpath(en->spec, NULL);
	/* Copies: the vector that holds en grows below. */
	where = strdup(en->where);
	rel = strdup(en->rel);
	if (real == NULL || where == NULL || rel == NULL)
		return jerr_sys(e, "%s: %s", en->where, en->spec);
	t = (struct tree) { .dir = src,
		.path = real,
		.where = where,
		.rel = rel,
		.attrs = attrs,
		.noidmap = en->o.noidmap,
		.to = &c->m->lines };
	return submounts(c, &t, e);
}

static int
clone_line(struct clone_ctx *c, size_t at, struct jerr *e)
{
	struct mnt *en = &c->m->lines.v[at];

	switch (en->kind) {
	case FSK_BIND:
	case FSK_RBIND:
		return clone_bind(c, at, e);
	case FSK_UNION:
	case FSK_OVERLAY:
		return overlay_clone(c->m, en, e);
	case FSK_OTHER:
		/* With the host's paths and credentials, hence here. */
		if (en->o.ro && strv_add(&en->o.rest, "ro") == -1)
			return jerr_sys(e, "%s", en->where);
		en->fd = mount_new(en->type, en->spec, &en->o.rest,
		    (unsigned)attrs_of(en).set, e);
		return en->fd == -1 ?
		    jerr_wrap(e, "%s: %s/%s", en->where, c->m->given, en->rel) :
		    mount_set(en->fd, &(struct mount_attrs) { 0, 0 });
	case FSK_PROC:
	case FSK_SYS:
	case FSK_FDESC:
	case FSK_DEV:
	case FSK_TMPFS:
	case FSK_PTS:
	case FSK_MQUEUE:
	case FSK_CGROUP:
	case FSK_COUNT:
		break; /* the builder's, of the jail's namespaces */
	}
	return 0;
}

static size_t
depth(const char *rel)
{
	size_t n = rel[0] != '\0';

	for (; *rel != '\0'; rel++)
		n += *rel == '/';
	return n;
}

/* Parents first; lines of one depth stay in the order given. */
static void
sort_lines(struct mnt_vec *vec)
{
	for (size_t i = 1; i < vec->n; i++) {
		struct mnt en = vec->v[i];
		size_t d = depth(en.rel), at = i;

		for (; at > 0 && depth(vec->v[at - 1].rel) > d; at--)
			vec->v[at] = vec->v[at - 1];
		vec->v[at] = en;
	}
}

/* The root again by name, since a hook may have mounted it meanwhile. */
static int
reopen_root(struct mounts *m, struct jerr *e)
{
	auto_close int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -1;

	if (slash == -1)
		return jerr_sys(e, "/");
	fd = path_open_beneath(
	    slash, m->host_root ? "." : m->path + 1, O_PATH | O_DIRECTORY, 0);
	if (fd == -1)
		return jerr_sys(e, "path %s", m->path);
	if (mounts_check_owner(m, fd, e) == -1)
		return -1;
	close_keep(m->hostroot);
	m->hostroot = take_fd(&fd);
	return 0;
}

static int
clone_all(struct clone_ctx *c, struct jerr *e)
{
	static const struct mount_attrs root_attrs = {
		.set = MOUNT_ATTR_NODEV,
		.clr = 0,
	};
	struct mounts *m = c->m;
	struct tree t = { .where = "path",
		.rel = "",
		.attrs = root_attrs,
		.lenient = m->host_root,
		.to = &m->subs };
	size_t n = m->lines.n;

	if (reopen_root(m, e) == -1)
		return -1;
	m->root = mount_clone(m->hostroot, "", &root_attrs);
	if (m->root == -1)
		return jerr_sys(e, "path %s: clone", m->path);
	t.dir = m->hostroot;
	t.path = m->host_root ? "/" : m->path;
	if (submounts(c, &t, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (clone_line(c, i, e) == -1)
			return -1;
	sort_lines(&m->lines);
	return 0;
}

static int
tell_unmapped(const struct clone_ctx *c, void (*warn)(void *, const char *),
    void *arg, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (c->unmapped.n == 0)
		return 0;
	if (strbuf_puts(&text,
		"path /: left out, since this kernel cannot map "
		"their ids:") == -1)
		return jerr_sys(e, "path /");
	for (size_t i = 0; i < c->unmapped.n; i++)
		if (strbuf_addf(&text, "%s %s", i == 0 ? "" : ",",
			c->unmapped.v[i]) == -1)
			return jerr_sys(e, "path /");
	warn(arg, text.s);
	return 0;
}

int
mounts_clone(struct mounts *m, void (*warn)(void *, const char *), void *arg,
    struct jerr *e)
{
	struct clone_ctx c = { .m = m, .procfd = -1, .probe = -1 };
	int rc = -1;

	c.procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c.procfd == -1)
		(void)jerr_sys(e, "/proc");
	else
		rc = clone_all(&c, e);
	if (rc == 0 && warn != NULL) {
		for (size_t i = 0; i < m->notes.n; i++)
			warn(arg, m->notes.v[i]);
		rc = tell_unmapped(&c, warn, arg, e);
	}
	close_keep(c.probe);
	close_keep(c.procfd);
	strv_free(&c.unmapped);
	return rc;
}
