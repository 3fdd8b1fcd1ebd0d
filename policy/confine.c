/*
 * From a jail's parameters to what its processes may do: capabilities, owners
 * of namespaces, limits, and the seccomp program.  Pure: it asks the kernel
 * nothing, so the same parameters give the same result in `jail -c` and in
 * every later jexec.  Absent means strict, and what is not built is refused
 * here again, although the model has refused it before: this is the last place
 * where a slip would open a jail.
 */
#include "policy/confine.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "model/addr.h"
#include "policy/seccomp.h"

#define CAP(x) ((uint64_t)1 << CAP_##x)

/*
 * What root in a jail with a user namespace of its own keeps whatever the
 * parameters say: what only reaches its own files, processes and ids, or what
 * daemons ask for and the kernel then confines.  SYS_PTRACE counts in the
 * jail's own namespaces alone, SYS_NICE and LEASE for its own tasks and files,
 * SYS_BOOT ends its pid 1.  Not kept: what the kernel gives to nobody in a user
 * namespace (IPC_LOCK, SYS_TIME, SYSLOG, SYS_RESOURCE, LINUX_IMMUTABLE,
 * AUDIT_CONTROL), and what no jail shall do (MKNOD and the rest).
 */
#define CAPS_ALWAYS \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH) | CAP(FOWNER) | \
	    CAP(FSETID) | CAP(SETUID) | CAP(SETGID) | CAP(SETPCAP) | \
	    CAP(KILL) | CAP(SYS_CHROOT) | CAP(SETFCAP) | CAP(SYS_PTRACE) | \
	    CAP(SYS_NICE) | CAP(SYS_BOOT) | CAP(LEASE) | CAP(AUDIT_WRITE))

/* allow.mlock off is the first; core patterns may run a program on the host
 * with a jail's core as its input, hence the second. */
static const struct priv_limit limits[] = {
	{ RLIMIT_MEMLOCK, { .rlim_cur = 0, .rlim_max = 0 } },
	{ RLIMIT_CORE, { .rlim_cur = 0, .rlim_max = 0 } },
	{ RLIMIT_NOFILE, { .rlim_cur = 1024, .rlim_max = 524288 } },
};

/* Policy depends on these and has one answer so far: their value must be the
 * one given. */
static const struct {
	enum param_id id;
	int64_t only;
} fixed[] = {
	{ P_USERS, JSYS_NEW },
	{ P_VNET, JSYS_INHERIT },
	{ P_HOST, JSYS_NEW },
	{ P_CHILDREN_MAX, 0 },
	{ P_SYSVMSG, JSYS_NEW },
	{ P_SYSVSEM, JSYS_NEW },
	{ P_SYSVSHM, JSYS_NEW },
	{ P_ALLOW_SYSVIPC, false },
	{ P_ALLOW_CHFLAGS, false },
	{ P_ALLOW_MOUNT, false },
	{ P_ALLOW_QUOTAS, false },
	{ P_ALLOW_SOCKET_AF, false },
	{ P_ALLOW_MLOCK, false },
	{ P_ALLOW_READ_MSGBUF, false },
	{ P_ALLOW_UNPRIVILEGED_PROC_DEBUG, true },
	{ P_ALLOW_SUSER, true },
	{ P_ALLOW_EXTATTR, false },
	{ P_ALLOW_ADJTIME, false },
	{ P_ALLOW_SETTIME, false },
	{ P_ALLOW_ROUTING, false },
	{ P_ALLOW_SETAUDIT, false },
	{ P_ALLOW_UNPRIVILEGED_PARENT_TAMPERING, false },
	{ P_ALLOW_USERNS, false },
	{ P_ALLOW_KEYRINGS, false },
	{ P_ALLOW_IO_URING, false },
	{ P_ALLOW_USERFAULTFD, false },
	{ P_ALLOW_MEMPOLICY, false },
	{ P_ALLOW_COMPAT32, false },
};

static int
check_fixed(const struct jail_conf *c, struct jerr *e)
{
	const struct param_desc *p;
	int64_t has;
	size_t i;

	for (i = 0; i < nitems(fixed); i++) {
		p = &param_table[fixed[i].id];
		has = p->type == PT_BOOL ? conf_bool(c, fixed[i].id) :
					   conf_int(c, fixed[i].id);
		if (has == fixed[i].only)
			continue;
		return jerr_set(e, EINVAL, "%s: not available yet%s%s", p->name,
		    p->later != NULL ? ": " : "",
		    p->later != NULL ? p->later : "");
	}
	return 0;
}

