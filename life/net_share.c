/*
 * What jails share on the host, and its users: settings of an interface, our
 * nftables table, its nat chains, an accept in somebody else's chain.  A share
 * is a word and what it is about:
 *
 *	table -			the table with its constant rules
 *	nat -			the nat chains: they switch tracking on
 *	if4 em0, if6 em0	what the host needs to answer there for jails
 *	all6 -			IPv6 forwarding where there is no other way
 *	accept ip filter FORWARD   our mark at the end of that chain
 *
 * Made by the first user, taken back by the last, from the value that was
 * recorded before; accept_ra stays at 2, since with forwarding on anything else
 * would lose the host's default route.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/net.h"
#include "life/net_router.h"
#include "net/nft.h"
#include "net/sysctl.h"

#define CONF6_DIR "/proc/sys/net/ipv6/conf"

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
	DIR *d = opendir(CONF6_DIR);
	const struct dirent *de;
	int r = 0;

	if (d == NULL)
		return 0;
	while ((de = readdir(d)) != NULL && r != -1) {
		const char *name = de->d_name;

		if (name[0] == '.' || str_eq(name, "all") ||
		    str_eq(name, "lo") || str_after(name, "lj") != NULL ||
		    sysctl_get(SYSCTL_CONF6, name, "accept_ra") != 1)
			continue;
		r = sysctl_set(SYSCTL_CONF6, name, "accept_ra", 2, e);
		if (r == 1 && !str_eq(name, "default") && note != NULL)
			(void)strv_addf(note,
			    "net.ipv6.conf.%s.accept_ra is 2 now, so that the "
			    "host keeps the routes it learns while it forwards",
			    name);
	}
	(void)closedir(d);
	return r == -1 ? -1 : 0;
}

/* "@3 0=0 1=80": the interface by its number, for when it has another name by
 * then, and what stood there. */
static int
save_settings(
    const struct setting *s, size_t n, const char *ifname, struct strbuf *value)
{
	if (strbuf_addf(value, "@%u", if_nametoindex(ifname)) == -1)
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

/* Has IPv6 a setting of each interface that makes it forward (6.17)? */
static bool
has_force(void)
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
	if (has_force() && net_router_close(1, key, value, e) == -1)
		return -1;
	return make_settings(set6, nitems(set6), key, put, e);
}

static int
undo_if6(const char *key, const char *value, struct jerr *e)
{
	if (undo_settings(set6, nitems(set6), key, value, e) == -1)
		return -1;
	return has_force() ? net_router_open(1, key, e) : 0;
}

/* Which interfaces forward already, and with a - which do not: "em1 -em2 ";
 * "*": all does. */
static int
save_all6(const char *key, struct strbuf *value)
{
	auto_strv struct strv shut = STRV_INIT;
	struct jerr ignored = JERR_INIT;
	const struct dirent *de;
	DIR *d;
	int r;

	(void)key;
	if (sysctl_get(SYSCTL_CONF6, "all", "forwarding") == 1)
		return strbuf_puts(value, "*");
	d = opendir(CONF6_DIR);
	if (d == NULL)
		return 0;
	r = net_router_list(1, &shut, &ignored);
	for (size_t i = 0; i < shut.n && r == 0; i++)
		r = strbuf_addf(value, "-%s ", shut.v[i]);
	while (r == 0 && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' &&
		    str_after(de->d_name, "lj") == NULL &&
		    sysctl_get(SYSCTL_CONF6, de->d_name, "forwarding") == 1)
			r = strbuf_addf(value, "%s ", de->d_name);
	(void)closedir(d);
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

static const struct kind {
	const char *name;
	int (*save)(const char *key, struct strbuf *value);
	int (*make)(const char *key, const char *value, struct strv *put,
	    struct strv *note, struct jerr *e);
	int (*undo)(const char *key, const char *value, struct jerr *e);
} kinds[] = {
	{ "table", save_none, make_table, undo_table },
	{ "nat", save_none, make_nat, undo_nat },
	{ "if4", save_if4, make_if4, undo_if4 },
	{ "if6", save_if6, make_if6, undo_if6 },
	{ "all6", save_all6, make_all6, undo_all6 },
	{ "accept", save_none, make_accept, undo_accept },
};

static const struct kind *
find_kind(const char *text, const char **key, struct jerr *e)
{
	for (size_t i = 0; i < nitems(kinds); i++) {
		const char *rest = str_after(text, kinds[i].name);

		if (rest == NULL || *rest != ' ')
			continue;
		*key = rest + 1;
		return &kinds[i];
	}
	(void)jerr_set(e, ENOTSUP,
	    "share %s: of a newer Linux Jails; use that to remove this jail",
	    text);
	return NULL;
}

/* ---- use and drop ---- */

/* Several of them, as the registry wants them. */
struct shares {
	struct reg_share *v;
	const struct kind **kind;
	size_t n;
};

static void
shares_free(struct shares *s)
{
	for (size_t i = 0; i < s->n; i++)
		strbuf_free(&s->v[i].value);
	free(s->v);
	free(s->kind);
}

/* Those whose kind is unknown are left out: -1, with the others there. */
static int
shares_read(struct shares *s, char *const *texts, size_t n, struct jerr *e)
{
	int r = 0;

	*s = (struct shares) { .v = calloc(n, sizeof(*s->v)),
		.kind = calloc(n, sizeof(*s->kind)) };
	if (s->v == NULL || s->kind == NULL)
		return jerr_nomem(e);
	for (size_t i = 0; i < n; i++) {
		const char *key;
		const struct kind *k = find_kind(texts[i], &key, e);

		if (k == NULL) {
			r = -1;
			continue;
		}
		s->kind[s->n] = k;
		s->v[s->n++] = (struct reg_share) {
			.kind = k->name, .key = key, .value = STRBUF_INIT
		};
	}
	return r;
}

static int
save_value(struct reg_share *s)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (str_eq(kinds[i].name, s->kind))
			return kinds[i].save(s->key, &s->value);
	return 0;
}

