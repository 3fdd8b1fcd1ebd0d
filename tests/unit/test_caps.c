/*
 * priv_enter in a user namespace made for it (root needed): what it leaves,
 * what it refuses, and that its verification sees through calls that only
 * claim to have worked, which a lying seccomp program brings about.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "base/cleanup.h"
#include "linux/caps.h"
#include "tests/unit/tap.h"

#define BASE 1879048192u
#define CAP(x) ((uint64_t)1 << CAP_##x)
#define CAPS (CAP(CHOWN) | CAP(SETUID) | CAP(SETGID) | CAP(SYS_ADMIN))
#define KEY "jail-test-key"

static const struct sock_filter allow_all[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const struct priv_limit limits[] = {
	{ RLIMIT_CORE, { .rlim_cur = 0, .rlim_max = 0 } },
	{ RLIMIT_NOFILE, { .rlim_cur = 64, .rlim_max = RLIM_INFINITY } },
};

/* What the child tells; in one write to a pipe. */
struct told {
	int r; /* of priv_enter, or of body */
	struct jerr e;
	char status[4096]; /* /proc/self/status afterwards */
	long value[4];	   /* of body */
};

struct trial {
	struct priv_drop d;
	void (*before)(void); /* in the namespace, before priv_enter */
	void (*after)(struct told *);
};

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
put(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	(void)close(fd);
}

static void
child(const struct trial *t, int go, int out)
{
	static struct told told;
	char c;
	int fd;

	if (read(go, &c, 1) != 1)
		_exit(1);
	told.e = (struct jerr)JERR_INIT;
	if (t->before != NULL)
		t->before();
	told.r = priv_nondumpable(&told.e);
	if (told.r == 0)
		told.r = priv_enter(&t->d, &told.e);
	if (told.r == 0 && t->after != NULL)
		t->after(&told);
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		(void)!read(fd, told.status, sizeof(told.status) - 1);
	_exit(write(out, &told, sizeof(told)) == sizeof(told) ? 0 : 1);
}

