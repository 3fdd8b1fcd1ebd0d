/*
 * A hostile program, run inside a jail: tries what a jail must refuse, and a
 * few things that it must not refuse, and prints one line each: the name and
 * how it ended ("OK", the errno's name, the signal's).  policy_test.sh holds
 * the table of what is expected.
 *
 * Each try is in a process of its own.  Arguments are such that the kernel
 * itself would answer otherwise than the filter does wherever that is
 * possible, so a filter that is missing shows.  Refuses to run outside of a
 * user namespace: there some of these would do what they say.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "policy/syscalls.h"

static char page[4096] __attribute__((aligned(4096)));
static unsigned long core_limit[2];
static char empty[] = "", slash[] = "/", none[] = "none";

#define P(x) ((long)(uintptr_t)(x))
#define HIGH (1L << 32)

/* Plain calls, by the name in our own table; a name that this machine does not
 * have is left out. */
static const struct plain {
	const char *name; /* CALL or CALL:detail */
	long a[6];
	long nr; /* given: this number, whatever the name */
} plain[] = {
	/* mounts */
	{ "mount", { P(none), P(none), P(none), 0, 0 } },
	{ "umount2", { P(empty), 0 } },
	{ "pivot_root", { P(empty), P(empty) } },
	{ "fsopen", { P(none), 0 } },
	{ "fsconfig", { -1, 0, 0, 0, 0 } },
	{ "fsmount", { -1, 0, 0 } },
	{ "fspick", { -1, P(empty), 0 } },
	{ "open_tree", { -1, P(empty), 0 } },
	{ "open_tree:clone", { AT_FDCWD, P(slash), 1 } },
	{ "open_tree_attr", { -1, P(empty), 0, 0, 0 } },
	{ "move_mount", { -1, P(empty), -1, P(empty), 0 } },
	{ "mount_setattr", { -1, P(empty), 0, 0, 0 } },
	{ "statmount", { 0, 0, 0, 0 } },
	{ "listmount", { 0, 0, 0, 0 } },
	/* namespaces */
	{ "unshare:newns", { 0x00020000 } },
	{ "unshare:newcgroup", { 0x02000000 } },
	{ "unshare:newuts", { 0x04000000 } },
	{ "unshare:newipc", { 0x08000000 } },
	{ "unshare:newuser", { 0x10000000 } },
	{ "unshare:newpid", { 0x20000000 } },
	{ "unshare:newnet", { 0x40000000 } },
	{ "unshare:newtime", { 0x80 } },
	{ "unshare:high", { HIGH } },
	{ "unshare:files", { 0x400 } },
	{ "setns", { -1, 0 } },
	{ "clone3", { 0, 0 } },
	/* kernel surface */
	{ "bpf", { 9999, 0, 0 } },
	{ "perf_event_open", { 0, 0, -1, -1, 0 } },
	{ "lookup_dcookie", { 0, 0, 0 } },
	{ "fanotify_init", { 0x7fffffff, 0 } },
	{ "userfaultfd", { 0x7fffffff } },
	{ "userfaultfd:user", { 1 } },
	{ "lsm_set_self_attr", { 0, 0, 0, 0 } },
	{ "io_uring_setup", { 1, 0 } },
	{ "io_uring_enter", { -1, 0, 0, 0, 0 } },
	{ "io_uring_register", { -1, 0, 0, 0 } },
	/* keys: the session's is asked for, the user's */
	{ "add_key", { P(none), P(none), 0, 0, -3 } },
	{ "request_key", { P(none), P(none), 0, 0 } },
	{ "keyctl:get", { 0, -3, 0 } },
	{ "keyctl:join", { 1, 0 } },
	/* the host's own */
	{ "kexec_load", { 0, 9999, 0, 0 } },
	{ "kexec_file_load", { -1, -1, 0, 0, 0 } },
	{ "init_module", { 0, 0, P(empty) } },
	{ "finit_module", { -1, P(empty), 0 } },
	{ "delete_module", { P(empty), 0 } },
	{ "create_module", { 0 } },
	{ "query_module", { 0 } },
	{ "get_kernel_syms", { 0 } },
	{ "iopl", { 0 } },
	{ "ioperm", { 0, 1, 0 } },
	{ "swapon", { P(empty), 0 } },
	{ "swapoff", { P(empty) } },
	{ "acct", { P(empty) } },
	{ "quotactl", { 0, P(empty), 0, 0 } },
	{ "quotactl_fd", { -1, 0, 0, 0 } },
	{ "nfsservctl", { 0 } },
	{ "uselib", { P(empty) } },
	{ "vhangup", { 0 } },
	{ "_sysctl", { 0 } },
	{ "sysfs", { 3 } },
	{ "ustat", { 0, 0 } },
	{ "vserver", { 0 } },
	{ "settimeofday", { 0, 0 } },
	{ "clock_settime", { 0, 0 } },
	{ "syslog:size", { 10, 0, 0 } },
	{ "syslog:read", { 3, P(page), sizeof(page) } },
	{ "open_by_handle_at", { -1, 0, 0 } },
	{ "modify_ldt", { 0, P(page), 0 } },
	{ "mbind", { P(page), 0, 0, 0, 0, 0 } },
	{ "set_mempolicy", { 0, 0, 0 } },
	{ "set_mempolicy_home_node", { 0, 0, 0, 0 } },
	{ "migrate_pages", { 0, 0, 0, 0 } },
	{ "move_pages", { 0, 0, 0, 0, 0, 0 } },
	/* pid 1's limits: read, never set */
	{ "prlimit64:init", { 1, RLIMIT_CORE, P(core_limit), 0 } },
	{ "prlimit64:init_high", { HIGH | 1, RLIMIT_CORE, P(core_limit), 0 } },
	{ "prlimit64:init_read", { 1, RLIMIT_CORE, 0, P(page) } },
	{ "prlimit64:self", { 0, RLIMIT_CORE, P(core_limit), 0 } },
	{ "personality:linux", { 0 } },
	{ "personality:ask", { 0xffffffff } },
	{ "personality:no_randomize", { 0x40000 } },
	{ "personality:read_implies_exec", { 0x400000 } },
	/* sockets: family, type, protocol */
	{ "socket:unix", { 1, 1, 0 } },
	{ "socket:inet", { 2, 1, 0 } },
	{ "socket:inet_high", { HIGH | 2, 1, 0 } },
	{ "socket:inet_raw", { 2, 3, 1 } },
	{ "socket:inet6", { 10, 1, 0 } },
	{ "socket:netlink_route", { 16, 3, 0 } },
	{ "socket:netlink_diag", { 16, 3, 4 } },
	{ "socket:netlink_uevent", { 16, 3, 15 } },
	{ "socket:netlink_generic", { 16, 3, 16 } },
	{ "socket:netlink_netfilter", { 16, 3, 12 } },
	{ "socket:netlink_nf_high", { 16, 3, HIGH | 12 } },
	{ "socket:netlink_audit", { 16, 3, 9 } },
	{ "socket:netlink_crypto", { 16, 3, 21 } },
	{ "socket:packet", { 17, 3, 0 } },
	{ "socket:alg", { 38, 5, 0 } },
	{ "socket:vsock", { 40, 1, 0 } },
	{ "socket:bluetooth", { 31, 3, 1 } },
	{ "socket:key", { 15, 3, 2 } },
	{ "socket:can", { 29, 3, 1 } },
	{ "socket:tipc", { 30, 1, 0 } },
	{ "socket:rds", { 21, 5, 0 } },
	{ "socket:xdp", { 44, 3, 0 } },
	{ "socket:unknown", { 99, 1, 0 } },
	{ "socketpair:unix", { 1, 1, 0, P(page) } },
	{ "socketpair:tipc", { 30, 1, 0, P(page) } },
	/* terminals; -1 is no descriptor: the kernel says EBADF */
	{ "ioctl:tiocsti", { -1, 0x5412, P(page) } },
	{ "ioctl:tiocsti_high", { -1, HIGH | 0x5412, P(page) } },
	{ "ioctl:tioclinux", { -1, 0x541c, P(page) } },
	{ "ioctl:tioccons", { -1, 0x541d, 0 } },
	{ "ioctl:tiocsetd", { -1, 0x5423, P(page) } },
	{ "ioctl:tiocvhangup", { -1, 0x5437, 0 } },
	{ "ioctl:tiocgwinsz", { -1, 0x5413, P(page) } },
	/* allowed: the kernel keeps them inside */
	{ "ptrace:nobody", { 0x4206, 0x3fffffff, 0, 0 } },
	{ "ptrace:init", { 0x4206, 1, 0, 0 } },
	{ "pidfd_getfd", { -1, 0, 0 } },
	{ "pidfd_open:init", { 1, 0 } },
	{ "chroot", { P(slash) } },
	{ "reboot:magic", { 0, 0, 0, 0 } },
	{ "name_to_handle_at", { -1, P(none), 0, 0, 0 } },
	{ "mlock", { P(page), sizeof(page) } },
	{ "mlockall", { 1 } },
	{ "setresuid:unmapped", { 65536, 65536, 65536 } },
	{ "setresuid:user", { 1000, 1000, 1000 } },
	{ "seccomp:strict", { 99, 0, 0 } },
#if defined(__x86_64__)
	/* getpid and, in its legacy range, execve of x32 */
	{ "x32:getpid", { 0 }, .nr = 0x40000000 | 39 },
	{ "x32:execve", { 0 }, .nr = 0x40000000 | 520 },
#endif
	{ "unknown:400", { 0 }, .nr = 400 },
	{ "unknown:470", { -1, -1, -1 }, .nr = 470 },
	{ "unknown:999", { 0 }, .nr = 999 },
	{ "unknown:-1", { 0 }, .nr = -1 },
};

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int
raw_clone(long flags)
{
	long r = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (r == 0)
		_exit(0);
	return r == -1 ? -1 : 0;
}

