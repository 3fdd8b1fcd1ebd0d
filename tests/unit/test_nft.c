/*
 * net/nft*, net/conntrack: the table is made, elements come and go, others'
 * chains get our accept and lose it, connections are forgotten.  Everything in a
 * network namespace of the test's own; what the kernel was given is read back
 * with nft(8), as an administrator would.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <poll.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "net/nft.h"
#include "net/nft_int.h"
#include "net/rtnl.h"
#include "tests/unit/netns.h"
#include "tests/unit/tap.h"

static struct jerr e;

static bool
says(const char *cmd, const char *what)
{
	return has(said(cmd), what);
}

static void
works(int rc, const char *what)
{
	ok(rc == 0, "%s", what);
	if (rc != 0)
		tap_diag_str("error", e.msg);
	e = (struct jerr)JERR_INIT;
}

/* ---- keys ---- */

static void
keys(void)
{
	static const struct {
		const char *fields, *text, *want; /* hex; NULL: refused */
		bool ranges;
	} v[] = {
		{ "a", "10.0.0.1", "0a000001 0a000001", false },
		{ "a", "10.0.0.0/8", "0a000000 0affffff", true },
		{ "a", "10.3.0.0/8", "0a000000 0affffff", true },
		{ "a", "10.0.0.0/13", "0a000000 0a07ffff", true },
		{ "a", "0.0.0.0/0", "00000000 ffffffff", true },
		{ "a", "10.0.0.9/32", "0a000009 0a000009", true },
		{ "a", "10.0.0.1-10.0.0.7", "0a000001 0a000007", true },
		{ "a", "10.0.0.7-10.0.0.1", NULL, true },
		{ "a", "10.0.0.0/8", NULL, false },
		{ "a", "10.0.0.0/33", NULL, true },
		{ "a", "fd00::1", NULL, true },
		{ "A", "fd00::/126",
		    "fd000000000000000000000000000000 "
		    "fd000000000000000000000000000003",
		    true },
		{ "s", "80", "00500000 00500000", false },
		{ "s", "8000-8080", "1f400000 1f900000", true },
		{ "s", "8000-8080", NULL, false },
		{ "s", "65536", NULL, true },
		{ "s", "9-8", NULL, true },
		{ "s", "http", NULL, true },
		{ "ps", "tcp . 80", "0600000000500000 0600000000500000",
		    false },
		{ "ps", "udp . 53", "1100000000350000 1100000000350000",
		    false },
		{ "ps", "tcp", NULL, false },
		{ "ps", "tcp . 80 . 1", NULL, false },
		{ "ps", "tcp.80", NULL, false },
		{ "i", "lj3g1",
		    "6c6a3367310000000000000000000000 "
		    "6c6a3367310000000000000000000000",
		    false },
		{ "i", "abcdefghijklmnop", NULL, false },
		{ "i", "", NULL, false },
	};

	for (size_t i = 0; i < nitems(v); i++) {
		uint8_t a[NFT_KEY], b[NFT_KEY];
		char hex[4 * NFT_KEY + 2], *p = hex;
		size_t len = 0;
		int rc = nft_encode(
		    v[i].fields, v[i].text, v[i].ranges, a, b, &len);

		for (size_t k = 0; k < len; k++)
			p += sprintf(p, "%02x", a[k]);
		*p++ = ' ';
		for (size_t k = 0; k < len; k++)
			p += sprintf(p, "%02x", b[k]);
		*p = '\0';
		is_str(rc == 0 ? hex : NULL, v[i].want, "%s as %s", v[i].text,
		    v[i].fields);
	}
}

/* ---- the table ---- */

