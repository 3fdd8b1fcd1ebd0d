/*
 * jail -m and the network.  The records that a jail has and those it is to have
 * are compared: what is missing is made first, then what is too much is taken
 * back, by the same functions as at a start and at a removal.  Without a change
 * the same walk mends: everything is made again where it is not there.
 */
#include "life/net_change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "life/undo.h"
#include "net/nft.h"

/* In the order in which a start makes them. */
static const char *const kinds[] = {
	UNDO_LINK,
	UNDO_SHARE,
	UNDO_FLOW,
	UNDO_ELEM,
	UNDO_ADDR,
};
enum { LINK, SHARE, FLOW, ELEM, ADDR, NKINDS };
_Static_assert(NKINDS == nitems(kinds), "a name each");

struct change {
	struct reg *reg;
	struct reg_jail *rj;
	const struct running *r;
	struct net net;
	struct rtnl *host;
	int netns;
	struct reg_record *have;
	size_t nhave;
	struct strv want[NKINDS], fresh[NKINDS];
	struct announce *ann; /* addresses that are new on a wire */
	size_t nann;
	struct strv *put, *note;
	bool begun; /* something may be different */
};

static bool
listed(const struct strv *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], text))
			return true;
	return false;
}

static bool
had(const struct change *c, int kind, const char *text)
{
	for (size_t i = 0; i < c->nhave; i++)
		if (str_eq(c->have[i].kind, kinds[kind]) &&
		    str_eq(c->have[i].text, text))
			return true;
	return false;
}

static int
kind_of(const struct reg_record *r)
{
	for (int k = 0; k < NKINDS; k++)
		if (str_eq(kinds[k], r->kind))
			return k;
	return -1;
}

/* ---- what is wanted ---- */

static int
find_fresh(struct change *c, int kind, struct jerr *e)
{
	for (size_t i = 0; i < c->want[kind].n; i++)
		if (!had(c, kind, c->want[kind].v[i]) &&
		    strv_add(&c->fresh[kind], c->want[kind].v[i]) == -1)
			return jerr_nomem(e);
	return 0;
}

static int
want_links(struct change *c, struct jerr *e)
{
	return net_rec_links(&c->net, &c->want[LINK]) == -1 ?
	    jerr_nomem(e) :
	    find_fresh(c, LINK, e);
}

/* As pf's states do, connections outlive the rule that they were made by: to
 * be forgotten with the jail or the address alone. */
static int
keep_flows(struct change *c)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < c->net.n; i++) {
		(void)ip_print(&c->net.a[i].ip, text);
		if (had(c, FLOW, text) && !listed(&c->want[FLOW], text) &&
		    strv_add(&c->want[FLOW], text) == -1)
			return -1;
	}
	return 0;
}

static int
want_rest(struct change *c, struct jerr *e)
{
	if (net_rec_shares(&c->net, &c->want[SHARE]) == -1 ||
	    net_rec_flows(&c->net, &c->want[FLOW]) == -1 ||
	    keep_flows(c) == -1 || net_rec_addrs(&c->net, &c->want[ADDR]) == -1)
		return jerr_nomem(e);
	if (c->want[SHARE].n != 0 &&
	    net_share_foreign(&c->want[SHARE], c->note, e) == -1)
		return -1;
	return find_fresh(c, SHARE, e) == -1 || find_fresh(c, FLOW, e) == -1 ||
		find_fresh(c, ADDR, e) == -1 ?
	    -1 :
	    0;
}

/* Only when the links stand: the elements name them by their index. */
static int
want_elems(struct change *c, struct jerr *e)
{
	if (net_rec_elems(&c->net, c->host, &c->want[ELEM], e) == -1)
		return -1;
	return find_fresh(c, ELEM, e);
}

/* Does anybody else have what comes new to a wire? */
static int
ask_neighbours(struct change *c, struct jerr *e)
{
	struct announce *all = NULL;
	size_t n = 0;
	char text[IP_TEXT];
	auto_close int fd = -1;

	if (net_announced(&c->net, &all, &n) == -1)
		return jerr_nomem(e);
	c->ann = all;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c->fresh[ADDR].n; k++) {
			const char *rest = str_after(
			    c->fresh[ADDR].v[k], ip_print(&all[i].ip, text));

			if (rest != NULL && *rest == ' ') {
				all[c->nann++] = all[i];
				break;
			}
		}
	if (c->nann == 0)
		return 0;
	fd = announce_probe(c->ann, c->nann, e);
	if (fd == -1)
		return -1;
	return net_taken(fd, c->ann, c->nann, 50, e);
}

