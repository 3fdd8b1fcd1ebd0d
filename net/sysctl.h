/*
 * Network sysctls of the caller's network namespace, one interface at a time.
 * Where is below /proc/sys/net: SYSCTL_CONF4 with "em0" and "forwarding" is
 * ipv4/conf/em0/forwarding.
 */
#ifndef NET_SYSCTL_H
#define NET_SYSCTL_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum sysctl_tree {
	SYSCTL_CONF4,  /* ipv4/conf/IF/KEY */
	SYSCTL_CONF6,  /* ipv6/conf/IF/KEY */
	SYSCTL_NEIGH4, /* ipv4/neigh/IF/KEY */
	SYSCTL_NEIGH6, /* ipv6/neigh/IF/KEY */
	SYSCTL_IP4,    /* ipv4/KEY, IF is NULL */
};

/* The number that is there, or -1 with errno (ENOENT: this kernel or this
 * interface has none).  None of these is negative. */
int sysctl_get(enum sysctl_tree t, const char *ifname, const char *key);
/* 1: changed, 0: it was so already (nothing is written: writing may have
 * effects of its own), -1 with e ("net.ipv6.conf.em0.forwarding: ..."). */
int sysctl_set(enum sysctl_tree t, const char *ifname, const char *key,
    int value, struct jerr *e);
/* The names below conf, without "all" but with "default", appended to out; none
 * where the protocol is off.  -1 with e. */
int sysctl_interfaces(enum sysctl_tree t, struct strv *out, struct jerr *e);

#endif
