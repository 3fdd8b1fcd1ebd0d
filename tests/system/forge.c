/*
 * Sends what a jail must not send: packets with somebody else's source address,
 * by every way that Linux has, and answers to neighbour questions that nobody
 * asked.  Prints one line, "OK" or the errno's name, and leaves it to the test
 * to look at the other side whether it arrived.
 *
 *	forge WAY SOURCE DESTINATION [INTERFACE]
 *
 * WAY is freebind, transparent, raw (own IP header), packet (own frame), arp or
 * na (claims SOURCE; DESTINATION is who shall believe it).  UDP to port 9999.
 * Must only be run inside of a namespace made for the test.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT 9999

struct forgery {
	int family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	} src, dst;
	int ifindex;
	uint8_t mac[6]; /* of the interface */
};

static uint16_t
sum(const void *data, size_t len, uint32_t acc)
{
	const uint8_t *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		acc += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (len % 2 != 0)
		acc += (uint32_t)(p[len - 1] << 8);
	while (acc >> 16 != 0)
		acc = (acc & 0xffff) + (acc >> 16);
	return (uint16_t)acc;
}

/* Of an IPv6 packet whose payload stands behind its header. */
static uint16_t
sum6(const struct ip6_hdr *h, const void *payload, size_t len)
{
	uint32_t acc = (uint32_t)len + h->ip6_nxt;

	acc = sum(&h->ip6_src, 32, acc);
	return htons((uint16_t)~sum(payload, len, acc));
}

/* A UDP packet with its IP header; the length. */
static size_t
packet(const struct forgery *f, uint8_t *out)
{
	struct udphdr udp = { .source = htons(PORT),
		.dest = htons(PORT),
		.len = htons(sizeof(udp) + 4) };
	size_t len = sizeof(udp) + 4;

	if (f->family == AF_INET) {
		struct iphdr ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons((uint16_t)(sizeof(ip) + len)),
			.saddr = f->src.v4.s_addr,
			.daddr = f->dst.v4.s_addr };

		ip.check = htons((uint16_t)~sum(&ip, sizeof(ip), 0));
		memcpy(out, &ip, sizeof(ip));
		memcpy(out + sizeof(ip), &udp, sizeof(udp));
		memcpy(out + sizeof(ip) + sizeof(udp), "evil", 4);
		return sizeof(ip) + len;
	}
	struct ip6_hdr h = { .ip6_flow = htonl(6u << 28),
		.ip6_hlim = 64,
		.ip6_plen = htons((uint16_t)len),
		.ip6_nxt = IPPROTO_UDP,
		.ip6_src = f->src.v6,
		.ip6_dst = f->dst.v6 };
	uint8_t *p = out + sizeof(h);

	memcpy(p, &udp, sizeof(udp));
	memcpy(p + sizeof(udp), "evil", 4);
	udp.check = sum6(&h, p, len);
	memcpy(p, &udp, sizeof(udp));
	memcpy(out, &h, sizeof(h));
	return sizeof(h) + len;
}

static socklen_t
sockaddr(const struct forgery *f, bool source, struct sockaddr_in6 *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr = source ? f->src.v4 : f->dst.v4,
		.sin_port = htons(PORT) };

	memset(out, 0, sizeof(*out));
	if (f->family == AF_INET) {
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	out->sin6_family = AF_INET6;
	out->sin6_addr = source ? f->src.v6 : f->dst.v6;
	out->sin6_port = htons(PORT);
	return sizeof(*out);
}

/* An ordinary socket bound to an address that is not there. */
static int
by_option(const struct forgery *f, bool transparent)
{
	struct sockaddr_in6 src, dst;
	socklen_t len = sockaddr(f, true, &src);
	int level = f->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int option = f->family == AF_INET ?
	    (transparent ? IP_TRANSPARENT : IP_FREEBIND) :
	    (transparent ? IPV6_TRANSPARENT : IPV6_FREEBIND);
	int on = 1, fd = socket(f->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	sockaddr(f, false, &dst);
	if (fd < 0 || setsockopt(fd, level, option, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&src, len) != 0)
		return -1;
	return sendto(fd, "evil", 4, 0, (struct sockaddr *)&dst, len) < 0 ? -1 :
									    0;
}

static int
by_raw(const struct forgery *f)
{
	uint8_t buf[256];
	size_t len = packet(f, buf);
	struct sockaddr_in6 dst;
	socklen_t dlen = sockaddr(f, false, &dst);
	int on = 1,
	    fd = socket(f->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	/* A port means a protocol to a raw IPv6 socket. */
	if (f->family == AF_INET6)
		dst.sin6_port = 0;
	if (fd < 0 ||
	    (f->family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on)) !=
		    0))
		return -1;
	return sendto(fd, buf, len, 0, (struct sockaddr *)&dst, dlen) < 0 ? -1 :
									    0;
}

