/*
 * The generated seccomp program against libseccomp's: the same rules told to
 * both, both interpreted for every number and many arguments.  The rules that
 * depend on arguments are written here a second time, in libseccomp's words,
 * and not taken from policy/seccomp_rules.c.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <seccomp.h>
#include <unistd.h>

#include <linux/audit.h>

#include "base/cleanup.h"
#include "policy/seccomp.h"
#include "tests/unit/bpf_run.h"
#include "tests/unit/tap.h"

/* The generator once more, with jumps that reach 3 instructions. */
#define NEAR 3
#define seccomp_build near_seccomp_build
int near_seccomp_build(const struct seccomp_choice *, struct sock_filter *,
    size_t, size_t *, struct jerr *);
#include "policy/seccomp_gen.c"
#undef seccomp_build

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN AUDIT_ARCH_I386
#else
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN AUDIT_ARCH_ARM
#endif

#define MAXPROG 4096
#define LOW 0xffffffffull
#define ERR(e) (SECCOMP_RET_ERRNO | (e))

struct prog {
	struct sock_filter insn[MAXPROG];
	size_t n;
};

/* One filter of libseccomp's for each default action. */
enum peer { PEER_MAIN, PEER_EPERM, PEER_SOCKET, PEER_ALLOW, PEERS };

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)printf("Bail out! %s\n", what);
	exit(1);
}

static int
nr_of(const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	must(nr >= 0, name);
	return nr;
}

static void
export_bpf(scmp_filter_ctx ctx, struct prog *p)
{
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	ssize_t got;

	must(fd >= 0 && seccomp_export_bpf(ctx, fd) == 0, "export_bpf");
	got = pread(fd, p->insn, sizeof(p->insn), 0);
	must(got > 0 && (size_t)got < sizeof(p->insn), "read of the export");
	p->n = (size_t)got / sizeof(p->insn[0]);
	(void)close(fd);
	seccomp_release(ctx);
}

static scmp_filter_ctx
new_filter(uint32_t otherwise)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);

	must(ctx != NULL &&
		seccomp_attr_set(
		    ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0,
	    "seccomp_init");
	return ctx;
}

static void
add(scmp_filter_ctx ctx, uint32_t act, int nr, unsigned n,
    const struct scmp_arg_cmp *cmp)
{
	must(seccomp_rule_add_array(ctx, act, nr, n, cmp) == 0, "rule_add");
}

static void
build_main(const struct seccomp_choice *c, struct prog *p)
{
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ERRNO(ENOSYS));
	enum sys_action act;
	size_t nr;

	for (nr = 0; nr < syscall_count(); nr++) {
		act = seccomp_action(c, nr);
		if (act == ACT_ALLOW)
			add(ctx, SCMP_ACT_ALLOW, (int)nr, 0, NULL);
		else if (act == ACT_EPERM)
			add(ctx, SCMP_ACT_ERRNO(EPERM), (int)nr, 0, NULL);
	}
	export_bpf(ctx, p);
}

static void
build_eperm(struct prog *p)
{
	static const uint64_t personas[] = { 0, 8, 0x20000, 0x20008, LOW };
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ERRNO(EPERM));
	struct scmp_arg_cmp a;
	size_t i;

	/* NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET */
	a = SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000ull, 0);
	add(ctx, SCMP_ACT_ALLOW, nr_of("clone"), 1, &a);
	/* VM FS FILES SIGHAND THREAD SYSVSEM */
	a = SCMP_A0(SCMP_CMP_MASKED_EQ, ~0x50f00ull, 0);
	add(ctx, SCMP_ACT_ALLOW, nr_of("unshare"), 1, &a);
	for (i = 0; i < nitems(personas); i++) {
		a = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, personas[i]);
		add(ctx, SCMP_ACT_ALLOW, nr_of("personality"), 1, &a);
	}
	export_bpf(ctx, p);
}

