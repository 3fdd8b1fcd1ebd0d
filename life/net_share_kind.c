/*
 * Each kind of share (net_share_kind.h): what to remember of the host, what to
 * make, what to take back.
 */
#include "life/net_share_kind.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/net.h"
#include "life/net_router.h"
#include "net/nft.h"
#include "net/sysctl.h"

/* ---- settings of an interface ---- */

struct setting {
	enum sysctl_tree tree;
	const char *key;
	int value;
};

static const struct setting set4[] = {
	{ SYSCTL_CONF4, "forwarding", 1 },
	/* Else the first packet for a proxied address waits up to 0.8 s. */
	{ SYSCTL_NEIGH4, "proxy_delay", 0 },
};

static const struct setting set6[] = {
	{ SYSCTL_CONF6, "forwarding", 1 },
	{ SYSCTL_CONF6, "force_forwarding", 1 }, /* 6.17 */
	{ SYSCTL_CONF6, "proxy_ndp", 1 },
	{ SYSCTL_NEIGH6, "proxy_delay", 0 },
};

/*
 * The kernel throws away every default route that it learned from router
 * advertisements, on all interfaces, when any interface starts to forward, but
 * where accept_ra is 2.
 */
static int
keep_router_routes(struct strv *note, struct jerr *e)
{
	auto_strv struct strv names = STRV_INIT;
	int r = sysctl_interfaces(SYSCTL_CONF6, &names, e);

	for (size_t i = 0; i < names.n && r != -1; i++) {
		const char *name = names.v[i];

		if (str_eq(name, "lo") || net_is_end(name) ||
		    sysctl_get(SYSCTL_CONF6, name, "accept_ra") != 1)
			continue;
		r = sysctl_set(SYSCTL_CONF6, name, "accept_ra", 2, e);
		if (r == 1 && !str_eq(name, "default") && note != NULL)
			(void)strv_addf(note,
			    "net.ipv6.conf.%s.accept_ra is 2 now, so that the "
			    "host keeps the routes it learns while it forwards",
			    name);
	}
	return r == -1 ? -1 : 0;
}

/* Does all of this family forward? */
static bool
all_forward(enum sysctl_tree t)
{
	return sysctl_get(t == SYSCTL_CONF4 ? t : SYSCTL_CONF6, "all",
		   "forwarding") == 1;
}

/* "@3 0=0 1=80": the interface by its number, for when it has another name by
 * then, and what stood there; "router": all the others forwarded. */
static int
save_settings(
    const struct setting *s, size_t n, const char *ifname, struct strbuf *value)
{
	if (strbuf_addf(value, "@%u%s", if_nametoindex(ifname),
		all_forward(s[0].tree) ? " router" : "") == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int old = sysctl_get(s[i].tree, ifname, s[i].key);

		if (old != -1 && old != s[i].value &&
		    strbuf_addf(value, " %zu=%d", i, old) == -1)
			return -1;
	}
	return 0;
}

static int
make_settings(const struct setting *s, size_t n, const char *ifname,
    struct strv *put, struct jerr *e)
{
	for (size_t i = 0; i < n; i++) {
		struct jerr one = JERR_INIT;
		int r = sysctl_set(
		    s[i].tree, ifname, s[i].key, s[i].value, &one);

		if (r == -1 && one.code == ENOENT)
			continue; /* not in this kernel */
		if (r == -1) {
			*e = one;
			return -1;
		}
		if (r == 1 && put != NULL)
			(void)strv_addf(put, "%s of %s", s[i].key, ifname);
	}
	return 0;
}

/* "N" or "N=M" at p: how many numbers stand there. */
static int
numbers(const char *p, unsigned long *n, unsigned long *m)
{
	char *end;

	*n = strtoul(p, &end, 10);
	if (end == p)
		return 0;
	if (*end != '=')
		return 1;
	p = end + 1;
	*m = strtoul(p, &end, 10);
	return end == p ? 1 : 2;
}

