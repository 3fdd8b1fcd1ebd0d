/*
 * The new mount API, wrapped thinly.  Every mount gets its attributes and its
 * id map while it is still detached: a remount after attaching would leave a
 * window, and an attached mount can no longer be mapped.
 *
 * Must never resolve a path below a jail's root: targets come as descriptors
 * that path_open_beneath() or path_open_in_root() made.
 */
#include "linux/mount.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/uapi.h"

int
mount_set(int fd, const struct mount_attrs *a)
{
	struct mount_attr attr = {
		.attr_set = a->set,
		.attr_clr = a->clr,
		.propagation = MS_PRIVATE,
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

int
mount_clone(int dirfd, const char *path, const struct mount_attrs *a)
{
	auto_close int fd = open_tree(dirfd, path,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT |
		(path[0] == '\0' ? AT_EMPTY_PATH : 0));

	if (fd == -1 || mount_set(fd, a) == -1)
		return -1;
	return take_fd(&fd);
}

int
mount_idmap(int fd, int userns)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* Names for messages alone: no decision hangs on this table. */
static const struct {
	uint32_t magic;
	const char *name;
} fs_names[] = {
	{ 0xef53, "ext4" },
	{ 0x58465342, "xfs" },
	{ 0x9123683e, "btrfs" },
	{ 0x01021994, "tmpfs" },
	{ 0x794c7630, "overlay" },
	{ 0x6969, "nfs" },
	{ 0x65735546, "fuse" },
	{ 0x01021997, "9p" },
	{ 0x2fc12fc1, "zfs" },
	{ 0xff534d42, "cifs" },
	{ 0xfe534d42, "smb" },
	{ 0x9fa0, "proc" },
	{ 0x62656572, "sysfs" },
	{ 0x63677270, "cgroup2" },
	{ 0x27e0eb, "cgroup" },
	{ 0x1cd1, "devpts" },
	{ 0x858458f6, "ramfs" },
	{ 0x958458f6, "hugetlbfs" },
	{ 0x4d44, "vfat" },
	{ 0x73717368, "squashfs" },
	{ 0xe0f5e1e2, "erofs" },
	{ 0xf2f52010, "f2fs" },
	{ 0x9660, "iso9660" },
	{ 0x6e736673, "nsfs" },
	{ 0x64626720, "debugfs" },
	{ 0x74726163, "tracefs" },
	{ 0xcafe4a11, "bpf" },
	{ 0x73636673, "securityfs" },
	{ 0x19800202, "mqueue" },
};

const char *
mount_fsname(int fd, char buf[32])
{
	struct statfs sf;

	if (fstatfs(fd, &sf) == -1)
		return "file system";
	for (size_t i = 0; i < nitems(fs_names); i++)
		if (fs_names[i].magic == (uint32_t)sf.f_type)
			return fs_names[i].name;
	(void)snprintf(buf, 32, "file system 0x%x", (unsigned)sf.f_type);
	return buf;
}

int
mount_fs_fail(int fs, struct jerr *e, const char *fmt, ...)
{
	char log[512], what[256];
	int code = errno;
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* One message a read, "e text" an error; the first says most. */
	n = fs == -1 ? -1 : read(fs, log, sizeof(log) - 1);
	errno = code;
	if (n <= 2)
		return jerr_sys(e, "%s", what);
	while (n > 2 && log[n - 1] == '\n')
		n--;
	log[n] = '\0';
	(void)jerr_sys(e, "%s", what);
	n = (ssize_t)strlen(e->msg);
	(void)snprintf(
	    e->msg + n, sizeof(e->msg) - (size_t)n, " (%s)", log + 2);
	return -1;
}

int
mount_fs_open(const char *type, struct jerr *e)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC);

	if (fs == -1 && errno == ENODEV)
		return jerr_set(e, ENODEV,
		    "%s: this kernel does not know that file system", type);
	if (fs == -1)
		return jerr_sys(e, "%s", type);
	return fs;
}

int
mount_fs_set(int fs, const char *key, const char *value)
{
	if (value == NULL)
		return fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0);
	return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

int
mount_fs_create(int fs, const char *type, unsigned attr, struct jerr *e)
{
	int fd;

	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		return mount_fs_fail(fs, e, "%s", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (fd == -1)
		return mount_fs_fail(fs, e, "%s", type);
	return fd;
}

static int
set_option(int fs, const char *type, const char *opt, struct jerr *e)
{
	const char *eq = strchr(opt, '=');
	char key[64];
	size_t n = eq == NULL ? strlen(opt) : (size_t)(eq - opt);

	if (n == 0 || n >= sizeof(key))
		return jerr_set(e, EINVAL, "%s: bad option \"%s\"", type, opt);
	memcpy(key, opt, n);
	key[n] = '\0';
	if (mount_fs_set(fs, key, eq == NULL ? NULL : eq + 1) == -1)
		return mount_fs_fail(fs, e, "%s: option \"%s\"", type, opt);
	return 0;
}

int
mount_new(const char *type, const char *source, const struct strv *opts,
    unsigned attr, struct jerr *e)
{
	auto_close int fs = mount_fs_open(type, e);

	if (fs == -1)
		return -1;
	if (source != NULL && mount_fs_set(fs, "source", source) == -1)
		return mount_fs_fail(fs, e, "%s: %s", type, source);
	for (size_t i = 0; opts != NULL && i < opts->n; i++)
		if (set_option(fs, type, opts->v[i], e) == -1)
			return -1;
	return mount_fs_create(fs, type, attr, e);
}

int
mount_attach(int fd, int target)
{
	return move_mount(fd, "", target, "",
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int
mount_detach(int fd)
{
	if (fchdir(fd) == -1)
		return -1;
	return umount2(".", MNT_DETACH);
}

/* Directories that any host has; only stood on until pivot_root. */
static const char *const pivot_points[] = { "/mnt", "/run", "/tmp", "/etc" };

int
mount_root_place(int fd, bool tiny, struct jerr *e)
{
	if (tiny) {
		if (move_mount(
			fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == -1)
			return jerr_sys(e, "mount the root over /");
		return 0;
	}
	for (size_t i = 0; i < nitems(pivot_points); i++) {
		if (move_mount(fd, "", AT_FDCWD, pivot_points[i],
			MOVE_MOUNT_F_EMPTY_PATH) == 0)
			return 0;
		if (errno != ENOENT && errno != ENOTDIR && errno != EINVAL)
			break;
	}
	return jerr_sys(e, "mount the root");
}

int
mount_root_enter(int top, bool tiny, struct jerr *e)
{
	if (fchdir(top) == -1)
		return jerr_sys(e, "enter the root");
	if (tiny)
		return chroot(".") == 0 ? 0 : jerr_sys(e, "chroot");
	if (syscall(SYS_pivot_root, ".", ".") == -1)
		return jerr_sys(e, "pivot_root");
	return 0;
}

int
mount_root_finish(int top, bool tiny, struct jerr *e)
{
	if (!tiny && mount_detach(top) == -1)
		return jerr_sys(e, "unmount the old root");
	if (chdir("/") == -1)
		return jerr_sys(e, "chdir to the root");
	return 0;
}

int
mount_enter_top(struct jerr *e)
{
	/* ".." at the root stays there but follows what is mounted over it;
	 * pivot_root moved the root of every process of the namespace along. */
	if (chdir("/..") == -1 || chroot(".") == -1)
		return jerr_sys(e, "enter the jail's root");
	return 0;
}
