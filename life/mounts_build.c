/*
 * The builder's half (recipe 2, steps 10-12 and 15-17): maps what was cloned,
 * puts the root in place, then everything below it, parents first.
 *
 * MUSTs: a mount is complete (mapped, read-only, nodev) before it is attached;
 * a target is a descriptor opened below the root with no link followed; what
 * was made with host credentials stays out of the jail's reach because its own
 * mount namespace is cloned from this one, less privileged, and so locked.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"
#include "linux/mount.h"
#include "linux/procfs.h"

#define FIXED_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int
cannot_map(int fd, const char *where, const char *what, struct jerr *e)
{
	char buf[32];
	const char *fs;
	int code = errno;

	fs = mount_fsname(fd, buf);
	if (code == EPERM)
		return jerr_set(e, code,
		    "%s: %s: is on a mount whose ids are "
		    "mapped already",
		    where, what);
	if (code != EINVAL)
		return jerr_sys(e, "%s: %s: map its ids", where, what);
	if (str_eq(fs, "overlay"))
		return jerr_set(e, code,
		    "%s: %s: the ids of an overlay cannot "
		    "be mapped (its layers' can: type unionfs or overlay); "
		    "users=inherit needs no map",
		    where, what);
	if (str_eq(fs, "tmpfs"))
		return jerr_set(e, code,
		    "%s: %s: this kernel cannot map the "
		    "ids of tmpfs (Linux 6.3 can); users=inherit needs no map",
		    where, what);
	return jerr_set(e, code,
	    "%s: %s: this kernel cannot map the ids of "
	    "%s; users=inherit needs no map",
	    where, what, fs);
}

static int
map_entry(struct mnt *en, int userns, struct jerr *e)
{
	if (en->kind == FSK_UNION || en->kind == FSK_OVERLAY)
		return overlay_idmap(en, userns, e);
	if (en->fd == -1 || mount_idmap(en->fd, userns) == 0)
		return 0;
	if (en->o.noidmap && errno == EINVAL)
		return 0;
	return cannot_map(en->fd, en->where, en->spec, e);
}

static int
map_all(struct build *b, struct jerr *e)
{
	struct mounts *m = b->m;
	int ns = b->ctx->userns;

	if (ns == -1)
		return 0;
	if (mount_idmap(m->root, ns) == -1)
		return cannot_map(
		    m->root, "path", m->host_root ? "/" : m->given, e);
	for (size_t i = 0; i < m->subs.n; i++)
		if (map_entry(&m->subs.v[i], ns, e) == -1)
			return -1;
	for (size_t i = 0; i < m->lines.n; i++)
		if (map_entry(&m->lines.v[i], ns, e) == -1)
			return -1;
	return 0;
}

static int
new_tmpfs(struct build *b, struct mnt *en, struct jerr *e)
{
	uid_t base = b->ctx->base;
	uid_t uid = base + (en->o.uid == -1 ? 0 : (uid_t)en->o.uid);
	gid_t gid = base + (en->o.gid == -1 ? 0 : (gid_t)en->o.gid);

	if (strv_addf(&en->o.rest, "uid=%u", (unsigned)uid) == -1 ||
	    strv_addf(&en->o.rest, "gid=%u", (unsigned)gid) == -1)
		return jerr_sys(e, "tmpfs");
	return mount_new("tmpfs", "tmpfs", &en->o.rest,
	    (unsigned)en->o.set | MOUNT_ATTR_NODEV, e);
}

static int
new_dev(struct build *b, const struct mnt *en, struct jerr *e)
{
	const struct mounts *m = b->m;
	bool own = str_eq(en->rel, "dev");
	struct devfs_spec s = {
		.nodes = m->nodes,
		.nnodes = m->nnodes,
		.links = m->links,
		.nlinks = m->nlinks,
		.pts = m->pts,
		.shm = own,
		.mqueue = own && m->mqueue,
		.base = b->ctx->base,
	};

	return devfs_build(&s, e);
}

/* The mount of a line, made here or before; a new descriptor in en->fd. */
static int
make(struct build *b, struct mnt *en, int target, struct jerr *e)
{
	const struct mounts_ctx *x = b->ctx;

	switch (en->kind) {
	case FSK_BIND:
	case FSK_RBIND:
	case FSK_OTHER:
		return 0;
	case FSK_UNION:
	case FSK_OVERLAY:
		en->fd = overlay_build(b, en, target, e);
		return en->fd == -1 ? -1 : 0;
	case FSK_PROC:
		en->fd = procfs_mount(x->procfd, x->init, x->pidfd, e);
		break;
	case FSK_SYS:
		en->fd = mount_new(
		    "sysfs", "sysfs", NULL, FIXED_ATTR | MOUNT_ATTR_RDONLY, e);
		break;
	case FSK_FDESC:
		en->fd = devfs_fdesc(x->base, e);
		break;
	case FSK_DEV:
		en->fd = new_dev(b, en, e);
		break;
	case FSK_TMPFS:
		en->fd = new_tmpfs(b, en, e);
		break;
	case FSK_PTS:
		en->fd = devfs_pts(x->base, e);
		break;
	case FSK_MQUEUE:
		en->fd = devfs_mqueue(e);
		break;
	case FSK_CGROUP:
		en->fd = mount_new("cgroup2", "cgroup2", NULL,
		    FIXED_ATTR | MOUNT_ATTR_RDONLY, e);
		break;
	case FSK_COUNT:
		return jerr_set(e, EINVAL, "%s", en->where);
	}
	return en->fd == -1 ?
	    jerr_wrap(e, "%s: %s/%s", en->where, b->m->given, en->rel) :
	    0;
}

