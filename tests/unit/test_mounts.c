/*
 * The jail's tree of mounts, really built: M, B and C of recipe 2 played with
 * the functions of life/ and linux/, in both variants of the builder's mount
 * namespace.  C keeps every capability over its user namespace and no filter,
 * and tries to undo what was built.  Runs in a mount namespace of its own and
 * in one scratch directory; needs root.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts.h"
#include "linux/mount.h"
#include "linux/mountinfo.h"
#include "linux/ns.h"
#include "linux/proc.h"
#include "tests/unit/tap.h"

#define BASE 0x70640000u

static char dir[64];	/* the scratch directory */

/* What C and B found, told to the process that prints. */
static struct shared {
	int n;
	struct {
		bool good;
		int line, err;
		char name[120];
	} v[200];
} *shared;

static void __attribute__((format(printf, 4, 5)))
note(bool good, int line, int err, const char *fmt, ...)
{
	va_list ap;

	if (shared->n == (int)nitems(shared->v))
		return;
	shared->v[shared->n].good = good;
	shared->v[shared->n].line = line;
	shared->v[shared->n].err = err;
	va_start(ap, fmt);
	(void)vsnprintf(shared->v[shared->n].name, sizeof(shared->v[0].name),
	    fmt, ap);
	va_end(ap);
	shared->n++;
}

#define check(cond, ...) do {						\
	errno = 0;							\
	bool check_good = (cond);					\
	note(check_good, __LINE__, errno, __VA_ARGS__);			\
} while (0)

struct scene {
	const char *name;
	const char *const *conf;	/* name, value pairs; NULL ends */
	bool tiny;
	bool old_kernel;		/* none of fsconfig's descriptors */
	bool host_users;		/* users=inherit: no user namespace */
	void (*inside)(void);		/* in C, as root of the jail */
	char err[JERR_MSGLEN];		/* of the step that failed */
	char warned[JERR_MSGLEN];
};

static char *__attribute__((format(printf, 1, 2)))
at(const char *fmt, ...)
{
	static char buf[8][512];
	static int turn;
	char *s = buf[turn = (turn + 1) % 8];
	int n = snprintf(s, sizeof(buf[0]), "%s/", dir);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s + n, sizeof(buf[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	return s;
}

static void
put(const char *path, const char *text, uid_t owner)
{
	auto_close int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC,
	    0644);

	if (fd == -1 || io_write_all(fd, text, strlen(text)) == -1 ||
	    fchown(fd, owner, owner) == -1) {
		perror(path);
		exit(1);
	}
}

static bool
holds(const char *path, const char *text)
{
	char buf[256];

	return io_read_file(AT_FDCWD, path, buf, sizeof(buf)) >= 0 &&
	    strcmp(buf, text) == 0;
}

static uid_t
owner(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_uid : (uid_t)-2;
}

static void
warned(void *arg, const char *text)
{
	struct scene *s = arg;

	(void)snprintf(s->warned, sizeof(s->warned), "%s", text);
}

/* ---- C ---- */

static int
run_c(const struct scene *s, int go)
{
	struct jerr e = JERR_INIT;
	char c;

	if (io_read(go, &c, 1) != 1)
		return 1;
	check(mount_enter_top(&e) == 0, "C enters the root %s", e.msg);
	if (unshare(CLONE_NEWNS) == -1 || chdir("/") == -1 ||
	    setresgid(0, 0, 0) == -1 || setgroups(0, NULL) == -1 ||
	    setresuid(0, 0, 0) == -1) {
		note(false, __LINE__, errno, "C becomes the jail's root");
		return 1;
	}
	s->inside();
	return 0;
}

/* ---- B ---- */

/* Linux 6.1 knows neither proc's pidns= nor an overlay's layers by descriptor:
 * FSCONFIG_SET_FD is EINVAL from here on. */
static int
become_old(struct jerr *e)
{
	static struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsconfig, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FSCONFIG_SET_FD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = nitems(f), .filter = f };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1)
		return jerr_sys(e, "seccomp");
	return 0;
}

/* A mount namespace that holds one empty tmpfs. */
static int
go_tiny(struct jerr *e)
{
	struct strv none = STRV_INIT;
	auto_close int fd = mount_new("tmpfs", "tiny", &none,
	    MOUNT_ATTR_RDONLY, e);

	if (fd == -1 || mount_root_place(fd, false, e) == -1 ||
	    mount_root_enter(fd, false, e) == -1)
		return -1;
	return mount_root_finish(fd, false, e);
}

