/*
 * Asking the neighbours whether an address is somebody's, and telling them that
 * it is here, from a process of its own: the kernel lets nobody close a packet
 * socket without waiting some ten milliseconds, and so the walk does not.
 */
#ifndef LIFE_NET_ASK_H
#define LIFE_NET_ASK_H

#include <sys/types.h>

#include <stddef.h>

#include "base/err.h"
#include "net/announce.h"

struct net_ask {
	int sock;  /* to it; -1: nobody is asked */
	int pidfd; /* of it */
};

#define NET_ASK_INIT \
	{ \
		.sock = -1, .pidfd = -1 \
	}

/* v is read until net_ask_end. */
int net_ask_start(
    struct net_ask *a, const struct announce *v, size_t n, struct jerr *e);
/* 1: v[*which] is mac's; 0: nobody has said so until now; -1. */
int net_ask_taken(
    const struct net_ask *a, size_t *which, uint8_t mac[6], struct jerr *e);
int net_ask_announce(const struct net_ask *a, struct jerr *e);
/* It goes by itself then.  reap: wait for that, for a caller that lives on. */
void net_ask_end(struct net_ask *a, bool reap);

#endif
