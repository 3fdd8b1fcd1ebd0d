/* Shared by the files of rtnl alone. */
#ifndef NET_RTNL_INT_H
#define NET_RTNL_INT_H

#include <linux/rtnetlink.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/mnl.h"
#include "net/rtnl.h"

#define RTNL_MSG 2048	 /* bytes of one request at most */
#define RTNL_LABEL 160	 /* of what it is about */
#define RTNL_REPLY 32768 /* one datagram of an answer */

enum rtnl_tolerate { RTNL_STRICT, RTNL_EXIST_OK, RTNL_ABSENT_OK };

struct rtnl_msg {
	size_t off; /* in the batch */
	enum rtnl_tolerate tolerate;
	char what[RTNL_LABEL];
};

struct rtnl {
	const struct mnl *m;
	struct mnl_socket *s;
	uint32_t seq;
	char *batch; /* queued requests, each aligned */
	size_t len, cap;
	struct rtnl_msg *msg;
	size_t n, msgcap;
	bool nomem;
	_Alignas(8) char one[RTNL_MSG]; /* the request being made */
};

/* Begin a request in r->one with an extra header of `size` bytes, zeroed. */
void *rtnl_begin(struct rtnl *r, struct nlmsghdr **h, uint16_t type,
    uint16_t flags, size_t size);
/* Queue what stands in r->one. */
void rtnl_queue(struct rtnl *r, struct nlmsghdr *h, enum rtnl_tolerate t,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Sends r->one and gives every answer to fn (-1 from it: no memory).  Errors
 * are returned as -1 with errno and, unless e is NULL, e.
 */
int rtnl_ask(struct rtnl *r, struct nlmsghdr *h,
    int (*fn)(struct rtnl *r, const struct nlmsghdr *h, void *arg), void *arg,
    const char *what, struct jerr *e);

/* fn for every attribute behind an extra header of `size` bytes. */
void rtnl_attrs(const struct rtnl *r, const struct nlmsghdr *h, size_t size,
    void (*fn)(const struct rtnl *r, const struct nlattr *a, void *arg),
    void *arg);

void rtnl_put_ip(const struct rtnl *r, struct nlmsghdr *h, uint16_t type,
    const struct ip *a);
/* An address of this family from an attribute; false: of another size. */
bool rtnl_get_ip(
    const struct rtnl *r, const struct nlattr *a, int family, struct ip *out);

#endif