static int
run_b(struct scene *s, struct mounts *m, int procfd, struct jerr *e)
{
	static struct confine cf;
	struct proc_clone how = {
		.flags = CLONE_NEWPID | CLONE_NEWIPC |
		    (s->host_users ? 0 : CLONE_NEWUSER),
		.cgroup = -1,
	};
	struct mounts_ctx x = { .procfd = procfd, .userns = -1,
		.tiny = s->tiny };
	int go[2], status;

	cf.net = NS_FROZEN;
	cf.userns = !s->host_users;
	if (unshare(CLONE_NEWNS | CLONE_NEWCGROUP) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    pipe2(go, O_CLOEXEC) == -1)
		return jerr_sys(e, "B");
	if (s->tiny && go_tiny(e) == -1)
		return jerr_wrap(e, "tiny");
	x.init = proc_clone(&how, &x.pidfd);
	if (x.init == 0) {
		(void)close(go[1]);
		_exit(run_c(s, go[0]));
	}
	if (x.init == -1)
		return jerr_sys(e, "clone C");
	(void)close(go[0]);
	if (!s->host_users) {
		x.base = BASE;
		if (ns_write_maps(procfd, x.init, BASE, e) == -1 ||
		    (x.userns = ns_open_user(procfd, x.init, e)) == -1)
			return -1;
	}
	if (setns(x.pidfd, CLONE_NEWIPC) == -1)
		return jerr_sys(e, "setns ipc");
	if (s->old_kernel && become_old(e) == -1)
		return -1;
	if (mounts_build(m, &cf, &x, e) == -1)
		return -1;
	if (s->inside == NULL)
		return 0;
	(void)write(go[1], "x", 1);
	if (pidfd_wait(x.pidfd, 60000, &status) != 1)
		return jerr_set(e, 0, "C does not end");
	return status_code(status) == 0 ? 0 :
	    jerr_set(e, 0, "C ended with %d", status_code(status));
}

/* ---- M ---- */

static int
scene_conf(const struct scene *s, struct jail_conf *c, struct jerr *e)
{
	for (const char *const *p = s->conf; p != NULL && *p != NULL; p += 2) {
		char *value = NULL;
		struct conf_origin none = { .file = NULL };

		if (p[1] != NULL)
			value = strdup(p[1]);
		if (conf_set(c, p[0], &value, p[1] != NULL, true, none,
			e) == -1)
			return -1;
		free(value);
	}
	return 0;
}

static int
run_m(struct scene *s, const char *root, struct jerr *e)
{
	auto_close int rootfd = open(root, O_PATH | O_CLOEXEC);
	auto_close int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct jail_conf c = JAIL_CONF_INIT;
	struct mounts *m = NULL;
	int rc = -1, status;
	pid_t b;

	if (scene_conf(s, &c, e) == 0 &&
	    mounts_parse(&c, root, root, rootfd, &m, e) == 0 &&
	    mounts_clone(m, warned, s, e) == 0) {
		b = fork();
		if (b == 0) {
			rc = run_b(s, m, procfd, e);
			if (rc == -1)
				note(false, __LINE__, e->code, "B: %s", e->msg);
			_exit(rc == 0 ? 0 : 1);
		}
		(void)waitpid(b, &status, 0);
		rc = status_code(status) == 0 ? 0 : -1;
	}
	mounts_free(m);
	conf_free(&c);
	return rc;
}

/* Runs the scene on root; the findings become test results.  NULL, or the
 * message of the step that failed in M or B. */
static const char *
play(struct scene *s, const char *root)
{
	struct jerr e = JERR_INIT;

	shared->n = 0;
	s->err[0] = s->warned[0] = '\0';
	if (run_m(s, root, &e) == 0)
		return NULL;
	(void)snprintf(s->err, sizeof(s->err), "%s", e.msg);
	if (e.msg[0] == '\0' && shared->n > 0)	/* B's */
		(void)snprintf(s->err, sizeof(s->err), "%s",
		    shared->v[shared->n - 1].name);
	return s->err;
}