/* The type, and major and minor as two digits. */
#define NODE(type, maj, min) ((long)(type) | (maj) << 24 | (min) << 16)

static int
node(long what)
{
	static const char path[] = "/tmp/probe.node";
	unsigned maj = what >> 24 & 0xff, min = what >> 16 & 0xff;
	int r = mknod(path, (what & S_IFMT) | 0600, makedev(maj, min));

	if (r == 0)
		(void)unlink(path);
	return r;
}

static int
try_adjtime_read(void)
{
	struct timex t = { .modes = 0 };

	return adjtimex(&t) == -1 ? -1 : 0;
}

static int
try_adjtime_set(void)
{
	struct timex t = { .modes = 0 };

	if (adjtimex(&t) == -1)
		return -1;
	t.modes = ADJ_TICK; /* as it is */
	return adjtimex(&t) == -1 ? -1 : 0;
}

static int
try_sethostname(void)
{
	char name[65];

	if (gethostname(name, sizeof(name)) == -1)
		return -1;
	return sethostname(name, strlen(name));
}

static int
try_mmap_locked(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED;
	void *p = mmap(NULL, sizeof(page), PROT_READ, flags, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int
raise_limit(long resource)
{
	struct rlimit r;

	if (getrlimit((__rlimit_resource_t)resource, &r) == -1)
		return -1;
	r.rlim_max++;
	return setrlimit((__rlimit_resource_t)resource, &r);
}

static int
try_nice(void)
{
	return setpriority(PRIO_PROCESS, 0, -10);
}

static int
try_realtime(void)
{
	struct sched_param p = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &p);
}

static int
try_setgroups_unmapped(void)
{
	gid_t g = 70000;

	return setgroups(1, &g);
}

static int
try_trusted(void)
{
	return setxattr("/tmp", "trusted.probe", "x", 1, 0);
}

static int
try_bset_gone(void)
{
	/* A capability that was dropped does not come back. */
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 16, 0, 0);
}

