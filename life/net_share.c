/*
 * What jails share on the host, and its users (kinds: net_share_kind.h).  Made
 * by the first user, taken back by the last, from the value that was recorded
 * before.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/net.h"
#include "life/net_share_kind.h"
#include "net/nft.h"

/* ---- use and drop ---- */

/* "KIND KEY", as it is in the record. */
static const struct share_kind *
find_kind(const char *text, const char **key, struct jerr *e)
{
	size_t n;
	const struct share_kind *k = share_kinds(&n);

	for (size_t i = 0; i < n; i++) {
		const char *rest = str_after(text, k[i].name);

		if (rest == NULL || *rest != ' ')
			continue;
		*key = rest + 1;
		return &k[i];
	}
	(void)jerr_set(e, ENOTSUP,
	    "share %s: of a newer Linux Jails; use that to remove this jail",
	    text);
	return NULL;
}

/* Several of them, as the registry wants them. */
struct shares {
	struct reg_share *v;
	const struct share_kind **kind;
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
		const struct share_kind *k = find_kind(texts[i], &key, e);

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
	return share_kind_named(s->kind)->save(s->key, &s->value);
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
make_again(struct reg *reg, const struct share_kind *k, struct jerr *e)
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
	size_t n;
	const struct share_kind *k = share_kinds(&n);

	for (size_t i = 0; i < n; i++)
		/* Others' chains are theirs to make first: jail -m. */
		if (k[i].own && make_again(reg, &k[i], e) == -1)
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
	return share_kind_force6() ? 0 : add_once(out, "all6", "-");
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
	for (int fam = 0; fam < 2; fam++)
		for (size_t k = 0; k < n->arrives[fam].n; k++)
			if (n->primary[fam] != -1 &&
			    add_family(out, fam, n->arrives[fam].v[k]) == -1)
				return -1;
	return add_rule_ifs(n, &n->nat, out) == -1 ||
		add_rule_ifs(n, &n->binat, out) == -1 ||
		add_rule_ifs(n, &n->rdr, out) == -1 ?
	    -1 :
	    0;
}

/* The line is for who reads it to copy: it lets through what no chain of his
 * dropped before. */
static int
tell_closed(const struct nft_chain *c, struct strv *note)
{
	static const char rule[] =
	    "insert rule %s %s %s %s 27233 accept comment for-jails";
	auto_strbuf struct strbuf in = STRBUF_INIT, out = STRBUF_INIT;

	_Static_assert(RTNL_GROUP == 27233, "the rules say it in figures");
	if (c->by_hand)
		return 0;
	if (strbuf_addf(&in, rule, c->family, c->table, c->chain, "iifgroup") ==
		-1 ||
	    strbuf_addf(
		&out, rule, c->family, c->table, c->chain, "oifgroup") == -1)
		return -1;
	return strv_addf(note,
	    "chain %s %s %s lets no jail's packets through, and a rule at its "
	    "end would not help: nft '%s; %s'",
	    c->family, c->table, c->chain, strbuf_str(&in), strbuf_str(&out));
}

int
net_share_foreign(struct strv *out, struct strv *note, struct jerr *e)
{
	auto_free struct nft_chain *c = NULL;
	size_t n = 0;

	if (nft_forward_drops(&c, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((c[i].closed ?
			    tell_closed(&c[i], note) :
			    strv_addf(out, "accept %s %s %s", c[i].family,
				c[i].table, c[i].chain)) == -1)
			return jerr_nomem(e);
	return 0;
}
