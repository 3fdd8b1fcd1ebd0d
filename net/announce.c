/*
 * ARP and neighbour discovery by hand, as whole frames on one packet socket for
 * both families.  The kernel does neither for an address that it only answers
 * for as a proxy.
 */
#include "net/announce.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
	ARP_LEN = 28, /* Ethernet and IPv4 */
	IP6_LEN = 40,
	ND_LEN = 24,	/* type to target */
	OPTION_LEN = 8, /* a MAC */
	ND_NS = 135,
	ND_NA = 136,
	NA_OVERRIDE = 0x20,
	FRAME = ETH_HLEN + IP6_LEN + ND_LEN + OPTION_LEN,
};

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

/* ---- ARP ---- */

/* A request for a: from nobody (a probe), or from a itself (it is here). */
static size_t
arp(uint8_t *f, const struct announce *a, bool probe)
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
	if (!probe)
		memcpy(p + 14, a->ip.b, 4);
	memcpy(p + 24, a->ip.b, 4);
	return ETH_HLEN + ARP_LEN;
}

/* ---- neighbour discovery ---- */

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

static size_t
discovery(uint8_t *f, const struct announce *a, bool probe)
{
	/* Solicited-node group of a; all nodes. */
	uint8_t group[16] = { 0xff, 2, [11] = 1, [12] = 0xff };
	uint8_t mac[6] = { 0x33, 0x33 };
	uint8_t *ip6 = f + ETH_HLEN;
	uint8_t *icmp = ip6 + IP6_LEN;
	size_t len = ND_LEN + (probe ? 0u : OPTION_LEN);

	if (probe)
		memcpy(group + 13, a->ip.b + 13, 3);
	else
		memcpy(group + 11, (uint8_t[]) { 0, 0, 0, 0, 1 }, 5);
	memcpy(mac + 2, group + 12, 4);
	memset(f, 0, FRAME);
	ether(f, mac, a->mac, ETH_P_IPV6);
	ip6[0] = 0x60;
	put16(ip6 + 4, (unsigned)len);
	ip6[6] = IPPROTO_ICMPV6;
	ip6[7] = 255;
	if (!probe)
		memcpy(ip6 + 8, a->ip.b, 16);
	memcpy(ip6 + 24, group, 16);
	icmp[0] = probe ? ND_NS : ND_NA;
	icmp[4] = probe ? 0 : NA_OVERRIDE;
	memcpy(icmp + 8, a->ip.b, 16);
	if (!probe) {
		icmp[ND_LEN] = 2; /* target's link address */
		icmp[ND_LEN + 1] = 1;
		memcpy(icmp + ND_LEN + 2, a->mac, 6);
	}
	checksum(ip6, len);
	return ETH_HLEN + IP6_LEN + len;
}

/* ---- the socket ---- */

/* Only ARP and neighbour advertisements are for us. */
static struct sock_filter wanted[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 5, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IP6_LEN),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NA, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 256),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int
open_socket(bool listens, struct jerr *e)
{
	struct sock_fprog prog = { .len = nitems(wanted), .filter = wanted };
	auto_close int s = -1;
	int one = 1;

	/* Protocol 0 hears nothing; the filter stands before it hears. */
	s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1)
		return jerr_sys(e, "packet socket");
	if (listens) {
		struct sockaddr_ll all = { .sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ALL) };

		if (setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			sizeof(prog)) == -1)
			return jerr_sys(e, "packet socket");
		(void)setsockopt(
		    s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
		if (bind(s, (struct sockaddr *)&all, sizeof(all)) == -1)
			return jerr_sys(e, "packet socket");
	}
	return take_fd(&s);
}

static int
send_all(int s, const struct announce *v, size_t n, bool probe, struct jerr *e)
{
	for (size_t i = 0; i < n; i++) {
		bool v6 = v[i].ip.family == AF_INET6;
		struct sockaddr_ll to = { .sll_family = AF_PACKET,
			.sll_ifindex = v[i].index,
			.sll_protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_ARP),
			.sll_halen = 6 };
		uint8_t f[FRAME];
		size_t len = v6 ? discovery(f, &v[i], probe) :
				  arp(f, &v[i], probe);

		memcpy(to.sll_addr, f, 6);
		/* A link that is down has no neighbours to tell. */
		if (sendto(s, f, len, 0, (struct sockaddr *)&to, sizeof(to)) ==
			-1 &&
		    errno != ENETDOWN && errno != EAGAIN && errno != ENOBUFS)
			return jerr_sys(e, "announcing an address");
	}
	return 0;
}

int
announce_probe(const struct announce *v, size_t n, struct jerr *e)
{
	auto_close int s = open_socket(true, e);

	if (s == -1 || send_all(s, v, n, true, e) == -1)
		return -1;
	return take_fd(&s);
}

int
announce_send(const struct announce *v, size_t n, struct jerr *e)
{
	auto_close int s = -1;

	if (n == 0)
		return 0;
	s = open_socket(false, e);
	return s == -1 ? -1 : send_all(s, v, n, false, e);
}

/* ---- answers ---- */

struct claim {
	struct ip ip;
	uint8_t mac[6];
};

/* Who says in this frame that it has which address? */
static bool
read_claim(const uint8_t *f, size_t len, struct claim *c)
{
	const uint8_t *p = f + ETH_HLEN;

	memset(c, 0, sizeof(*c));
	if (len >= ETH_HLEN + ARP_LEN && f[12] == 8 && f[13] == 6) {
		c->ip.family = AF_INET;
		memcpy(c->ip.b, p + 14, 4);
		memcpy(c->mac, p + 8, 6);
		return true;
	}
	if (len >= ETH_HLEN + IP6_LEN + ND_LEN && p[IP6_LEN] == ND_NA) {
		c->ip.family = AF_INET6;
		memcpy(c->ip.b, p + IP6_LEN + 8, 16);
		memcpy(c->mac, f + 6, 6);
		return true;
	}
	return false;
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
find(const struct announce *v, size_t n, const struct claim *c, int index,
    size_t *which)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].index == index && ip_eq(&v[i].ip, &c->ip)) {
			*which = i;
			return true;
		}
	return false;
}

int
announce_answer(int fd, const struct announce *v, size_t n, int timeout_ms,
    size_t *which, uint8_t mac[6], struct jerr *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_ll from;
	struct claim c;
	uint8_t f[256];

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(
		    fd, f, sizeof(f), 0, (struct sockaddr *)&from, &size);

		if (len == -1 && errno == EINTR)
			continue;
		if (len == -1 && errno == ENETDOWN)
			continue; /* said once, of some interface */
		if (len == -1 && errno != EAGAIN)
			return jerr_sys(e, "packet socket");
		if (len == -1) {
			if (timeout_ms <= 0 || poll(&p, 1, timeout_ms) <= 0)
				return 0;
			timeout_ms = 0;
			continue;
		}
		if (!read_claim(f, (size_t)len, &c) || is_own(v, n, c.mac) ||
		    !find(v, n, &c, from.sll_ifindex, which))
			continue;
		memcpy(mac, c.mac, 6);
		return 1;
	}
}

int
announce_send_by(int fd, const struct announce *v, size_t n, struct jerr *e)
{
	return send_all(fd, v, n, false, e);
}