static int
open_write(long path)
{
	int fd = open((const char *)(uintptr_t)path, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	(void)close(fd);
	return 0;
}

#if defined(__x86_64__)
/* getpid, by the gate of i386. */
static int
try_int80(void)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(20L)
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)r >= 0)
		return 0;
	errno = -(int)r;
	return -1;
}
#endif

static char core_pattern[] = "/proc/sys/kernel/core_pattern";
static char sysrq[] = "/proc/sysrq-trigger";

static const struct called {
	const char *name;
	int (*fn)(void);   /* or */
	int (*with)(long); /* and its argument */
	long arg;
} called[] = {
	{ "fork", try_fork },
	{ "clone:newns", .with = raw_clone, .arg = 0x00020000 },
	{ "clone:newcgroup", .with = raw_clone, .arg = 0x02000000 },
	{ "clone:newuts", .with = raw_clone, .arg = 0x04000000 },
	{ "clone:newipc", .with = raw_clone, .arg = 0x08000000 },
	{ "clone:newuser", .with = raw_clone, .arg = 0x10000000 },
	{ "clone:newpid", .with = raw_clone, .arg = 0x20000000 },
	{ "clone:newnet", .with = raw_clone, .arg = 0x40000000 },
	{ "mknod:null", .with = node, .arg = NODE(S_IFCHR, 1, 3) },
	{ "mknod:mem", .with = node, .arg = NODE(S_IFCHR, 1, 1) },
	{ "mknod:disk", .with = node, .arg = NODE(S_IFBLK, 8, 0) },
	{ "mknod:fifo", .with = node, .arg = S_IFIFO },
	{ "adjtimex:read", try_adjtime_read },
	{ "adjtimex:set", try_adjtime_set },
	{ "sethostname", try_sethostname },
	{ "mmap:locked", try_mmap_locked },
	{ "setrlimit:core", .with = raise_limit, .arg = RLIMIT_CORE },
	{ "setrlimit:memlock", .with = raise_limit, .arg = RLIMIT_MEMLOCK },
	{ "setrlimit:nofile", .with = raise_limit, .arg = RLIMIT_NOFILE },
	{ "setpriority", try_nice },
	{ "sched:fifo", try_realtime },
	{ "setgroups:unmapped", try_setgroups_unmapped },
	{ "setxattr:trusted", try_trusted },
	{ "ambient:sys_module", try_bset_gone },
	{ "write:core_pattern", .with = open_write, .arg = P(core_pattern) },
	{ "write:sysrq", .with = open_write, .arg = P(sysrq) },
#if defined(__x86_64__)
	{ "int80:getpid", try_int80 },
#endif
};