static void
table(void)
{
	struct jerr why = JERR_INIT;

	is_int(nft_table_there(&e), 0, "no table at first");
	works(nft_table_del(&e), "deleting none is success");
	works(nft_table_make(&e), "the table is made");
	is_int(nft_table_there(&e), 1, "it is there");
	ok(says("nft list chain inet jail passing", "meta mark set"),
	    "rules are in it");
	works(nft_table_make(&e), "made again: nothing");
	is_str(said("nft list chain inet jail passing | grep -c 'mark set'"),
	    "2\n", "its rules are there once");
	is_int(nft_nat_there(&e), 0, "no nat");
	ok(strstr(said("nft list table inet jail"), "\tct ") == NULL,
	    "nothing that switches tracking on");
	works(nft_nat_del(&e), "deleting no nat is success");
	works(nft_nat_make(&e), "nat is made");
	is_int(nft_nat_there(&e), 1, "it is there");
	works(nft_nat_make(&e), "made again: nothing");
	is_str(said("nft list chain inet jail redirected | grep -c accept"),
	    "2\n", "its rules are there once");
	is_str(said("nft list chain inet jail to_jail | grep -c dnat"), "12\n",
	    "each way of a redirection once");
	works(nft_nat_del(&e), "nat is deleted");
	is_int(nft_nat_there(&e), 0, "it is gone");
	ok(strstr(said("nft list table inet jail"), "\tct ") == NULL,
	    "and every expression of it");
	works(nft_nat_make(&e), "nat can be made again");
	works(nft_table_del(&e), "the table goes with nat in it");
	is_int(nft_table_there(&e), 0, "it is gone");
	is_int(nft_nat_make(&why), -1, "nat without the table is refused");
	ok(strstr(why.msg, "nftables: ") == why.msg, "with a word: %s",
	    why.msg);
}

/* ---- elements ---- */

#define UUID "0e6e3b5c-aaaa-bbbb-cccc-1234567890ab"

static const struct nft_elem all[] = {
	{ "own4", "77 . 10.0.0.1", NULL },
	{ "own6", "lo . fd00::1", NULL },
	{ "jail4", "10.0.0.1", NULL },
	{ "jail6", "fd00::1", NULL },
	{ "int4", "10.9.9.2", NULL },
	{ "int6", "fd00:9::2", NULL },
	{ "hair", "77 . 77", NULL },
	{ "nat4", "em0 . 10.0.0.1", NULL },
	{ "nat6", "em0 . fd00::1", NULL },
	{ "bin4", "1.2.3.5", "10.0.0.1" },
	{ "bin6", "2001:db8::5", "fd00::1" },
	{ "bout4", "em0 . 10.0.0.1", "1.2.3.5" },
	{ "bout6", "em0 . fd00::1", "2001:db8::5" },
	{ "rdr4", "tcp . 1.2.3.4 . 80", "10.0.0.1 . 8080" },
	{ "rdr6", "udp . 2001:db8::4 . 53", "fd00::1 . 53" },
	{ "rdr4r", "0.0.0.0/0 . tcp . 1.2.3.4 . 8000-8080", "10.0.0.1" },
	{ "rdr6r", "::/0 . tcp . 2001:db8::4 . 8000-8080", "fd00::1" },
	{ "rdr4f", "192.0.2.0/24 . tcp . 1.2.3.4 . 81", "10.0.0.1 . 82" },
	{ "rdr6f", "2001:db8:1::/48 . tcp . 2001:db8::4 . 81", "fd00::1 . 82" },
	{ "rdrif4", "em0 . tcp . 443", "10.0.0.1 . 8443" },
	{ "rdrif6", "em0 . tcp . 443", "fd00::1 . 8443" },
	{ "rdrif4r", "em0 . 192.0.2.0/24 . udp . 5000-5009", "10.0.0.1" },
	{ "rdrif6r", "em0 . ::/0 . udp . 5000-5009", "fd00::1" },
};

/* Each as nft(8) lists it (protocols by number: a small root has no
 * /etc/protocols); read with its own eyes, so an order or a padding
 * that we have wrong shows. */
static void
read_back(void)
{
	static const struct {
		const char *set, *shown;
	} v[] = {
		{ "set inet jail own4", "77 . 10.0.0.1 comment \"" UUID },
		{ "set inet jail own6", "\"lo\" . fd00::1 comment" },
		{ "set inet jail jail4", "10.0.0.1 comment" },
		{ "set inet jail int6", "fd00:9::2 comment" },
		{ "set inet jail hair", "77 . 77" },
		{ "set inet jail nat4", "\"em0\" . 10.0.0.1" },
		{ "map inet jail bin4",
		    "1.2.3.5 comment \"" UUID "\" : 10.0.0.1" },
		{ "map inet jail bout4", ": 1.2.3.5" },
		{ "map inet jail rdr4",
		    "6 . 1.2.3.4 . 80 comment \"" UUID "\" : 10.0.0.1 . 8080" },
		{ "map inet jail rdr6", "17 . 2001:db8::4 . 53" },
		{ "map inet jail rdr4r",
		    "0.0.0.0/0 . 6 . 1.2.3.4 . 8000-8080" },
		{ "map inet jail rdr6r", "::/0 . 6 . 2001:db8::4 . 8000-8080" },
		{ "map inet jail rdr4f", "192.0.2.0/24 . 6 . 1.2.3.4 . 81" },
		{ "map inet jail rdr4f", ": 10.0.0.1 . 82" },
		{ "map inet jail rdrif4", "\"em0\" . 6 . 443" },
		{ "map inet jail rdrif4", ": 10.0.0.1 . 8443" },
		{ "map inet jail rdrif4r",
		    "\"em0\" . 192.0.2.0/24 . 17 . 5000-5009" },
	};
	char cmd[128];

	for (size_t i = 0; i < nitems(v); i++) {
		(void)snprintf(cmd, sizeof(cmd), "nft -p list %s", v[i].set);
		ok(says(cmd, v[i].shown), "%s: %s", v[i].set, v[i].shown);
	}
}