static void
expect_good(struct scene *s, const char *root)
{
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "tiny", "pivot",
			"tiny, old", "pivot, old" };
		const char *v = names[i];

		s->tiny = i % 2 == 0;
		s->old_kernel = i >= 2;
		is_str(play(s, root), NULL, "%s, %s: built", s->name, v);
		ok(shared->n > 0, "%s, %s: C looked", s->name, v);
		for (int k = 0; k < shared->n; k++) {
			if (!tap_line(shared->v[k].good, "%s, %s: %s", s->name,
				v, shared->v[k].name)) {
				tap_where(__FILE__, shared->v[k].line);
				printf("#   errno: %s\n",
				    strerror(shared->v[k].err));
			}
		}
	}
}

static void
expect_bad(const char *name, const char *root, const char *const *conf,
    const char *want)
{
	struct scene s = { .name = name, .conf = conf, .tiny = true };
	const char *got = play(&s, root);

	if (got == NULL || strstr(got, want) == NULL)
		is_str(got, want, "%s", name);
	else
		ok(true, "%s", name);
}

/* ---- what C looks at ---- */

static int
count_pids(void)
{
	DIR *d = opendir("/proc");
	struct dirent *en;
	int n = 0;

	while (d != NULL && (en = readdir(d)) != NULL)
		n += en->d_name[0] >= '0' && en->d_name[0] <= '9';
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static bool
is_locked(const char *where)
{
	return umount2(where, MNT_DETACH) == -1 && errno == EINVAL;
}

static bool
stays_ro(const char *where)
{
	struct mount_attr a = { .attr_clr = MOUNT_ATTR_RDONLY };
	struct statvfs sf;

	if (mount_setattr(AT_FDCWD, where, 0, &a, sizeof(a)) == 0 ||
	    mount(NULL, where, NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		return false;
	return statvfs(where, &sf) == 0 && (sf.f_flag & ST_RDONLY) != 0;
}

static bool
can_read(const char *path, size_t want)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16];

	return fd != -1 && io_read(fd, buf, want) == (ssize_t)want;
}

static bool
is_node(const char *path, unsigned maj, unsigned min)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(maj, min);
}

static bool
is_empty_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *en;
	int n = 0;

	if (d == NULL)
		return errno == ENOENT;
	while ((en = readdir(d)) != NULL)
		n += en->d_name[0] != '.';
	(void)closedir(d);
	return n == 0;
}

static bool
is_masked_file(const char *path)
{
	struct stat st;
	char c;
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT;
	return fstat(fd, &st) == 0 && st.st_size == 0 && read(fd, &c, 1) == 0;
}

static bool
pty_works(void)
{
	auto_close int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	auto_close int slave = -1;
	char name[64];
	struct stat st;

	if (fd == -1 || grantpt(fd) == -1 || unlockpt(fd) == -1 ||
	    ptsname_r(fd, name, sizeof(name)) != 0)
		return false;
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return slave != -1 && fstat(slave, &st) == 0 && st.st_gid == 5 &&
	    st.st_uid == 0;
}

