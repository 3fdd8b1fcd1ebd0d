/*
 * Small acts on namespaces: id maps, the loopback interface, per-namespace
 * sysctls.
 */
#ifndef LINUX_NS_H
#define LINUX_NS_H

#include <sys/types.h>

#include <stdint.h>

#include "base/err.h"

#define IDMAP_COUNT 65536

/*
 * Both maps "0 base 65536" of the user namespace that pid was made with, by way
 * of the host's /proc.  Both before the first idmapped mount: with an empty
 * gid_map Linux 6.1 accepts the mount and maps no group, for ever.
 */
int ns_write_maps(int procfd, pid_t pid, uint32_t base, struct jerr *e);
int ns_open_user(int procfd, pid_t pid, struct jerr *e); /* its descriptor */

/* Bring lo up in the caller's network namespace. */
int ns_lo_up(struct jerr *e);

/*
 * Let groups base..base+65535 use ping sockets in the caller's network
 * namespace (the ids are those of the caller's user namespace).
 */
int ns_ping_range(int sys, uint32_t base, struct jerr *e);

/* From which port on no capability is asked for in the caller's network
 * namespace: 0 or 1024. */
int ns_low_ports(int sys, unsigned first, struct jerr *e);

/*
 * In C, before its capabilities go: no further namespaces may be made under its
 * user namespace (recipe 2 step 20).  The table is that of the opener's userns.
 */
int ns_limit_children(int sys, struct jerr *e);

#endif