/* Whoever made a router of the host meanwhile said so of all interfaces. */
static bool
stays(const struct setting *s, const char *value)
{
	return str_eq(s->key, "forwarding") && all_forward(s->tree) &&
	    strstr(value, " router") == NULL;
}

/* An interface that is gone is done. */
static int
undo_settings(const struct setting *s, size_t n, const char *ifname,
    const char *value, struct jerr *e)
{
	char now[IF_NAMESIZE];
	unsigned long i, old;
	int r = 0;

	if (value[0] == '@' && numbers(value + 1, &i, &old) == 1 &&
	    if_indextoname((unsigned)i, now) != NULL)
		ifname = now;
	for (const char *p = value; *p != '\0'; p += strspn(p, " ")) {
		struct jerr one = JERR_INIT;

		if (numbers(p, &i, &old) == 2 && i < n &&
		    !stays(&s[i], value) &&
		    sysctl_set(s[i].tree, ifname, s[i].key, (int)old, &one) ==
			-1 &&
		    one.code != ENOENT && r == 0) {
			*e = one;
			r = -1;
		}
		p += strcspn(p, " ");
	}
	return r;
}

/* ---- each kind: what to remember, make, take back ---- */

bool
share_kind_force6(void)
{
	return sysctl_get(SYSCTL_CONF6, "all", "force_forwarding") != -1 ||
	    sysctl_get(SYSCTL_CONF6, "lo", "force_forwarding") != -1;
}

static int
save_if4(const char *key, struct strbuf *value)
{
	return save_settings(set4, nitems(set4), key, value);
}

static int
make_if4(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	(void)note;
	/* Closed before it is opened. */
	if (net_router_close(0, key, value, e) == -1)
		return -1;
	return make_settings(set4, nitems(set4), key, put, e);
}

static int
undo_if4(const char *key, const char *value, struct jerr *e)
{
	return undo_settings(set4, nitems(set4), key, value, e) == -1 ?
	    -1 :
	    net_router_open(0, key, e);
}

static int
save_if6(const char *key, struct strbuf *value)
{
	return save_settings(set6, nitems(set6), key, value);
}

static int
make_if6(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	if (keep_router_routes(note, e) == -1)
		return -1;
	if (share_kind_force6() && net_router_close(1, key, value, e) == -1)
		return -1;
	return make_settings(set6, nitems(set6), key, put, e);
}

static int
undo_if6(const char *key, const char *value, struct jerr *e)
{
	if (undo_settings(set6, nitems(set6), key, value, e) == -1)
		return -1;
	return share_kind_force6() ? net_router_open(1, key, e) : 0;
}

/* Which interfaces forward already, and with a - which do not: "em1 -em2 ";
 * "*": all does. */
static int
save_all6(const char *key, struct strbuf *value)
{
	auto_strv struct strv names = STRV_INIT;
	auto_strv struct strv shut = STRV_INIT;
	struct jerr ignored = JERR_INIT;
	int r;

	(void)key;
	if (sysctl_get(SYSCTL_CONF6, "all", "forwarding") == 1)
		return strbuf_puts(value, "*");
	r = net_router_list(1, &shut, &ignored);
	if (r == 0)
		r = sysctl_interfaces(SYSCTL_CONF6, &names, &ignored);
	for (size_t i = 0; i < shut.n && r == 0; i++)
		r = strbuf_addf(value, "-%s ", shut.v[i]);
	for (size_t i = 0; i < names.n && r == 0; i++)
		if (!net_is_end(names.v[i]) &&
		    sysctl_get(SYSCTL_CONF6, names.v[i], "forwarding") == 1)
			r = strbuf_addf(value, "%s ", names.v[i]);
	return r;
}

static int
make_all6(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	int r;

	(void)key;
	if (keep_router_routes(note, e) == -1)
		return -1;
	/* What forwards after this is ours, but for those that did before. */
	if (net_router_close_all(value, e) == -1)
		return -1;
	r = sysctl_set(SYSCTL_CONF6, "all", "forwarding", 1, e);
	if (r == 1 && put != NULL)
		(void)strv_add(put, "net.ipv6.conf.all.forwarding");
	return r == -1 ? -1 : 0;
}

