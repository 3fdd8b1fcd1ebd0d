/*
 * Building /dev.  Which nodes a jail may have is decided above; this file only
 * makes what it is told, with size and inode limits so that a jail cannot fill
 * memory through its /dev.
 */
#include "linux/devfs.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "linux/mount.h"

#define TTY_GID 5 /* of Debian, and of what every libc expects in pts */

#define DEV_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
#define DATA_ATTR (DEV_ATTR | MOUNT_ATTR_NODEV)

/* tmpfs whose root belongs to the jail's root: never idmapped (6.1 cannot). */
static int
own_tmpfs(uid_t base, const char *limits, unsigned attr, struct jerr *e)
{
	auto_strv struct strv o = STRV_INIT;

	if (strv_addf(&o, "uid=%u", (unsigned)base) == -1 ||
	    strv_addf(&o, "gid=%u", (unsigned)base) == -1)
		return jerr_sys(e, "tmpfs");
	while (*limits != '\0') {
		size_t n = 0;

		while (limits[n] != '\0' && limits[n] != ',')
			n++;
		if (strv_addn(&o, limits, n) == -1)
			return jerr_sys(e, "tmpfs");
		limits += n + (limits[n] == ',');
	}
	return mount_new("tmpfs", "tmpfs", &o, attr, e);
}

static int
make_node(int dev, const struct devfs_node *n, uid_t base, struct jerr *e)
{
	if (mknodat(dev, n->name, S_IFCHR | n->mode,
		makedev(n->major, n->minor)) == -1)
		return jerr_sys(e, "/dev/%s", n->name);
	if (n->chown &&
	    fchownat(dev, n->name, base + n->uid, base + n->gid,
		AT_SYMLINK_NOFOLLOW) == -1)
		return jerr_sys(e, "/dev/%s", n->name);
	return 0;
}

static int
make_dir(int dev, const char *name, struct jerr *e)
{
	if (mkdirat(dev, name, 0755) == -1)
		return jerr_sys(e, "/dev/%s", name);
	return 0;
}

static int
fill(int dev, const struct devfs_spec *s, struct jerr *e)
{
	for (size_t i = 0; i < s->nnodes; i++)
		if (make_node(dev, &s->nodes[i], s->base, e) == -1)
			return -1;
	for (size_t i = 0; i < s->nlinks; i++)
		if (symlinkat(s->links[i].to, dev, s->links[i].name) == -1)
			return jerr_sys(e, "/dev/%s", s->links[i].name);
	if (s->pts && make_dir(dev, "pts", e) == -1)
		return -1;
	if (s->shm && make_dir(dev, "shm", e) == -1)
		return -1;
	if (s->mqueue && make_dir(dev, "mqueue", e) == -1)
		return -1;
	return 0;
}

int
devfs_build(const struct devfs_spec *s, struct jerr *e)
{
	auto_close int dev = own_tmpfs(
	    s->base, "mode=755,size=64k,nr_inodes=256", DEV_ATTR, e);
	mode_t mask;
	int rc;

	if (dev == -1)
		return -1;
	mask = umask(0);
	rc = fill(dev, s, e);
	(void)umask(mask);
	return rc == -1 ? -1 : take_fd(&dev);
}

int
devfs_pts(uid_t base, struct jerr *e)
{
	auto_strv struct strv o = STRV_INIT;

	/* Every devpts mount is an instance of its own since 4.7. */
	if (strv_addf(&o, "gid=%u", (unsigned)base + TTY_GID) == -1 ||
	    strv_add(&o, "mode=620") == -1 ||
	    strv_add(&o, "ptmxmode=666") == -1 ||
	    strv_add(&o, "max=1024") == -1)
		return jerr_sys(e, "devpts");
	return mount_new("devpts", "devpts", &o, DEV_ATTR, e);
}

int
devfs_shm(uid_t base, struct jerr *e)
{
	return own_tmpfs(base, "mode=1777", DATA_ATTR, e);
}

int
devfs_mqueue(struct jerr *e)
{
	return mount_new("mqueue", "mqueue", NULL, DATA_ATTR, e);
}

int
devfs_fdesc(uid_t base, struct jerr *e)
{
	auto_close int dir = own_tmpfs(
	    base, "mode=755,size=64k,nr_inodes=300", DATA_ATTR, e);

	if (dir == -1)
		return -1;
	for (int i = 0; i < 256; i++) {
		char name[16], to[32];

		(void)snprintf(name, sizeof(name), "%d", i);
		(void)snprintf(to, sizeof(to), "/proc/self/fd/%d", i);
		if (symlinkat(to, dir, name) == -1)
			return jerr_sys(e, "fdescfs");
	}
	return take_fd(&dir);
}