static void
elements(void)
{
	size_t n = nitems(all);
	struct nft_elem x = all[13];
	struct jerr why = JERR_INIT;

	works(nft_table_make(&e), "the table");
	is_int(nft_elems_count(all, n, &e), 0, "none is there");
	works(nft_elems_add(all, n, UUID, &e), "one of each is added");
	is_int(nft_elems_count(all, n, &e), (int)n, "all are there");
	read_back();
	works(nft_elems_add(all, n, UUID, &e), "added again: the same");
	is_int(nft_elems_count(all, n, &e), (int)n, "all are there");

	x.data = "10.0.0.2 . 8080";
	is_int(nft_elems_count(&x, 1, &e), 0, "another target is not it");
	is_int(nft_elems_add(&x, 1, UUID, &why), -1, "nor can it be added");
	is_str(why.msg,
	    "nftables: rdr4 tcp . 1.2.3.4 . 80: is there already, for "
	    "something else",
	    "the element is named");

	works(nft_elems_del(all, 3, NULL, &e), "three are deleted");
	is_int(nft_elems_count(all, n, &e), (int)n - 3, "three are gone");
	works(nft_elems_del(all, n, NULL, &e), "all: absent ones are no error");
	is_int(nft_elems_count(all, n, &e), 0, "none is left");
	works(nft_elems_del(all, n, NULL, &e), "nor is it when all are absent");
	works(nft_elems_add(all, 0, UUID, &e), "none to add");
	works(nft_elems_del(all, 0, NULL, &e), "none to delete");

	x = (struct nft_elem) { "own4", "10.0.0.1", NULL };
	is_int(nft_elems_add(&x, 1, UUID, &why), -1, "a bad key");
	is_str(why.msg, "nftables: own4: bad key: 10.0.0.1", "says so");
	x = (struct nft_elem) { "nosuch", "10.0.0.1", NULL };
	is_int(nft_elems_add(&x, 1, UUID, &why), -1, "no such set");
	is_int(nft_elems_count(all, n, &e), 0, "nothing came of it");

	works(nft_table_del(&e), "the table goes");
	is_int(nft_elems_add(all, 1, UUID, &why), -1, "no table");
	works(nft_elems_del(all, n, NULL, &e), "nothing to delete without it");
	is_int(nft_elems_count(all, n, &e), 0, "nor to count");
}

/* A transaction holds whole or not at all, and may be large. */
static void
many(void)
{
	enum { N = 3000 };
	static char key[N][64];
	static struct nft_elem v[N + 1];

	for (size_t i = 0; i < N; i++) {
		(void)snprintf(key[i], sizeof(key[i]),
		    "tcp . 10.1.%zu.%zu . 80", i / 250, i % 250);
		v[i] = (struct nft_elem) { "rdr4", key[i], "10.0.0.1 . 80" };
	}
	v[N] = (struct nft_elem) { "rdr4", key[0], "10.0.0.9 . 80" };
	works(nft_table_make(&e), "the table");
	is_int(nft_elems_add(v, N + 1, UUID, &e), -1, "one clashes");
	is_int(nft_elems_count(v, N, &e), 0, "so none was added");
	works(nft_elems_add(v, N, UUID, &e), "3000 at once");
	is_int(nft_elems_count(v, N, &e), N, "all are there");
	works(nft_elems_del(v, N / 2, NULL, &e), "half of them");
	works(nft_elems_del(v, N, NULL, &e), "and the rest");
	is_int(nft_elems_count(v, N, &e), 0, "none is left");
	works(nft_table_del(&e), "the table goes");
}

/* ---- others' chains ---- */