/* A frame of our own; to the interface's own MAC, as its peer has that one. */
static int
frame(const struct forgery *f, uint16_t type, const void *payload, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(type),
		.sll_ifindex = f->ifindex,
		.sll_halen = 6 };
	struct ether_header eth = { .ether_type = htons(type) };
	uint8_t buf[512];
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(type));

	if (fd < 0)
		return -1;
	memcpy(eth.ether_dhost, f->mac, 6);
	memcpy(eth.ether_shost, f->mac, 6);
	memcpy(to.sll_addr, f->mac, 6);
	memcpy(buf, &eth, sizeof(eth));
	memcpy(buf + sizeof(eth), payload, len);
	return sendto(fd, buf, sizeof(eth) + len, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0 ?
	    -1 :
	    0;
}

static int
by_packet(const struct forgery *f)
{
	uint8_t buf[256];
	size_t len = packet(f, buf);

	return frame(
	    f, f->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6, buf, len);
}

/* "SOURCE is at my MAC", told to DESTINATION. */
static int
by_arp(const struct forgery *f)
{
	struct {
		struct arphdr h;
		uint8_t sha[6], spa[4], tha[6], tpa[4];
	} __attribute__((packed)) arp = {
		.h = { .ar_hrd = htons(ARPHRD_ETHER),
		    .ar_pro = htons(ETHERTYPE_IP),
		    .ar_hln = 6,
		    .ar_pln = 4,
		    .ar_op = htons(ARPOP_REPLY) },
	};

	memcpy(arp.sha, f->mac, 6);
	memcpy(arp.tha, f->mac, 6);
	memcpy(arp.spa, &f->src.v4, 4);
	memcpy(arp.tpa, &f->dst.v4, 4);
	return frame(f, ETHERTYPE_ARP, &arp, sizeof(arp));
}

static int
by_na(const struct forgery *f)
{
	struct {
		struct ip6_hdr h;
		struct nd_neighbor_advert na;
		uint8_t type, len, mac[6];
	} __attribute__((packed)) p = {
		.h = { .ip6_flow = htonl(6u << 28),
		    .ip6_hlim = 255,
		    .ip6_nxt = IPPROTO_ICMPV6,
		    .ip6_src = f->src.v6,
		    .ip6_dst = f->dst.v6,
		    .ip6_plen = htons(sizeof(p) - sizeof(p.h)) },
		.na = { .nd_na_type = ND_NEIGHBOR_ADVERT,
		    .nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE,
		    .nd_na_target = f->src.v6 },
		.type = ND_OPT_TARGET_LINKADDR,
		.len = 1,
	};
	struct ip6_hdr h = p.h;
	uint8_t body[sizeof(p) - sizeof(p.h)];

	memcpy(p.mac, f->mac, 6);
	memcpy(body, (uint8_t *)&p + sizeof(p.h), sizeof(body));
	p.na.nd_na_cksum = sum6(&h, body, sizeof(body));
	return frame(f, ETHERTYPE_IPV6, &p, sizeof(p));
}

static bool
read_args(char **argv, struct forgery *f)
{
	struct ifreq req = { 0 };
	int fd;

	f->family = strchr(argv[2], ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(f->family, argv[2], &f->src) != 1 ||
	    inet_pton(f->family, argv[3], &f->dst) != 1)
		return false;
	if (argv[4] == NULL)
		return true;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", argv[4]);
	f->ifindex = (int)if_nametoindex(argv[4]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req) != 0)
		return false;
	memcpy(f->mac, req.ifr_hwaddr.sa_data, 6);
	return close(fd) == 0;
}

int
main(int argc, char **argv)
{
	struct forgery f = { 0 };
	const char *way, *name;
	int rc;

	if (argc < 4 || !read_args(argv, &f)) {
		printf("usage or address or interface\n");
		return 2;
	}
	way = argv[1];
	errno = EINVAL;
	if (strcmp(way, "freebind") == 0 || strcmp(way, "transparent") == 0)
		rc = by_option(&f, *way == 't');
	else if (strcmp(way, "raw") == 0)
		rc = by_raw(&f);
	else if (strcmp(way, "packet") == 0)
		rc = by_packet(&f);
	else if (strcmp(way, "arp") == 0)
		rc = by_arp(&f);
	else
		rc = strcmp(way, "na") == 0 ? by_na(&f) : -1;
	name = strerrorname_np(errno);
	printf("%s\n", rc == 0 ? "OK" : name != NULL ? name : "?");
	return 0;
}
