/*
 * The table: its constant rules, and the nat chains while somebody uses them.
 * The number of rules does not depend on how many jails there are; their names
 * are nowhere in it.
 *
 * Filter chains alone track no connection; the nat chains make the kernel track
 * every one of the host, so they come with the first user and go with the last.
 */
#include <errno.h>

#include "base/str.h"
#include "net/nft.h"
#include "net/nftlib.h"

#define GROUP "27233" /* RTNL_GROUP, in words of nft(8) */
#define MARK "0x40000000"

/* A set or map for each family, its type given by how it begins. */
#define BOTH(X) X("4", "ipv4_addr") X("6", "ipv6_addr")

#define SETS(d, addr) \
	"set own" d " { type iface_index . " addr "; }\n" \
	"set jail" d " { type " addr "; }\n" \
	"set int" d " { type " addr "; }\n" \
	"set nat" d " { type ifname . " addr "; }\n" \
	"map bin" d " { type " addr " : " addr "; }\n" \
	"map bout" d " { type ifname . " addr " : " addr "; }\n" \
	"map rdr" d " { type inet_proto . " addr " . inet_service : " addr \
	" . inet_service; }\n" \
	"map rdr" d "r { type " addr " . inet_proto . " addr \
	" . inet_service : " addr "; flags interval; }\n" \
	"map rdr" d "f { type " addr " . inet_proto . " addr \
	" . inet_service : " addr " . inet_service; flags interval; }\n" \
	"map rdrif" d " { type ifname . inet_proto . inet_service : " addr \
	" . inet_service; }\n" \
	"map rdrif" d "r { type ifname . " addr \
	" . inet_proto . inet_service : " addr "; flags interval; }\n"

/*
 * early: what leaves a jail carries one of its own addresses, and nothing goes
 * to loopback, to the metadata address or into the neighbours' protocols.
 * Before connection tracking, so that a forgery costs nothing.
 */
static const char table_text[] =
    "table " NFT_TABLE " {\n"
    "set hair { type iface_index . iface_index; }\n" BOTH(
	SETS) "chain early {\n"
	      "type filter hook prerouting priority -350; policy accept;\n"
	      "iifgroup " GROUP " jump from_jail\n"
	      "}\n"
	      "chain from_jail {\n"
	      "meta protocol != { ip, ip6 } drop\n"
	      "ip daddr { 127.0.0.0/8, 169.254.0.0/16 } drop\n"
	      "meta protocol ip iif . ip saddr != @own4 drop\n"
	      "meta protocol ip6 iif . ip6 saddr != @own6 drop\n"
	      "icmpv6 type { nd-router-solicit, nd-router-advert, nd-redirect, "
	      "nd-neighbor-advert, nd-neighbor-solicit } drop\n"
	      "}\n"
	      /* Only to addresses that a jail has, internal ones not from a wire. */
	      "chain passing {\n"
	      "type filter hook forward priority -5; policy accept;\n"
	      "oifgroup " GROUP " ip daddr != @jail4 drop\n"
	      "oifgroup " GROUP " ip6 daddr != @jail6 drop\n"
	      "iifgroup != " GROUP " oifgroup " GROUP
	      " ip daddr @int4 jump wire\n"
	      "iifgroup != " GROUP " oifgroup " GROUP
	      " ip6 daddr @int6 jump wire\n"
	      "oifgroup " GROUP " meta mark set meta mark | " MARK "\n"
	      "iifgroup " GROUP " meta mark set meta mark | " MARK "\n"
	      "}\n"
	      "chain wire {\n"
	      "drop\n"
	      "}\n"
	      "}\n";

