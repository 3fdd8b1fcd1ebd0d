/*
 * The parameter table: that its rows are what the model can work with, that
 * every name is found, and that a slip finds the name that was meant.
 */
#include "base/num.h"
#include "model/param.h"
#include "tests/unit/tap.h"

static bool
dflt_ok(const struct param_desc *d)
{
	int64_t n;

	if (d->dflt == NULL)
		return d->type != PT_BOOL && d->type != PT_JAILSYS;
	switch (d->type) {
	case PT_BOOL:
		return strcmp(d->dflt, "true") == 0 ||
		    strcmp(d->dflt, "false") == 0;
	case PT_INT:
		return num_int(d->dflt, d->min, d->max, &n) == 0;
	case PT_JAILSYS:
		return (strcmp(d->dflt, "disable") == 0 && d->min == 0) ||
		    strcmp(d->dflt, "new") == 0 ||
		    strcmp(d->dflt, "inherit") == 0;
	case PT_STR:
		return strlen(d->dflt) < (size_t)d->max &&
		    (d->min == 0 || d->dflt[0] != '\0');
	case PT_KEYVALUE:
		return d->dflt[0] == '\0';
	case PT_LIST:
	case PT_COMMA:
		return false;
	}
	return false;
}

static void
test_rows(void)
{
	for (unsigned i = 0; i < P_COUNT; i++) {
		const struct param_desc *d = &param_table[i];
		const char *key;
		bool negated;

		is_int(param_find(d->name, &negated, &key), i, "%s is found",
		    d->name);
		ok(!negated && key == NULL, "%s as itself", d->name);
		ok(dflt_ok(d), "%s: its default is one of its values", d->name);
		ok(((d->flags & PF_LATER) != 0) == (d->later != NULL),
		    "%s: later work says what it waits for", d->name);
		ok(((d->flags & PF_KERNEL) != 0) != ((d->flags & PF_TOOL) != 0),
		    "%s is the kernel's or the tool's", d->name);
		ok(d->type != PT_INT || d->min < d->max, "%s has a range",
		    d->name);
		ok(d->type != PT_STR || d->max > d->min, "%s has a size",
		    d->name);
	}
}

static const struct {
	const char *name;
	enum param_id id;
	bool negated;
	const char *key;
} finds[] = {
	{ "allow.nomount", P_ALLOW_MOUNT, true, NULL },
	{ "allow.mount.notmpfs", P_ALLOW_MOUNT_TMPFS, true, NULL },
	{ "nopersist", P_PERSIST, true, NULL },
	{ "nodying", P_DYING, true, NULL },
	{ "mount.noprocfs", P_MOUNT_PROCFS, true, NULL },
	{ "cgroup.nodelegate", P_CGROUP_DELEGATE, true, NULL },
	{ "cgroup.delegate", P_CGROUP_DELEGATE, false, NULL },
	{ "cgroup.memory.max", P_CGROUP, false, "memory.max" },
	{ "meta.k", P_META, false, "k" },
	{ "meta.k.l", P_META, false, "k.l" },
	{ "env.", P_ENV, false, "" },
	{ "no", P_COUNT, false, NULL },
	{ "allow.no", P_COUNT, false, NULL },
	{ "noallow.mount", P_COUNT, false, NULL },
	{ "allow.nomount.tmpfs", P_COUNT, false, NULL },
	{ "novnet", P_COUNT, false, NULL }, /* not a boolean */
	{ "exec.nostart", P_COUNT, false, NULL },
	{ "allow.mount.", P_COUNT, false, NULL },
	{ "allow.moun", P_COUNT, false, NULL },
	{ "allow.mounts", P_COUNT, false, NULL },
	{ "Persist", P_COUNT, false, NULL },
	{ "metal.k", P_COUNT, false, NULL },
	{ "", P_COUNT, false, NULL },
	{ ".", P_COUNT, false, NULL },
	{ "allow.no0123456789012345678901234567890123456789012345678901234567"
	  "8901234567890",
	    P_COUNT, false, NULL },
};

static const struct {
	const char *wrong, *right;
} slips[] = {
	{ "ipv4.addr", "ip4.addr" },
	{ "ipv6.addr", "ip6.addr" },
	{ "hostname", "host.hostname" },
	{ "exec.strat", "exec.start" },
	{ "exec.prestrat", "exec.prestart" },
	{ "exec.console_log", "exec.consolelog" },
	{ "mount.devfd", "mount.devfs" },
	{ "presist", "persist" },
	{ "allow.rawsockets", "allow.raw_sockets" },
	{ "devfs_rulset", "devfs_ruleset" },
	{ "enforce-statfs", "enforce_statfs" },
	{ "secure_level", "securelevel" },
	{ "Path", "path" },
	{ "fstab", "mount.fstab" },
	{ "poststop", "exec.poststop" },
	{ "memory.max", "cgroup.memory.max" },
	{ "zzzzzz", NULL },
	{ "x", NULL },
	{ "", NULL },
};

int
main(void)
{
	test_rows();
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		const char *key;
		bool negated;

		is_int(param_find(finds[i].name, &negated, &key), finds[i].id,
		    "\"%s\"", finds[i].name);
		is_int(
		    negated, finds[i].negated, "\"%s\" negated", finds[i].name);
		is_str(key, finds[i].key, "\"%s\" key", finds[i].name);
	}
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
		is_str(param_nearest(slips[i].wrong), slips[i].right,
		    "nearest to \"%s\"", slips[i].wrong);
	done_testing();
}
