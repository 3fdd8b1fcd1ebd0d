/*
 * Elements of our sets and maps, one netlink message each in one transaction.
 * Cost is that of the elements alone, whatever else stands in the table.  Never
 * another table than ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/nft_int.h"

/* nft(8) keeps a comment in the user data as type 0, length, text with NUL;
 * other types may stand beside it. */
#define COMMENT 0
#define COMMENT_MAX 128

struct coded {
	const struct nft_set *set;
	uint8_t key[NFT_KEY], end[NFT_KEY], data[NFT_KEY];
	size_t len, datalen;
};

static int
encode(const struct nft_elem *v, struct coded *c, struct jerr *e)
{
	uint8_t same[NFT_KEY];

	memset(c, 0, sizeof(*c));
	c->set = nft_set_find(v->set);
	if (c->set == NULL || (c->set->data == NULL) != (v->data == NULL))
		return jerr_set(e, EINVAL, "nftables: no set %s", v->set);
	if (nft_encode(c->set->key, v->key, c->set->interval, c->key, c->end,
		&c->len) == -1)
		return jerr_set(
		    e, EINVAL, "nftables: %s: bad key: %s", v->set, v->key);
	if (v->data != NULL &&
	    nft_encode(
		c->set->data, v->data, false, c->data, same, &c->datalen) == -1)
		return jerr_set(
		    e, EINVAL, "nftables: %s: bad data: %s", v->set, v->data);
	return 0;
}

static void
put_value(const struct nfnl *n, struct nlmsghdr *h, uint16_t type,
    const uint8_t *v, size_t len)
{
	struct nlattr *nest = n->m->mnl_attr_nest_start(h, type);

	n->m->mnl_attr_put(h, NFTA_DATA_VALUE, len, v);
	n->m->mnl_attr_nest_end(h, nest);
}

static void
put_comment(const struct nfnl *n, struct nlmsghdr *h, const char *comment)
{
	uint8_t text[2 + COMMENT_MAX + 1];
	size_t len = strnlen(comment, COMMENT_MAX);

	text[0] = COMMENT;
	text[1] = (uint8_t)(len + 1);
	memcpy(text + 2, comment, len);
	text[2 + len] = '\0';
	n->m->mnl_attr_put(h, NFTA_SET_ELEM_USERDATA, len + 3, text);
}

bool
nft_has_comment(
    const struct nfnl *n, const struct nlattr *userdata, const char *comment)
{
	size_t len, text = strnlen(comment, COMMENT_MAX);
	const uint8_t *p;

	if (userdata == NULL)
		return false;
	p = n->m->mnl_attr_get_payload(userdata);
	len = n->m->mnl_attr_get_payload_len(userdata);
	while (len >= 2 && p[1] + 2u <= len) {
		if (p[0] == COMMENT && p[1] == text + 1 &&
		    memcmp(p + 2, comment, text) == 0)
			return true;
		len -= p[1] + 2u;
		p += p[1] + 2u;
	}
	return false;
}

static void
queue(struct nfnl *n, const struct coded *c, uint16_t type, uint16_t flags,
    const char *comment)
{
	struct nlmsghdr *h = nfnl_begin(n, type, flags, NFPROTO_INET);
	struct nlattr *list, *elem;

	n->m->mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, NFT_OURS);
	n->m->mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, c->set->name);
	list = n->m->mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = n->m->mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	put_value(n, h, NFTA_SET_ELEM_KEY, c->key, c->len);
	if (c->set->interval)
		put_value(n, h, NFTA_SET_ELEM_KEY_END, c->end, c->len);
	/* A removal names the key alone. */
	if (c->datalen != 0 && comment != NULL)
		put_value(n, h, NFTA_SET_ELEM_DATA, c->data, c->datalen);
	if (comment != NULL && comment[0] != '\0')
		put_comment(n, h, comment);
	n->m->mnl_attr_nest_end(h, elem);
	n->m->mnl_attr_nest_end(h, list);
	nfnl_queue(n, h);
}

/* Says which element it was, when one is to blame. */
static int
blame(const struct nft_elem *v, size_t n, const int *err, struct jerr *e)
{
	for (size_t i = 0; i < n; i++)
		if (err[i] != 0)
			return jerr_set(e, err[i], "nftables: %s %s: %s",
			    v[i].set, v[i].key,
			    err[i] == EBUSY || err[i] == EEXIST ?
				"is there already, for something else" :
				strerror(err[i]));
	return -1;
}

static int
add(struct nfnl *n, const struct nft_elem *v, size_t count, const char *comment,
    int *err, struct jerr *e)
{
	struct coded c;

	for (size_t i = 0; i < count; i++) {
		if (encode(&v[i], &c, e) == -1)
			return -1;
		queue(n, &c, NFT_TYPE(NFT_MSG_NEWSETELEM), NLM_F_CREATE,
		    comment == NULL ? "" : comment);
	}
	if (nfnl_commit(n, err, e) == -1)
		return blame(v, count, err, e);
	return 0;
}

int
nft_elems_add(
    const struct nft_elem *v, size_t n, const char *comment, struct jerr *e)
{
	auto_free int *err = calloc(n + 1, sizeof(*err));
	struct nfnl nl;
	int rc = -1;

	if (err == NULL)
		return jerr_nomem(e);
	if (nfnl_open(&nl, e) == 0)
		rc = add(&nl, v, n, comment, err, e);
	nfnl_close(&nl);
	return rc;
}

/* ---- are they there? ---- */

