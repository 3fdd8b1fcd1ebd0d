/*
 * The parameter table and the finding of names in it.  Data and pure
 * functions: nothing here reads a file, prints, or knows what a parameter does.
 */
#include "model/param.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"

const struct param_desc param_table[P_COUNT] = {
#define P(id, n, t, f, d, lo, hi, l) \
	[P_##id] = { \
		.name = n, \
		.type = t, \
		.flags = f, \
		.dflt = d, \
		.min = lo, \
		.max = hi, \
		.later = l, \
	},
#include "model/param.def"
#undef P
};

/* Every parameter is jail_set(2)'s or jail(8)'s own. */
#define P(id, n, t, f, d, lo, hi, l) \
	_Static_assert(((f) & (PF_KERNEL | PF_TOOL)) != 0, n);
#include "model/param.def"
#undef P

/*
 * Open addressing over the names, filled on first use.  Filling it twice gives
 * the same bytes, so it needs no lock.
 */
#define NBUCKETS 512
_Static_assert(P_COUNT < NBUCKETS / 2, "the name table is too full");

static uint16_t buckets[NBUCKETS]; /* id + 1, 0 is free */
static bool filled;

static unsigned
hash(const char *s, size_t n)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619U;
	return h ^ (h >> 15);
}

static void
fill(void)
{
	for (unsigned id = 0; id < P_COUNT; id++) {
		const char *name = param_table[id].name;
		unsigned b = hash(name, strlen(name)) % NBUCKETS;

		while (buckets[b] != 0 && buckets[b] != id + 1)
			b = (b + 1) % NBUCKETS;
		buckets[b] = (uint16_t)(id + 1);
	}
	filled = true;
}

static enum param_id
exact(const char *s, size_t n)
{
	if (!filled)
		fill();
	for (unsigned b = hash(s, n) % NBUCKETS; buckets[b] != 0;
	     b = (b + 1) % NBUCKETS) {
		unsigned id = buckets[b] - 1U;
		const char *name = param_table[id].name;

		if (strncmp(name, s, n) == 0 && name[n] == '\0')
			return (enum param_id)id;
	}
	return P_COUNT;
}

/* "allow.nomount" is "allow.mount" inverted; only booleans have that form. */
static enum param_id
find_negated(const char *name)
{
	char plain[64];
	const char *last = strrchr(name, '.');
	size_t head, n = strlen(name);
	enum param_id id;

	last = last != NULL ? last + 1 : name;
	if (str_after(last, "no") == NULL || n - 2 >= sizeof(plain))
		return P_COUNT;
	head = (size_t)(last - name);
	memcpy(plain, name, head);
	memcpy(plain + head, last + 2, n - head - 2);
	id = exact(plain, n - 2);
	return id != P_COUNT && param_table[id].type == PT_BOOL ? id : P_COUNT;
}

enum param_id
param_find(const char *name, bool *negated, const char **key)
{
	static const enum param_id keyed[] = { P_META, P_ENV, P_CGROUP };
	enum param_id id = exact(name, strlen(name));

	*negated = false;
	*key = NULL;
	if (id != P_COUNT)
		return id;
	id = find_negated(name);
	if (id != P_COUNT) {
		*negated = true;
		return id;
	}
	for (size_t i = 0; i < nitems(keyed); i++) {
		const char *rest = str_after(name, param_table[keyed[i]].name);

		if (rest != NULL && *rest == '.') {
			*key = rest + 1;
			return keyed[i];
		}
	}
	return P_COUNT;
}

/* ---- the nearest name ---- */

#define NAMELEN 48 /* longer ones are nowhere near anything */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance, with two exchanged neighbours counted as one. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NAMELEN + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAMELEN || lb > NAMELEN)
		return NAMELEN;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *cur = row[i % 3], *up = row[(i + 2) % 3];
		unsigned *upup = row[(i + 1) % 3];

		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned differ = a[i - 1] != b[j - 1];

			cur[j] = min3(
			    up[j] + 1, cur[j - 1] + 1, up[j - 1] + differ);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && upup[j - 2] + 1 < cur[j])
				cur[j] = upup[j - 2] + 1;
		}
	}
	return row[la % 3][lb];
}

/* What people write out of habit and no distance would find. */
static const struct slip {
	const char *wrong, *right;
} slips[] = {
	{ "ipv4.addr", "ip4.addr" },
	{ "ipv6.addr", "ip6.addr" },
	{ "ip.addr", "ip4.addr" },
	{ "ip", "ip4.addr" },
	{ "ipv4", "ip4" },
	{ "ipv6", "ip6" },
	{ "hostname", "host.hostname" },
	{ "domainname", "host.domainname" },
	{ "hostuuid", "host.hostuuid" },
	{ "hostid", "host.hostid" },
	{ "rootdir", "path" },
	{ "root", "path" },
	{ "fstab", "mount.fstab" },
	{ "devfs", "mount.devfs" },
	{ "procfs", "mount.procfs" },
	{ "fdescfs", "mount.fdescfs" },
	{ "sysfs", "mount.sysfs" },
	{ "mount.nullfs", "mount" },
	{ "ruleset", "devfs_ruleset" },
	{ "devfs.ruleset", "devfs_ruleset" },
	{ "consolelog", "exec.consolelog" },
	{ "depends", "depend" },
	{ "raw_sockets", "allow.raw_sockets" },
	{ "sysvipc", "allow.sysvipc" },
	{ "vnet.interfaces", "vnet.interface" },
	{ "init", "exec.init" },
	{ "memory.max", "cgroup.memory.max" },
	{ "cpu.max", "cgroup.cpu.max" },
	{ "pids.max", "cgroup.pids.max" },
};

/* The known name that ends in ".name", when there is exactly one. */
static const char *
by_tail(const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; i < P_COUNT; i++) {
		const char *known = param_table[i].name;
		size_t k = strlen(known);

		if (k > n + 1 && known[k - n - 1] == '.' &&
		    str_eq(known + k - n, name)) {
			if (found != NULL)
				return NULL;
			found = known;
		}
	}
	return found;
}

const char *
param_nearest(const char *name)
{
	unsigned best = NAMELEN, d;
	const char *found = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; i < nitems(slips); i++)
		if (strcasecmp(name, slips[i].wrong) == 0)
			return slips[i].right;
	if (n == 0 || n > NAMELEN)
		return NULL;
	for (size_t i = 0; i < P_COUNT; i++) {
		/* "cgroup" alone is the name of nothing. */
		if ((param_table[i].flags & PF_RDONLY) || i == P_CGROUP)
			continue;
		d = distance(name, param_table[i].name);
		if (d < best) {
			best = d;
			found = param_table[i].name;
		}
	}
	/* A third of the letters wrong is another word, not a slip. */
	if (best <= 1 + n / 5 && best < n)
		return found;
	return by_tail(name);
}