static void
foreign(void)
{
	struct nft_chain *v = NULL;
	size_t n = 9;

	works(nft_forward_drops(&v, &n, &e), "no chains");
	is_int(n, 0, "none drops");
	free(v);
	works(nft_table_make(&e), "the table");
	is_str(said("nft '"
		    "add table ip filter;"
		    "add chain ip filter FORWARD { type filter hook forward "
		    "priority 0; policy drop; };"
		    "add rule ip filter FORWARD ip daddr 9.9.9.9 drop;"
		    "add chain ip filter INPUT { type filter hook input "
		    "priority 0; policy drop; };"
		    "add table inet fw;"
		    "add chain inet fw f { type filter hook forward priority "
		    "10; policy drop; };"
		    "add chain inet fw g { type filter hook forward priority "
		    "11; policy accept; }'"),
	    "", "a firewall");
	works(nft_forward_drops(&v, &n, &e), "the chains are looked at");
	is_int(n, 2, "two of them drop");
	for (size_t i = 0; i < n; i++) {
		ok(!v[i].ours_there, "%s %s %s: not ours yet", v[i].family,
		    v[i].table, v[i].chain);
		is_int(nft_accept_add(&v[i], &e), 1, "our accept");
	}
	free(v);
	ok(says("nft list chain ip filter FORWARD",
	       "9.9.9.9 drop\n\t\tmeta mark & 0x40000000 == 0x40000000 accept "
	       "comment \"linux-jails\"\n"),
	    "at the end, after their own");
	works(nft_forward_drops(&v, &n, &e), "again");
	is_int(n, 2, "both are listed");
	for (size_t i = 0; i < n; i++) {
		ok(v[i].ours_there, "%s: ours is seen", v[i].chain);
		is_int(nft_accept_add(&v[i], &e), 0, "stands once");
		works(nft_accept_del(&v[i], &e), "all of ours go");
		works(nft_accept_del(&v[i], &e), "gone is success");
	}
	ok(strstr(said("nft list ruleset"), "linux-jails") == NULL,
	    "nothing of ours is left in them");
	ok(says("nft list ruleset", "9.9.9.9 drop"), "theirs is");
	if (n > 0) {
		said("nft delete table ip filter; nft delete table inet fw");
		works(nft_accept_del(&v[0], &e), "the chain is gone: success");
		(void)snprintf(v[0].chain, sizeof(v[0].chain), "a b; drop");
		is_int(nft_accept_add(&v[0], &e), -1, "a name that is a text");
	}
	free(v);
	works(nft_table_del(&e), "the table goes");
}

/* ---- connections ---- */

/* A datagram to 127.0.0.1 from this address of lo. */
static void
send_from(const char *from)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, from, &a.sin_addr);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) == -1)
		tap_diag_str("bind", strerror(errno));
	a.sin_port = htons(9);
	(void)inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	(void)sendto(s, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
}

static int
tracked(void)
{
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
	int n = -1;

	if (f == NULL || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* A packet on its way may hold its connection a moment longer. */
static int
tracked_soon(int want)
{
	for (int i = 0; i < 500 && tracked() != want; i++)
		(void)poll(NULL, 0, 10);
	return tracked();
}

static void
connections(void)
{
	struct rtnl *r = rtnl_open(-1, &e);

	ok(r != NULL, "rtnetlink");
	if (r == NULL)
		return;
	rtnl_link_up(r, 1);
	works(rtnl_send(r, &e), "lo is up");
	rtnl_close(r);
	works(nft_conntrack_forget("127.0.0.5", &e), "nothing to forget");
	works(nft_table_make(&e), "the table");
	send_from("127.0.0.5");
	ok(tracked() <= 0, "nothing is tracked without nat");
	works(nft_nat_make(&e), "nat");
	send_from("127.0.0.5");
	send_from("127.0.0.6");
	is_int(tracked_soon(2), 2, "two connections");
	works(nft_conntrack_forget("127.0.0.7", &e), "of somebody else");
	is_int(tracked_soon(2), 2, "two connections");
	works(nft_conntrack_forget("fd00::1", &e), "of the other family");
	is_int(tracked_soon(2), 2, "two connections");
	works(nft_conntrack_forget("127.0.0.5", &e), "of one");
	is_int(tracked_soon(1), 1, "the other's is left");
	works(nft_conntrack_forget("127.0.0.1", &e), "by reply source");
	is_int(tracked_soon(0), 0, "none is left");
	works(nft_table_del(&e), "the table goes");
}

/* ---- the socket that is kept ---- */

/* 1: there, 0: not there, as a child in the same or a new namespace sees it
 * (the table is there in ours). */
static int
child_sees(bool unshared)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (unshared && unshare(CLONE_NEWNET) == -1)
			_exit(9);
		_exit(nft_table_there(&e) & 7);
	}
	if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Two processes at once: each reads its own answers, and what both make is
 * made once. */
static int
ask_often(void)
{
	int wrong = 0;

	for (int i = 0; i < 2000; i++)
		if (nft_table_there(&e) != 1)
			wrong++;
	return wrong;
}

static void
together(void)
{
	int status = -1, twice = 0;
	pid_t pid;

	works(nft_table_make(&e), "the table");
	pid = fork();
	if (pid == 0)
		_exit(ask_often() != 0);
	is_int(ask_often(), 0, "every answer is the asker's");
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "in the child as well");
	for (int i = 0; i < 20; i++) {
		int go[2];
		char c;

		(void)nft_table_del(&e);
		if (pipe(go) == -1)
			break;
		pid = fork();
		(void)close(pid == 0 ? go[0] : go[1]);
		if (pid == 0) {
			(void)write(go[1], "x", 1);
			_exit(nft_table_make(&e) != 0);
		}
		(void)read(go[0], &c, 1);
		if (nft_table_make(&e) != 0)
			twice++;
		(void)waitpid(pid, &status, 0);
		(void)close(go[0]);
		if (status != 0 ||
		    !str_eq(said("nft list chain inet jail passing | "
				 "grep -c 'mark set'"),
			"2\n"))
			twice++;
	}
	is_int(twice, 0, "two that make it at once make it once");
	works(nft_table_del(&e), "the table goes");
}

