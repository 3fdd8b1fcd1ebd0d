/*
 * Rows of the private stack.  "addresses" asks and claims, changing nothing on
 * the host; the others each write their records and then make what they name,
 * all of it before pid 1 may go on, so that no jailed instruction runs in a
 * stack that is half there.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/net.h"
#include "life/step_net.h"
#include "net/nft.h"
#include "net/sysctl.h"

struct walk_net {
	struct net n;
	struct rtnl *host;
	int netns;
	int probe; /* answers to our questions, or -1 */
	struct announce *ann;
	size_t nann;
};

static void
walk_net_free(struct walk_net *x)
{
	net_free(&x->n);
	rtnl_close(x->host);
	close_keep(x->netns);
	close_keep(x->probe);
	free(x->ann);
	free(x);
}

bool
has_net(const struct walk *w)
{
	return net_wanted(&w->conf) || conf_bool(&w->conf, P_IP_HOSTNAME);
}

static struct net_make
making(const struct walk *w)
{
	return (struct net_make) { .n = &w->net->n,
		.host = w->net->host,
		.netns = w->net->netns,
		.ipv6 = w->net->n.primary[1] != -1 };
}

/* ---- addresses ---- */

static int
ask_neighbours(struct walk_net *x, struct jerr *e)
{
	if (net_announced(&x->n, &x->ann, &x->nann) == -1)
		return jerr_nomem(e);
	if (x->nann == 0)
		return 0;
	/* The answer is read when the links stand: by then it is there. */
	x->probe = announce_probe(x->ann, x->nann, e);
	return x->probe == -1 ? -1 : 0;
}

static bool
is_loopback4(const char *text)
{
	return str_after(text, "127.") != NULL && !str_eq(text, "127.0.0.1");
}

/*
 * On FreeBSD 127.0.1.1 of one jail is reached from the other at 127.0.1.2; here
 * loopback is each jail's alone.  Who has two such jails is told once: by the
 * second.
 */
static void
note_loopback(const struct walk *w, const char *shown)
{
	const struct reg_row *other = NULL;
	struct jerr ignored = JERR_INIT;
	struct reg_snapshot s;
	size_t n = 0;

	if (!is_loopback4(shown) || reg_snapshot(w->reg, &s, &ignored) == -1)
		return;
	for (size_t i = 0; i < s.n; i++)
		if (s.rows[i].jid != w->jid && is_loopback4(s.rows[i].ip4) &&
		    !str_eq(s.rows[i].ip4, shown)) {
			other = &s.rows[i];
			n++;
		}
	if (n == 1)
		walk_tell(w, JAIL_EVENT_WARNING,
		    "%s and jail \"%s\"'s %s do not reach each other here: "
		    "give both an internal address (lo1|10.x.y.z)",
		    shown, other->name, other->ip4);
	reg_snapshot_free(&s);
}

/* The larger one of an interface's rp_filter and that of all counts, and ours
 * cannot be below it. */
static void
note_reverse_path(const struct walk *w)
{
	int all = w->net->n.nifs > 1 ?
	    sysctl_get(SYSCTL_CONF4, "all", "rp_filter") :
	    0;

	if (all > 0)
		walk_tell(w, JAIL_EVENT_WARNING,
		    "net.ipv4.conf.all.rp_filter is %d: what reaches the host "
		    "for one of its addresses by the interface of another is "
		    "dropped",
		    all);
}

int
step_addresses(struct walk *w, struct jerr *e)
{
	auto_strbuf struct strbuf claim = STRBUF_INIT;
	auto_strbuf struct strbuf shown = STRBUF_INIT;
	struct net_id id = { .jid = w->jid,
		.name = w->name,
		.uuid8 = reg_jail_row(w->rj)->uuid8 };
	struct walk_net *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return jerr_nomem(e);
	w->net = x;
	w->net_free = walk_net_free;
	x->netns = x->probe = -1;
	if (net_hostname(&w->conf, NULL, e) == -1)
		return -1;
	x->host = rtnl_open(-1, e);
	if (x->host == NULL || net_plan(&w->conf, &id, x->host, &x->n, e) == -1)
		return -1;
	if (net_claim(&x->n, &claim) == -1)
		return jerr_nomem(e);
	if (addr_show_first4(&w->conf, &shown) == -1)
		return jerr_nomem(e);
	if (reg_addresses(w->rj, strbuf_str(&shown), strbuf_str(&claim), e) ==
	    -1)
		return -1;
	w->name = reg_jail_row(w->rj)->name;
	note_loopback(w, strbuf_str(&shown));
	note_reverse_path(w);
	return ask_neighbours(x, e);
}

/* ---- links ---- */

static int
open_netns(struct walk *w, struct jerr *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/ns/net", (int)w->init);
	w->net->netns = openat(w->procfd, path, O_RDONLY | O_CLOEXEC);
	return w->net->netns == -1 ? jerr_sys(e, "network namespace") : 0;
}

int
step_links(struct walk *w, struct jerr *e)
{
	auto_strv struct strv recs = STRV_INIT;
	struct walk_net *x = w->net;
	struct net_make m;
	char here[24];

	(void)snprintf(here, sizeof(here), "%" PRIu64, rtnl_netns());
	if (open_netns(w, e) == -1 ||
	    reg_journal_add(w->rj, UNDO_NETNS, here, e) == -1)
		return -1;
	m = making(w);
	if (net_rec_links(&x->n, &recs) == -1)
		return jerr_nomem(e);
	if (reg_journal_addv(w->rj, UNDO_LINK, recs.v, recs.n, e) == -1)
		return -1;
	for (size_t i = 0; i < x->n.nifs; i++)
		if (net_link_make(&m, &x->n.ifs[i], e) == -1)
			return -1;
	return net_inside_make(&m, false, e);
}

