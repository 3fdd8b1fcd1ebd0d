#!/usr/bin/env atf-sh
# Which address a jail speaks from, whom its addresses belong to on the wire,
# and the host's own routes and interfaces, that jails must leave alone.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case source "two LANs: each hears the jail's address there, saddrsel off the primary" 90
source_test()
{
	n_conf <<-'EOF'
	exec.start = "talk serve $name $serve >/dev/null";
	$serve = "tcp/::/80 udp/10.10.0.1/53 udp/10.20.0.1/53";
	both {
		ip4.addr = "em0|10.10.0.1", "em1|10.20.0.1";
		ip6.addr = "em0|fd00:10::1", "em1|fd00:20::1";
	}
	off {
		ip4.addr = "em0|10.10.0.1", "em1|10.20.0.1";
		ip6.addr = "em0|fd00:10::1", "em1|fd00:20::1";
		ip4.nosaddrsel; ip6.saddrsel = 0;
	}
	second {
		ip4.addr = "em1|10.20.0.1"; ip6.addr = "em1|fd00:20::1";
		$serve = "tcp/::/80";
	}
	loop {
		ip4.addr = "lo1|127.0.1.1", "lo1|10.9.9.1", "em0|10.10.0.1";
		$serve = "tcp/0.0.0.0/80";
	}
	EOF
	n_serve client client tcp/::/80 udp/10.10.0.20/53
	n_serve client2 client2 tcp/::/80 udp/10.20.0.20/53
	n_serve router far tcp/::/80 udp/10.30.0.30/53
	n_start both
	for p in tcp/X/80 udp/X/53; do
		talks "jail both" "$(echo $p | sed s/X/10.10.0.20/)" \
		    "client from 10.10.0.1"
		talks "jail both" "$(echo $p | sed s/X/10.20.0.20/)" \
		    "client2 from 10.20.0.1"
		talks "jail both" "$(echo $p | sed s/X/10.30.0.30/)" \
		    "far from 10.10.0.1"
	done
	talks "jail both" tcp/fd00:10::20/80 "client from fd00:10::1"
	talks "jail both" tcp/fd00:20::20/80 "client2 from fd00:20::1"
	talks "jail both" tcp/fd00:30::30/80 "far from fd00:10::1"
	# Reached at either address, from the other LAN as well.
	for w in client client2 host; do
		for a in 10.10.0.1 10.20.0.1 fd00:10::1 fd00:20::1; do
			case $(n_ask $w tcp/$a/80) in
			"both from "*)	;;
			*)	atf_fail "$w asks $a: $(n_ask $w tcp/$a/80)" ;;
			esac
		done
	done
	talks client2 udp/10.20.0.1/53 "both from 10.20.0.20"
	n_remove both
	n_start off
	talks "jail off" tcp/10.20.0.20/80 "client2 from 10.10.0.1"
	talks "jail off" tcp/fd00:20::20/80 "client2 from fd00:10::1"
	talks "jail off" udp/10.20.0.20/53 "client2 from 10.10.0.1"
	n_remove off
	n_start second
	talks "jail second" tcp/10.10.0.20/80 "client from 10.20.0.1"
	talks "jail second" tcp/10.30.0.30/80 "far from 10.20.0.1"
	talks "jail second" tcp/fd00:30::30/80 "far from fd00:20::1"
	n_remove second
	n_start loop
	talks "jail loop" tcp/10.30.0.30/80 "far from 10.10.0.1"
	n_remove loop
}

t_case siblings "jails reach each other and the host by every address but loopback"
siblings_test()
{
	n_conf <<-'EOF'
	$serve = "tcp/::/80";
	a { ip4.addr = "em0|10.10.0.1", "lo1|10.9.9.1"; ip6.addr = "em0|fd00:10::1", "lo1|fd00:9::1"; }
	b { ip4.addr = "em1|10.20.0.2"; ip6.addr = "em1|fd00:20::2"; }
	c { ip4.addr = "lo1|10.9.9.3"; ip6.addr = "lo1|fd00:9::3"; }
	EOF
	n_start a b c
	n_serve host host tcp/::/81
	talks "jail a" tcp/10.20.0.2/80 "b from 10.10.0.1"
	talks "jail a" tcp/fd00:20::2/80 "b from fd00:10::1"
	talks "jail b" tcp/10.10.0.1/80 "a from 10.20.0.2"
	talks "jail b" tcp/10.9.9.3/80 "c from 10.20.0.2"
	talks "jail c" tcp/10.10.0.1/80 "a from 10.9.9.3"
	talks "jail c" tcp/fd00:10::1/80 "a from fd00:9::3"
	talks "jail c" tcp/fd00:9::1/80 "a from fd00:9::3"
	talks "jail a" tcp/10.9.9.1/80 "a from 10.9.9.1"
	talks "jail c" tcp/10.10.0.10/81 "host from 10.9.9.3"
	talks "jail b" tcp/fd00:20::10/81 "host from fd00:20::2"
	# No wire brings in what is internal.
	ip -n client route add 10.9.9.0/24 via 10.10.0.10
	ip -n client route add fd00:9::/64 via fd00:10::10
	silent client tcp/10.9.9.3/80
	silent client tcp/fd00:9::3/80
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	n_remove a b c
}