/* ---- make ---- */

static struct net_make
making(struct change *c, int kind)
{
	return (struct net_make) { .n = &c->net,
		.host = c->host,
		.netns = c->netns,
		.ipv6 = c->net.primary[1] != -1,
		.put = c->put,
		.fresh = &c->fresh[kind] };
}

static int
make_links(struct change *c, struct jerr *e)
{
	struct net_make m = making(c, LINK);

	if (reg_journal_addv(
		c->rj, UNDO_LINK, c->fresh[LINK].v, c->fresh[LINK].n, e) == -1)
		return -1;
	for (size_t i = 0; i < c->net.nifs; i++)
		if (net_link_make(&m, &c->net.ifs[i], e) == -1)
			return -1;
	return net_inside_make(&m, true, e);
}

static struct net_share
sharing(const struct change *c)
{
	return (struct net_share) { .reg = c->reg,
		.row = reg_jail_row(c->rj),
		.check = true,
		.put = c->put,
		.note = c->note };
}

static int
make_shares(struct change *c, struct jerr *e)
{
	struct net_share s = sharing(c);

	return reg_journal_addv(c->rj, UNDO_SHARE, c->fresh[SHARE].v,
		   c->fresh[SHARE].n, e) == -1 ?
	    -1 :
	    net_rules_ready(&s, &c->want[SHARE], e);
}

/* The elements that change their meaning under the same key go first; they
 * stay in the journal until all is done, and come back if it is not. */
static bool
same_key(const char *a, const char *b)
{
	const char *ea = strrchr(a, '\t'), *eb = strrchr(b, '\t');

	return ea != NULL && eb != NULL && ea - a == eb - b &&
	    memcmp(a, b, (size_t)(ea - a)) == 0;
}

/* Ranges and networks may overlap under other keys: all that is old of such a
 * map makes place for all that is new of it. */
static bool
in_its_place(const char *old, const char *new)
{
	size_t len = strcspn(old, "\t");

	if (same_key(old, new))
		return true;
	return nft_set_is_interval(old, len) && strncmp(old, new, len + 1) == 0;
}

static int
replaced(const struct change *c, struct strv *out)
{
	for (size_t i = 0; i < c->nhave; i++) {
		if (kind_of(&c->have[i]) != ELEM ||
		    listed(&c->want[ELEM], c->have[i].text))
			continue;
		/* Not only what is new: after a crash both may be recorded. */
		for (size_t k = 0; k < c->want[ELEM].n; k++)
			if (in_its_place(c->have[i].text, c->want[ELEM].v[k])) {
				if (strv_add(out, c->have[i].text) == -1)
					return -1;
				break;
			}
	}
	return 0;
}

static int
elems_missing(const struct change *c, bool *missing, struct jerr *e)
{
	int n = net_elems_count(c->want[ELEM].v, c->want[ELEM].n, e);

	*missing = n < (int)(c->want[ELEM].n - c->fresh[ELEM].n);
	return n == -1 ? -1 : 0;
}

/* Their key has another meaning now: to take them back would take that away. */
static int
forget_replaced(struct change *c, const struct strv *old, struct jerr *e)
{
	for (size_t i = 0; i < c->nhave; i++)
		if (kind_of(&c->have[i]) == ELEM &&
		    listed(old, c->have[i].text) &&
		    reg_journal_done(c->rj, c->have[i].n, e) == -1)
			return -1;
	return 0;
}

static int
make_elems(struct change *c, struct jerr *e)
{
	auto_strv struct strv old = STRV_INIT;
	struct net_share s = sharing(c);
	struct jerr ignored = JERR_INIT;
	bool missing = false;
	const char *uuid8 = reg_jail_row(c->rj)->uuid8;

	if (reg_journal_addv(c->rj, UNDO_FLOW, c->fresh[FLOW].v,
		c->fresh[FLOW].n, e) == -1 ||
	    reg_journal_addv(
		c->rj, UNDO_ELEM, c->fresh[ELEM].v, c->fresh[ELEM].n, e) == -1)
		return -1;
	if (replaced(c, &old) == -1)
		return jerr_nomem(e);
	if (elems_missing(c, &missing, e) == -1 ||
	    net_undo_elems(old.v, old.n, uuid8, e) == -1)
		return -1;
	if (!missing && c->fresh[ELEM].n == 0 && old.n == 0)
		return 0;
	if (net_rules_put(&s, &c->want[SHARE], &c->want[ELEM], e) == -1) {
		(void)net_elems_make(old.v, old.n, uuid8, &ignored);
		return -1;
	}
	if (missing)
		(void)strv_add(c->put, "elements of the rules");
	return forget_replaced(c, &old, e);
}