/* ro, noexec, ... as asked, on what was made with attributes of its own. */
static int
extra_attrs(struct mnt *en, struct jerr *e)
{
	struct mount_attrs a = { .set = en->o.set, .clr = en->o.clr };

	if (en->kind == FSK_BIND || en->kind == FSK_RBIND ||
	    en->kind == FSK_OTHER)
		return 0; /* have them since they were cloned */
	if (en->kind == FSK_DEV || en->kind == FSK_PTS)
		a.set &= ~(uint64_t)MOUNT_ATTR_NODEV;
	if ((a.set | a.clr) == 0)
		return 0;
	return mount_set(en->fd, &a) == 0 ? 0 : jerr_sys(e, "%s", en->where);
}

static int
put_in(int dir, const char *name, int fd, struct jerr *e)
{
	auto_close int to = path_open_beneath(dir, name, O_PATH, 0);
	auto_close int mnt = fd;

	if (to == -1 || mount_attach(mnt, to) == -1)
		return jerr_sys(e, "/dev/%s", name);
	return 0;
}

static int
fill_dev(struct build *b, const struct mnt *en, struct jerr *e)
{
	const struct mounts *m = b->m;
	uid_t base = b->ctx->base;
	bool own = str_eq(en->rel, "dev");
	int fd;

	if (m->pts &&
	    ((fd = devfs_pts(base, e)) == -1 ||
		put_in(en->fd, "pts", fd, e) == -1))
		return -1;
	if (own && m->shm &&
	    ((fd = devfs_shm(base, e)) == -1 ||
		put_in(en->fd, "shm", fd, e) == -1))
		return -1;
	if (own && m->mqueue &&
	    ((fd = devfs_mqueue(e)) == -1 ||
		put_in(en->fd, "mqueue", fd, e) == -1))
		return -1;
	return 0;
}

/* The target of a line; -2: an automatic mount that this root has no place
 * for. */
static int
find_target(struct build *b, const struct mnt *en, struct jerr *e)
{
	int fd = mounts_open_target(b->m, en->where, b->top, en->rel, e);

	if (fd == -1 && en->automatic &&
	    (e->code == ENOENT || en->kind == FSK_FDESC))
		return -2;
	return fd;
}

/*
 * /proc/sys, while it can be written: mask_proc lays a read-only mount over it.
 * The jail never sees the descriptor, which C closes at its exec.
 */
static int
finish_proc(struct build *b, const struct mnt *en, struct jerr *e)
{
	int *sys = b->ctx->sys;

	if (sys != NULL && *sys == -1 && (en->o.set & MOUNT_ATTR_RDONLY) == 0)
		*sys = path_open_beneath(
		    en->fd, "sys", O_PATH | O_DIRECTORY, 0);
	return mask_proc(b, en->fd, e);
}

static int
put_line(struct build *b, struct mnt *en, struct jerr *e)
{
	auto_close int target = find_target(b, en, e);

	if (target < 0)
		return target == -2 ? 0 : -1;
	if (make(b, en, target, e) == -1 || extra_attrs(en, e) == -1)
		return -1;
	if (mount_attach(en->fd, target) == -1)
		return jerr_sys(
		    e, "%s: %s/%s", en->where, b->m->given, en->rel);
	if (en->kind == FSK_DEV)
		return fill_dev(b, en, e);
	if (en->kind == FSK_PROC)
		return finish_proc(b, en, e);
	if (en->kind == FSK_SYS)
		return mask_sys(b, en->fd, e);
	return 0;
}

/* Lines whose target is the path itself: each becomes the root in turn. */
static int
put_root_lines(struct build *b, size_t *next, struct jerr *e)
{
	struct mnt_vec *v = &b->m->lines;
	size_t i;

	for (i = 0; i < v->n && v->v[i].rel[0] == '\0'; i++) {
		if (put_line(b, &v->v[i], e) == -1)
			return -1;
		b->top = v->v[i].fd;
	}
	*next = i;
	return 0;
}

static int
build(struct build *b, struct jerr *e)
{
	struct mounts *m = b->m;
	bool tiny = b->ctx->tiny;
	size_t next;

	if (map_all(b, e) == -1 || mask_prepare(b, e) == -1 ||
	    mount_root_place(m->root, tiny, e) == -1)
		return -1;
	for (size_t i = 0; i < m->subs.n; i++)
		if (put_line(b, &m->subs.v[i], e) == -1)
			return -1;
	if (put_root_lines(b, &next, e) == -1 ||
	    mount_root_enter(b->top, tiny, e) == -1)
		return -1;
	for (; next < m->lines.n; next++)
		if (put_line(b, &m->lines.v[next], e) == -1)
			return -1;
	return mount_root_finish(b->top, tiny, e);
}

int
mounts_build(struct mounts *m, const struct confine *cf,
    const struct mounts_ctx *ctx, struct jerr *e)
{
	struct build b = {
		.m = m, .cf = cf, .ctx = ctx, .top = m->root, .mask = -1
	};
	int rc = build(&b, e);

	close_keep(b.mask);
	return rc;
}
