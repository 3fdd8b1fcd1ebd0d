/*
 * net/announce: somebody on the wire has the address or nobody; a neighbour who
 * knew it elsewhere learns where it is now.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>

#include "base/cleanup.h"
#include "net/announce.h"
#include "net/rtnl.h"
#include "tests/unit/netns.h"
#include "tests/unit/tap.h"

static struct jerr e;
static int host, client;

/* em0 and em1 on wires of their own to one client. */
static void
wires(void)
{
	char cmd[1024];

	client = ns_enter_new();
	ns_go(host);
	(void)snprintf(cmd, sizeof(cmd),
	    "sysctl -q net.ipv6.conf.default.accept_dad=0; "
	    "ip link add em0 address 02:00:00:00:00:01 type veth peer name c0 "
	    "address 02:00:00:00:00:02; "
	    "ip link add em1 address 02:00:00:00:01:01 type veth peer name c1 "
	    "address 02:00:00:00:01:02; "
	    "for i in 0 1; do "
	    "ip link set c$i netns /proc/%d/fd/%d; ip link set em$i up; done; "
	    "ip addr add 10.10.0.10/24 dev em0; "
	    "ip addr add fd00:10::10/64 dev em0 nodad",
	    (int)getpid(), client);
	is_str(said(cmd), "", "wires");
	is_str(said_in(client,
		   "sysctl -q net.ipv6.conf.c0.accept_dad=0; "
		   "ip addr add 10.10.0.20/24 dev c0; "
		   "ip addr add 10.10.0.50/24 dev c0; "
		   "ip addr add fd00:10::20/64 dev c0 nodad; "
		   "ip addr add fd00:10::50/64 dev c0 nodad; "
		   "ip link set c0 up; ip link set c1 up"),
	    "", "the client");
}

static struct announce
on(const char *ifname, const char *ip)
{
	struct rtnl *r = rtnl_open(-1, &e);
	struct announce a = { .index = 0 };
	struct rtnl_link l;

	if (r != NULL && rtnl_link_get(r, ifname, 0, &l, &e) == 1) {
		a.index = l.index;
		memcpy(a.mac, l.mac, sizeof(a.mac));
	}
	rtnl_close(r);
	(void)ip_parse(ip, AF_UNSPEC, &a.ip);
	return a;
}

