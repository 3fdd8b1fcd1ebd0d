/*
 * devfs rulesets as FreeBSD's devfs(8) applies them: rules in the order of
 * their numbers, each with conditions (path, type) and actions (hide, unhide,
 * include, mode, user, group); what no rule touched stays shown.
 *
 * Must never let a rule name a node of its own making: the candidates are the
 * table below, and only that.
 */
#include "model/devfs_rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "model/devfs_rules_int.h"

#define INCLUDE_DEPTH 16

const struct devfs_known devfs_nodes[DEV_COUNT] = {
	[DEV_NULL] = { "null", 1, 3, 0666, NULL },
	[DEV_ZERO] = { "zero", 1, 5, 0666, NULL },
	[DEV_FULL] = { "full", 1, 7, 0666, NULL },
	[DEV_RANDOM] = { "random", 1, 8, 0666, NULL },
	[DEV_URANDOM] = { "urandom", 1, 9, 0666, NULL },
	[DEV_TTY] = { "tty", 5, 0, 0666, NULL },
	[DEV_PTMX] = { "ptmx", 0, 0, 0, "pts/ptmx" },
	[DEV_PTS] = { "pts", 0, 0, 0, NULL },
	[DEV_FD] = { "fd", 0, 0, 0, "/proc/self/fd" },
	[DEV_STDIN] = { "stdin", 0, 0, 0, "/proc/self/fd/0" },
	[DEV_STDOUT] = { "stdout", 0, 0, 0, "/proc/self/fd/1" },
	[DEV_STDERR] = { "stderr", 0, 0, 0, "/proc/self/fd/2" },
};

/*
 * Families that no rule may unhide: whoever asks for one is told.  FreeBSD's
 * and Linux's names; the probes are what a pattern is held against.
 */
static const struct {
	const char *glob;  /* against a pattern without wildcards */
	const char *probe; /* matched by a pattern with them */
} forbidden[] = {
	{ "mem", "mem" },
	{ "kmem", "kmem" },
	{ "io", "io" },
	{ "port", "port" },
	{ "kmsg", "kmsg" },
	{ "klog", "klog" },
	{ "pci*", "pci" },
	{ "sd[a-z]*", "sda1" },
	{ "hd[a-z]*", "hda1" },
	{ "vd[a-z]*", "vda1" },
	{ "xvd[a-z]*", "xvda1" },
	{ "nvme*", "nvme0n1" },
	{ "loop*", "loop0" },
	{ "dm-[0-9]*", "dm-0" },
	{ "md[0-9]*", "md0" },
	{ "sr[0-9]*", "sr0" },
	{ "ada[0-9]*", "ada0p1" },
	{ "da[0-9]*", "da0p1" },
	{ "nda[0-9]*", "nda0" },
	{ "nvd[0-9]*", "nvd0" },
	{ "cd[0-9]*", "cd0" },
	{ "ufs/*", "ufs/root" },
	{ "gpt/*", "gpt/root" },
	{ "zvol/*", "zvol/pool/x" },
	{ "mapper/*", "mapper/x" },
	{ "disk/*", "disk/by-id/x" },
	{ "block/*", "block/8:0" },
	{ "sg[0-9]*", "sg0" },
	{ "xpt[0-9]*", "xpt0" },
	{ "pass[0-9]*", "pass0" },
	{ "hpet*", "hpet" },
	{ "nvram", "nvram" },
	{ "uinput", "uinput" },
	{ "vfio/*", "vfio/1" },
	{ "console", "console" },
	{ "tty[0-9]*", "tty0" },
};

static bool
has_wildcard(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}

static bool
is_known(const char *path)
{
	for (int id = 0; id < DEV_COUNT; id++)
		if (str_eq(path, devfs_nodes[id].name))
			return true;
	return false;
}

/* A rule for everything ("*", or no path at all) hides or shows what there is
 * and asks for nothing in particular. */
static const char *
asks_for_forbidden(const struct devfs_rule *rule)
{
	if ((rule->acts & ACT_UNHIDE) == 0 || rule->path == NULL ||
	    strspn(rule->path, "*") == strlen(rule->path) ||
	    is_known(rule->path))
		return NULL;
	for (size_t i = 0; i < nitems(forbidden); i++) {
		if (has_wildcard(rule->path)) {
			if (fnmatch(rule->path, forbidden[i].probe, 0) == 0)
				return rule->path;
		} else if (fnmatch(forbidden[i].glob, rule->path, 0) == 0)
			return rule->path;
	}
	return NULL;
}