struct counting {
	const struct nft_elem *v;
	const char *owner; /* NULL: whosever */
	bool *there;	   /* NULL: only counted */
	size_t found;
	struct jerr *e;
};

static int
found(const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg)
{
	const struct nlattr *list[NFTA_SET_ELEM_LIST_MAX + 1];
	const struct nlattr *one[NFTA_LIST_MAX + 1];
	const struct nlattr *elem[NFTA_SET_ELEM_MAX + 1];
	const struct nlattr *data[NFTA_DATA_MAX + 1];
	struct counting *k = arg;
	struct coded c;

	nfnl_attrs(n, h, list, nitems(list));
	nfnl_nested(n, list[NFTA_SET_ELEM_LIST_ELEMENTS], one, nitems(one));
	nfnl_nested(n, one[NFTA_LIST_ELEM], elem, nitems(elem));
	nfnl_nested(n, elem[NFTA_SET_ELEM_DATA], data, nitems(data));
	if (elem[NFTA_SET_ELEM_KEY] == NULL || encode(&k->v[i], &c, k->e) == -1)
		return 0;
	/* The same key for another target is not what was asked for. */
	if (c.datalen != 0 &&
	    (data[NFTA_DATA_VALUE] == NULL ||
		n->m->mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) !=
		    c.datalen ||
		memcmp(n->m->mnl_attr_get_payload(data[NFTA_DATA_VALUE]),
		    c.data, c.datalen) != 0))
		return 0;
	/* No comment: put back by hand, from a list that had none. */
	if (k->owner != NULL && elem[NFTA_SET_ELEM_USERDATA] != NULL &&
	    !nft_has_comment(n, elem[NFTA_SET_ELEM_USERDATA], k->owner))
		return 0;
	if (k->there != NULL)
		k->there[i] = true;
	k->found++;
	return 0;
}

/* At most ASKED at once. */
#define ASKED 64

static int
count(struct nfnl *n, struct counting *k, size_t many, struct jerr *e)
{
	int err[ASKED] = { 0 };
	struct coded c;

	for (size_t i = 0; i < many; i++) {
		if (encode(&k->v[i], &c, e) == -1)
			return -1;
		queue(n, &c, NFT_TYPE(NFT_MSG_GETSETELEM), 0, NULL);
	}
	if (nfnl_ask(n, found, k, err, e) == -1)
		for (size_t i = 0; i < many; i++)
			if (err[i] != 0 && err[i] != ENOENT)
				return blame(k->v, many, err, e);
	return (int)k->found;
}

int
nft_elems_count(const struct nft_elem *v, size_t n, struct jerr *e)
{
	int total = 0;
	struct nfnl nl;

	if (nfnl_open(&nl, e) == -1)
		total = -1;
	for (size_t i = 0; i < n && total != -1; i += ASKED) {
		struct counting k = { .v = v + i, .e = e };
		int got = count(&nl, &k, n - i < ASKED ? n - i : ASKED, e);

		total = got == -1 ? -1 : total + got;
	}
	nfnl_close(&nl);
	return total;
}

/* ---- removal ---- */

/* Those that are not there are left out of the next attempt: a refused
 * transaction names every one of them. */
static int
del(struct nfnl *n, const struct nft_elem *v, size_t count, bool *gone,
    int *err, struct jerr *e)
{
	struct coded c;

	for (;;) {
		size_t queued = 0, missing = 0;

		for (size_t i = 0; i < count; i++) {
			if (gone[i])
				continue;
			if (encode(&v[i], &c, e) == -1)
				return -1;
			queue(n, &c, NFT_TYPE(NFT_MSG_DELSETELEM), 0, NULL);
			queued++;
		}
		if (queued == 0 || nfnl_commit(n, err, e) == 0)
			return 0;
		for (size_t i = 0, q = 0; i < count; i++) {
			if (gone[i])
				continue;
			if (err[q++] == ENOENT) {
				gone[i] = true;
				missing++;
			}
		}
		if (missing == 0)
			return -1;
	}
}

/* What is another's now under the same key counts as gone.  Addresses are one
 * jail's alone, so only maps are asked about. */
static int
leave_others(struct nfnl *n, const struct nft_elem *v, size_t count_all,
    const char *owner, bool *gone, struct jerr *e)
{
	for (size_t i = 0; i < count_all;) {
		struct nft_elem ask[ASKED];
		size_t of[ASKED], many = 0;
		bool there[ASKED] = { false };
		struct counting k = {
			.v = ask, .owner = owner, .there = there, .e = e
		};

		for (; i < count_all && many < ASKED; i++)
			if (v[i].data != NULL) {
				of[many] = i;
				ask[many++] = v[i];
			}
		if (many != 0 && count(n, &k, many, e) == -1)
			return -1;
		for (size_t a = 0; a < many; a++)
			gone[of[a]] = !there[a];
	}
	return 0;
}

int
nft_elems_del(
    const struct nft_elem *v, size_t n, const char *owner, struct jerr *e)
{
	auto_free int *err = calloc(n + 1, sizeof(*err));
	auto_free bool *gone = calloc(n + 1, sizeof(*gone));
	struct nfnl nl;
	int rc = -1;

	if (err == NULL || gone == NULL)
		return jerr_nomem(e);
	if (nfnl_open(&nl, e) == 0 &&
	    (owner == NULL || leave_others(&nl, v, n, owner, gone, e) == 0))
		rc = del(&nl, v, n, gone, err, e);
	nfnl_close(&nl);
	return rc;
}
