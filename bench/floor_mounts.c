/*
 * The floor's mounts: the same ones as a jail with mount.devfs gets.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/floor.h"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define RO (SAFE | MOUNT_ATTR_RDONLY)

int
clone_mount(int dirfd, const char *path, unsigned long attr)
{
	struct mount_attr a = { .attr_set = attr, .propagation = MS_PRIVATE };
	int fd = open_tree(
	    dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	check(fd, path);
	check(mount_setattr(fd, "", AT_EMPTY_PATH, &a, sizeof(a)), path);
	return fd;
}

/* opts: key, value, ..., NULL; a NULL type ends with what fs was given. */
static int
new_mount(const char *type, const char *const *opts, unsigned attr)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	check(fs, type);
	for (; opts != NULL && opts[0] != NULL; opts += 2)
		check(fsconfig(fs, FSCONFIG_SET_STRING, opts[0], opts[1], 0),
		    opts[0]);
	check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	check(fd, type);
	(void)close(fs);
	return fd;
}

static void
attach(int fd, int dirfd, const char *path)
{
	check(move_mount(fd, "", dirfd, path, MOVE_MOUNT_F_EMPTY_PATH), path);
}

static void
new_at(
    const char *type, const char *const *opts, unsigned attr, const char *path)
{
	int fd = new_mount(type, opts, attr);

	attach(fd, AT_FDCWD, path);
	(void)close(fd);
}

static void
clone_at(int dirfd, const char *from, unsigned long attr, const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) == -1)
		return;
	if (from == NULL)
		from = S_ISDIR(st.st_mode) ? "dir" : "file";
	fd = clone_mount(dirfd, from, attr);
	attach(fd, AT_FDCWD, path);
	(void)close(fd);
}

static void
build_dev(void)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} node[] = { { "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 },
		{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };
	static const char *const link[][2] = { { "pts/ptmx", "ptmx" },
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" },
		{ "/proc/self/fd/2", "stderr" } };
	static const char *const dir[] = { "pts", "shm", "mqueue" };
	/* BASE and BASE + 5 */
	static const char *const dev_opts[] = { "uid", "1879048192", "gid",
		"1879048192", "mode", "755", "size", "64k", "nr_inodes", "256",
		NULL };
	static const char *const shm_opts[] = { "uid", "1879048192", "gid",
		"1879048192", "mode", "1777", NULL };
	static const char *const pts_opts[] = { "gid", "1879048197", "mode",
		"620", "ptmxmode", "666", "max", "1024", NULL };
	int dev = new_mount(
	    "tmpfs", dev_opts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

	(void)umask(0);
	for (size_t i = 0; i < sizeof(node) / sizeof(*node); i++)
		check(mknodat(dev, node[i].name, S_IFCHR | 0666,
			  makedev(node[i].major, node[i].minor)),
		    node[i].name);
	for (size_t i = 0; i < sizeof(link) / sizeof(*link); i++)
		check(symlinkat(link[i][0], dev, link[i][1]), link[i][1]);
	for (size_t i = 0; i < sizeof(dir) / sizeof(*dir); i++)
		check(mkdirat(dev, dir[i], 0755), dir[i]);
	(void)umask(022);
	attach(dev, AT_FDCWD, "/dev");
	(void)close(dev);
	new_at("devpts", pts_opts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	    "/dev/pts");
	new_at("tmpfs", shm_opts, SAFE, "/dev/shm");
	new_at("mqueue", NULL, SAFE, "/dev/mqueue");
}

static int
proc_of_ours(void *arg)
{
	int *fd = arg;

	*fd = new_mount("proc", NULL, SAFE);
	return 0;
}

/* Before Linux 6.17 a /proc is that of who mounts it. */
static int
proc_by_child(int pidfd)
{
	static char stack[32768] __attribute__((aligned(16)));
	int fd = -1;

	check(setns(pidfd, CLONE_NEWPID), "pid namespace");
	check(clone(proc_of_ours, stack + sizeof(stack),
		  CLONE_VM | CLONE_VFORK | CLONE_FILES, &fd),
	    "clone");
	check(waitpid(-1, NULL, __WCLONE), "wait");
	return fd;
}

static void
build_proc(int procfd, int pidfd, pid_t init)
{
	static const char *const ro[] = { "/proc/sys", "/proc/bus", "/proc/fs",
		"/proc/irq", "/proc/sysrq-trigger" };
	int fs = fsopen("proc", FSOPEN_CLOEXEC), ns, fd;
	char path[64];

	check(fs, "proc");
	(void)snprintf(path, sizeof(path), "%d/ns/pid", (int)init);
	ns = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	check(ns, path);
	if (fsconfig(fs, FSCONFIG_SET_FD, "pidns", NULL, ns) == 0) {
		check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "proc");
		fd = fsmount(fs, FSMOUNT_CLOEXEC, SAFE);
		check(fd, "proc");
	} else
		fd = proc_by_child(pidfd);
	attach(fd, AT_FDCWD, "/proc");
	for (size_t i = 0; i < sizeof(ro) / sizeof(*ro); i++)
		clone_at(AT_FDCWD, ro[i], RO, ro[i]);
	(void)close(fd);
	(void)close(ns);
	(void)close(fs);
}

static int
build_mask(void)
{
	struct mount_attr a = { .attr_set = RO };
	int mask = new_mount("tmpfs", NULL, 0);

	check(close(openat(mask, "file", O_CREAT | O_WRONLY, 0444)), "mask");
	check(mkdirat(mask, "dir", 0555), "mask");
	check(mount_setattr(mask, "", AT_EMPTY_PATH, &a, sizeof(a)), "mask");
	attach(mask, AT_FDCWD, "/mnt");
	return mask;
}

/* Here the root's old one is taken away: the builder is in the jail's then. */
void
build_mounts(int root, int procfd, int pidfd, pid_t init)
{
	static const char *const masks[] = { "/proc/interrupts", "/proc/keys",
		"/proc/key-users", "/proc/kallsyms", "/proc/driver/rtc",
		"/proc/acpi", "/proc/bus/pci", "/sys/firmware", "/sys/module" };
	int mask = build_mask();

	attach(root, AT_FDCWD, "/mnt");
	check(fchdir(root), "root");
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(setns(pidfd, CLONE_NEWIPC), "ipc namespace");
	build_dev();
	build_proc(procfd, pidfd, init);
	new_at("sysfs", NULL, RO, "/sys");
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++)
		clone_at(mask, NULL, RO, masks[i]);
	new_at("cgroup2", NULL, RO, "/sys/fs/cgroup");
	check(fchdir(root), "root");
	check(umount2(".", MNT_DETACH), "umount");
	check(chdir("/"), "chdir");
	(void)close(mask);
}