static int
undo_all6(const char *key, const char *value, struct jerr *e)
{
	auto_free char *names = strdup(value);
	char *save = NULL;
	int r;

	(void)key;
	if (names == NULL)
		return jerr_nomem(e);
	if (str_eq(value, "*"))
		return 0;
	r = sysctl_set(SYSCTL_CONF6, "all", "forwarding", 0, e);
	for (char *n = strtok_r(names, " ", &save); n != NULL && r != -1;
	     n = strtok_r(NULL, " ", &save))
		if (n[0] != '-' &&
		    sysctl_get(SYSCTL_CONF6, n, "forwarding") != -1)
			r = sysctl_set(SYSCTL_CONF6, n, "forwarding", 1, e);
	return r == -1 ? -1 : 0;
}

static int
save_none(const char *key, struct strbuf *value)
{
	(void)key;
	(void)value;
	return 0;
}

/* Both look themselves; asked before only for what is to be told. */
static int
make_looking(int (*there)(struct jerr *e), int (*make)(struct jerr *e),
    const char *what, struct strv *put, struct jerr *e)
{
	int is = put == NULL ? 1 : there(e);

	if (is == 0)
		(void)strv_add(put, what);
	return is == -1 ? -1 : make(e);
}

static int
make_table(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	(void)key;
	(void)value;
	(void)note;
	return make_looking(
	    nft_table_there, nft_table_make, "table " NFT_TABLE, put, e);
}

static int
undo_table(const char *key, const char *value, struct jerr *e)
{
	(void)key;
	(void)value;
	return nft_table_del(e);
}

static int
make_nat(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	(void)key;
	(void)value;
	(void)note;
	return make_looking(nft_nat_there, nft_nat_make, "nat chains", put, e);
}

static int
undo_nat(const char *key, const char *value, struct jerr *e)
{
	(void)key;
	(void)value;
	return nft_nat_del(e);
}

static int
read_chain(const char *key, struct nft_chain *c, struct jerr *e)
{
	memset(c, 0, sizeof(*c));
	if (sscanf(key, "%7s %63s %63s", c->family, c->table, c->chain) != 3)
		return jerr_set(e, EINVAL, "record names no chain: %s", key);
	return 0;
}

static int
make_accept(const char *key, const char *value, struct strv *put,
    struct strv *note, struct jerr *e)
{
	struct nft_chain c;
	int r = read_chain(key, &c, e) == -1 ? -1 : nft_accept_add(&c, e);

	(void)value;
	/* A table with an owner is nobody else's. */
	if (r == -1 && e->code == EPERM) {
		if (note != NULL)
			(void)strv_addf(note,
			    "chain %s drops what it does not know, and its "
			    "owner alone can let jails' packets through",
			    key);
		*e = (struct jerr)JERR_INIT;
		return 0;
	}
	if (r != 1)
		return r;
	if (put != NULL)
		(void)strv_addf(put, "accept in chain %s", key);
	else if (note != NULL)
		(void)strv_addf(note,
		    "chain %s drops what it does not know: one rule of ours "
		    "at its end accepts jails' packets",
		    key);
	return 0;
}

static int
undo_accept(const char *key, const char *value, struct jerr *e)
{
	struct nft_chain c;

	(void)value;
	return read_chain(key, &c, e) == -1 ? -1 : nft_accept_del(&c, e);
}

static const struct share_kind kinds[] = {
	{ "table", save_none, make_table, undo_table, true },
	{ "nat", save_none, make_nat, undo_nat, true },
	{ "if4", save_if4, make_if4, undo_if4, true },
	{ "if6", save_if6, make_if6, undo_if6, true },
	{ "all6", save_all6, make_all6, undo_all6, true },
	{ "accept", save_none, make_accept, undo_accept, false },
};

const struct share_kind *
share_kinds(size_t *n)
{
	*n = nitems(kinds);
	return kinds;
}

const struct share_kind *
share_kind_named(const char *name)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (str_eq(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
