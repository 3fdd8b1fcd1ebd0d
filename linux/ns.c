/*
 * Namespaces' small change.  Everything goes through the descriptor of the
 * host's /proc that was opened before anything of the jail existed, since the
 * callers have left the host's mounts.
 */
#include "linux/ns.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

int
ns_write_maps(int procfd, pid_t pid, uint32_t base, struct jerr *e)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64], line[64];

	(void)snprintf(line, sizeof(line), "0 %u %u\n", (unsigned)base,
	    (unsigned)IDMAP_COUNT);
	for (size_t i = 0; i < nitems(files); i++) {
		(void)snprintf(path, sizeof(path), "%d/%s", (int)pid, files[i]);
		if (io_write_file(procfd, path, line) == -1)
			return jerr_sys(e, "%s", files[i]);
	}
	return 0;
}

int
ns_open_user(int procfd, pid_t pid, struct jerr *e)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return jerr_sys(e, "user namespace");
	return fd;
}

int
ns_lo_up(struct jerr *e)
{
	/* Any socket will do; the ioctl acts on its network namespace. */
	auto_close int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	memcpy(r.ifr_name, "lo", sizeof("lo"));
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	if (s == -1 || ioctl(s, SIOCSIFFLAGS, &r) == -1)
		return jerr_sys(e, "lo: up");
	return 0;
}

int
ns_ping_range(int sys, uint32_t base, struct jerr *e)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "%u %u\n", (unsigned)base,
	    (unsigned)base + IDMAP_COUNT - 1);
	if (io_write_file(sys, "net/ipv4/ping_group_range", line) == -1 &&
	    errno != ENOENT)
		return jerr_sys(e, "ping_group_range");
	return 0;
}

int
ns_low_ports(int sys, unsigned first, struct jerr *e)
{
	char line[16];

	(void)snprintf(line, sizeof(line), "%u\n", first);
	if (io_write_file(sys, "net/ipv4/ip_unprivileged_port_start", line) ==
	    -1)
		return jerr_sys(e, "ip_unprivileged_port_start");
	return 0;
}

int
ns_limit_children(int sys, struct jerr *e)
{
	/* Its own mount namespace was charged to it: 1.  The others that it
	 * owns were made together with it and are charged to the parent, or
	 * are there already; a limit below what exists refuses new ones only. */
	static const struct {
		const char *file, *value;
	} limit[] = {
		{ "user/max_user_namespaces", "0" },
		{ "user/max_mnt_namespaces", "1" },
		{ "user/max_net_namespaces", "0" },
	};

	for (size_t i = 0; i < nitems(limit); i++)
		if (io_write_file(sys, limit[i].file, limit[i].value) == -1)
			return jerr_sys(e, "sys/%s", limit[i].file);
	return 0;
}
