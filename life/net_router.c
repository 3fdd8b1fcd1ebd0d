/*
 * An interface forwards for jails' sake; that must not make a router of a host
 * that was none.  What comes in there and is no jail's does not go out where the
 * host did not forward before: two sets of our table.  Never stands in the way
 * of a host that is a router by its own settings.
 */
#include "life/net_router.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "net/nft.h"
#include "net/sysctl.h"

static const struct family {
	enum sysctl_tree tree;
	const char *open, *shut;
	const char
	    *forwards; /* the setting that counts, in front of it " I=0" */
} families[] = {
	{ SYSCTL_CONF4, "open4", "shut4", " 0=0" },
	{ SYSCTL_CONF6, "open6", "shut6", " 1=0" },
};

/* What does not forward; so that nothing of what comes later, say a bridge of
 * somebody's containers, is shut with it. */
int
net_router_list(int fam, struct strv *out, struct jerr *e)
{
	const struct family *f = &families[fam];
	auto_strv struct strv names = STRV_INIT;

	if (sysctl_interfaces(f->tree, &names, e) == -1)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (!str_eq(names.v[i], "default") &&
		    !str_eq(names.v[i], "lo") && !net_is_end(names.v[i]) &&
		    sysctl_get(f->tree, names.v[i], "forwarding") == 0 &&
		    strv_add(out, names.v[i]) == -1)
			return jerr_nomem(e);
	return 0;
}

static int
change_elems(
    const char *set, char *const *names, size_t n, bool add, struct jerr *e)
{
	auto_free struct nft_elem *v = calloc(n + 1, sizeof(*v));
	int r;

	if (v == NULL)
		return jerr_nomem(e);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct nft_elem) { .set = set, .key = names[i] };
	r = add ? nft_elems_add(v, n, NULL, e) : nft_elems_del(v, n, NULL, e);
	/* The table was taken away: with its elements it is made again. */
	if (r == -1 && e->code == ENOENT) {
		*e = (struct jerr)JERR_INIT;
		r = 0;
	}
	return r;
}

/* Closed while the host is no router itself: did it forward before us, or since
 * somebody said no to that? */
int
net_router_close(int fam, const char *ifname, const char *value, struct jerr *e)
{
	const struct family *f = &families[fam];
	char *one[] = { (char *)(uintptr_t)ifname };
	auto_strv struct strv shut = STRV_INIT;

	if (sysctl_get(f->tree, "all", "forwarding") == 1)
		return change_elems(f->open, one, 1, false, e);
	if (strstr(value, f->forwards) == NULL &&
	    sysctl_get(f->tree, ifname, "forwarding") != 0)
		return 0;
	if (net_router_list(fam, &shut, e) == -1 ||
	    strv_add(&shut, ifname) == -1 ||
	    change_elems(f->shut, shut.v, shut.n, true, e) == -1)
		return -1;
	return change_elems(f->open, one, 1, true, e);
}

int
net_router_open(int fam, const char *ifname, struct jerr *e)
{
	char *one[] = { (char *)(uintptr_t)ifname };

	return change_elems(families[fam].open, one, 1, false, e);
}

/* The words of a value of all6 that begin with a -. */
static int
shut_words(const char *value, struct strv *out, struct jerr *e)
{
	auto_free char *copy = strdup(value);
	char *save = NULL;

	if (copy == NULL)
		return jerr_nomem(e);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		if (w[0] == '-' && strv_add(out, w + 1) == -1)
			return jerr_nomem(e);
	return 0;
}

int
net_router_close_all(const char *value, struct jerr *e)
{
	const struct family *f = &families[1];
	auto_strv struct strv shut = STRV_INIT;

	return shut_words(value, &shut, e) == -1 ||
		change_elems(f->shut, shut.v, shut.n, true, e) == -1 ||
		change_elems(f->open, shut.v, shut.n, true, e) == -1 ?
	    -1 :
	    0;
}
