/*
 * The bare kernel work, in as few lines as it takes: what jail(8) and jexec(8)
 * are measured against.  Not an example of how to make a jail: an error ends
 * the program, nothing is verified and nothing is recorded.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <sys/types.h>

/* pids.c */
void check(long r, const char *what); /* -1: exit 1, errno told */
pid_t fork_into(int cgroup, unsigned long flags, int *pidfd);
void confine(void); /* filter, capabilities, limits */
void write_file(int dirfd, const char *path, const char *text);
void enter(int pidfd, int cgroup, char *const *argv); /* and wait */

/* mounts.c */
int clone_mount(int dirfd, const char *path, unsigned long attr);
void build_mounts(int root, int procfd, int pidfd, pid_t init);

/* net.c: a veth pair with one IPv4 address, as by hand */
struct net {
	const char *ifname, *address; /* of the host; NULL: none wanted */
	struct mnl_socket *host;
	unsigned on;  /* index of ifname */
	unsigned end; /* of the host's end */
};

void net_open(struct net *n, char **argv);     /* in the host's namespace */
void net_make(const struct net *n, int netns); /* in the jail's, netns */
void net_remove(const struct net *n);

#define BASE 0x70000000u /* first host id of the jail */

#endif
