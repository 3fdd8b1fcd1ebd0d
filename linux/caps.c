/*
 * The last steps before a jail's program runs.  The order was tried out and is
 * not free: keys before the filter, which refuses them; the filter while
 * CAP_SYS_ADMIN is held (later EACCES, unless no_new_privs, which would take
 * setuid programs from the jail); ids before the sets; bounding set and
 * securebits while CAP_SETPCAP is held; capset last, and always, since
 * setresuid from an id that is no root of the user namespace drops nothing.
 *
 * Runs between clone and exec, perhaps in the parent's memory: never
 * allocates, never uses stdio, never goes through glibc's set*id, which signal
 * the parent's threads.  What succeeded is read back: a jail that only seems to
 * be confined must not start.
 */
#include "linux/caps.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#define CAPS_END 64 /* of the two words that capset takes */

int
priv_nondumpable(struct jerr *e)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return jerr_sys(e, "PR_SET_DUMPABLE");
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return jerr_set(e, EPERM, "the process is still dumpable");
	return 0;
}

bool
priv_limit_get(const struct priv_limit *l, struct rlimit *got)
{
	struct rlimit own;

	*got = l->want;
	if (getrlimit((__rlimit_resource_t)l->resource, &own) == -1)
		return false; /* setrlimit will say why */
	if (got->rlim_max > own.rlim_max)
		got->rlim_max = own.rlim_max;
	if (got->rlim_cur > got->rlim_max)
		got->rlim_cur = got->rlim_max;
	return got->rlim_max < l->want.rlim_max ||
	    got->rlim_cur < l->want.rlim_cur;
}

/* Only down from our own hard limit, so no capability is asked for. */
static int
set_limits(const struct priv_drop *d, struct jerr *e)
{
	struct rlimit r;
	size_t i;

	for (i = 0; i < d->nlimits; i++) {
		(void)priv_limit_get(&d->limits[i], &r);
		if (setrlimit((__rlimit_resource_t)d->limits[i].resource, &r) ==
		    -1)
			return jerr_sys(
			    e, "setrlimit %d", d->limits[i].resource);
	}
	return 0;
}

/*
 * An anonymous session keyring of its own.  Session keyrings are inherited
 * across every namespace: without this the jail finds the administrator's
 * keys (threats F6).
 */
static int
join_keyring(struct jerr *e)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0)
		return 0;
	if (errno == ENOSYS) /* a kernel without keys */
		return 0;
	return jerr_sys(e, "keyctl(JOIN_SESSION_KEYRING)");
}

static int
load_filter(const struct priv_drop *d, struct jerr *e)
{
	struct sock_fprog prog = {
		.len = (unsigned short)d->nfilter,
		/* The kernel only reads it; the type has no const. */
		.filter = (struct sock_filter *)(uintptr_t)d->filter,
	};

	if (d->nfilter == 0 || d->nfilter > BPF_MAXINSNS)
		return jerr_set(e, EINVAL,
		    "seccomp: a program of %zu instructions", d->nfilter);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return 0;
	if (errno == EACCES)
		return jerr_set(e, EACCES,
		    "seccomp: CAP_SYS_ADMIN over the "
		    "jail's user namespace is not held");
	return jerr_sys(e, "seccomp");
}

/*
 * commit_creds makes us dumpable again as fs.suid_dumpable says (0 unless the
 * administrator debugs), hence the prctl directly behind.
 */
static int
set_ids(const struct priv_drop *d, struct jerr *e)
{
	if (syscall(SYS_setgroups, d->ngroups, d->groups) == -1)
		return jerr_sys(e, "setgroups");
	if (syscall(SYS_setresgid, d->gid, d->gid, d->gid) == -1)
		return jerr_sys(e, "setresgid %u", d->gid);
	if (syscall(SYS_setresuid, d->uid, d->uid, d->uid) == -1)
		return jerr_sys(e, "setresuid %u", d->uid);
	return priv_nondumpable(e);
}

static uint64_t
held_caps(const struct priv_drop *d)
{
	return d->uid == 0 ? d->caps : 0;
}

