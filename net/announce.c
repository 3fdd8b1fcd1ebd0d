/*
 * Who has an address, and that it is here now: what the kernel does for
 * addresses of its own and not for those that it only answers for as a proxy.
 *
 * Asking is the kernel's own ARP and neighbour discovery (rtnl_neigh.c).
 * Telling are whole frames of ours.  They go out by a test run of a BPF program
 * of four instructions that hands its packet to an interface: closing a packet
 * socket costs an RCU grace period, 8 to 20 ms, and this 0.03 ms.  A kernel
 * that refuses the program gets the packet socket.
 *
 * Never says anything about an address that it was not given.
 */
#include "net/announce.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/proc.h"
#include "net/rtnl.h"

enum {
	ARP_LEN = 28, /* Ethernet and IPv4 */
	IP6_LEN = 40,
	NA_LEN = 32, /* with the option of a MAC */
	ND_NA = 136,
	NA_OVERRIDE = 0x20,
	FRAME = ETH_HLEN + IP6_LEN + NA_LEN,
};

/* ---- frames ---- */

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
ether(uint8_t *f, const uint8_t dst[6], const uint8_t src[6], unsigned type)
{
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, type);
}

/* A request of a for a itself: RFC 5227, announcement. */
static size_t
arp(uint8_t *f, const struct announce *a)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint8_t *p = f + ETH_HLEN;

	ether(f, all, a->mac, ETH_P_ARP);
	memset(p, 0, ARP_LEN);
	put16(p, 1); /* Ethernet */
	put16(p + 2, ETH_P_IP);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, 1); /* request */
	memcpy(p + 8, a->mac, 6);
	memcpy(p + 14, a->ip.b, 4);
	memcpy(p + 24, a->ip.b, 4);
	return ETH_HLEN + ARP_LEN;
}

static uint32_t
sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	return s;
}

/* RFC 8200, 8.1: addresses, length and next header count as well. */
static void
checksum(uint8_t *ip6, size_t len)
{
	uint8_t *icmp = ip6 + IP6_LEN;
	uint32_t s = sum(ip6 + 8, 32, (uint32_t)len + IPPROTO_ICMPV6);

	s = sum(icmp, len, s);
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	put16(icmp + 2, ~s & 0xffff);
}

/* Unsolicited, to all nodes, and to be believed over what they know. */
static size_t
advertisement(uint8_t *f, const struct announce *a)
{
	static const uint8_t group[16] = { 0xff, 2, [15] = 1 };
	static const uint8_t mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t *ip6 = f + ETH_HLEN;
	uint8_t *icmp = ip6 + IP6_LEN;

	memset(f, 0, FRAME);
	ether(f, mac, a->mac, ETH_P_IPV6);
	ip6[0] = 0x60;
	put16(ip6 + 4, NA_LEN);
	ip6[6] = IPPROTO_ICMPV6;
	ip6[7] = 255;
	memcpy(ip6 + 8, a->ip.b, 16);
	memcpy(ip6 + 24, group, 16);
	icmp[0] = ND_NA;
	icmp[4] = NA_OVERRIDE;
	memcpy(icmp + 8, a->ip.b, 16);
	icmp[24] = 2; /* target's link address */
	icmp[25] = 1;
	memcpy(icmp + 26, a->mac, 6);
	checksum(ip6, NA_LEN);
	return FRAME;
}

static size_t
frame(uint8_t *f, const struct announce *a)
{
	return a->ip.family == AF_INET6 ? advertisement(f, a) : arp(f, a);
}

/* ---- sending them ---- */