static long
nr_of(const char *name)
{
	size_t len = strcspn(name, ":"), nr;
	const char *n;

	for (nr = 0; nr < syscall_count(); nr++) {
		n = syscall_name(nr);
		if (n != NULL && strlen(n) == len && strncmp(n, name, len) == 0)
			return (long)nr;
	}
	return -1;
}

static void
report(const char *name, int st)
{
	const char *s;

	if (WIFSIGNALED(st))
		(void)printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(st)));
	else if (WEXITSTATUS(st) == 0)
		(void)printf("%s OK\n", name);
	else if ((s = strerrorname_np(WEXITSTATUS(st))) != NULL)
		(void)printf("%s %s\n", name, s);
	else
		(void)printf("%s %d\n", name, WEXITSTATUS(st));
}

/* In the child. */
static int
call_plain(const struct plain *p, long nr)
{
	const long *a = p->a;

	return syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? -1 : 0;
}

static int
call_fn(const struct called *c)
{
	return c->fn != NULL ? c->fn() : c->with(c->arg);
}

static void
attempt(
    const char *name, const struct plain *p, long nr, const struct called *c)
{
	int st, r;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)alarm(20);
		errno = 0;
		r = p != NULL ? call_plain(p, nr) : call_fn(c);
		_exit(r == -1 ? errno : 0);
	}
	if (pid == -1 || waitpid(pid, &st, 0) != pid) {
		(void)printf("%s: no process\n", name);
		exit(1);
	}
	report(name, st);
}