static void
build_socket(const struct seccomp_choice *c, struct prog *p)
{
	static const char *const calls[] = { "socket", "socketpair" };
	static const uint64_t protos[] = { 0, 4, 15, 16 };
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ERRNO(EAFNOSUPPORT));
	struct scmp_arg_cmp a[2];
	size_t i, k;

	for (i = 0; i < nitems(calls); i++) {
		a[0] = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 1);
		add(ctx, SCMP_ACT_ALLOW, nr_of(calls[i]), 1, a);
		a[0] = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 2);
		if (c->ip4)
			add(ctx, SCMP_ACT_ALLOW, nr_of(calls[i]), 1, a);
		a[0] = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 10);
		if (c->ip6)
			add(ctx, SCMP_ACT_ALLOW, nr_of(calls[i]), 1, a);
		a[0] = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 16);
		for (k = 0; k < nitems(protos); k++) {
			a[1] = SCMP_A2(SCMP_CMP_MASKED_EQ, LOW, protos[k]);
			add(ctx, SCMP_ACT_ALLOW, nr_of(calls[i]), 2, a);
		}
	}
	export_bpf(ctx, p);
}

static void
build_allow(struct prog *p)
{
	static const uint64_t cmds[] = { 0x5412, 0x541c, 0x541d, 0x5423,
		0x5437 };
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ALLOW);
	struct scmp_arg_cmp a, b[2];
	size_t i;

	for (i = 0; i < nitems(cmds); i++) {
		a = SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, cmds[i]);
		add(ctx, SCMP_ACT_ERRNO(EPERM), nr_of("ioctl"), 1, &a);
	}
	b[0] = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 1);
	b[1] = SCMP_A2(SCMP_CMP_NE, 0);
	add(ctx, SCMP_ACT_ERRNO(EPERM), nr_of("prlimit64"), 2, b);
	export_bpf(ctx, p);
}

static enum peer
peer_of(uint32_t nr)
{
	static const struct {
		const char *name;
		enum peer peer;
	} special[] = {
		{ "clone", PEER_EPERM },
		{ "unshare", PEER_EPERM },
		{ "personality", PEER_EPERM },
		{ "socket", PEER_SOCKET },
		{ "socketpair", PEER_SOCKET },
		{ "ioctl", PEER_ALLOW },
		{ "prlimit64", PEER_ALLOW },
	};
	size_t i;

	for (i = 0; i < nitems(special); i++)
		if (nr == (uint32_t)nr_of(special[i].name))
			return special[i].peer;
	return PEER_MAIN;
}

static const uint64_t samples[] = {
	0,
	1,
	2,
	3,
	4,
	8,
	9,
	10,
	12,
	15,
	16,
	17,
	31,
	38,
	40,
	44,
	0x40,
	0x80,
	17 | 0x01200000,
	0x3d0f00,
	0x7d0f00,
	0x50f00,
	0x20000,
	0x20008,
	0x20009,
	0x40000,
	0x5401,
	0x5411,
	0x5412,
	0x5413,
	0x541c,
	0x541d,
	0x5423,
	0x5437,
	0x02000000,
	0x04000000,
	0x08000000,
	0x10000000,
	0x20000000,
	0x40000000,
	0x80000000,
	0x7e020000,
	0xffff0000,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x100000002,
	0x10000000a,
	0x100005412,
	0x110000000,
	0xffffffff00000000,
	0xffffffff00000010,
	0xffffffffffffffff,
};

/* Number of differences over all samples at nr; the first is shown. */
static unsigned
compare(const struct prog *ours, const struct prog *theirs, uint32_t arch,
    uint32_t nr)
{
	bool all = arch == NATIVE && peer_of(nr) != PEER_MAIN;
	struct seccomp_data d = { .nr = (int)nr, .arch = arch };
	uint32_t a, b;
	unsigned diff = 0;
	size_t i, k;

	for (i = 0; i < nitems(samples); i++) {
		for (k = 0; k < (all ? nitems(samples) : 1); k++) {
			/* All of arguments 0 x 2, and 1 beside them. */
			d.args[0] = samples[i];
			d.args[1] = samples[(i + k) % nitems(samples)];
			d.args[2] = samples[k];
			a = bpf_run(ours->insn, ours->n, &d, NULL);
			b = bpf_run(theirs->insn, theirs->n, &d, NULL);
			if (a == b)
				continue;
			if (diff++ == 0)
				(void)printf("# call %u (%llx, %llx, %llx): "
					     "ours %#x, libseccomp's %#x\n",
				    nr, d.args[0], d.args[1], d.args[2], a, b);
		}
	}
	return diff;
}