static void
look_plain(void)
{
	static const char *const locked[] = {
		"/", "/proc", "/proc/sys", "/proc/keys", "/sys",
		"/sys/firmware", "/sys/fs/cgroup", "/dev", "/dev/pts",
		"/dev/shm", "/dev/mqueue",
	};
	struct statvfs sf;

	check(holds("/etc/root", "root"), "file of 0 is read");
	check(owner("/etc/root") == 0, "file of 0 is owned by 0");
	check(owner("/etc/user") == 1000, "file of 1000 is owned by 1000");
	put("/etc/new", "new", 0);
	put("/etc/new1000", "new", 1000);
	check(count_pids() == 1, "/proc shows one process, %d", count_pids());
	(void)prctl(PR_SET_NAME, "played-c", 0, 0, 0);
	check(getpid() == 1 && holds("/proc/1/comm", "played-c"),
	    "/proc/1 is C");
	for (size_t i = 0; i < nitems(locked); i++)
		check(access(locked[i], F_OK) == -1 || is_locked(locked[i]),
		    "%s cannot be unmounted", locked[i]);
	check(stays_ro("/proc/sys"), "/proc/sys stays read-only");
	check(stays_ro("/sys"), "/sys stays read-only");
	check(open("/proc/sys/kernel/core_pattern", O_WRONLY) == -1,
	    "core_pattern cannot be written");
	check(is_masked_file("/proc/kallsyms"), "kallsyms is masked");
	check(is_masked_file("/proc/interrupts"), "interrupts is masked");
	check(is_masked_file("/proc/keys"), "keys is masked");
	check(is_empty_dir("/sys/firmware"), "/sys/firmware is empty");
	check(is_empty_dir("/sys/module"), "/sys/module is empty");
	check(is_empty_dir("/proc/acpi"), "/proc/acpi is empty");
	check(statvfs("/", &sf) == 0 && (sf.f_flag & ST_NODEV) != 0,
	    "the root is nodev");
	check(mount("none", "/proc", "proc", 0, NULL) == -1 && errno == EPERM,
	    "a fresh proc is refused");
	check(is_node("/dev/null", 1, 3) && is_node("/dev/zero", 1, 5) &&
	    is_node("/dev/full", 1, 7) && is_node("/dev/random", 1, 8) &&
	    is_node("/dev/urandom", 1, 9) && is_node("/dev/tty", 5, 0),
	    "the nodes of ruleset 4");
	check(can_read("/dev/zero", 8) && can_read("/dev/urandom", 8),
	    "zero and urandom are read");
	{
		auto_close int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		check(fd != -1 && write(fd, "x", 1) == 1, "null is written");
	}
	check(mknod("/dev/mem", S_IFCHR | 0600, makedev(1, 1)) == -1 &&
	    errno == EPERM, "mknod is refused");
	check(chmod("/dev/null", 0) == -1 && errno == EPERM,
	    "chmod of a node is refused");
	check(owner("/dev") == 0, "/dev belongs to the jail's root");
	check(pty_works(), "a pty opens, group 5");
	check(access("/dev/fd/0", F_OK) == 0 || access("/proc/self/fd/0",
	    F_OK) == -1, "/dev/fd");
	put("/dev/shm/x", "shm", 1000);
	check(owner("/dev/shm/x") == 1000, "/dev/shm is written");
	put("/dev/log", "", 0);
	check(owner("/dev/log") == 0, "a file is made in /dev");
	check(access("/dev/mqueue", F_OK) == 0, "/dev/mqueue");
	check(access("/sub/file", F_OK) == 0 && owner("/sub/file") == 7,
	    "a mount below the root came along, mapped");
	check(is_locked("/sub"), "and is locked");
	check(is_empty_dir("/sub2/pts"), "a proc below the root did not");
	check(access("/proc/sys/kernel/ostype", F_OK) == 0, "/proc/sys is there");
}

static void
look_thin(void)
{
	check(holds("/base/hello", "base") && owner("/base/hello") == 0,
	    "nullfs shows the base");
	check(open("/base/x", O_CREAT | O_WRONLY, 0644) == -1 &&
	    errno == EROFS, "read-only");
	check(stays_ro("/base"), "and stays so");
	check(is_locked("/base"), "locked");
	check(holds("/base/deep/file", "deep"), "a target on another mount");
	check(access("/plain/sub/file", F_OK) == -1, "nullfs is not recursive");
	check(access("/rec/sub/file", F_OK) == 0, "rbind is");
	check(holds("/etc/one", "base"), "a file on a file");
	check(owner("/run") == 0 && chdir("/run") == 0, "tmpfs of the jail's root");
	put("/run/x", "x", 1000);
	check(owner("/run/x") == 1000, "tmpfs is written");
	check(mknod("/run/null", S_IFCHR | 0666, makedev(1, 3)) == -1,
	    "no nodes there");
	{
		struct statvfs sf;

		check(statvfs("/run", &sf) == 0 && sf.f_blocks * sf.f_frsize ==
		    1 << 20, "with its size");
		check((sf.f_flag & ST_NOSUID) != 0, "and nosuid");
		check((sf.f_flag & ST_NODEV) != 0, "and nodev");
		check(statvfs("/base", &sf) == 0 &&
		    (sf.f_flag & ST_NODEV) != 0, "a bind is nodev");
		check(statvfs("/dev/shm", &sf) == 0 && sf.f_blocks *
		    sf.f_frsize == 2 << 20, "a tmpfs for dev/shm replaces ours");
	}
	check(owner("/tmp") == 33, "tmpfs with uid=33");
	check(access("/proc/self", F_OK) == -1, "noprocfs");
	check(access("/sys/kernel", F_OK) == -1, "nosysfs");
}