/* Lines of /proc/self/status, as "cap:Prm 00000000...". */
static void
print_status(void)
{
	static const char *const want[] = { "CapInh", "CapPrm", "CapEff",
		"CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Groups", "Uid",
		"Gid" };
	char line[512], *p;
	FILE *f = fopen("/proc/self/status", "re");
	size_t i;

	if (f == NULL) {
		(void)printf("status: %s\n", strerrorname_np(errno));
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		for (p = line; *p != '\0'; p++)
			if (*p == '\t' || *p == '\n')
				*p = ' ';
		while (p > line && p[-1] == ' ')
			*--p = '\0';
		for (i = 0; i < nitems(want); i++) {
			p = line + strlen(want[i]);
			if (strncmp(line, want[i], strlen(want[i])) == 0 &&
			    *p == ':')
				(void)printf("status:%s%s\n", want[i], p + 1);
		}
	}
	(void)fclose(f);
	(void)printf("status:Securebits %#x\n",
	    (unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

static bool
in_userns(void)
{
	unsigned long in, out, n;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool is = f != NULL && fscanf(f, "%lu %lu %lu", &in, &out, &n) == 3 &&
	    out != 0;

	if (f != NULL)
		(void)fclose(f);
	return is;
}

/* ---- against pid 1, when asked for by name ---- */

/*
 * A signal for which the kernel has no queue entry left looks like one from
 * outside: si_code SI_USER, si_pid 0.  The queue is filled with our own signals
 * (counted by user), and pid 1's share taken away where that is possible.
 */
static int
forge_signals(void)
{
	static const int sent[] = { SIGUSR1, SIGUSR2 };
	union sigval value = { .sival_int = 0 };
	struct rlimit empty_queue = { 0, 0 };
	siginfo_t si = { .si_code = SI_QUEUE };
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)prlimit(1, RLIMIT_SIGPENDING, &empty_queue, NULL);
	while (sigqueue(getpid(), SIGRTMIN, value) == 0)
		;
	for (size_t i = 0; i < nitems(sent); i++)
		if (syscall(SYS_rt_sigqueueinfo, 1, sent[i], &si) == -1 ||
		    kill(1, sent[i]) == -1)
			return 1;
	return 0;
}

/* How long pid 1 has run, in clock ticks; -1: it cannot be told. */
static long
init_ticks(void)
{
	char buf[1024], *p;
	unsigned long user, sys;
	FILE *f = fopen("/proc/1/stat", "re");
	size_t n = f != NULL ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	buf[n] = '\0';
	p = strrchr(buf, ')');
	if (p == NULL ||
	    sscanf(p + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
		&user, &sys) != 2)
		return -1;
	return (long)(user + sys);
}

/* One second of processor time is all that pid 1 shall have; use it up. */
static int
exhaust_init(void)
{
	struct rlimit second = { 1, 1 };
	long enough = sysconf(_SC_CLK_TCK) * 5 / 4, t;

	(void)prlimit(1, RLIMIT_CPU, &second, NULL);
	while ((t = init_ticks()) < enough) {
		if (t == -1)
			return 1;
		for (int i = 0; i < 20000; i++)
			(void)kill(1, 1 + i % 31);
	}
	return 0;
}

/* Away with what standard output has been told before. */
static int
rewrite_log(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	ssize_t n;

	(void)fcntl(STDOUT_FILENO, F_SETFL, flags & ~O_APPEND);
	n = pwrite(STDOUT_FILENO, "pwned", 5, 0);
	return n == -1 && ftruncate(STDOUT_FILENO, 0) == -1 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	size_t i;
	long nr;

	if (!in_userns()) {
		(void)fprintf(stderr, "probe: only inside a jail\n");
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "forge") == 0)
		return forge_signals();
	if (argc == 2 && strcmp(argv[1], "exhaust") == 0)
		return exhaust_init();
	if (argc == 2 && strcmp(argv[1], "rewrite") == 0)
		return rewrite_log();
	print_status();
	for (i = 0; i < nitems(plain); i++) {
		nr = plain[i].nr;
		if (nr == 0 && (nr = nr_of(plain[i].name)) == -1)
			continue;
		attempt(plain[i].name, &plain[i], nr, NULL);
	}
	for (i = 0; i < nitems(called); i++)
		attempt(called[i].name, NULL, 0, &called[i]);
	return 0;
}