/*
 * A host's family given alone: the other one is refused at socket(2).  ip4=new
 * without an address is a jail without IPv4, as on FreeBSD.
 */
static int
confine_net(const struct jail_conf *c, struct confine *out, struct jerr *e)
{
	bool host4 = addr_mode(c, AF_INET) == JSYS_INHERIT;
	bool host6 = addr_mode(c, AF_INET6) == JSYS_INHERIT;
	bool own4 = addr_mode(c, AF_INET) == JSYS_NEW;
	bool own6 = addr_mode(c, AF_INET6) == JSYS_NEW;
	bool raw = conf_bool(c, P_ALLOW_RAW_SOCKETS);

	if (host6 && !host4)
		return jerr_set(e, EINVAL,
		    "ip6: inherit needs ip4 = inherit: "
		    "an IPv6 socket speaks IPv4 as well");
	if (host4 && own6)
		return jerr_set(e, EINVAL,
		    "ip6.addr: a jail with the host's stack (ip4 = inherit) "
		    "has no addresses of its own");
	if (host4 && raw)
		return jerr_set(e, EINVAL,
		    "allow.raw_sockets: not with the host's stack: raw "
		    "sockets there would see and forge all of it");
	out->ip4 = host4 || own4;
	out->ip6 = host6 || own6;
	/*
	 * Made before the user namespace, so nothing in it can be changed from
	 * inside.  Raw sockets need the jail to own it; without CAP_NET_ADMIN
	 * it cannot change it even so.
	 */
	out->raw = raw && (own4 || own6);
	out->net = host4 ? NS_HOST : out->raw ? NS_JAIL : NS_FROZEN;
	return 0;
}

static bool
own_addresses(const struct jail_conf *c)
{
	return addr_mode(c, AF_INET) == JSYS_NEW ||
	    addr_mode(c, AF_INET6) == JSYS_NEW;
}

static uint64_t
confine_caps(const struct jail_conf *c, const struct confine *out)
{
	uint64_t caps = CAPS_ALWAYS;

	if (conf_bool(c, P_ALLOW_RESERVED_PORTS))
		caps |= CAP(NET_BIND_SERVICE);
	/* A file with this capability (Debian's ping) is not executed at all
	 * where the bounding set lacks it.  Over a stack that the host owns it
	 * opens nothing: raw and packet sockets ask the stack's owner. */
	if (out->raw || own_addresses(c))
		caps |= CAP(NET_RAW);
	if (out->ipc == NS_JAIL)
		caps |= CAP(IPC_OWNER);
	/* sethostname asks for it over the UTS namespace; all else that it
	 * opens in a user namespace is refused by the filter. */
	if (out->uts == NS_JAIL)
		caps |= CAP(SYS_ADMIN);
	return caps;
}

int
confine_from_conf(
    const struct jail_conf *c, struct confine *out, struct jerr *e)
{
	struct seccomp_choice choice;

	memset(out, 0, sizeof(*out));
	if (check_fixed(c, e) == -1 || confine_net(c, out, e) == -1)
		return -1;
	out->userns = true;
	out->ipc = NS_JAIL;
	out->uts = conf_bool(c, P_ALLOW_SET_HOSTNAME) ? NS_JAIL : NS_FROZEN;
	out->caps = confine_caps(c, out);
	/* None.  KEEP_CAPS_LOCKED would stop dbus-daemon, named and chronyd,
	 * which give up on the EPERM of PR_SET_KEEPCAPS, and would hold
	 * nobody: CAP_SETPCAP reaches the same by NO_SETUID_FIXUP. */
	out->securebits = 0;
	out->no_new_privs = conf_bool(c, P_EXEC_NONEWPRIVS);
	out->limits = limits;
	out->nlimits = nitems(limits);
	choice = (struct seccomp_choice) {
		.ip4 = out->ip4,
		.ip6 = out->ip6,
		.raw = out->raw,
		.statmount = conf_int(c, P_ENFORCE_STATFS) < 2,
	};
	return seccomp_build(
	    &choice, out->filter, nitems(out->filter), &out->nfilter, e);
}