static void
run(const struct trial *t, struct told *told)
{
	char map[64];
	int go[2], out[2], st;
	pid_t pid;

	must(pipe2(go, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	must(pid >= 0, "clone(CLONE_NEWUSER)");
	if (pid == 0) {
		(void)close(go[1]);
		child(t, go[0], out[1]);
	}
	(void)snprintf(map, sizeof(map), "0 %u 65536", BASE);
	put(pid, "uid_map", map);
	put(pid, "gid_map", map);
	must(write(go[1], "x", 1) == 1, "write");
	(void)close(out[1]);
	must(read(out[0], told, sizeof(*told)) == sizeof(*told), "read");
	must(waitpid(pid, &st, 0) == pid && st == 0, "child");
	(void)close(go[0]);
	(void)close(go[1]);
	(void)close(out[0]);
}

static struct priv_drop
usual(void)
{
	return (struct priv_drop) { .caps = CAPS,
		.limits = limits,
		.nlimits = nitems(limits),
		.filter = allow_all,
		.nfilter = nitems(allow_all) };
}

/* "Name:" line of the status, as it stands there. */
static const char *
line(const struct told *t, const char *name)
{
	static char buf[256];
	const char *p = strstr(t->status, name);
	size_t n;

	if (p == NULL)
		return NULL;
	p += strlen(name) + 2;
	n = strcspn(p, "\n");
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	(void)snprintf(buf, sizeof(buf), "%.*s", (int)n, p);
	return buf;
}

static void
is_caps(const struct told *t, const char *name, uint64_t want)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%016jx", (uintmax_t)want);
	is_str(line(t, name), text, "%s", name);
}

static void
get_limits(struct told *t)
{
	struct rlimit r;

	(void)getrlimit(RLIMIT_CORE, &r);
	t->value[0] = (long)r.rlim_max;
	(void)getrlimit(RLIMIT_NOFILE, &r);
	t->value[1] = (long)r.rlim_cur;
	t->value[2] = (long)r.rlim_max;
	t->value[3] = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

static void
test_root(void)
{
	struct trial t = { .d = usual(), .after = get_limits };
	struct rlimit own;
	struct told told;

	(void)getrlimit(RLIMIT_NOFILE, &own);
	run(&t, &told);
	is_int(told.r, 0, "root enters (%s)", told.e.msg);
	is_str(line(&told, "\nUid"), "0\t0\t0\t0", "uid 0");
	is_str(line(&told, "\nGroups"), "", "no groups");
	is_caps(&told, "CapInh", 0);
	is_caps(&told, "CapPrm", CAPS);
	is_caps(&told, "CapEff", CAPS);
	is_caps(&told, "CapBnd", CAPS);
	is_caps(&told, "CapAmb", 0);
	is_str(line(&told, "NoNewPrivs"), "0", "new privileges are possible");
	is_str(line(&told, "\nSeccomp"), "2", "a filter");
	is_int(told.value[0], 0, "core limit");
	is_int(told.value[1], 64, "nofile limit");
	is_int(told.value[2], own.rlim_max, "nofile: our own hard limit");
	is_int(told.value[3], 0, "not dumpable");
}

static void
test_user(void)
{
	static const gid_t groups[] = { 27, 5, 65535 };
	struct trial t = { .d = usual() };
	struct told told;

	t.d.uid = 1000;
	t.d.gid = 1001;
	t.d.groups = groups;
	t.d.ngroups = nitems(groups);
	t.d.no_new_privs = true;
	t.d.securebits = SECBIT_KEEP_CAPS_LOCKED;
	run(&t, &told);
	is_int(told.r, 0, "a user enters (%s)", told.e.msg);
	is_str(line(&told, "\nUid"), "1000\t1000\t1000\t1000", "uid 1000");
	is_str(line(&told, "\nGid"), "1001\t1001\t1001\t1001", "gid 1001");
	is_str(line(&told, "\nGroups"), "5 27 65535", "exactly the groups");
	is_caps(&told, "CapInh", 0);
	is_caps(&told, "CapPrm", 0);
	is_caps(&told, "CapEff", 0);
	is_caps(&told, "CapBnd", CAPS);
	is_str(line(&told, "NoNewPrivs"), "1", "no_new_privs");
}

/* A filter in which call nr does nothing and says 0. */
static void
lie(struct sock_filter *f, long nr)
{
	f[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	f[1] = (struct sock_filter)BPF_JUMP(
	    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1);
	f[2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO);
	f[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

/* The same for prctl(op) alone. */
static void
lie_prctl(struct sock_filter *f, uint32_t op)
{
	lie(f, SYS_prctl);
	f[1].jf = 3;
	f[2] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
	f[3] = (struct sock_filter)BPF_JUMP(
	    BPF_JMP | BPF_JEQ | BPF_K, op, 0, 1);
	f[4] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO);
	f[5] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

static void
inherit_one(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct c[2];

	(void)syscall(SYS_capget, &h, c);
	c[0].inheritable |= 1u << CAP_CHOWN;
	(void)syscall(SYS_capset, &h, c);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0);
}

static void
test_ambient(void)
{
	struct trial t = { .d = usual(), .before = inherit_one };
	struct told told;

	run(&t, &told);
	is_int(told.r, 0, "with ambient capabilities before (%s)", told.e.msg);
	is_caps(&told, "CapInh", 0);
	is_caps(&told, "CapAmb", 0);
}

static void
test_verified(void)
{
	static const gid_t groups[] = { 7 };
	static const struct {
		long nr;
		uint32_t op;
		const char *says;
	} t[] = {
		{ SYS_setresuid, 0, "user ids are not 1000" },
		{ SYS_setresgid, 0, "group ids are not 1000" },
		{ SYS_setgroups, 0, "supplementary groups" },
		{ SYS_capset, 0, "capabilities are" },
		{ SYS_prctl, PR_CAPBSET_DROP, "is still in the bounding" },
		{ SYS_prctl, PR_SET_SECUREBITS, "securebits are not" },
		{ SYS_prctl, PR_SET_NO_NEW_PRIVS, "no_new_privs is not" },
		{ SYS_prctl, PR_GET_SECCOMP, "filter is not there" },
	};
	struct sock_filter f[6];
	struct trial tr = { .d = usual() };
	struct told told;
	size_t i;

	tr.d.uid = tr.d.gid = 1000;
	tr.d.groups = groups;
	tr.d.ngroups = 1;
	tr.d.no_new_privs = true;
	tr.d.securebits = SECBIT_NO_CAP_AMBIENT_RAISE;
	tr.d.filter = f;
	for (i = 0; i < nitems(t); i++) {
		if (t[i].nr == SYS_prctl)
			lie_prctl(f, t[i].op);
		else
			lie(f, t[i].nr);
		tr.d.nfilter = t[i].nr == SYS_prctl ? 6 : 4;
		run(&tr, &told);
		is_int(
		    told.r, -1, "call %ld, %u lies: noticed", t[i].nr, t[i].op);
		ok(strstr(told.e.msg, t[i].says) != NULL, "\"%s\" has \"%s\"",
		    told.e.msg, t[i].says);
	}
}

static void
lose_sys_admin(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct c[2];

	(void)syscall(SYS_capget, &h, c);
	c[0].effective &= ~(1u << CAP_SYS_ADMIN);
	(void)syscall(SYS_capset, &h, c);
}

static void
test_refused(void)
{
	struct trial t = { .d = usual() };
	struct told told;

	t.d.nfilter = 0;
	run(&t, &told);
	is_int(told.r, -1, "no filter is an error");
	is_int(told.e.code, EINVAL, "EINVAL: %s", told.e.msg);
	t.d = usual();
	t.before = lose_sys_admin;
	run(&t, &told);
	is_int(told.r, -1, "without SYS_ADMIN no filter is loaded");
	is_int(told.e.code, EACCES, "EACCES");
	is_str(told.e.msg,
	    "seccomp: CAP_SYS_ADMIN over the jail's user "
	    "namespace is not held",
	    "and says what that means here");
	t.d = usual();
	t.before = NULL;
	t.d.uid = 65536;
	run(&t, &told);
	is_int(told.r, -1, "an id outside of the map");
	is_str(told.e.msg, "setresuid 65536: Invalid argument", "named");
}

/* Is the host's key found?  Its number, or -errno. */
static long
find_key(void)
{
	long r = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING,
	    "user", KEY, 0);

	return r == -1 ? -errno : r;
}

static long key_before;

static void
look_before(void)
{
	key_before = find_key();
}

static void
look_after(struct told *t)
{
	t->value[0] = key_before;
	t->value[1] = find_key();
}

/* In a child, whose session keyring is its own: the test leaves no key. */
static int
keyring_child(void)
{
	struct trial t = {
		.d = usual(), .before = look_before, .after = look_after
	};
	struct told told;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) == -1 ||
	    syscall(SYS_add_key, "user", KEY, "secret", 6,
		KEY_SPEC_SESSION_KEYRING) == -1)
		return errno == ENOSYS ? 3 : 2;
	run(&t, &told);
	if (told.r != 0 || told.value[0] <= 0)
		return 2;
	return told.value[1] == -ENOKEY ? 0 : 1;
}

static void
test_keyring(void)
{
	int st;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0)
		_exit(keyring_child());
	must(waitpid(pid, &st, 0) == pid && WIFEXITED(st), "waitpid");
	if (WEXITSTATUS(st) == 3) {
		ok(true, "a kernel without keys");
		return;
	}
	is_int(WEXITSTATUS(st), 0,
	    "the host's key is found before, not after "
	    "(1: found; 2: the trial itself failed)");
}

static void
test_limit_get(void)
{
	struct priv_limit l = { .resource = RLIMIT_NOFILE };
	struct rlimit own, got;

	must(getrlimit(RLIMIT_NOFILE, &own) == 0, "getrlimit");
	l.want = (struct rlimit) { .rlim_cur = 1, .rlim_max = own.rlim_max };
	ok(!priv_limit_get(&l, &got), "as wanted is not lower");
	l.want = (struct rlimit) { .rlim_cur = RLIM_INFINITY,
		.rlim_max = RLIM_INFINITY };
	is_int(priv_limit_get(&l, &got), own.rlim_max != RLIM_INFINITY,
	    "more than our own is lower");
	is_int(got.rlim_max, own.rlim_max, "hard becomes ours");
	is_int(got.rlim_cur, own.rlim_max, "soft no more than hard");
}

int
main(void)
{
	if (geteuid() != 0)
		skip_all("needs root");
	test_limit_get();
	test_root();
	test_user();
	test_ambient();
	test_verified();
	test_refused();
	test_keyring();
	done_testing();
}