#define TO_JAIL(d, fam, proto, any) \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto \
	" meta l4proto { tcp, udp } dnat " fam " to meta l4proto . " fam \
	" daddr . th dport map @rdr" d "\n" \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto \
	" meta l4proto { tcp, udp } dnat " fam " to " fam \
	" saddr . meta l4proto . " fam " daddr . th dport map @rdr" d "f\n" \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto \
	" meta l4proto { tcp, udp } dnat " fam " to " fam \
	" saddr . meta l4proto . " fam " daddr . th dport map @rdr" d "r\n" \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto \
	" fib daddr type local meta l4proto { tcp, udp } dnat " fam \
	" to iifname . meta l4proto . th dport map @rdrif" d "\n" \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto \
	" fib daddr type local meta l4proto { tcp, udp } dnat " fam \
	" to iifname . " fam " saddr . meta l4proto . th dport map @rdrif" d \
	"r\n" \
	"add rule " NFT_TABLE " to_jail meta nfproto " proto " dnat " fam \
	" to " fam " daddr map @bin" d "\n"

#define OUT(d, fam, proto, any) \
	"add rule " NFT_TABLE " nat_out meta nfproto " proto " snat " fam \
	" to oifname . " fam " saddr map @bout" d "\n" \
	"add rule " NFT_TABLE " nat_out meta nfproto " proto " oifname . " fam \
	" saddr @nat" d " masquerade\n"

static const char nat_text[] =
    "add chain " NFT_TABLE " to_jail\n"
    "add chain " NFT_TABLE " rdr_in "
    "{ type nat hook prerouting priority -110; policy accept; }\n"
    "add chain " NFT_TABLE " rdr_local "
    "{ type nat hook output priority -110; policy accept; }\n"
    "add chain " NFT_TABLE " nat_out "
    "{ type nat hook postrouting priority 90; policy accept; }\n"
    "add rule " NFT_TABLE " rdr_in jump to_jail\n"
    "add rule " NFT_TABLE
    " rdr_local jump to_jail\n" TO_JAIL("4", "ip", "ipv4", "")
	TO_JAIL("6", "ip6", "ipv6", "")
    /* A jail that calls itself by a redirection must not see its own address
     * as the caller's: the answer would go another way. */
    "add rule " NFT_TABLE " nat_out ct status dnat iif . oif @hair "
    "masquerade\n" OUT("4", "ip", "ipv4", "") OUT("6", "ip6", "ipv6", "")
    /* What was redirected, or answers, reaches internal addresses. */
    "flush chain " NFT_TABLE " wire\n"
    "add rule " NFT_TABLE " wire ct state { established, related } return\n"
    "add rule " NFT_TABLE " wire ct status dnat return\n"
    "add rule " NFT_TABLE " wire drop\n";

static const char nat_gone[] = "flush chain " NFT_TABLE " wire\n"
			       "add rule " NFT_TABLE " wire drop\n"
			       "delete chain " NFT_TABLE " rdr_in\n"
			       "delete chain " NFT_TABLE " rdr_local\n"
			       "delete chain " NFT_TABLE " nat_out\n"
			       "delete chain " NFT_TABLE " to_jail\n";

/* 1, 0 when what is named is not there, -1. */
static int
there(const char *command, struct jerr *e)
{
	struct jerr why = JERR_INIT;

	if (nft_run(command, false, NULL, &why) == 0)
		return 1;
	if (why.code == ENOENT)
		return 0;
	*e = why;
	return -1;
}

int
nft_table_there(struct jerr *e)
{
	return there("list chain " NFT_TABLE " early", e);
}

int
nft_table_make(struct jerr *e)
{
	int has = nft_table_there(e);

	if (has != 0)
		return has == -1 ? -1 : 0;
	/* What is left of one that somebody took apart. */
	if (nft_table_del(e) == -1)
		return -1;
	return nft_run(table_text, false, NULL, e);
}

int
nft_table_del(struct jerr *e)
{
	/* "add" first: then it is there, and both are one transaction. */
	return nft_run("add table " NFT_TABLE "\ndelete table " NFT_TABLE "\n",
	    false, NULL, e);
}

int
nft_nat_there(struct jerr *e)
{
	return there("list chain " NFT_TABLE " nat_out", e);
}

int
nft_nat_make(struct jerr *e)
{
	int has = nft_nat_there(e);

	if (has != 0)
		return has == -1 ? -1 : 0;
	return nft_run(nat_text, false, NULL, e);
}

int
nft_nat_del(struct jerr *e)
{
	int has = nft_nat_there(e);

	if (has != 1)
		return has;
	return nft_run(nat_gone, false, NULL, e);
}