/* Not new is what the jail had by the same end, whose interface was made anew. */
static int
really_new(const struct change *c, struct strv *out)
{
	for (size_t i = 0; i < c->fresh[ADDR].n; i++) {
		const char *text = c->fresh[ADDR].v[i];
		size_t ip = strcspn(text, " ") + 1;
		size_t len = ip + strcspn(text + ip, " ");
		bool is_new = true;

		for (size_t k = 0; k < c->nhave && is_new; k++)
			is_new = kind_of(&c->have[k]) != ADDR ||
			    strncmp(c->have[k].text, text, len) != 0;
		if (is_new && strv_add(out, text) == -1)
			return -1;
	}
	return 0;
}

static int
make_addrs(struct change *c, struct jerr *e)
{
	auto_strv struct strv fresh = STRV_INIT;
	struct net_make m = making(c, ADDR);

	if (really_new(c, &fresh) == -1)
		return jerr_nomem(e);
	m.fresh = &fresh;
	if (reg_journal_addv(c->rj, UNDO_ADDR, c->fresh[ADDR].v,
		c->fresh[ADDR].n, e) == -1 ||
	    net_addrs_make(&m, e) == -1)
		return -1;
	return announce_send(c->ann, c->nann, e);
}

/* ---- take back ---- */

/* Is this a link of the plan, whatever its other name is? */
static bool
is_planned(const struct change *c, const char *end)
{
	for (size_t i = 0; i < c->net.nifs; i++)
		if (str_eq(c->net.ifs[i].end, end))
			return true;
	return false;
}

static bool
had_link(const struct change *c, const char *end)
{
	for (size_t i = 0; i < c->nhave; i++) {
		const char *rest = kind_of(&c->have[i]) == LINK ?
		    str_after(c->have[i].text, end) :
		    NULL;

		if (rest != NULL && *rest == ' ')
			return true;
	}
	return false;
}

/* A link that the jail loses: its namespace stays, so it does not end alone.
 * One that only has another altname now, since the jail has another name, is
 * not lost. */
static int
drop_link(struct change *c, const struct reg_record *rec, bool roll_back,
    struct jerr *e)
{
	char end[RTNL_NAME];

	if (kind_of(rec) != LINK || sscanf(rec->text, "%15s", end) != 1 ||
	    (roll_back ? had_link(c, end) : is_planned(c, end)))
		return 0;
	rtnl_link_del(c->host, end, true);
	return rtnl_send(c->host, e);
}

/* Records of ours that are not wanted (after) or that were new (roll-back). */
static int
take_back(struct change *c, bool roll_back, struct jerr *e)
{
	auto_free struct reg_record *now = NULL;
	struct reg_record *rec = NULL;
	size_t n = 0, some = 0;
	int r = 0;

	if (reg_journal_read(c->rj, &rec, &n, e) == -1)
		return -1;
	now = calloc(n + 1, sizeof(*now));
	if (now == NULL)
		r = jerr_nomem(e);
	for (size_t i = 0; i < n && r == 0; i++) {
		int k = kind_of(&rec[i]);
		bool goes = k != -1 &&
		    (roll_back ? listed(&c->fresh[k], rec[i].text) :
				 !listed(&c->want[k], rec[i].text));

		if (!goes)
			continue;
		now[some++] = rec[i];
		r = drop_link(c, &rec[i], roll_back, e);
	}
	if (r == 0)
		r = undo_records(c->rj, -1, now, some, e);
	reg_records_free(rec, n);
	return r;
}

/* ---- all of it ---- */

static int
make_all(struct change *c, struct jerr *e)
{
	return make_links(c, e) == -1 || make_shares(c, e) == -1 ||
		want_elems(c, e) == -1 || make_elems(c, e) == -1 ||
		make_addrs(c, e) == -1 ?
	    -1 :
	    0;
}

