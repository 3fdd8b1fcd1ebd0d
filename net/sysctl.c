/*
 * Network sysctls by way of /proc/sys/net, which shows the network namespace of
 * whoever looks.  One value is read before it is written: a write of the same
 * value may have effects (and would say "changed" where nothing did).  Never a
 * name that leads elsewhere: an interface's is one component.
 */
#include "net/sysctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/num.h"
#include "base/str.h"

#define PATH 160

static const char *const tree[] = {
	[SYSCTL_CONF4] = "ipv4/conf",
	[SYSCTL_CONF6] = "ipv6/conf",
	[SYSCTL_NEIGH4] = "ipv4/neigh",
	[SYSCTL_NEIGH6] = "ipv6/neigh",
	[SYSCTL_IP4] = "ipv4",
};

static int
path_of(enum sysctl_tree t, const char *ifname, const char *key, char out[PATH])
{
	int n;

	if (ifname == NULL)
		n = snprintf(out, PATH, "/proc/sys/net/%s/%s", tree[t], key);
	else if (strchr(ifname, '/') != NULL || ifname[0] == '\0' ||
	    str_eq(ifname, ".") || str_eq(ifname, "..")) {
		errno = EINVAL;
		return -1;
	} else
		n = snprintf(
		    out, PATH, "/proc/sys/net/%s/%s/%s", tree[t], ifname, key);
	if (n < 0 || n >= PATH) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
sysctl_get(enum sysctl_tree t, const char *ifname, const char *key)
{
	char path[PATH], text[32];
	uint64_t v;

	if (path_of(t, ifname, key, path) == -1 ||
	    io_read_file(AT_FDCWD, path, text, sizeof(text)) == -1)
		return -1;
	/* Two numbers, or a negative one, are no value of ours. */
	if (num_u64(text, INT32_MAX, &v) == -1)
		return -1;
	return (int)v;
}

int
sysctl_set(enum sysctl_tree t, const char *ifname, const char *key, int value,
    struct jerr *e)
{
	char path[PATH] = "", text[16], name[PATH];
	int old = sysctl_get(t, ifname, key);

	if (old == value)
		return 0;
	(void)snprintf(text, sizeof(text), "%d\n", value);
	if (path_of(t, ifname, key, path) == 0 &&
	    io_write_file(AT_FDCWD, path, text) == 0)
		return 1;
	/* As sysctl(8) spells it, below /proc/sys. */
	(void)snprintf(name, sizeof(name), "net/%s/%s%s%s", tree[t],
	    ifname == NULL ? "" : ifname, ifname == NULL ? "" : "/", key);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	return jerr_sys(e, "%s", name);
}

int
sysctl_interfaces(enum sysctl_tree t, struct strv *out, struct jerr *e)
{
	const struct dirent *de;
	char path[PATH];
	int r = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", tree[t]);
	d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? 0 : jerr_sys(e, "%s", path);
	while (r == 0 && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && !str_eq(de->d_name, "all"))
			r = strv_add(out, de->d_name);
	(void)closedir(d);
	return r == -1 ? jerr_nomem(e) : 0;
}
