/*
 * The netfilter socket: single questions, dumps, and transactions of which
 * either everything holds or nothing.  For net/nft*.c alone.
 */
#ifndef NET_NFNL_H
#define NET_NFNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/mnl.h"

struct nfnl {
	const struct mnl *m;
	struct mnl_socket *s;
	char *buf; /* messages queued */
	size_t len, cap, n;
	size_t last;  /* where the last of them begins */
	uint32_t seq; /* of the first */
	bool nomem, broken;
	_Alignas(8) char one[2048]; /* the message being written */
};

/* In the caller's network namespace.  The process keeps its socket until it
 * ends, calls nft_close or is in another namespace (nfnl.c says why).  Closing
 * is safe after a failed open, and of a zeroed one. */
int nfnl_open(struct nfnl *n, struct jerr *e);
void nfnl_close(struct nfnl *n);

/* Begins a message of subsystem << 8 | type; attributes follow with n->m's
 * functions, then nfnl_queue.  At most 2,000 bytes. */
struct nlmsghdr *nfnl_begin(
    struct nfnl *n, uint16_t type, uint16_t flags, uint8_t family);
void nfnl_queue(struct nfnl *n, struct nlmsghdr *h);

/* Called for each message of an answer; i: the how manyth question it is for.
 * -1 ends it (out of memory). */
typedef int nfnl_fn(
    const struct nfnl *n, const struct nlmsghdr *h, size_t i, void *arg);

/*
 * Sends what is queued as questions of their own.  err[i] (NULL: not wanted) is
 * the errno of the i-th, 0 when it succeeded.  0, or -1 when one failed (e, with
 * errno; nothing is said which, the caller knows what it asked) or the socket
 * did.
 */
int nfnl_ask(struct nfnl *n, nfnl_fn *fn, void *arg, int *err, struct jerr *e);

/* Sends what is queued as one nf_tables transaction; the rest as nfnl_ask. */
int nfnl_commit(struct nfnl *n, int *err, struct jerr *e);

/* Every attribute of a message (or of a nested one) with its type below max
 * into tb, the rest NULL. */
void nfnl_attrs(const struct nfnl *n, const struct nlmsghdr *h,
    const struct nlattr **tb, size_t max);
void nfnl_nested(const struct nfnl *n, const struct nlattr *nest,
    const struct nlattr **tb, size_t max);
uint32_t nfnl_be32(
    const struct nfnl *n, const struct nlattr *a); /* 0: absent */
/* The text of a, "" when absent or not terminated. */
const char *nfnl_str(const struct nfnl *n, const struct nlattr *a);

#endif