static void
kept(void)
{
	int ns;

	works(nft_table_make(&e), "the table");
	is_int(child_sees(false), 1, "a child sees it");
	is_int(child_sees(true), 0, "not from another namespace");
	is_int(nft_table_there(&e), 1, "its parent still does");
	ns = ns_here();
	close_keep(ns_enter_new());
	is_int(nft_table_there(&e), 0, "the table is not here");
	ns_go(ns);
	is_int(nft_table_there(&e), 1, "it is there");
	nft_close();
	nft_close();
	is_int(nft_table_there(&e), 1, "and after closing");
	works(nft_table_del(&e), "the table goes");
	close_keep(ns);
}

/* ---- what it costs: figures for who runs this by hand ---- */

static void
costs(void)
{
	double t[6];

	t[0] = now_ms();
	(void)nft_table_make(&e);
	t[1] = now_ms();
	(void)nft_elems_add(all, 4, UUID, &e);
	t[2] = now_ms();
	(void)nft_elems_del(all, 4, NULL, &e);
	t[3] = now_ms();
	(void)nft_nat_make(&e);
	t[4] = now_ms();
	(void)nft_nat_del(&e);
	t[5] = now_ms();
	(void)printf("# ms: table %.2f, 4 elements %.2f, taken out %.2f, nat "
		     "%.2f, taken out %.2f\n",
	    t[1] - t[0], t[2] - t[1], t[3] - t[2], t[4] - t[3], t[5] - t[4]);
	(void)nft_table_del(&e);
}

/* Sees the table through the lent socket, and leaves answers unread in it. */
static int
borrower(int fd)
{
	struct nlmsghdr ask = { .nlmsg_len = sizeof(ask),
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	int there;

	nft_borrow(fd);
	there = nft_table_there(&e);
	for (; ask.nlmsg_seq < 500; ask.nlmsg_seq++)
		if (send(fd, &ask, sizeof(ask), 0) == -1)
			return 2;
	/* It was that one and no other. */
	nft_close();
	return fcntl(fd, F_GETFD) == -1 ? there : 3;
}

static void
lent(void)
{
	int fd = nft_lend(), status;

	ok(fd != -1, "a socket to lend");
	works(nft_table_make(&e), "the table");
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(borrower(fd));
		(void)waitpid(pid, &status, 0);
		is_int(WEXITSTATUS(status), 1, "a child sees the table");
	}
	close_keep(fd);
	works(nft_table_del(&e), "the table goes");
}

int
main(void)
{
	double t;

	close_keep(ns_host());
	t = now_ms();
	works(nft_open(&e), "libnftables is there");
	(void)printf("# ms: libnftables opened %.2f\n", now_ms() - t);
	keys();
	table();
	elements();
	many();
	foreign();
	connections();
	kept();
	lent();
	together();
	costs();
	done_testing();
}