t_case wire "a taken address is refused, and the neighbours hear of a new one"
wire_test()
{
	ip -n client address add 10.10.0.50/24 dev eth0
	ip -n client address add fd00:10::50/64 dev eth0 nodad
	n_conf <<-'EOF'
	$serve = "tcp/::/80";
	taken4 { ip4.addr = "em0|10.10.0.50"; $serve = "tcp/0.0.0.0/80"; }
	taken6 { ip6.addr = "em0|fd00:10::50"; }
	a { ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1"; }
	EOF
	mac=02:00:0a:0a:00:20
	atf_check -s exit:1 -e match:"^jail: taken4: ip4.addr: 10.10.0.50 .*$mac" \
	    jail -f jail.conf -c taken4
	atf_check -s exit:1 -e match:"^jail: taken6: ip6.addr: fd00:10::50 .*$mac" \
	    jail -f jail.conf -c taken6
	t_no_jails || atf_fail "one of them runs"
	t_unchanged "after an address was refused"
	# client has believed until now that they are somewhere else.
	ip -n client -b - <<-EOF
	neigh replace 10.10.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud stale
	neigh replace fd00:10::1 lladdr 02:00:00:00:00:99 dev eth0 nud stale
	EOF
	n_start a
	for a in 10.10.0.1 fd00:10::1; do
		t_until 5 neighbour $a 02:00:0a:0a:00:10
	done
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	talks client tcp/fd00:10::1/80 "a from fd00:10::50"
	n_remove a
}

neighbour()
{
	ip -n client neigh show "$1" | grep -q "$2"
}

t_case advertised "a default route from router advertisements stays, and is renewed" 90
advertised_test()
{
	ip -6 route del default
	echo 1 >/proc/sys/net/ipv6/conf/em0/accept_ra
	cat >radvd.conf <<-EOF
	interface lana {
		AdvSendAdvert on;
		MinRtrAdvInterval 3;
		MaxRtrAdvInterval 4;
		prefix fd00:10::/64 { AdvOnLink on; AdvAutonomous off; };
	};
	EOF
	n_daemon router radvd -n -C "$PWD/radvd.conf" -p "$PWD/radvd.pid" \
	    -m stderr -u root
	t_until 20 learned
	n_serve router far tcp/::/80
	n_conf <<-'EOF'
	$serve = "tcp/::/80";
	a { ip6.addr = "em0|fd00:10::1"; }
	EOF
	atf_check -e match:"net.ipv6.conf.em0.accept_ra is 2" \
	    -o ignore jail -f jail.conf -c a
	learned || atf_fail "the host has lost its default route"
	[ "$(cat /proc/sys/net/ipv6/conf/em0/accept_ra)" = 2 ] ||
	    atf_fail "accept_ra is not 2"
	talks host tcp/fd00:30::30/80 "far from fd00:10::10"
	talks "jail a" tcp/fd00:30::30/80 "far from fd00:10::1"
	# Later ones count too.
	gateway=$(ip -6 route show default proto ra)
	ip -6 route del default
	t_until 20 learned
	n_remove a
	learned || atf_fail "lost with the jail"
	# Left at 2, on purpose.
	n_stop
	ip -6 route del default 2>/dev/null
	ip -6 route flush proto ra 2>/dev/null
	ip -6 route flush proto kernel fd00:10::/64 dev em0 2>/dev/null
	echo 0 >/proc/sys/net/ipv6/conf/em0/accept_ra
	T_USER_WORLD=off
}

learned()
{
	ip -6 route show default | grep -q "proto ra"
}

t_case no_ipv6 "IPv6 that is switched off on the host is named"
no_ipv6_test()
{
	n_conf <<-'EOF'
	$serve = "tcp/0.0.0.0/80";
	four { ip4.addr = "em0|10.10.0.1"; }
	six { ip6.addr = "em0|fd00:10::1"; $serve = "tcp/::/80"; }
	int { ip6.addr = "lo1|fd00:9::1"; $serve = "tcp/::/80"; }
	EOF
	echo 1 >/proc/sys/net/ipv6/conf/em0/disable_ipv6
	t_world_again
	atf_check -s exit:1 -e match:"^jail: six: ip6.addr: .*net.ipv6.conf.em0.disable_ipv6" \
	    jail -f jail.conf -c six
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	t_world_again
	for j in six int; do
		atf_check -s exit:1 -e match:"^jail: $j: ip6.addr: .*net.ipv6.conf.all.disable_ipv6" \
		    jail -f jail.conf -c $j
	done
	n_start four
	talks client tcp/10.10.0.1/80 "four from 10.10.0.20"
	n_remove four
}

t_case vanishes "an interface of the host goes while a jail is on it"
vanishes_test()
{
	ip link add em9 type veth peer name a9 netns router
	ip -b - <<-EOF
	link set em9 up
	address add 10.90.0.10/24 dev em9
	address add fd00:90::10/64 dev em9 nodad
	EOF
	n_conf <<-'EOF'
	$serve = "tcp/::/80";
	a {
		ip4.addr = "em0|10.10.0.1", "em9|10.90.0.1";
		ip6.addr = "em9|fd00:90::1";
		nat = "on em9"; rdr = "on em9 proto tcp from any to any port 8080 -> 10.90.0.1 port 80";
	}
	EOF
	n_start a
	ip link del em9
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	atf_check -s exit:1 -e match:"no such interface: em9" \
	    jail -f jail.conf -m a
	[ "$(jls -j a name)" = a ] || atf_fail "a does not run any more"
	atf_check -o inline:"a: removed\n" jail -f jail.conf -r a
	t_no_jails || atf_fail "a is there"
	t_until 10 no_links
	! nft list tables | grep . || atf_fail "its table is"
	grep . /run/jail/private/* 2>/dev/null | grep -v '/lock\|/lastjid' &&
	    atf_fail "its records are"
	# What the interface brought into the world is gone with it.
	T_USER_WORLD=off
}

no_links()
{
	[ -z "$(ip -o link show group 27233)" ]
}