static void
test_against_libseccomp(const struct seccomp_choice *c)
{
	static const uint32_t wild[] = { 1023, 4096, 0x3fffffff, 0x40000000,
		0x40000010, 0x40000029, 0x40000209, 0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff };
	static struct prog ours, peer[PEERS];
	struct jerr e = JERR_INIT;
	unsigned diff = 0, foreign = 0;
	uint32_t nr;
	size_t i;

	is_int(seccomp_build(c, ours.insn, MAXPROG, &ours.n, &e), 0,
	    "builds (%s)", e.msg);
	build_main(c, &peer[PEER_MAIN]);
	build_eperm(&peer[PEER_EPERM]);
	build_socket(c, &peer[PEER_SOCKET]);
	build_allow(&peer[PEER_ALLOW]);
	(void)printf("# %zu instructions; libseccomp's without arguments: "
		     "%zu\n",
	    ours.n, peer[PEER_MAIN].n);

	for (nr = 0; nr <= 600; nr++)
		diff += compare(&ours, &peer[peer_of(nr)], NATIVE, nr);
	for (i = 0; i < nitems(wild); i++)
		diff += compare(&ours, &peer[PEER_MAIN], NATIVE, wild[i]);
	for (nr = 0; nr <= 600; nr++)
		foreign += compare(&ours, &peer[PEER_MAIN], FOREIGN, nr);
	is_int(diff, 0, "as libseccomp: ip4 %d ip6 %d statmount %d", c->ip4,
	    c->ip6, c->statmount);
	is_int(foreign, 0, "the same for a foreign machine's calls");
}

static uint32_t
answer(const struct prog *p, uint32_t arch, uint32_t nr, uint64_t a0,
    uint64_t a1, uint64_t a2)
{
	struct seccomp_data d = {
		.nr = (int)nr, .arch = arch, .args = { a0, a1, a2 }
	};

	return bpf_run(p->insn, p->n, &d, NULL);
}