static int
use_all(const struct net_share *s, struct shares *all, struct jerr *e)
{
	if (reg_shared_use(s->reg, s->row, all->v, all->n, save_value, e) == -1)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		const struct reg_share *v = &all->v[i];

		/* Each looks first; the first value counts, not what is there
		 * now. */
		if ((v->flip || s->check) &&
		    all->kind[i]->make(v->key, strbuf_str(&v->value),
			v->flip ? NULL : s->put, s->note, e) == -1)
			return -1;
	}
	return 0;
}

int
net_share_use(
    const struct net_share *s, char *const *texts, size_t n, struct jerr *e)
{
	struct shares all;
	int r;

	if (n == 0)
		return 0;
	r = shares_read(&all, texts, n, e);
	if (r == 0)
		r = reg_lock(s->reg, e);
	if (r == 0) {
		r = use_all(s, &all, e);
		reg_unlock(s->reg);
	}
	shares_free(&all);
	return r;
}

/* What fails stays recorded as nobody's; the others go all the same. */
static int
drop_all(struct reg *reg, const struct reg_row *row, struct shares *all,
    struct jerr *e)
{
	int r = 0;

	if (reg_shared_drop(reg, row, all->v, all->n, e) == -1)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		struct reg_share *v = &all->v[i];
		struct jerr one = JERR_INIT;

		if (!v->flip ||
		    (all->kind[i]->undo(v->key, strbuf_str(&v->value), &one) ==
			    0 &&
			reg_shared_forget(reg, v->kind, v->key, &one) == 0))
			continue;
		if (r == 0)
			*e = one;
		r = -1;
	}
	return r;
}

static int
make_again(struct reg *reg, const struct kind *k, struct jerr *e)
{
	auto_strv struct strv keys = STRV_INIT;

	if (reg_shared_keys(reg, k->name, &keys, e) == -1)
		return -1;
	for (size_t i = 0; i < keys.n; i++) {
		auto_strbuf struct strbuf value = STRBUF_INIT;

		if (reg_shared_value(reg, k->name, keys.v[i], &value, e) ==
			-1 ||
		    k->make(keys.v[i], strbuf_str(&value), NULL, NULL, e) == -1)
			return -1;
	}
	return 0;
}

int
net_share_again(struct reg *reg, struct jerr *e)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		/* Others' chains are theirs to make first: jail -m. */
		if (kinds[i].make != make_accept &&
		    make_again(reg, &kinds[i], e) == -1)
			return -1;
	return 0;
}

int
net_share_drop(struct reg *reg, const struct reg_row *row, char *const *texts,
    size_t n, struct jerr *e)
{
	struct jerr one = JERR_INIT;
	struct shares all;
	int r = shares_read(&all, texts, n, e);

	if (reg_lock(reg, &one) == 0) {
		if (drop_all(reg, row, &all, &one) == -1 && r == 0) {
			*e = one;
			r = -1;
		}
		reg_unlock(reg);
	} else if (r == 0) {
		*e = one;
		r = -1;
	}
	shares_free(&all);
	return r;
}

/* ---- which of them a jail needs ---- */

static int
add_once(struct strv *out, const char *kind, const char *key)
{
	auto_free char *text = NULL;

	if (asprintf(&text, "%s %s", kind, key) == -1)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (str_eq(out->v[i], text))
			return 0;
	return strv_add(out, text);
}

/* Below 6.17 an interface forwards IPv6 only when all do. */
static int
add_all6(struct strv *out)
{
	return has_force() ? 0 : add_once(out, "all6", "-");
}

static int
add_family(struct strv *out, int fam, const char *ifname)
{
	return add_once(out, fam == 0 ? "if4" : "if6", ifname);
}

static int
add_rule_ifs(const struct net *n, const struct pf_rules *r, struct strv *out)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->v[i].nifs; k++)
			for (int fam = 0; fam < 2; fam++)
				if (n->primary[fam] != -1 &&
				    add_family(out, fam, r->v[i].ifs[k]) == -1)
					return -1;
	return 0;
}

int
net_rec_shares(const struct net *n, struct strv *out)
{
	if (n->nifs == 0)
		return 0;
	if (add_once(out, "table", "-") == -1)
		return -1;
	if ((n->nat.n != 0 || n->rdr.n != 0 || n->binat.n != 0) &&
	    add_once(out, "nat", "-") == -1)
		return -1;
	if (n->primary[1] != -1 && add_all6(out) == -1)
		return -1;
	for (size_t k = 0; k < n->n; k++)
		if (n->a[k].class == ADDR_WIRE &&
		    add_family(out, net_fam(n->a[k].ip.family),
			n->ifs[n->a[k].i].host) == -1)
			return -1;
	return add_rule_ifs(n, &n->nat, out) == -1 ||
		add_rule_ifs(n, &n->binat, out) == -1 ||
		add_rule_ifs(n, &n->rdr, out) == -1 ?
	    -1 :
	    0;
}

int
net_share_foreign(struct strv *out, struct jerr *e)
{
	auto_free struct nft_chain *c = NULL;
	size_t n = 0;

	if (nft_forward_drops(&c, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strv_addf(out, "accept %s %s %s", c[i].family, c[i].table,
			c[i].chain) == -1)
			return jerr_nomem(e);
	return 0;
}