/* What the probe of these says: "N MAC", "nobody". */
static const char *
probe(const struct announce *v, size_t n, int ms)
{
	static char text[64];
	uint8_t mac[6];
	size_t which = 99;
	auto_close int fd = announce_probe(v, n, &e);
	int rc = fd == -1 ? -1 : announce_answer(fd, v, n, ms, &which, mac, &e);

	if (rc == -1)
		return e.msg;
	if (rc == 0)
		return "nobody";
	(void)snprintf(text, sizeof(text), "%zu %02x:%02x:%02x:%02x:%02x:%02x",
	    which, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

static void
probes(void)
{
	struct announce v[6] = { on("em0", "10.10.0.77"),
		on("em0", "fd00:10::77"), on("em0", "10.10.0.50"),
		on("em1", "10.10.0.50") };
	struct announce x;
	double t;

	is_str(probe(v, 0, 0), "nobody", "nothing is asked");
	is_str(probe(v, 2, 100), "nobody", "nobody has these");
	is_str(probe(v, 3, 5000), "2 02:00:00:00:00:02", "the third is taken");
	x = on("em0", "fd00:10::50");
	t = now_ms();
	is_str(probe(&x, 1, 5000), "0 02:00:00:00:00:02", "IPv6 is taken");
	(void)printf("# ms: asked and answered in %.2f\n", now_ms() - t);
	t = now_ms();
	is_str(probe(&v[2], 1, 5000), "0 02:00:00:00:00:02", "by IPv4");
	(void)printf("# ms: asked and answered in %.2f\n", now_ms() - t);
	is_str(said("ip neigh show to 10.10.0.0/24; "
		    "ip neigh show to fd00:10::/64"),
	    "", "nothing is left of the questions");
	/* c1 would answer for c0's addresses: the kernel does so by default. */
	said_in(client, "sysctl -q net.ipv4.conf.c1.arp_ignore=1");
	is_str(probe(&v[3], 1, 100), "nobody", "not on the other wire");
	/* The host's own answer, or proxy, is nobody else's. */
	x = on("em0", "10.10.0.10");
	is_str(probe(&x, 1, 100), "nobody", "the host's own address");
	said("ip link set em1 down");
	is_str(probe(&v[3], 1, 0), "nobody", "a link that is down");
	said("ip link set em1 up");
}

/* Others talk on the wire while we wait: they neither answer nor shorten it. */
static void
waits(void)
{
	struct announce x = on("em0", "10.10.0.50");
	uint8_t mac[6] = { 0 };
	size_t which;
	int fd, status = -1;
	pid_t pid;

	/* The owner is silent for now. */
	said_in(client, "ip addr del 10.10.0.50/24 dev c0");
	fd = announce_probe(&x, 1, &e);
	ok(fd != -1, "asked");
	pid = fork();
	if (pid == 0) {
		struct announce noise, late;

		ns_go(client);
		noise = on("c0", "10.10.0.20");
		late = on("c0", "10.10.0.50");
		(void)announce_send(&noise, 1, &e);
		said_in(host,
		    "ip neigh add 10.10.0.98 dev em0 lladdr "
		    "02:98:98:98:98:98 nud reachable");
		(void)poll(NULL, 0, 100);
		_exit(announce_send(&late, 1, &e));
	}
	is_int(announce_answer(fd, &x, 1, 20000, &which, mac, &e), 1,
	    "the answer that comes late is waited for");
	is_int(mac[5], 2, "it is the client's");
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "the client spoke");
	close_keep(fd);
	said_in(client, "ip addr add 10.10.0.50/24 dev c0");
}

/* What is known already is no answer, but for what the administrator fixed. */
static void
remembered(void)
{
	struct announce x = on("em0", "10.10.0.51");

	said("ip neigh add 10.10.0.51 dev em0 lladdr 02:51:51:51:51:51 nud "
	     "reachable");
	is_str(probe(&x, 1, 100), "nobody", "an old answer is forgotten");
	is_str(said("ip neigh show 10.10.0.51"), "", "and nothing is left");
	said("ip neigh add 10.10.0.51 dev em0 lladdr 02:51:51:51:51:51 nud "
	     "permanent");
	is_str(probe(&x, 1, 100), "nobody", "what is fixed is not asked");
	ok(has(said("ip neigh show 10.10.0.51"), "PERMANENT"), "and stays");
	said("ip neigh del 10.10.0.51 dev em0");
	x = on("em0", "10.10.0.50");
	said("ip neigh add 10.10.0.50 dev em0 lladdr 02:51:51:51:51:51 nud "
	     "stale");
	is_str(probe(&x, 1, 5000), "0 02:00:00:00:00:02",
	    "who has it now answers");
}

static void
announced(void)
{
	struct announce v[2] = { on("em0", "10.10.0.60"),
		on("em0", "fd00:10::60") };
	const char *was;

	is_int(announce_send(v, 0, &e), 0, "nothing to tell");
	said_in(client,
	    "ip neigh add 10.10.0.60 dev c0 lladdr 02:99:99:99:99:99 nud stale; "
	    "ip neigh add fd00:10::60 dev c0 lladdr 02:99:99:99:99:99 nud stale");
	was = said_in(client,
	    "ip neigh show dev c0 10.10.0.60; "
	    "ip neigh show dev c0 fd00:10::60");
	ok(has(was, "02:99:99:99:99:99"), "the client knows another MAC");
	is_int(announce_send(v, 2, &e), 0, "announced");
	for (int i = 0; i < 100; i++) {
		was = said_in(client,
		    "ip neigh show dev c0 10.10.0.60; "
		    "ip neigh show dev c0 fd00:10::60");
		if (strstr(was, "99:99") == NULL)
			break;
		(void)poll(NULL, 0, 20);
	}
	ok(has(was, "10.10.0.60 lladdr 02:00:00:00:00:01"), "IPv4 is learned");
	ok(has(was, "fd00:10::60 lladdr 02:00:00:00:00:01"), "IPv6 is learned");
	said("ip link set em1 down");
	v[0] = on("em1", "10.10.0.60");
	is_int(announce_send(v, 1, &e), 0, "a link that is down: nobody");
}

int
main(void)
{
	host = ns_host();
	wires();
	probes();
	waits();
	remembered();
	announced();
	done_testing();
}