/* A few in plain words, so that a mistake common to both sides shows. */
static void
test_in_words(void)
{
	static const struct {
		const char *call;
		uint64_t a0, a1, a2;
		uint32_t want;
		const char *what;
	} t[] = {
		{ "clone", 0x1200011, 0, 0, SECCOMP_RET_ALLOW, "fork" },
		{ "clone", 0x3d0f00, 0, 0, SECCOMP_RET_ALLOW, "a thread" },
		{ "clone", 0x10000011, 0, 0, ERR(EPERM), "NEWUSER" },
		{ "clone", 0x00020011, 0, 0, ERR(EPERM), "NEWNS" },
		{ "unshare", 0x200, 0, 0, SECCOMP_RET_ALLOW, "FS" },
		{ "unshare", 0x80, 0, 0, ERR(EPERM), "NEWTIME" },
		{ "unshare", 0x10000000, 0, 0, ERR(EPERM), "NEWUSER" },
		{ "unshare", 1ull << 40, 0, 0, ERR(EPERM), "a high bit" },
		{ "socket", AF_UNIX, 1, 0, SECCOMP_RET_ALLOW, "unix" },
		{ "socket", AF_INET, 1, 0, ERR(EAFNOSUPPORT), "inet" },
		{ "socket", AF_INET6, 1, 0, ERR(EAFNOSUPPORT), "inet6" },
		{ "socket", 1ull << 32 | AF_INET, 1, 0, ERR(EAFNOSUPPORT),
		    "inet under a high half" },
		{ "socket", AF_PACKET, 3, 0, ERR(EAFNOSUPPORT), "packet" },
		{ "socket", 38, 5, 0, ERR(EAFNOSUPPORT), "alg" },
		{ "socket", AF_NETLINK, 3, 0, SECCOMP_RET_ALLOW, "route" },
		{ "socket", AF_NETLINK, 3, 12, ERR(EAFNOSUPPORT), "netfilter" },
		{ "socket", AF_NETLINK, 3, 9, ERR(EAFNOSUPPORT), "audit" },
		{ "ioctl", 0, 0x5413, 0, SECCOMP_RET_ALLOW, "TIOCGWINSZ" },
		{ "ioctl", 0, 0x5412, 0, ERR(EPERM), "TIOCSTI" },
		{ "ioctl", 0, 0xffffffff00005412, 0, ERR(EPERM),
		    "TIOCSTI under a high half" },
		{ "personality", 0x40000, 0, 0, ERR(EPERM), "NO_RANDOMIZE" },
		{ "personality", 0xffffffff, 0, 0, SECCOMP_RET_ALLOW, "ask" },
		{ "prlimit64", 0, 0, 4096, SECCOMP_RET_ALLOW, "one's own" },
		{ "prlimit64", 7, 0, 4096, SECCOMP_RET_ALLOW, "another's" },
		{ "prlimit64", 1, 0, 0, SECCOMP_RET_ALLOW, "pid 1's, read" },
		{ "prlimit64", 1, 0, 4096, ERR(EPERM), "pid 1's" },
		{ "prlimit64", 1, 0, 1ull << 32, ERR(EPERM),
		    "pid 1's from a high address" },
		{ "prlimit64", 1ull << 32 | 1, 0, 4096, ERR(EPERM),
		    "pid 1's under a high half" },
		{ "clone3", 0, 0, 0, ERR(ENOSYS), "any" },
		{ "setns", 0, 0, 0, ERR(EPERM), "any" },
		{ "mount", 0, 0, 0, ERR(EPERM), "any" },
		{ "keyctl", 1, 0, 0, ERR(ENOSYS), "any" },
	};
	struct seccomp_choice c = { .ip4 = false };
	static struct prog p;
	struct jerr e = JERR_INIT;
	size_t i;

	must(seccomp_build(&c, p.insn, MAXPROG, &p.n, &e) == 0, e.msg);
	for (i = 0; i < nitems(t); i++)
		is_int(answer(&p, NATIVE, (uint32_t)nr_of(t[i].call), t[i].a0,
			   t[i].a1, t[i].a2),
		    t[i].want, "%s %s", t[i].call, t[i].what);
	is_int(answer(&p, FOREIGN, 20, 0, 0, 0), ERR(ENOSYS), "foreign getpid");
	is_int(answer(&p, NATIVE, 0x40000000 | 39, 0, 0, 0), ERR(ENOSYS),
	    "x32 getpid");
	is_int(answer(&p, NATIVE, (uint32_t)syscall_count(), 0, 0, 0),
	    ERR(ENOSYS), "the first unknown number");
}

static void
test_short_jumps(void)
{
	struct seccomp_choice c = { .ip4 = true, .ip6 = true };
	static struct prog far, near;
	struct jerr e = JERR_INIT;
	unsigned diff = 0, longest = 0;
	uint32_t nr;
	size_t i;

	must(seccomp_build(&c, far.insn, MAXPROG, &far.n, &e) == 0, e.msg);
	must(near_seccomp_build(&c, near.insn, MAXPROG, &near.n, &e) == 0,
	    e.msg);
	ok(near.n > far.n, "short jumps need more instructions: %zu, %zu",
	    near.n, far.n);
	for (i = 0; i < near.n; i++) {
		if (near.insn[i].jt > longest)
			longest = near.insn[i].jt;
		if (near.insn[i].jf > longest)
			longest = near.insn[i].jf;
	}
	ok(longest <= NEAR + 1, "no comparison jumps farther than %d: %u",
	    NEAR + 1, longest);
	for (nr = 0; nr <= 600; nr++)
		diff += compare(&far, &near, NATIVE, nr);
	diff += compare(&far, &near, NATIVE, 0x40000000);
	diff += compare(&far, &near, FOREIGN, 1);
	is_int(diff, 0, "and answer the same");
}