static void
look_union(void)
{
	struct stat st;

	check(holds("/union/low", "low"), "the lower layer is seen");
	put("/union/made", "made", 0);
	put("/union/made1000", "made", 1000);
	check(owner("/union/made") == 0, "a file is made");
	check(unlink("/union/low") == 0, "a lower file is removed");
	check(stat("/union/low", &st) == -1, "and gone");
	check(rename("/union/keep", "/union/kept") == 0, "renamed");
	/* For the next variant, which finds the same upper layer. */
	put("/union/low", "low", 0);
	check(rename("/union/kept", "/union/keep") == 0, "and back");
	check(unlink("/union/gone") == 0 || errno == ENOENT, "a whiteout");
	check(is_locked("/union"), "locked");
	check(holds("/over/a", "a") && holds("/over/b", "b"),
	    "overlay of two lower layers");
	check(open("/over/x", O_CREAT | O_WRONLY, 0644) == -1, "read-only");
}

static void
look_root(void)
{
	check(holds("/hello", "base"), "the base is the root");
	check(access("/etc/root", F_OK) == -1, "the root below is covered");
	put("/made", "made", 0);
	check(owner("/made") == 0, "the upper layer is written");
	check(holds("/rw/root", "root"), "targets lie in the new root");
	check(access("/proc/self", F_OK) == 0, "with its /proc");
	check(chdir("/..") == 0 && access("/etc/root", F_OK) == -1,
	    "nothing above");
}

static void
look_slash(void)
{
	check(access("/proc/self", F_OK) == 0, "/proc");
	check(count_pids() == 1, "its own");
	check(access("/etc/passwd", F_OK) == 0, "the host's files");
	check(is_node("/dev/null", 1, 3), "our /dev");
	check(access("/dev/mem", F_OK) == -1 && access("/dev/kmsg", F_OK) == -1,
	    "and nothing of the host's");
}

/* How often something is mounted at where. */
static int
count_mounts(const char *where)
{
	auto_mountinfo struct mountinfo mi = MOUNTINFO_INIT;
	auto_close int procfd = open("/proc", O_PATH | O_CLOEXEC);
	struct jerr e = JERR_INIT;
	int n = 0;

	if (mountinfo_below(procfd, "/", &mi, &e) == -1)
		return -1;
	for (size_t i = 0; i < mi.n; i++)
		n += strcmp(mi.v[i].point, where) == 0;
	return n;
}

static void
look_once(void)
{
	static const char *const once[] = { "/proc", "/sys", "/dev", "/dev/shm",
		"/dev/pts", "/dev/mqueue" };

	for (size_t i = 0; i < nitems(once); i++)
		check(count_mounts(once[i]) == 1, "%s: %d", once[i],
		    count_mounts(once[i]));
	check(count_mounts("/dev/fd") == 0, "/dev/fd is a link");
	/* Nothing of the host, nor what lies under the root. */
	check(count_mounts("/") == 0 && count_mounts("/mnt") == 0,
	    "nothing else");
}

/* ---- scenes ---- */

static void
make_root(void)
{
	static const char *const dirs[] = {
		"root", "root/etc", "root/proc", "root/sys", "root/dev",
		"root/sub", "root/sub2", "root/base", "root/plain", "root/rec",
		"root/run", "root/tmp", "root/union", "root/over", "root/rw",
		"base", "base/deep", "base/rw", "base/proc", "src", "src/sub",
		"deep", "upper", "upper2", "la", "lb", "empty",
	};

	for (size_t i = 0; i < nitems(dirs); i++)
		if (mkdir(at("%s", dirs[i]), 0755) == -1) {
			perror(dirs[i]);
			exit(1);
		}
	put(at("root/etc/root"), "root", 0);
	put(at("root/etc/user"), "user", 1000);
	put(at("root/etc/one"), "", 0);
	put(at("root/union/low"), "low", 0);
	put(at("root/union/keep"), "keep", 0);
	put(at("root/union/gone"), "gone", 0);
	put(at("base/hello"), "base", 0);
	put(at("deep/file"), "deep", 0);
	put(at("la/a"), "a", 0);
	put(at("lb/b"), "b", 0);
	(void)symlink("etc", at("root/link"));
	(void)symlink("../../src", at("root/out"));
}

