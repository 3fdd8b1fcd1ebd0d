/* Shared by the files of nft alone. */
#ifndef NET_NFT_INT_H
#define NET_NFT_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/nfnl.h"
#include "net/nft.h"

#define NFT_OURS "jail"	 /* the table's name, family inet */
#define NFT_PASSING (-5) /* the priority of its chain that marks */

/* The type of a message of nf_tables, of connection tracking. */
#define NFT_TYPE(t) ((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | (t)))
#define CT_TYPE(t) ((uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | (t)))

/* Commands to libnftables, all of them or none (nftlib.c).  -1: e is the first
 * line of what it says, its code the errno that is in there. */
int nft_run(const char *text, struct jerr *e);
int nft_open(struct jerr *e); /* the library, which nft_run does by itself */
void nft_run_close(void);     /* drop its context */

/* Is this the comment that the user data of an element or a rule holds?  NULL:
 * there is none.  nft_elems.c. */
bool nft_has_comment(
    const struct nfnl *n, const struct nlattr *userdata, const char *comment);

/* ---- nft_sets.c: what the sets hold, and keys as bytes ---- */

#define NFT_KEY 64 /* bytes of the longest key or data */

struct nft_set {
	const char *name;
	const char *key;  /* one letter a field, see nft_sets.c */
	const char *data; /* NULL: a set; else a map */
	bool interval;
};
const struct nft_set *nft_set_find(const char *name); /* NULL: none */
/* "set own4 { ... }" of all of them, for the text that makes the table. */
int nft_sets_text(struct strbuf *b);

/*
 * The bytes of text ("tcp . 10.0.0.1 . 80") for these fields, first and last of
 * the range that it is (the same when it is none); ranges false: none may be.
 * 0, or -1 with errno EINVAL.
 */
int nft_encode(const char *fields, const char *text, bool ranges,
    uint8_t first[NFT_KEY], uint8_t last[NFT_KEY], size_t *len);

#endif