static int
set_caps(const struct priv_drop *d, struct jerr *e)
{
	uint64_t held = held_caps(d);
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)held, .permitted = (uint32_t)held },
		{ .effective = (uint32_t)(held >> 32),
		    .permitted = (uint32_t)(held >> 32) },
	};
	unsigned long cap;

	for (cap = 0; cap < CAPS_END; cap++) {
		if ((d->caps >> cap & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* the kernel's last is behind us */
			break;
		return jerr_sys(e, "PR_CAPBSET_DROP %lu", cap);
	}
	if (prctl(PR_SET_SECUREBITS, (unsigned long)d->securebits, 0, 0, 0) ==
	    -1)
		return jerr_sys(e, "PR_SET_SECUREBITS");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return jerr_sys(e, "PR_CAP_AMBIENT_CLEAR_ALL");
	if (syscall(SYS_capset, &hdr, data) == -1)
		return jerr_sys(e, "capset");
	if (d->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return jerr_sys(e, "PR_SET_NO_NEW_PRIVS");
	return 0;
}

/* The kernel sorts the list: equal lengths, and each of ours is there.  Of a
 * list longer than this buffer only the length is compared. */
#define GROUPS_CHECKED 64

static int
verify_ids(const struct priv_drop *d, struct jerr *e)
{
	uid_t r, eff, s;
	gid_t have[GROUPS_CHECKED];
	size_t i, j;
	long n;

	if (syscall(SYS_getresuid, &r, &eff, &s) == -1 || r != d->uid ||
	    eff != d->uid || s != d->uid)
		return jerr_set(e, EPERM, "user ids are not %u", d->uid);
	if (syscall(SYS_getresgid, &r, &eff, &s) == -1 || r != d->gid ||
	    eff != d->gid || s != d->gid)
		return jerr_set(e, EPERM, "group ids are not %u", d->gid);
	n = syscall(SYS_getgroups, 0, NULL);
	if (n != (long)d->ngroups)
		return jerr_set(e, EPERM, "%ld supplementary groups, not %zu",
		    n, d->ngroups);
	if (n > GROUPS_CHECKED || n == 0)
		return 0;
	if (syscall(SYS_getgroups, GROUPS_CHECKED, have) != n)
		return jerr_sys(e, "getgroups");
	for (i = 0; i < d->ngroups; i++) {
		for (j = 0; j < (size_t)n && have[j] != d->groups[i]; j++)
			;
		if (j == (size_t)n)
			return jerr_set(
			    e, EPERM, "group %u is not set", d->groups[i]);
	}
	return 0;
}

static int
verify_sets(const struct priv_drop *d, struct jerr *e)
{
	uint64_t eff, perm, inh, held = held_caps(d);
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct c[2];

	if (syscall(SYS_capget, &hdr, c) == -1)
		return jerr_sys(e, "capget");
	eff = c[0].effective | (uint64_t)c[1].effective << 32;
	perm = c[0].permitted | (uint64_t)c[1].permitted << 32;
	inh = c[0].inheritable | (uint64_t)c[1].inheritable << 32;
	/* Ambient is always within inheritable: none there, none here. */
	if (eff != held || perm != held || inh != 0)
		return jerr_set(e, EPERM,
		    "capabilities are %jx,%jx,%jx, not %jx", (uintmax_t)eff,
		    (uintmax_t)perm, (uintmax_t)inh, (uintmax_t)held);
	return 0;
}

static int
verify_caps(const struct priv_drop *d, struct jerr *e)
{
	unsigned long cap;
	int has;

	if (verify_sets(d, e) == -1)
		return -1;
	for (cap = 0; cap < CAPS_END; cap++) {
		has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (has == -1)
			break;
		if (has != (int)(d->caps >> cap & 1))
			return jerr_set(e, EPERM,
			    "capability %lu %s the bounding set", cap,
			    has ? "is still in" : "is not in");
	}
	if (cap <= CAP_SYS_ADMIN)
		return jerr_set(e, EPERM, "PR_CAPBSET_READ ended at %lu", cap);
	return 0;
}

static int
verify(const struct priv_drop *d, struct jerr *e)
{
	if (verify_ids(d, e) == -1 || verify_caps(d, e) == -1)
		return -1;
	if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != (int)d->securebits)
		return jerr_set(
		    e, EPERM, "securebits are not %#x", d->securebits);
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return jerr_set(e, EPERM, "the seccomp filter is not there");
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return jerr_set(e, EPERM, "the process is dumpable again");
	if (d->no_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return jerr_set(e, EPERM, "no_new_privs is not set");
	return 0;
}

/*
 * The jail's root can signal us meanwhile, and until the dumpable flag is off
 * no more than that; it cannot reach our memory or descriptors.  It cannot make
 * any step succeed in part without the verification noticing.
 */
int
priv_enter(const struct priv_drop *d, struct jerr *e)
{
	if (set_limits(d, e) == -1 || join_keyring(e) == -1 ||
	    load_filter(d, e) == -1 || set_ids(d, e) == -1 ||
	    set_caps(d, e) == -1)
		return -1;
	return verify(d, e);
}