static void
test_plain(void)
{
	static const char *const conf[] = { "mount.devfs", NULL, NULL };
	struct scene s = { .name = "plain", .conf = conf,
		.inside = look_plain };
	char sub[512], sub2[512];

	(void)snprintf(sub, sizeof(sub), "%s", at("root/sub"));
	(void)snprintf(sub2, sizeof(sub2), "%s", at("root/sub2"));
	/* A file system of the administrator's, and one left out. */
	if (mount(at("src"), sub, NULL, MS_BIND, NULL) == -1 ||
	    mount("devpts", sub2, "devpts", 0, NULL) == -1)
		perror("mount");
	put(at("root/sub/file"), "sub", 7);
	expect_good(&s, at("root"));
	is_int(owner(at("root/etc/new")), 0, "on disk: 0 is 0");
	is_int(owner(at("root/etc/new1000")), 1000, "on disk: 1000 is 1000");
	ok(access(at("root/dev/log"), F_OK) == -1, "/dev is not on disk");
	(void)umount2(sub, MNT_DETACH);
	(void)umount2(sub2, MNT_DETACH);
}

static void
test_thin(void)
{
	char text[12][256];
	const char *conf[64];
	size_t n = 0, k = 0;
	struct scene s = { .name = "thin", .conf = conf, .inside = look_thin };

#define LINE(...) do {							\
	(void)snprintf(text[n], sizeof(text[0]), __VA_ARGS__);		\
	conf[k++] = "mount";						\
	conf[k++] = text[n++];						\
} while (0)
	/* Children before their parents, and what is there already. */
	LINE("%s %s nullfs ro", at("deep"), at("root/base/deep"));
	LINE("%s %s nullfs ro 0 0", at("base"), at("root/base"));
	LINE("%s %s nullfs rw", at("src"), at("root/plain"));
	LINE("%s %s rbind rw", at("src"), at("root//rec/."));
	LINE("%s %s nullfs ro", at("base/hello"), at("root/etc/one"));
	LINE("tmpfs %s tmpfs rw,nosuid,size=1m,mode=755 0 0", at("root/run"));
	LINE("tmpfs %s tmpfs rw,uid=33,gid=33", at("root/tmp"));
	LINE("devfs %s devfs rw 0 0", at("root/dev"));
	LINE("tmpfs %s tmpfs rw,size=2m,mode=1777", at("root/dev/shm"));
	LINE("fdescfs %s fdescfs rw,linrdlnk 0 0", at("root/dev/fd"));
	conf[k++] = "mount.devfs";
	conf[k++] = NULL;
	conf[k++] = "mount.fdescfs";
	conf[k++] = NULL;
	conf[k++] = "mount.noprocfs";
	conf[k++] = NULL;
	conf[k++] = "mount.nosysfs";
	conf[k++] = NULL;
	conf[k] = NULL;
	/* Not a tmpfs, which 6.1 cannot map. */
	if (mount(at("empty"), at("src/sub"), NULL, MS_BIND, NULL) == -1)
		perror("mount");
	put(at("src/sub/file"), "sub", 0);
	expect_good(&s, at("root"));
	(void)umount2(at("src/sub"), MNT_DETACH);
}

static void
test_once(void)
{
	static const char *const lines[] = {
		"proc %s linprocfs rw 0 0", "proc", "proc %s procfs rw", "proc",
		"sys %s linsysfs rw", "sys", "dev %s devfs rw", "dev",
		"dev %s devfs rw", "dev", "tmpfs %s tmpfs size=1m", "dev/shm",
		"pts %s devpts rw", "dev/pts", "mq %s mqueue rw", "dev/mqueue",
		"fd %s fdescfs rw", "dev/fd",
	};
	static char text[nitems(lines) / 2][512];
	const char *conf[40];
	size_t k = 0;
	struct scene s = { .name = "once", .conf = conf, .inside = look_once };

	for (size_t i = 0; i < nitems(lines); i += 2) {
		const char *cut = strchr(lines[i], '%');
		char target[64];

		(void)snprintf(target, sizeof(target), "root/%s", lines[i + 1]);
		(void)snprintf(text[i / 2], sizeof(text[0]), "%.*s%s%s",
		    (int)(cut - lines[i]), lines[i], at("%s", target), cut + 2);
		conf[k++] = "mount";
		conf[k++] = text[i / 2];
	}
	conf[k++] = "mount.devfs";
	conf[k++] = NULL;
	conf[k++] = "mount.procfs";
	conf[k++] = NULL;
	conf[k] = NULL;
	expect_good(&s, at("root"));
}

