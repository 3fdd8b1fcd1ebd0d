/*
 * Linux Jails: the jail calls, source-compatible with FreeBSD's <sys/jail.h>.
 * Here they are functions of libjail (link with -ljail), not system calls.
 * See jail(2), libjail(3).
 */
#ifndef SYS_JAIL_H
#define SYS_JAIL_H

#include <sys/types.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* jail(2), the old way in: jail_set(JAIL_CREATE | JAIL_ATTACH) says it all. */
struct jail {
	uint32_t version;
	char *path;
	char *hostname;
	char *jailname;
	uint32_t ip4s;
	uint32_t ip6s;
	struct in_addr *ip4;
	struct in6_addr *ip6;
};
#define JAIL_API_VERSION 2

/* Flags of jail_set(2) and jail_get(2). */
#define JAIL_CREATE 0x01 /* make the jail if it is not there */
#define JAIL_UPDATE 0x02 /* change it if it is */
#define JAIL_ATTACH 0x04 /* and go into it */
#define JAIL_DYING 0x08	 /* dying jails count as well (jail_get) */
/* Jail descriptors: not built, the calls refuse these with ENOTSUP. */
#define JAIL_USE_DESC 0x10
#define JAIL_AT_DESC 0x20
#define JAIL_GET_DESC 0x40
#define JAIL_OWN_DESC 0x80

#define JAIL_SET_MASK 0xff
#define JAIL_GET_MASK 0xf8

/* Values of the disable/new/inherit parameters. */
#define JAIL_SYS_DISABLE 0
#define JAIL_SYS_NEW 1
#define JAIL_SYS_INHERIT 2

int jail(struct jail *jail);
int jail_set(struct iovec *iov, unsigned int niov, int flags);
int jail_get(struct iovec *iov, unsigned int niov, int flags);
int jail_attach(int jid);
int jail_remove(int jid);

#ifdef __cplusplus
}
#endif

#endif
