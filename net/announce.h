/*
 * Telling the neighbours of a host's interface that an address is here now
 * (gratuitous ARP, unsolicited neighbour advertisement), and asking them before
 * whether it is somebody's.  Only interfaces with a MAC.
 */
#ifndef NET_ANNOUNCE_H
#define NET_ANNOUNCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

struct announce {
	struct ip ip;
	int index;	/* of the host's interface, in the caller's namespace */
	uint8_t mac[6]; /* its MAC */
};

/*
 * Asks for each, in the host's name; the descriptor on which answers are read
 * (close it), or -1.
 */
int announce_probe(const struct announce *v, size_t n, struct jerr *e);

/* Reads what came within timeout_ms (0: what is there already) and stops
 * asking: once for each announce_probe.  1: somebody
 * else (not one of the interfaces' own MACs) has v[*which], mac says who; 0:
 * nobody answered; -1. */
int announce_answer(int fd, const struct announce *v, size_t n, int timeout_ms,
    size_t *which, uint8_t mac[6], struct jerr *e);

/* Best effort: a link that is down has nobody to tell. */
int announce_send(const struct announce *v, size_t n, struct jerr *e);

#endif