static void
test_union(void)
{
	char a[512], b[1024];
	const char *conf[] = { "mount", a, "mount", b, NULL };
	struct scene s = { .name = "union", .conf = conf,
		.inside = look_union };
	struct stat st;

	(void)snprintf(a, sizeof(a), "%s %s unionfs rw 0 0", at("upper"),
	    at("root/union"));
	(void)snprintf(b, sizeof(b), "x %s overlay ro,lowerdir=%s:%s",
	    at("root/over"), at("la"), at("lb"));
	expect_good(&s, at("root"));
	is_int(owner(at("upper/made")), 0, "union: on disk 0 is 0");
	is_int(owner(at("upper/made1000")), 1000, "union: on disk 1000 is 1000");
	ok(stat(at("upper/gone"), &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_uid == 0, "union: a whiteout of 0");
	ok(access(at("root/union/gone"), F_OK) == 0, "union: lower untouched");
}

static void
test_root_lines(void)
{
	char a[512], b[512], c[512];
	const char *conf[] = { "mount", a, "mount", b, "mount", c, NULL };
	struct scene s = { .name = "root", .conf = conf, .inside = look_root };

	(void)snprintf(a, sizeof(a), "%s %s nullfs ro", at("base"), at("root"));
	(void)snprintf(b, sizeof(b), "%s %s unionfs rw", at("upper2"),
	    at("root"));
	(void)snprintf(c, sizeof(c), "%s %s nullfs rw", at("root/etc"),
	    at("root/rw"));
	expect_good(&s, at("root"));
	is_int(owner(at("upper2/made")), 0, "root: on disk 0 is 0");
}

static void
test_slash(void)
{
	static const char *const conf[] = { "mount.devfs", NULL, NULL };
	struct scene s = { .name = "path=/", .conf = conf,
		.inside = look_slash };

	expect_good(&s, "/");
	/* mqueue can be mapped by no kernel. */
	if (mount("mqueue", at("empty"), "mqueue", 0, NULL) == 0) {
		s.tiny = true;
		is_str(play(&s, "/"), NULL, "path=/: with an mqueue");
		ok(strstr(s.warned, at("empty")) != NULL,
		    "path=/: which is named: %s", s.warned);
		(void)umount2(at("empty"), MNT_DETACH);
	}
}

static void
test_refused(void)
{
	static char line[512];
	static const char *const one[] = { "mount", line, NULL };
	static const char *const dev[] = { "mount.devfs", NULL, NULL };
	static const char *const ruleset[] = { "devfs_ruleset", "99", NULL };
	char root[512];

	(void)snprintf(root, sizeof(root), "%s", at("root"));
#define REFUSED(name, want, ...) do {					\
	(void)snprintf(line, sizeof(line), __VA_ARGS__);		\
	expect_bad(name, root, one, want);				\
} while (0)
	REFUSED("a missing target", "root/none: No such file or directory",
	    "%s %s nullfs rw", at("base"), at("root/none"));
	REFUSED("a link as target", "root/link is a symbolic link",
	    "%s %s nullfs rw", at("base"), at("root/link"));
	REFUSED("a link on the way", "root/out is a symbolic link",
	    "%s %s nullfs rw", at("base"), at("root/out/sub"));
	REFUSED("a target outside", "not below the jail's path",
	    "%s %s nullfs rw", at("base"), at("rootx/base"));
	REFUSED("a target that climbs out", "leads out of the jail's path",
	    "%s %s nullfs rw", at("base"), at("root/../base"));
	REFUSED("a relative target", "not an absolute pathname",
	    "%s base nullfs rw", at("base"));
	REFUSED("a missing source", "none: No such file or directory",
	    "%s %s nullfs rw", at("none"), at("root/base"));
	REFUSED("a directory on a file", "root/etc/one: Not a directory",
	    "%s %s nullfs rw", at("base"), at("root/etc/one"));
	REFUSED("a file on a directory", "source is a file",
	    "%s %s nullfs rw", at("base/hello"), at("root/base"));
	REFUSED("devtmpfs", "devtmpfs: it would show",
	    "x %s devtmpfs rw", at("root/dev"));
	REFUSED("an unknown type", "nosuchfs: this kernel does not know",
	    "x %s nosuchfs rw", at("root/base"));
	REFUSED("an unknown option", "unknown option \"frob\"",
	    "%s %s nullfs rw,frob", at("base"), at("root/base"));
	REFUSED("a bad option of the kernel's", "option \"frob\"",
	    "x %s tmpfs frob", at("root/base"));
	REFUSED("too few fields", "missing information", "%s", at("base"));
	REFUSED("noidmap and rw", "noidmap needs ro",
	    "%s %s nullfs rw,noidmap", at("base"), at("root/base"));
	REFUSED("what cannot be mapped", "cannot map the ids of proc",
	    "/proc %s nullfs ro", at("root/base"));
	REFUSED("a source behind a link of the jail's", "is a symbolic link",
	    "%s %s nullfs ro", at("root/link"), at("root/base"));
	expect_bad("a ruleset that is not there", root, ruleset,
	    "devfs_ruleset: 99: no such ruleset in /etc/devfs.rules");

	(void)rename(at("root/dev"), at("root/dev.real"));
	(void)symlink("etc", at("root/dev"));
	expect_bad("/dev is a link", root, dev, "mount.devfs: ");
	expect_bad("/dev is a link, as the reference says it", root, dev,
	    "root/dev is a symbolic link");
	(void)unlink(at("root/dev"));
	(void)rename(at("root/dev.real"), at("root/dev"));

	(void)chown(root, 70000, 0);
	expect_bad("a root of an id that no jail has", root, dev,
	    "owned by user 70000");
	(void)chown(root, 0, 0);
	if (mount("mqueue", at("root/tmp"), "mqueue", 0, NULL) == 0) {
		expect_bad("a mount below that cannot be mapped", root, dev,
		    "cannot map the ids of mqueue");
		(void)umount2(at("root/tmp"), MNT_DETACH);
	}
}