/* ---- what is shared ---- */

static void
tell_all(const struct walk *w, const struct strv *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		walk_tell(w, JAIL_EVENT_WARNING, "%s", lines->v[i]);
}

int
step_shares(struct walk *w, struct jerr *e)
{
	auto_strv struct strv texts = STRV_INIT;
	auto_strv struct strv note = STRV_INIT;
	struct net_share s = {
		.reg = w->reg, .row = reg_jail_row(w->rj), .note = &note
	};
	int r;

	if (net_rec_shares(&w->net->n, &texts) == -1)
		return jerr_nomem(e);
	if (texts.n != 0 && net_share_foreign(&texts, &note, e) == -1)
		return -1;
	if (reg_journal_addv(w->rj, UNDO_SHARE, texts.v, texts.n, e) == -1)
		return -1;
	r = net_share_use(&s, texts.v, texts.n, e);
	tell_all(w, &note);
	return r;
}

/* ---- rules, then routes: nothing is forwarded before it is checked ---- */

int
step_rules(struct walk *w, struct jerr *e)
{
	auto_strv struct strv shares = STRV_INIT;
	auto_strv struct strv flows = STRV_INIT;
	auto_strv struct strv elems = STRV_INIT;
	struct net_share s = {
		.reg = w->reg, .row = reg_jail_row(w->rj), .check = true
	};
	int is = 1;

	if (net_rec_shares(&w->net->n, &shares) == -1 ||
	    net_rec_flows(&w->net->n, &flows) == -1)
		return jerr_nomem(e);
	if (net_rec_elems(&w->net->n, w->net->host, &elems, e) == -1)
		return -1;
	if (reg_journal_addv(w->rj, UNDO_FLOW, flows.v, flows.n, e) == -1 ||
	    reg_journal_addv(w->rj, UNDO_ELEM, elems.v, elems.n, e) == -1)
		return -1;
	/* One that was flushed is there, and checks nothing. */
	for (size_t i = 0; i < shares.n && is == 1; i++)
		is = str_eq(shares.v[i], "nat -")  ? nft_nat_there(e) :
		    str_eq(shares.v[i], "table -") ? nft_table_there(e) :
						     1;
	if (is == 0)
		is = net_rules_ready(&s, &shares, e);
	/* ENOENT: flushed once more, for which net_rules_put has patience. */
	if (is == -1 && e->code != ENOENT)
		return -1;
	*e = (struct jerr)JERR_INIT;
	return net_rules_put(&s, &shares, &elems, e);
}

int
step_routes(struct walk *w, struct jerr *e)
{
	auto_strv struct strv texts = STRV_INIT;
	struct net_make m = making(w);

	if (w->net->probe != -1 &&
	    net_taken(w->net->probe, w->net->ann, w->net->nann, 0, e) == -1)
		return -1;
	if (net_rec_addrs(&w->net->n, &texts) == -1)
		return jerr_nomem(e);
	if (texts.n == 0)
		return 0;
	if (reg_journal_addv(w->rj, UNDO_ADDR, texts.v, texts.n, e) == -1 ||
	    net_addrs_make(&m, e) == -1)
		return -1;
	return announce_send(w->net->ann, w->net->nann, e);
}

/* ---- name servers ---- */

/* The root as the jail sees it: a mount of its own may be the cure. */
static int
open_inside(const struct walk *w)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)w->init);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * A name server in 127/8 is the host's own resolver, which this stack cannot
 * reach.  resolv.conf is the root's, so only said, with the line that cures it
 * where the host has a list of the real ones: on /run, a tmpfs, whose ids Linux
 * below 6.3 cannot map, hence noidmap.  Bounded, and never a link out of the
 * root.
 */
static void
warn_resolver(const struct walk *w)
{
	static const char real[] = "/run/systemd/resolve/resolv.conf";
	auto_close int root = open_inside(w);
	auto_close int fd = path_open_in_root(
	    root, "etc/resolv.conf", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char buf[4096];
	char *save = NULL;
	ssize_t n = fd == -1 ? -1 : io_read(fd, buf, sizeof(buf) - 1);

	if (n <= 0)
		return;
	buf[n] = '\0';
	for (char *l = strtok_r(buf, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save)) {
		char server[IP_TEXT];

		if (sscanf(l, " nameserver %45s", server) != 1)
			continue;
		if (str_after(server, "127.") == NULL)
			return;
		walk_tell(w, JAIL_EVENT_WARNING,
		    "etc/resolv.conf: nameserver %s is this host's alone and "
		    "not reached from the jail: mount += \"%s "
		    "%s/etc/resolv.conf nullfs ro,noidmap 0 0\";",
		    server,
		    access(real, R_OK) == 0 ? real : "/etc/resolv.conf.jail",
		    w->path);
		return;
	}
}

int
step_resolver(struct walk *w, struct jerr *e)
{
	(void)e;
	if (w->net->n.primary[0] != -1 || w->net->n.primary[1] != -1)
		warn_resolver(w);
	return 0;
}