static int
apply(struct change *c, struct jerr *e)
{
	struct net_make m = making(c, ADDR);
	struct jerr ignored = JERR_INIT;

	if (make_all(c, e) == -1) {
		(void)take_back(c, true, &ignored);
		return -1;
	}
	if (take_back(c, false, e) == -1)
		return -1;
	/* An interface that was made anew: the route that went with its old
	 * record is also the new one's. */
	m.put = NULL;
	if (c->fresh[ADDR].n != 0 && net_addrs_make(&m, e) == -1)
		return -1;
	return net_inside_trim(&m, e);
}

static int
open_all(struct change *c, struct jerr *e)
{
	char path[64];

	if (undo_check(c->rj, e) == -1)
		return -1;
	c->host = rtnl_open(-1, e);
	if (c->host == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)c->r->init);
	c->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (c->netns == -1)
		return jerr_sys(e, "network namespace");
	return reg_journal_read(c->rj, &c->have, &c->nhave, e);
}

/* The row of the index: before is what it was, for the way back. */
static int
claim(struct change *c, const struct jail_conf *now, struct jerr *e)
{
	auto_strbuf struct strbuf shown = STRBUF_INIT;
	auto_strbuf struct strbuf list = STRBUF_INIT;

	if (net_claim(&c->net, &list) == -1 ||
	    addr_show_first4(now, &shown) == -1)
		return jerr_nomem(e);
	return reg_addresses(c->rj, strbuf_str(&shown), strbuf_str(&list), e);
}

static int
run_change(struct change *c, const struct jail_conf *now, struct jerr *e)
{
	struct net_id id = { .jid = c->r->jid,
		.name = conf_str(now, P_NAME),
		.uuid8 = c->r->uuid8 };
	auto_free char *ip4 = strdup(reg_jail_row(c->rj)->ip4);
	auto_free char *list = strdup(reg_jail_row(c->rj)->claim);
	struct jerr ignored = JERR_INIT;

	if (ip4 == NULL || list == NULL)
		return jerr_nomem(e);
	if (open_all(c, e) == -1)
		return -1;
	id.rec = c->have;
	id.nrec = c->nhave;
	if (net_plan(now, &id, c->host, &c->net, e) == -1 ||
	    want_links(c, e) == -1 || want_rest(c, e) == -1 ||
	    ask_neighbours(c, e) == -1 || claim(c, now, e) == -1)
		return -1;
	c->begun = true;
	if (apply(c, e) == 0)
		return 0;
	(void)reg_addresses(c->rj, ip4, list, &ignored);
	return -1;
}

static void
change_free(struct change *c)
{
	net_free(&c->net);
	rtnl_close(c->host);
	close_keep(c->netns);
	free(c->ann);
	reg_records_free(c->have, c->nhave);
	for (int k = 0; k < NKINDS; k++) {
		strv_free(&c->want[k]);
		strv_free(&c->fresh[k]);
	}
	reg_jail_put(c->rj);
}

/* Nothing is to be different after a failure: what was in the way of the new is
 * made again, routes inside included, as when a jail is mended. */
static void
restore(struct change *failed)
{
	auto_strv struct strv put = STRV_INIT, note = STRV_INIT;
	struct change c = { .reg = failed->reg,
		.rj = failed->rj,
		.r = failed->r,
		.netns = -1,
		.put = &put,
		.note = &note };
	struct jerr ignored = JERR_INIT;

	(void)run_change(&c, &failed->r->params, &ignored);
	failed->rj = c.rj;
	c.rj = NULL;
	change_free(&c);
}

int
net_change(struct reg *reg, const struct reg_row *row, const struct running *r,
    const struct jail_conf *now, bool asked, struct strv *put,
    struct strv *note, struct jerr *e)
{
	struct change c = {
		.reg = reg, .r = r, .netns = -1, .put = put, .note = note
	};
	int rc;

	c.rj = reg_take(reg, row->jid, row->uuid8, e);
	if (c.rj == NULL) {
		if (asked || e->code != EWOULDBLOCK)
			return -1;
		*e = (struct jerr)JERR_INIT;
		return 0;
	}
	rc = run_change(&c, now, e);
	if (rc == -1 && c.begun)
		restore(&c);
	change_free(&c);
	return rc;
}