static void
look_noidmap(void)
{
	check(access("/base/self", F_OK) == 0 ||
	    access("/base/version", F_OK) == 0, "noidmap: it is there");
	check(stays_ro("/base"), "noidmap: read-only");
}

static void
test_fstab(void)
{
	char file[512], text[1024], line[512];
	const char *conf[] = { "mount.fstab", "", "mount.fstab", file, "mount",
		line, NULL };
	struct scene s = { .name = "noidmap", .conf = conf,
		.inside = look_noidmap };

	(void)snprintf(file, sizeof(file), "%s", at("fstab"));
	(void)snprintf(line, sizeof(line), "/proc %s nullfs ro,noidmap",
	    at("root/base"));
	(void)snprintf(text, sizeof(text), "# all of it\n\n"
	    "%s %s nullfs ro 0 0 # the rest\n", at("deep"), at("root/rec"));
	put(file, text, 0);
	expect_good(&s, at("root"));
	(void)snprintf(text, sizeof(text), "\n%s %s\n", at("deep"),
	    at("root/rec"));
	put(file, text, 0);
	expect_bad("fstab: file and line", at("root"), conf, "fstab:2: ");
	put(file, "", 1000);
	expect_bad("fstab: of another user", at("root"), conf,
	    "others may write it");
	(void)unlink(file);
	expect_bad("fstab: missing", at("root"), conf,
	    "fstab: No such file or directory");
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int
main(void)
{
	if (geteuid() != 0)
		skip_all("needs root");
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	(void)umask(022);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) {
		perror("unshare");
		return 1;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(dir, sizeof(dir), "/var/tmp/test_mounts.XXXXXX");
	if (shared == MAP_FAILED || mkdtemp(dir) == NULL) {
		perror("set-up");
		return 1;
	}
	(void)chmod(dir, 0755);
	make_root();
	test_plain();
	test_thin();
	test_once();
	test_union();
	test_root_lines();
	test_slash();
	test_refused();
	test_fstab();
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	done_testing();
}