/* Plain answers must use only what the kernel's bitmap emulation knows. */
static void
test_shape(void)
{
	struct seccomp_choice c = {
		.ip4 = true, .ip6 = true, .statmount = true
	};
	static struct prog p, q;
	struct jerr e = JERR_INIT;
	struct seccomp_data d = { .arch = NATIVE };
	unsigned steps, most = 0;
	size_t n = 0, nr;

	must(seccomp_build(&c, p.insn, MAXPROG, &p.n, &e) == 0, e.msg);
	memset(&q, 0xff, sizeof(q));
	must(seccomp_build(&c, q.insn, MAXPROG, &q.n, &e) == 0, e.msg);
	ok(p.n == q.n && memcmp(p.insn, q.insn, p.n * sizeof(p.insn[0])) == 0,
	    "the same choice gives the same bytes");
	ok(p.n < 300, "%zu instructions, under 300", p.n);
	is_int(p.insn[p.n - 1].code, BPF_RET | BPF_K, "ends with a return");
	is_int(seccomp_build(&c, q.insn, p.n, &n, &e), 0, "fits exactly");
	is_int(seccomp_build(&c, q.insn, p.n - 1, &n, &e), -1,
	    "one less does not");
	is_int(e.code, E2BIG, "code is E2BIG");
	ok(e.msg[0] != '\0', "with a message: %s", e.msg);
	for (nr = 0; nr < syscall_count(); nr++) {
		if (seccomp_action(&c, nr) != ACT_ALLOW)
			continue;
		steps = 0;
		d.nr = (int)nr;
		(void)bpf_run(p.insn, p.n, &d, &steps);
		if (steps > most)
			most = steps;
	}
	ok(most <= 14, "an allowed call takes at most %u steps", most);
}

static int
errno_of(long r)
{
	return r == -1 ? errno : 0;
}

/* The kernel takes it and answers so.  In a child; harmless calls only. */
static void
test_kernel(void)
{
	struct seccomp_choice c = { .ip4 = false };
	static struct prog p;
	struct sock_fprog fp;
	struct jerr e = JERR_INIT;
	int st = 0, *got;
	pid_t pid;

	must(seccomp_build(&c, p.insn, MAXPROG, &p.n, &e) == 0, e.msg);
	fp = (struct sock_fprog) { .len = (unsigned short)p.n,
		.filter = p.insn };
	got = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(got != MAP_FAILED, "mmap");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fp) == -1)
			_exit(errno);
		got[0] = errno_of(socket(AF_INET, SOCK_STREAM, 0));
		got[1] = errno_of(socket(AF_UNIX, SOCK_STREAM, 0));
		got[2] = errno_of(syscall(999));
		got[3] = errno_of(syscall(SYS_bpf, -1, NULL, 0));
		got[4] = errno_of(syscall(SYS_unshare, 0x10000000));
		got[5] = errno_of(syscall(SYS_clone3, NULL, 0));
		_exit(0);
	}
	must(waitpid(pid, &st, 0) == pid, "waitpid");
	is_int(st, 0, "the kernel takes the program");
	is_int(got[0], EAFNOSUPPORT, "kernel: inet socket");
	is_int(got[1], 0, "kernel: unix socket");
	is_int(got[2], ENOSYS, "kernel: call 999");
	is_int(got[3], EPERM, "kernel: bpf");
	is_int(got[4], EPERM, "kernel: unshare NEWUSER");
	is_int(got[5], ENOSYS, "kernel: clone3");
	(void)munmap(got, 4096);
}

int
main(void)
{
	struct seccomp_choice c;
	unsigned i;

	for (i = 0; i < 8; i++) {
		c = (struct seccomp_choice) { .ip4 = (i & 1) != 0,
			.ip6 = (i & 2) != 0,
			.statmount = (i & 4) != 0 };
		test_against_libseccomp(&c);
	}
	test_in_words();
	test_short_jumps();
	test_shape();
	test_kernel();
	done_testing();
}
