/*
 * Taking back what a jail's network records name.  Goes by the text alone, so
 * that it does the same after a crash; what is gone already is success.
 *
 * A link is not deleted here: it dies with the jail's namespace, in the kernel's
 * own time and in batches, which is a hundred times cheaper than one by one.
 * Its other name goes at once, since the jail's next life wants it.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/net.h"
#include "net/nft.h"

static int
bad_record(const char *what, const char *text, struct jerr *e)
{
	return jerr_set(e, EINVAL, "record names no %s: %s", what, text);
}

int
net_undo_link(const char *text, struct jerr *e)
{
	char end[RTNL_NAME], alt[NET_ALTNAME];
	struct rtnl_link l;
	struct rtnl *host;
	unsigned index;
	int r = 0;

	if (sscanf(text, "%15s %127s", end, alt) != 2)
		return bad_record("link", text, e);
	if (str_eq(alt, "-"))
		return 0;
	host = rtnl_open(-1, e);
	if (host == NULL)
		return -1;
	index = if_nametoindex(end);
	if (index != 0) {
		struct jerr gone = JERR_INIT;

		/* It may die under our hands; then the name is free as well. */
		rtnl_altname(host, (int)index, alt, false);
		if (rtnl_send(host, &gone) == -1 &&
		    rtnl_link_get(host, end, 0, &l, e) == 1) {
			*e = gone;
			r = -1;
		} else
			r = 0;
	}
	rtnl_close(host);
	return r;
}

int
net_read_addr(const char *text, struct net_addr_rec *out, struct jerr *e)
{
	char ip[IP_TEXT], number[12];
	uint64_t on = 0;
	int words = sscanf(
	    text, "%45s %15s %15s %11s", ip, out->end, out->hostif, number);

	if (words < 3 || ip_parse(ip, 0, &out->ip) == -1 ||
	    (words == 4 && num_u64(number, INT32_MAX, &on) == -1))
		return bad_record("address", text, e);
	if (str_eq(out->hostif, "-"))
		out->hostif[0] = '\0';
	out->host_index = (int)on;
	return 0;
}

static int
queue_addr(struct rtnl *host, const char *text, struct jerr *e)
{
	struct net_addr_rec a;
	char now[IF_NAMESIZE];
	unsigned index;

	if (net_read_addr(text, &a, e) == -1)
		return -1;
	/* Not by rtnetlink, whose questions wait until the kernel is done with
	 * the links of other jails that die. */
	index = if_nametoindex(a.end);
	if (index != 0) {
		struct rtnl_route rt = {
			.dst = a.ip, .prefix = ip_bits(&a.ip), .oif = (int)index
		};

		rtnl_route(host, &rt, false, true);
	}
	/* The interface may have another name by now, or be gone. */
	if (a.host_index != 0 &&
	    if_indextoname((unsigned)a.host_index, now) != NULL)
		rtnl_proxy(host, a.host_index, &a.ip, false, true);
	return 0;
}

int
net_undo_addrs(char *const *texts, size_t n, struct jerr *e)
{
	struct rtnl *host = rtnl_open(-1, e);
	int r = 0;

	if (host == NULL)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++)
		r = queue_addr(host, texts[i], e);
	if (r == 0)
		r = rtnl_send(host, e);
	/* A link that died between the question and the answer. */
	if (r == -1 && (e->code == ENODEV || e->code == ENXIO))
		r = 0;
	rtnl_close(host);
	return r;
}

int
net_undo_flow(const char *text, struct jerr *e)
{
	struct ip ip;

	if (ip_parse(text, 0, &ip) == -1)
		return bad_record("address", text, e);
	return nft_conntrack_forget(text, e);
}

int
net_check_netns(const char *text, struct jerr *e)
{
	uint64_t made, here = rtnl_netns();

	if (num_u64(text, UINT64_MAX, &made) == -1)
		return bad_record("network namespace", text, e);
	if (made == 0 || here == 0 || made == here)
		return 0;
	return jerr_set(e, EXDEV,
	    "its addresses are in another network namespace than this "
	    "command: run it there");
}
