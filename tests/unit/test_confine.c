/*
 * struct confine from parameters: the M-jail column of the policy, written here
 * in words, and what each parameter changes.
 */
#include <errno.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "policy/confine.h"
#include "policy/seccomp.h"
#include "tests/unit/tap.h"

/* jail.conf words, NULL-ended; the result in *out.  Its return value. */
static int
confine(struct confine *out, struct jerr *e, const char *const *words)
{
	struct jail_conf c = JAIL_CONF_INIT;
	char name[64];
	const char *eq;
	int r = 0;

	for (; *words != NULL && r == 0; words++) {
		eq = strchr(*words, '=');
		if (eq == NULL) {
			r = conf_set1(&c, *words, NULL, e);
			continue;
		}
		(void)snprintf(
		    name, sizeof(name), "%.*s", (int)(eq - *words), *words);
		r = conf_set1(&c, name, eq + 1, e);
	}
	if (r == -1)
		(void)printf("# conf_set1: %s\n", e->msg);
	else
		r = confine_from_conf(&c, out, e);
	conf_free(&c);
	return r;
}

#define WORDS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define NOWORDS \
	(const char *const[]) \
	{ \
		NULL \
	}

static const int kept[] = {
	CAP_CHOWN,
	CAP_DAC_OVERRIDE,
	CAP_DAC_READ_SEARCH,
	CAP_FOWNER,
	CAP_FSETID,
	CAP_KILL,
	CAP_SETGID,
	CAP_SETUID,
	CAP_SETPCAP,
	CAP_NET_BIND_SERVICE,
	CAP_IPC_OWNER,
	CAP_SYS_CHROOT,
	CAP_SYS_PTRACE,
	CAP_SYS_ADMIN,
	CAP_SYS_BOOT,
	CAP_SYS_NICE,
	CAP_LEASE,
	CAP_AUDIT_WRITE,
	CAP_SETFCAP,
};

static uint64_t
kept_mask(void)
{
	uint64_t m = 0;
	size_t i;

	for (i = 0; i < nitems(kept); i++)
		m |= (uint64_t)1 << kept[i];
	return m;
}

static const struct priv_limit *
limit(const struct confine *cf, int resource)
{
	size_t i;

	for (i = 0; i < cf->nlimits; i++)
		if (cf->limits[i].resource == resource)
			return &cf->limits[i];
	return NULL;
}

static void
is_limit(const struct confine *cf, int resource, rlim_t cur, rlim_t max,
    const char *name)
{
	const struct priv_limit *l = limit(cf, resource);

	ok(l != NULL, "%s is limited", name);
	if (l == NULL)
		return;
	is_int(l->want.rlim_cur, cur, "%s soft", name);
	is_int(l->want.rlim_max, max, "%s hard", name);
}

static void
test_default(void)
{
	static struct confine cf, again;
	struct jerr e = JERR_INIT;

	is_int(confine(&cf, &e, NOWORDS), 0, "the default (%s)", e.msg);
	is_int(cf.caps, kept_mask(), "capabilities are the M-jail column");
	is_int(cf.net, NS_FROZEN, "net is an empty stack of the host's");
	is_int(cf.uts, NS_JAIL, "uts is the jail's");
	is_int(cf.ipc, NS_JAIL, "ipc is the jail's");
	ok(cf.userns, "a user namespace");
	ok(!cf.ip4 && !cf.ip6, "no address family");
	ok(!cf.no_new_privs, "setuid programs work");
	is_int(cf.securebits, 0, "no securebits: daemons use PR_SET_KEEPCAPS");
	is_int(cf.nlimits, 3, "three limits");
	is_limit(&cf, RLIMIT_MEMLOCK, 0, 0, "memlock");
	is_limit(&cf, RLIMIT_CORE, 0, 0, "core");
	is_limit(&cf, RLIMIT_NOFILE, 1024, 524288, "nofile");
	memset(&again, 0xff, sizeof(again));
	is_int(confine(&again, &e, NOWORDS), 0, "once more");
	ok(cf.nfilter == again.nfilter &&
		memcmp(cf.filter, again.filter, sizeof(cf.filter)) == 0,
	    "the filter is the same to the byte");
}