static int
bpf(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

/* bpf_clone_redirect(skb, skb->cb[0], 0), whatever it says. */
static int
load(void)
{
	static const struct bpf_insn prog[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W,
		    .dst_reg = BPF_REG_2,
		    .src_reg = BPF_REG_1,
		    .off = offsetof(struct __sk_buff, cb) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		    .dst_reg = BPF_REG_3,
		    .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_clone_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	a.insns = (uintptr_t)prog;
	a.insn_cnt = nitems(prog);
	a.license = (uintptr_t) "BSD";
	return bpf(BPF_PROG_LOAD, &a);
}

/* It runs in the caller's network namespace, and finds the interface there. */
static int
run(int prog, int index, const uint8_t *f, size_t len)
{
	struct __sk_buff ctx;
	union bpf_attr a;

	memset(&ctx, 0, sizeof(ctx));
	ctx.cb[0] = (uint32_t)index;
	memset(&a, 0, sizeof(a));
	a.test.prog_fd = (uint32_t)prog;
	a.test.data_in = (uintptr_t)f;
	a.test.data_size_in = (uint32_t)len;
	a.test.ctx_in = (uintptr_t)&ctx;
	a.test.ctx_size_in = sizeof(ctx);
	return bpf(BPF_PROG_TEST_RUN, &a);
}

static int
send_by_socket(const struct announce *v, size_t n, struct jerr *e)
{
	auto_close int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (s == -1)
		return jerr_sys(e, "packet socket");
	for (size_t i = 0; i < n; i++) {
		struct sockaddr_ll to = { .sll_family = AF_PACKET,
			.sll_ifindex = v[i].index,
			.sll_halen = 6 };
		uint8_t f[FRAME];
		size_t len = frame(f, &v[i]);

		memcpy(to.sll_addr, f, 6);
		memcpy(&to.sll_protocol, f + 12, sizeof(to.sll_protocol));
		/* A link that is down, or gone, has no neighbours to tell. */
		if (sendto(s, f, len, MSG_DONTWAIT, (struct sockaddr *)&to,
			sizeof(to)) == -1 &&
		    errno != ENETDOWN && errno != ENXIO && errno != ENODEV &&
		    errno != EAGAIN && errno != ENOBUFS)
			return jerr_sys(e, "announcing an address");
	}
	return 0;
}

int
announce_send(const struct announce *v, size_t n, struct jerr *e)
{
	auto_close int prog = n == 0 ? -1 : load();

	for (size_t i = 0; i < n; i++) {
		uint8_t f[FRAME];
		size_t len = frame(f, &v[i]);

		if (prog == -1 || run(prog, v[i].index, f, len) == -1)
			return send_by_socket(v + i, n - i, e);
	}
	return 0;
}

/* ---- asking ---- */

int
announce_probe(const struct announce *v, size_t n, struct jerr *e)
{
	struct rtnl *r = rtnl_open(-1, e);
	int fd;

	if (r == NULL)
		return -1;
	fd = rtnl_neigh_listen(e);
	/* Where nothing can be asked, nobody answers. */
	for (size_t i = 0; i < n && fd != -1; i++)
		rtnl_neigh_ask(r, v[i].index, &v[i].ip);
	rtnl_close(r);
	return fd;
}

static bool
is_own(const struct announce *v, size_t n, const uint8_t mac[6])
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(v[i].mac, mac, 6) == 0)
			return true;
	return false;
}

static bool
find(const struct announce *v, size_t n, const struct rtnl_neigh *h,
    size_t *which)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].index == h->index && ip_eq(&v[i].ip, &h->ip)) {
			*which = i;
			return true;
		}
	return false;
}

static int
wait_answer(const struct rtnl *r, int fd, const struct announce *v, size_t n,
    int timeout_ms, size_t *which, uint8_t mac[6], struct jerr *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t end = mono_ms() + timeout_ms;
	struct rtnl_neigh heard[64];

	for (;;) {
		int got = rtnl_neigh_heard(r, fd, heard, nitems(heard), e);
		int64_t left = end - mono_ms();

		if (got == -1)
			return -1;
		for (int i = 0; i < got; i++)
			if (!is_own(v, n, heard[i].mac) &&
			    find(v, n, &heard[i], which)) {
				memcpy(mac, heard[i].mac, 6);
				return 1;
			}
		/* Others' news do not shorten the wait. */
		if (got == 0 && (left <= 0 || poll(&p, 1, (int)left) == 0))
			return 0;
	}
}

int
announce_answer(int fd, const struct announce *v, size_t n, int timeout_ms,
    size_t *which, uint8_t mac[6], struct jerr *e)
{
	struct rtnl *r = rtnl_open(-1, e);
	int rc;

	if (r == NULL)
		return -1;
	rc = wait_answer(r, fd, v, n, timeout_ms, which, mac, e);
	/* Nobody is to be asked again for what will be ours. */
	for (size_t i = 0; i < n; i++)
		rtnl_neigh_forget(r, v[i].index, &v[i].ip);
	rtnl_close(r);
	return rc;
}
