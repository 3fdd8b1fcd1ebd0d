/*
 * The host forwards for jails and for nobody else.  fam: 0 IPv4, 1 IPv6.
 */
#ifndef LIFE_NET_ROUTER_H
#define LIFE_NET_ROUTER_H

#include "base/err.h"
#include "base/str.h"

/* Before ifname is made to forward, and when that is mended.  value: what its
 * settings were before the first jail (net_share.c).  A host that is a router by
 * now gets its way.  Without our table it does nothing: who makes that calls
 * again. */
int net_router_close(
    int fam, const char *ifname, const char *value, struct jerr *e);
int net_router_open(int fam, const char *ifname, struct jerr *e);

/* Below 6.17 IPv6 forwards everywhere or nowhere: what does not forward yet, and
 * closing that; value is its text, with a - before each. */
int net_router_list(int fam, struct strv *out, struct jerr *e);
int net_router_close_all(const char *value, struct jerr *e);

#endif