/* The filter must be the one of that choice. */
static void
is_filter(const struct confine *cf, struct seccomp_choice c, const char *name)
{
	static struct sock_filter want[CONFINE_MAXFILTER];
	struct jerr e = JERR_INIT;
	size_t n = 0;

	is_int(seccomp_build(&c, want, nitems(want), &n, &e), 0, "%s", name);
	ok(n == cf->nfilter &&
		memcmp(want, cf->filter, n * sizeof(want[0])) == 0,
	    "%s: its filter", name);
}

static void
test_parameters(void)
{
	static struct confine cf;
	struct jerr e = JERR_INIT;

	is_int(confine(&cf, &e, WORDS("ip4=inherit")), 0, "ip4 (%s)", e.msg);
	ok(cf.net == NS_HOST && cf.ip4 && !cf.ip6, "ip4: the host's stack");
	is_filter(&cf, (struct seccomp_choice) { .ip4 = true }, "ip4");
	is_int(confine(&cf, &e, WORDS("ip4=inherit", "ip6=inherit")), 0,
	    "ip4 and ip6 (%s)", e.msg);
	ok(cf.net == NS_HOST && cf.ip4 && cf.ip6, "both: the host's stack");
	is_filter(
	    &cf, (struct seccomp_choice) { .ip4 = true, .ip6 = true }, "both");
	is_int(confine(&cf, &e, WORDS("ip4=new")), 0, "ip4=new (%s)", e.msg);
	ok(cf.net == NS_FROZEN && !cf.ip4, "new without address: none");

	is_int(confine(&cf, &e, WORDS("allow.noset_hostname")), 0,
	    "noset_hostname (%s)", e.msg);
	is_int(cf.uts, NS_FROZEN, "noset_hostname: the host owns uts");
	is_int(cf.caps, kept_mask() & ~((uint64_t)1 << CAP_SYS_ADMIN),
	    "noset_hostname: no SYS_ADMIN");
	is_int(confine(&cf, &e, WORDS("allow.noreserved_ports")), 0,
	    "noreserved_ports (%s)", e.msg);
	is_int(cf.caps, kept_mask() & ~((uint64_t)1 << CAP_NET_BIND_SERVICE),
	    "noreserved_ports: no NET_BIND_SERVICE");
	is_int(confine(&cf, &e, WORDS("exec.nonewprivs")), 0, "nonewprivs (%s)",
	    e.msg);
	ok(cf.no_new_privs, "nonewprivs: set");
	is_int(confine(&cf, &e, WORDS("enforce_statfs=1")), 0,
	    "enforce_statfs (%s)", e.msg);
	is_filter(&cf, (struct seccomp_choice) { .statmount = true },
	    "enforce_statfs=1");
	is_int(confine(&cf, &e, WORDS("securelevel=3")), 0,
	    "securelevel is recorded (%s)", e.msg);
}

static void
test_refused(void)
{
	static const struct {
		const char *word, *name;
	} t[] = {
		{ "ip6=inherit", "ip6" },
		{ "users=inherit", "users" },
		{ "vnet=new", "vnet" },
		{ "children.max=1", "children.max" },
		{ "sysvshm=inherit", "sysvshm" },
		{ "sysvmsg=disable", "sysvmsg" },
		{ "allow.mount", "allow.mount" },
		{ "allow.keyrings", "allow.keyrings" },
		{ "allow.compat32", "allow.compat32" },
		{ "allow.nosuser", "allow.suser" },
		{ "allow.nounprivileged_proc_debug",
		    "allow.unprivileged_proc_debug" },
	};
	static struct confine cf;
	struct jerr e;
	size_t i;

	for (i = 0; i < nitems(t); i++) {
		e = (struct jerr)JERR_INIT;
		is_int(confine(&cf, &e, WORDS(t[i].word)), -1, "%s refused",
		    t[i].word);
		is_int(e.code, EINVAL, "%s: EINVAL", t[i].word);
		ok(strncmp(e.msg, t[i].name, strlen(t[i].name)) == 0 &&
			e.msg[strlen(t[i].name)] == ':',
		    "names it: %s", e.msg);
	}
}

int
main(void)
{
	test_default();
	test_parameters();
	test_refused();
	done_testing();
}
