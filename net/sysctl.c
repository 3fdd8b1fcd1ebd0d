/*
 * Network sysctls through /proc/sys/net, which is that of the caller's network
 * namespace.  A value that is there already is not written: writing one may
 * have effects of its own (forwarding resets, flushed routes).
 */
#include "net/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"

static const char *const tree[] = {
	[SYSCTL_CONF4] = "ipv4/conf",
	[SYSCTL_CONF6] = "ipv6/conf",
	[SYSCTL_NEIGH4] = "ipv4/neigh",
	[SYSCTL_NEIGH6] = "ipv6/neigh",
	[SYSCTL_IP4] = "ipv4",
};

static void
name(char *buf, size_t size, enum sysctl_tree t, const char *ifname,
    const char *key)
{
	(void)snprintf(buf, size, "/proc/sys/net/%s%s%s/%s", tree[t],
	    ifname != NULL ? "/" : "", ifname != NULL ? ifname : "", key);
}

int
sysctl_get(enum sysctl_tree t, const char *ifname, const char *key)
{
	char path[128], text[32];
	uint64_t n;

	name(path, sizeof(path), t, ifname, key);
	if (io_read_file(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    num_u64(text, INT32_MAX, &n) == -1)
		return -1;
	return (int)n;
}

int
sysctl_set(enum sysctl_tree t, const char *ifname, const char *key, int value,
    struct jerr *e)
{
	char path[128], text[32];

	if (sysctl_get(t, ifname, key) == value)
		return 0;
	name(path, sizeof(path), t, ifname, key);
	(void)snprintf(text, sizeof(text), "%d\n", value);
	if (io_write_file(AT_FDCWD, path, text) == -1)
		return jerr_sys(e, "%s", path + strlen("/proc/sys/"));
	return 1;
}
