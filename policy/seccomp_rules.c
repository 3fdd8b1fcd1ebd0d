/*
 * What depends on an argument: flags, families, ioctl numbers.  Data, and the
 * few lines that pick from it.  Never decides by what stands behind a pointer:
 * the program cannot read it, and a second thread could change it afterwards.
 */
#include "policy/seccomp.h"

#include <sys/socket.h>

#include <asm/ioctls.h>
#include <linux/netlink.h>
#include <linux/sched.h>

#include "base/cleanup.h"

#define ALL 0xffffffffu
#define EQ(v, a) .mask = ALL, .value = (v), .act = (a)

#define NS_FLAGS \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define THREAD_FLAGS \
	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_VM | CLONE_SIGHAND | \
	    CLONE_THREAD)

/*
 * clone(2) takes the low half only.  CLONE_NEWTIME lies in the byte of the exit
 * signal there, so it can be asked for by clone3 and unshare alone.
 */
static const struct seccomp_clause clone_clauses[] = {
	{ .arg = 0, .mask = NS_FLAGS, .value = 0, .act = ACT_ALLOW },
};

/* What is not known to concern the caller's threads alone is refused, so that
 * a namespace flag of a later kernel is too. */
static const struct seccomp_clause unshare_clauses[] = {
	{ .arg = 0, .high = true, .negate = true, EQ(0, ACT_EPERM) },
	{ .arg = 0, .mask = (uint32_t)~THREAD_FLAGS, .act = ACT_ALLOW },
};

/*
 * The families that FreeBSD's jails have, route(4) being netlink's.  Absent:
 * AF_ALG, AF_VSOCK, AF_PACKET (but for allow.raw_sockets) and all that load
 * modules; of netlink the packet filter, audit, crypto, xfrm.  socketpair(2)
 * goes by the same rule.
 */
static const struct seccomp_clause socket_clauses[] = {
	{ .arg = 0, EQ(AF_UNIX, ACT_ALLOW) },
	{ .arg = 0, EQ(AF_INET, ACT_ALLOW), .need = NEED_IP4 },
	{ .arg = 0, EQ(AF_INET6, ACT_ALLOW), .need = NEED_IP6 },
	{ .arg = 0, EQ(AF_PACKET, ACT_ALLOW), .need = NEED_RAW },
	{ .arg = 0, .negate = true, EQ(AF_NETLINK, ACT_EAFNOSUPPORT) },
	{ .arg = 2, EQ(NETLINK_ROUTE, ACT_ALLOW) },
	{ .arg = 2, EQ(NETLINK_SOCK_DIAG, ACT_ALLOW) },
	{ .arg = 2, EQ(NETLINK_KOBJECT_UEVENT, ACT_ALLOW) },
	{ .arg = 2, EQ(NETLINK_GENERIC, ACT_ALLOW) },
};

/* Typing into, redirecting, hanging up a terminal; line disciplines load
 * modules (CVE-2017-5226, threats R13). */
static const struct seccomp_clause ioctl_clauses[] = {
	{ .arg = 1, EQ(TIOCSTI, ACT_EPERM) },
	{ .arg = 1, EQ(TIOCLINUX, ACT_EPERM) },
	{ .arg = 1, EQ(TIOCSETD, ACT_EPERM) },
	{ .arg = 1, EQ(TIOCCONS, ACT_EPERM) },
	{ .arg = 1, EQ(TIOCVHANGUP, ACT_EPERM) },
};

/* PER_LINUX, PER_LINUX32, each with UNAME26, and the question (-1).  Not
 * ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, MMAP_PAGE_ZERO. */
static const struct seccomp_clause personality_clauses[] = {
	{ .arg = 0, EQ(0, ACT_ALLOW) },
	{ .arg = 0, EQ(0x8, ACT_ALLOW) },
	{ .arg = 0, EQ(0x20000, ACT_ALLOW) },
	{ .arg = 0, EQ(0x20008, ACT_ALLOW) },
	{ .arg = 0, EQ(ALL, ACT_ALLOW) },
};

/*
 * pid 1's limits are read, not set: RLIMIT_CPU would kill it, which no signal
 * can.  It is 1 for every process of the jail, and the kernel takes an int.
 * Any other pid is a process of theirs, on which prlimit(1) is used by number.
 */
static const struct seccomp_clause prlimit_clauses[] = {
	{ .arg = 0, .negate = true, EQ(1, ACT_ALLOW) },
	{ .arg = 2, .negate = true, EQ(0, ACT_EPERM) },
	{ .arg = 2, .high = true, .negate = true, EQ(0, ACT_EPERM) },
};

#define RULE(c, other) \
	{ \
		(c), nitems(c), (other) \
	}

static const struct seccomp_rule rules[ACT_COUNT] = {
	[ACT_CLONE] = RULE(clone_clauses, ACT_EPERM),
	[ACT_UNSHARE] = RULE(unshare_clauses, ACT_EPERM),
	[ACT_SOCKET] = RULE(socket_clauses, ACT_EAFNOSUPPORT),
	[ACT_IOCTL] = RULE(ioctl_clauses, ACT_ALLOW),
	[ACT_PERSONALITY] = RULE(personality_clauses, ACT_EPERM),
	[ACT_PRLIMIT] = RULE(prlimit_clauses, ACT_ALLOW),
};

const struct seccomp_rule *
seccomp_rule(enum sys_action act)
{
	return rules[act].clause != NULL ? &rules[act] : NULL;
}

bool
seccomp_has(const struct seccomp_choice *c, uint8_t need)
{
	switch ((enum seccomp_need)need) {
	case NEED_NONE:
		return true;
	case NEED_IP4:
		return c->ip4;
	case NEED_IP6:
		return c->ip6;
	case NEED_RAW:
		return c->raw;
	}
	return false;
}

enum sys_action
seccomp_action(const struct seccomp_choice *c, size_t nr)
{
	enum sys_action act = syscall_action(nr);

	if (act == ACT_UNKNOWN)
		return ACT_ENOSYS;
	if (act == ACT_STATMOUNT)
		return c->statmount ? ACT_ALLOW : ACT_ENOSYS;
	return act;
}
