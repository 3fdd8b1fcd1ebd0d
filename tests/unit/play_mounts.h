/*
 * M, B and C of recipe 2 played with the functions of life/ and linux/, for
 * the tests of the tree of mounts: a scene is a set of parameters and what C
 * looks at.  C keeps every capability over its user namespace and no filter,
 * and tries to undo what was built.  Everything happens in a mount namespace
 * of the test's own and in one scratch directory; needs root.
 */
#ifndef TESTS_UNIT_PLAY_MOUNTS_H
#define TESTS_UNIT_PLAY_MOUNTS_H

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

static char dir[64]; /* the scratch directory */

/* What C and B found, told to the process that prints. */
static struct shared {
	int n;
	struct {
		bool good;
		int line, err;
		char name[120];
	} v[200];
} * shared;

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
	(void)vsnprintf(
	    shared->v[shared->n].name, sizeof(shared->v[0].name), fmt, ap);
	va_end(ap);
	shared->n++;
}

#define check(cond, ...) \
	do { \
		errno = 0; \
		bool check_good = (cond); \
		note(check_good, __LINE__, errno, __VA_ARGS__); \
	} while (0)

struct scene {
	const char *name;
	const char *const *conf; /* name, value pairs; NULL ends */
	bool tiny;
	bool old_kernel;       /* none of fsconfig's descriptors */
	bool host_users;       /* users=inherit: no user namespace */
	void (*inside)(void);  /* in C, as root of the jail */
	void (*between)(void); /* in M, where exec.prestart runs */
	char err[JERR_MSGLEN]; /* of the step that failed */
	char warned[JERR_MSGLEN];
};

static char *__attribute__((format(printf, 1, 2))) at(const char *fmt, ...)
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
	auto_close int fd = open(
	    path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	if (fd == -1 || io_write_all(fd, text, strlen(text)) == -1 ||
	    fchown(fd, owner, owner) == -1) {
		perror(path);
		exit(1);
	}
}

static inline bool
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
	auto_close int fd = mount_new(
	    "tmpfs", "tiny", &none, MOUNT_ATTR_RDONLY, e);

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
	struct mounts_ctx x = {
		.procfd = procfd, .userns = -1, .tiny = s->tiny
	};
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
	return status_code(status) == 0 ?
	    0 :
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
		if (conf_set(c, p[0], &value, p[1] != NULL, true, none, e) ==
		    -1)
			return -1;
		free(value);
	}
	return 0;
}

static bool
between(const struct scene *s)
{
	if (s->between != NULL)
		s->between();
	return true;
}

static int
run_m(struct scene *s, const char *root, struct jerr *e)
{
	auto_close int rootfd = open(root, O_PATH | O_CLOEXEC);
	auto_close int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mounts_at at = { .given = root, .path = root, .rootfd = rootfd };
	struct jail_conf c = JAIL_CONF_INIT;
	struct mounts *m = NULL;
	int rc = -1, status;
	pid_t b;

	if (scene_conf(s, &c, e) == 0 && mounts_parse(&c, &at, &m, e) == 0 &&
	    between(s) && mounts_clone(m, warned, s, e) == 0) {
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
	if (e.msg[0] == '\0' && shared->n > 0) /* B's */
		(void)snprintf(s->err, sizeof(s->err), "%s",
		    shared->v[shared->n - 1].name);
	return s->err;
}

static inline void
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

static inline void
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

static inline int
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

static inline bool
is_locked(const char *where)
{
	return umount2(where, MNT_DETACH) == -1 && errno == EINVAL;
}

static inline bool
stays_ro(const char *where)
{
	struct mount_attr a = { .attr_clr = MOUNT_ATTR_RDONLY };
	struct statvfs sf;

	if (mount_setattr(AT_FDCWD, where, 0, &a, sizeof(a)) == 0 ||
	    mount(NULL, where, NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		return false;
	return statvfs(where, &sf) == 0 && (sf.f_flag & ST_RDONLY) != 0;
}

static inline bool
can_read(const char *path, size_t want)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16];

	return fd != -1 && io_read(fd, buf, want) == (ssize_t)want;
}

static inline bool
is_node(const char *path, unsigned maj, unsigned min)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(maj, min);
}

static inline bool
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

static inline bool
is_masked_file(const char *path)
{
	struct stat st;
	char c;
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT;
	return fstat(fd, &st) == 0 && st.st_size == 0 && read(fd, &c, 1) == 0;
}

static inline bool
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

/* How often something is mounted at where. */
static inline int
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
make_root(void)
{
	static const char *const dirs[] = {
		"root",
		"root/etc",
		"root/proc",
		"root/sys",
		"root/dev",
		"root/sub",
		"root/sub2",
		"root/base",
		"root/plain",
		"root/rec",
		"root/run",
		"root/tmp",
		"root/union",
		"root/over",
		"root/rw",
		"base",
		"base/deep",
		"base/rw",
		"base/proc",
		"src",
		"src/sub",
		"deep",
		"upper",
		"upper2",
		"la",
		"lb",
		"empty",
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

/* In a mount namespace of our own, with the scratch directory; or ends. */
static void
play_begin(void)
{
	if (geteuid() != 0)
		skip_all("needs root");
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	(void)umask(022);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(dir, sizeof(dir), "/var/tmp/test_mounts.XXXXXX");
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    shared == MAP_FAILED || mkdtemp(dir) == NULL) {
		perror("set-up");
		exit(1);
	}
	(void)chmod(dir, 0755);
	make_root();
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
play_end(void)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#endif