static bool
matches(const struct devfs_rule *rule, enum devfs_id id)
{
	const char *name = devfs_nodes[id].name;

	/* devfs(8)'s types: none of the table's nodes is a disk, mem or tape.
	 */
	if (rule->type != DEVT_ANY && (rule->type != DEVT_TTY || id != DEV_TTY))
		return false;
	if (rule->path == NULL)
		return true;
	/* fnmatch's first call costs more than all the rest here. */
	return has_wildcard(rule->path) ?
	    fnmatch(rule->path, name, FNM_PATHNAME) == 0 :
	    str_eq(rule->path, name);
}

static void
act(const struct devfs_rule *rule, struct devfs_state *st)
{
	if (rule->acts & ACT_HIDE)
		st->shown = false;
	if (rule->acts & ACT_UNHIDE)
		st->shown = true;
	if (rule->acts & ACT_MODE)
		st->mode = rule->mode;
	if (rule->acts & ACT_USER)
		st->uid = rule->uid;
	if (rule->acts & ACT_GROUP)
		st->gid = rule->gid;
	if (rule->acts & (ACT_MODE | ACT_USER | ACT_GROUP))
		st->changed = true;
}

const struct devfs_ruleset *
devfs_rules_find(const struct devfs_rules *r, int number)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->sets[i].number == number)
			return &r->sets[i];
	return NULL;
}

static int
include_number(const struct devfs_rules *r, const char *name)
{
	int64_t v;

	if (num_int(name, 1, 65535, &v) == 0)
		return (int)v;
	for (size_t i = 0; i < r->n; i++)
		if (r->sets[i].name != NULL && str_eq(r->sets[i].name, name))
			return r->sets[i].number;
	return -1;
}

struct apply {
	const struct devfs_rules *r;
	struct devfs_state *out;
	struct strv *notes;
	struct jerr *e;
};

/*
 * Recursion is bounded by INCLUDE_DEPTH, not by the file's good will.  As on
 * FreeBSD a rule that includes does so for what its conditions match; "add
 * include N" has none, so the ruleset is simply run here.
 */
static int
run(const struct apply *a, const struct devfs_ruleset *set, int depth)
{
	if (set->error != NULL)
		return jerr_set(a->e, EINVAL, "%s", set->error);
	if (depth > INCLUDE_DEPTH)
		return jerr_set(a->e, ELOOP,
		    "ruleset %d: includes go round in a circle", set->number);
	for (size_t i = 0; i < set->n; i++) {
		const struct devfs_rule *rule = &set->rules[i];
		const char *bad = asks_for_forbidden(rule);

		if (bad != NULL &&
		    strv_addf(a->notes,
			"%s:%u: %s: a jail may "
			"not have this device; left out",
			rule->file, rule->line, bad) == -1)
			return jerr_sys(a->e, "devfs rules");
		for (int id = 0; id < DEV_COUNT; id++)
			if (matches(rule, (enum devfs_id)id))
				act(rule, &a->out[id]);
		if (rule->include != NULL) {
			const struct devfs_ruleset *inc = devfs_rules_find(
			    a->r, include_number(a->r, rule->include));

			if (inc == NULL)
				return jerr_set(a->e, ENOENT,
				    "%s:%u: include %s: no such ruleset",
				    rule->file, rule->line, rule->include);
			if (run(a, inc, depth + 1) == -1)
				return -1;
		}
	}
	return 0;
}

int
devfs_rules_apply(const struct devfs_rules *r, int number, const char *file,
    struct devfs_state out[DEV_COUNT], struct strv *notes, struct jerr *e)
{
	const struct devfs_ruleset *set = devfs_rules_find(r, number);
	struct apply a = { .r = r, .out = out, .notes = notes, .e = e };

	if (set == NULL)
		return jerr_set(
		    e, ENOENT, "%d: no such ruleset in %s", number, file);
	for (int i = 0; i < DEV_COUNT; i++)
		out[i] = (struct devfs_state) {
			.shown = true,
			.mode = devfs_nodes[i].mode,
		};
	return run(&a, set, 0);
}
