/*
 * A jail's elements into our nftables table, and the table itself back when
 * somebody flushed the ruleset: with the elements of every other jail, or those
 * would be cut off by the first one that is mended.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "net/nft.h"

/* How often we begin anew while somebody flushes the ruleset. */
#define FLUSHES 8

/* ---- the others ---- */

static int
refill_one(struct reg_jail *j, struct jerr *e)
{
	auto_strv struct strv texts = STRV_INIT;
	struct reg_record *rec = NULL;
	size_t n = 0;
	int r = 0;

	if (reg_journal_read(j, &rec, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++)
		if (str_eq(rec[i].kind, UNDO_ELEM) &&
		    strv_add(&texts, rec[i].text) == -1)
			r = jerr_nomem(e);
	reg_records_free(rec, n);
	return r == 0 ?
	    net_elems_make(texts.v, texts.n, reg_jail_row(j)->uuid8, e) :
	    -1;
}

/*
 * Of all others, those included that are being started or stand in a hook: their
 * walks put their elements but once.  The registry lock is held, so that none of
 * them begins to be taken back meanwhile, or changed.
 */
static int
refill_all(struct reg *reg, int but_jid, struct jerr *e)
{
	struct reg_snapshot s;
	int r = 0;

	if (net_share_again(reg, e) == -1 || reg_snapshot(reg, &s, e) == -1)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		const struct reg_row *row = &s.rows[i];
		struct jerr one = JERR_INIT;
		struct reg_jail *j;

		if (row->jid == but_jid || row->claim[0] == '\0' ||
		    row->state == REG_DYING)
			continue;
		j = reg_watch(reg, row, &one);
		if (j == NULL)
			continue;
		/* One that is being started may not get what it wants. */
		if (refill_one(j, &one) == -1 && r == 0 &&
		    row->state != REG_STARTING) {
			*e = one;
			r = -1;
		}
		reg_jail_put(j);
	}
	reg_snapshot_free(&s);
	return r;
}

static int
refill(struct reg *reg, int but_jid, struct jerr *e)
{
	int r;

	if (reg_lock(reg, e) == -1)
		return -1;
	r = refill_all(reg, but_jid, e);
	reg_unlock(reg);
	return r;
}

/* ---- one jail ---- */

int
net_rules_ready(
    const struct net_share *s, const struct strv *shares, struct jerr *e)
{
	int there = nft_table_there(e);

	if (there == -1 || net_share_use(s, shares->v, shares->n, e) == -1)
		return -1;
	return there == 1 ? 0 : refill(s->reg, s->row->jid, e);
}

int
net_rules_put(const struct net_share *s, const struct strv *shares,
    const struct strv *elems, struct jerr *e)
{
	for (int i = 0;
	     net_elems_make(elems->v, elems->n, s->row->uuid8, e) == -1; i++) {
		if (e->code != ENOENT || i == FLUSHES)
			return -1;
		*e = (struct jerr)JERR_INIT;
		if (net_rules_ready(s, shares, e) == -1 && e->code != ENOENT)
			return -1;
	}
	return 0;
}
