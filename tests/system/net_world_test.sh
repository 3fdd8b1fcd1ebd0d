#!/usr/bin/env atf-sh
# The hosts of netlib.sh themselves: who reaches whom, and that what a test
# leaves in the host's network fails it.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case hosts "every host reaches every other, by IPv4 and IPv6"
hosts_test()
{
	n_public
	for h in host client client2 router; do
		n_serve $h $h tcp/::/80 udp/::/53
	done
	talks client tcp/10.10.0.10/80 "host from 10.10.0.20"
	talks client tcp/fd00:10::10/80 "host from fd00:10::20"
	talks client udp/10.10.0.10/53 "host from 10.10.0.20"
	talks client tcp/1.2.3.4/80 "host from 10.10.0.20"
	talks client tcp/2001:db8::4/80 "host from fd00:10::20"
	talks client2 udp/10.20.0.10/53 "host from 10.20.0.20"
	talks client2 tcp/fd00:20::10/80 "host from fd00:20::20"
	talks host tcp/10.30.0.30/80 "router from 10.10.0.10"
	talks host tcp/fd00:30::30/80 "router from fd00:10::10"
	talks client tcp/10.20.0.20/80 "client2 from 10.10.0.20"
	silent client tcp/10.10.0.10/81
}

t_case leftovers "each thing left in the host's network is seen"
leftovers_test()
{
	[ "$(ip -o link show group 27233 | wc -l)" = 0 ] ||
	    atf_fail "a host end from before"
	world >.t_clean
	while read -r change; do
		sh -c "$change" || atf_fail "does not work: $change"
		world >.t_changed
		! cmp -s .t_clean .t_changed || atf_fail "not seen: $change"
		mv .t_changed .t_clean
	done <<-EOF
	ip link add left0 type veth peer name left1
	ip link property add dev em0 altname left
	ip neigh add proxy 10.10.0.77 dev em0
	ip neigh add proxy fd00:10::77 dev em0
	ip route add 10.99.0.1/32 dev em0
	ip route add 10.99.0.1/32 dev em0 table 77
	ip -6 route add fd00:99::1/128 dev em0
	ip rule add from 10.99.0.1 table 77
	ip address add 10.10.0.78/24 dev em0
	nft add table inet left
	nft add set inet left s '{ type ipv4_addr; }'
	nft add element inet left s '{ 10.0.0.1 }'
	echo 1 >/proc/sys/net/ipv4/conf/em0/forwarding
	echo 1 >/proc/sys/net/ipv6/conf/em1/forwarding
	echo 0 >/proc/sys/net/ipv4/neigh/em0/proxy_delay
	echo 1 >/proc/sys/net/ipv6/conf/em0/proxy_ndp
	ip netns add left
	EOF
	T_USER_WORLD=off
}
