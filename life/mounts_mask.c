/*
 * What a jail shall not see or write below /proc and /sys (threats 3.4, recipe
 * 9).  A mask is a bind of an empty file or directory of one small read-only
 * tmpfs; each costs 10 us, so with a user namespace, where the files' owner is
 * nobody the jail knows, only what stays readable or is worth a second lock is
 * listed; without one, everything.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"
#include "linux/mount.h"

#define MASK_ATTR \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | \
	    MOUNT_ATTR_NOEXEC)

struct covered {
	const char *path;
	bool always; /* else only when users=inherit */
};

static const struct covered proc_ro[] = {
	{ "sys", true },
	{ "bus", true },
	{ "fs", true },
	{ "irq", true },
	{ "sysrq-trigger", true },
};

static const struct covered proc_masks[] = {
	{ "interrupts", true },
	{ "keys", true },
	{ "key-users", true },
	{ "kallsyms", true },
	{ "driver/rtc", true },
	{ "acpi", true },
	{ "bus/pci", true },
	{ "asound", false },
	{ "kcore", false },
	{ "latency_stats", false },
	{ "sched_debug", false },
	{ "scsi", false },
	{ "timer_list", false },
	{ "timer_stats", false },
	{ "kmsg", false },
	{ "slabinfo", false },
	{ "vmallocinfo", false },
	{ "pagetypeinfo", false },
	{ "mtrr", false },
};

static const struct covered sys_masks[] = {
	{ "firmware", true },
	{ "module", true },
	{ "power", false },
	{ "kernel/security", false },
	{ "kernel/debug", false },
	{ "kernel/tracing", false },
	{ "kernel/btf", false },
	{ "fs/bpf", false },
	{ "fs/selinux", false },
	{ "devices/virtual/powercap", false },
};

int
mask_prepare(struct build *b, struct jerr *e)
{
	static const struct mount_attrs ro = { .set = MASK_ATTR, .clr = 0 };
	struct strv none = STRV_INIT;
	bool needed = false;
	int fd;

	for (size_t i = 0; i < b->m->lines.n; i++)
		needed = needed || b->m->lines.v[i].kind == FSK_PROC ||
		    b->m->lines.v[i].kind == FSK_SYS;
	if (!needed)
		return 0;
	b->mask = mount_new("tmpfs", "mask", &none, 0, e);
	if (b->mask == -1)
		return jerr_wrap(e, "masks");
	fd = openat(
	    b->mask, "file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
	close_keep(fd);
	if (fd == -1 || mkdirat(b->mask, "dir", 0555) == -1 ||
	    mount_set(b->mask, &ro) == -1)
		return jerr_sys(e, "masks");
	/* Clones can be made of it only once it is attached (6.1); the root
	 * comes on top, so no process of the jail ever reaches it. */
	return mount_root_place(b->mask, b->ctx->tiny, e);
}

static int
put_mask(struct build *b, int dir, const char *path, struct jerr *e)
{
	static const struct mount_attrs none = { 0, 0 };
	auto_close int to = path_open_beneath(dir, path, O_PATH, 0), fd = -1;
	struct stat st;

	if (to == -1 && errno == ENOENT)
		return 0; /* not in this kernel */
	if (to == -1 || fstat(to, &st) == -1)
		return jerr_sys(e, "mask %s", path);
	fd = mount_clone(b->mask, S_ISDIR(st.st_mode) ? "dir" : "file", &none);
	if (fd == -1 || mount_attach(fd, to) == -1)
		return jerr_sys(e, "mask %s", path);
	return 0;
}

static int
put_masks(
    struct build *b, int dir, const struct covered *v, size_t n, struct jerr *e)
{
	for (size_t i = 0; i < n; i++)
		if ((v[i].always || b->ctx->userns == -1) &&
		    put_mask(b, dir, v[i].path, e) == -1)
			return -1;
	return 0;
}

/* dir/path bound over itself with attributes a; ENOENT is fine. */
static int
rebind(int dir, const char *path, const struct mount_attrs *a, struct jerr *e)
{
	auto_close int to = path_open_beneath(dir, path, O_PATH, 0), fd = -1;

	if (to == -1 && errno == ENOENT)
		return 0;
	if (to == -1)
		return jerr_sys(e, "/proc/%s", path);
	fd = mount_clone(to, "", a);
	if (fd == -1 || mount_attach(fd, to) == -1)
		return jerr_sys(e, "/proc/%s", path);
	return 0;
}

int
mask_proc(struct build *b, int proc, struct jerr *e)
{
	static const struct mount_attrs ro = { .set = MASK_ATTR, .clr = 0 };
	static const struct mount_attrs same = { 0, 0 };
	/* Whoever administers a stack of its own may set its sysctls; the
	 * kernel checks the namespace's owner. */
	bool net_rw = b->cf->net == NS_JAIL &&
	    (b->cf->caps & 1ULL << CAP_NET_ADMIN) != 0;
	auto_close int net = -1, to = -1;

	if (net_rw) {
		net = mount_clone(proc, "sys/net", &same);
		if (net == -1)
			return jerr_sys(e, "/proc/sys/net");
	}
	for (size_t i = 0; i < nitems(proc_ro); i++)
		if ((proc_ro[i].always || b->ctx->userns == -1) &&
		    rebind(proc, proc_ro[i].path, &ro, e) == -1)
			return -1;
	if (net_rw) {
		to = path_open_beneath(proc, "sys/net", O_PATH, 0);
		if (to == -1 || mount_attach(net, to) == -1)
			return jerr_sys(e, "/proc/sys/net");
	}
	return put_masks(b, proc, proc_masks, nitems(proc_masks), e);
}

int
mask_sys(struct build *b, int sys, struct jerr *e)
{
	auto_close int to = -1, fd = -1;

	if (put_masks(b, sys, sys_masks, nitems(sys_masks), e) == -1)
		return -1;
	to = path_open_beneath(sys, "fs/cgroup", O_PATH, 0);
	if (to == -1)
		return errno == ENOENT ? 0 : jerr_sys(e, "/sys/fs/cgroup");
	/* Of the builder's cgroup namespace, whose root is the jail's group. */
	fd = mount_new("cgroup2", "cgroup2", NULL, MASK_ATTR, e);
	if (fd == -1)
		return jerr_wrap(e, "/sys/fs/cgroup");
	return mount_attach(fd, to) == 0 ? 0 : jerr_sys(e, "/sys/fs/cgroup");
}
