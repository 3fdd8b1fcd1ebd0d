#!/usr/bin/env atf-sh
# A running jail's network beside an administrator who changes the host, renames
# the jail, or gives another rule: what stays, what is mended, what is refused.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case open "an address that names no interface stays on its wire" 90
open_test()
{
	n_conf <<-'EOF'
	o { ip4.addr = 10.10.0.7; ip6.addr = fd00:10::7; $serve = "tcp/::/80"; }
	i { ip4.addr = 10.9.9.7; }
	EOF
	n_start o i
	world >.w_start
	for how in "name=o" "name=o persist" "-f jail.conf *"; do
		case $how in
		-f*)	set -- -f jail.conf -m '*' ;;
		*)	set -f
			# shellcheck disable=SC2086
			set -- -m $how
			set +f ;;
		esac
		jail -q "$@" >out 2>&1 || { cat out; atf_fail "$how"; }
		atf_check cat out
		as_before .w_start "$how"
		talks client tcp/10.10.0.7/80 "o from 10.10.0.20"
		talks client tcp/fd00:10::7/80 "o from fd00:10::20"
	done
	# Lost, it is put back where it was.
	ip route del 10.10.0.7/32
	atf_check -e match:"put back: route 10.10.0.7" jail -m name=o
	as_before .w_start "route"
	n_remove o i
}

t_case rename "a jail that gets another name keeps its links" 90
rename_test()
{
	n_conf <<-'EOF'
	i { jid = 7; ip4.addr = "em0|10.10.0.9"; ip6.addr = "em0|fd00:10::9"; $serve = "tcp/::/80"; }
	EOF
	n_start i
	ip -o link show jail-i-em0 >link
	atf_check jail -m jid=7 name=j
	for n in 1 2; do
		atf_check jail -m jid=7
		talks client tcp/10.10.0.9/80 "i from 10.10.0.20"
		talks client tcp/fd00:10::9/80 "i from fd00:10::20"
	done
	# For people it has the new name, and nothing else is different.
	ip -o link show jail-j-em0 | sed 's/jail-j-em0/jail-i-em0/g' >link2
	cmp link link2 || { cat link link2; atf_fail "another link"; }
	! ip link show jail-i-em0 2>/dev/null || atf_fail "the old altname"
	atf_check jail -m name=j "ip4.addr+=em1|10.20.0.9"
	talks client2 tcp/10.20.0.9/80 "i from 10.20.0.20"
	atf_check jail -q -r j
	t_unchanged "renamed and removed"
}

t_case router "a host that became a router meanwhile stays one" 90
router_test()
{
	n_conf <<-'EOF'
	i { ip4.addr = "em0|10.10.0.9"; ip6.addr = "em0|fd00:10::9"; }
	EOF
	n_start i
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	atf_check -e ignore jail -m name=i
	n_remove i
	# Below 6.17 all of IPv6 forwards for jails' sake.
	families="ipv4 ipv6"
	[ -e /proc/sys/net/ipv6/conf/em0/force_forwarding ] || families=ipv4
	for f in $families; do
		atf_check -o inline:"1\n" cat /proc/sys/net/$f/conf/em0/forwarding
	done
	ip -n client route add 10.20.0.20 via 10.10.0.10
	ip -n client2 route add 10.10.0.20 via 10.20.0.10
	n_serve client2 client2 tcp/0.0.0.0/80
	talks client tcp/10.20.0.20/80 "client2 from 10.10.0.20"
	n_stop
	# Who forwards but not there finds it so again.
	echo 0 >/proc/sys/net/ipv4/conf/em0/forwarding
	t_world_again
	n_start i
	atf_check -e ignore jail -m name=i
	n_remove i
	t_unchanged "em0 does not forward"
}

t_case flushed "rules that were flushed are put back, by jail -m and by the next start" 180
flushed_test()
{
	n_public
	n_conf <<-'EOF'
	i {
		ip4.addr = "em0|10.10.0.9"; ip6.addr = "em0|fd00:10::9";
		rdr = "on em0 inet proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.9";
		$serve = "tcp/::/80";
	}
	k { ip6.addr = "em0|fd00:10::a"; exec.start = ""; }
	n {
		ip4.addr = "em0|10.10.0.11"; ip6.addr = "em0|fd00:10::b";
		rdr = "on em0 inet proto tcp from any to 1.2.3.4 port 81 -> 10.10.0.11 port 80";
	}
	EOF
	n_start i
	world >.w_start
	while IFS=';' read -r said harm; do
		nft "$harm" || atf_fail "cannot: $harm"
		jail -m name=i >out 2>&1 || { cat out; atf_fail "after $harm"; }
		grep -q "put back: $said" out ||
		    { cat out; atf_fail "after $harm: not said: $said"; }
		as_before .w_start "$harm"
		talks client tcp/1.2.3.4/80 "i from 10.10.0.20"
		atf_check jail -m name=i
	done <<-'EOF'
	table;flush table inet jail
	table;flush chain inet jail from_jail
	table;flush chain inet jail early
	table;flush chain inet jail passing
	nat;flush chain inet jail to_jail
	nat;flush chain inet jail nat_out
	nat;delete chain inet jail rdr_in
	nat;flush chain inet jail redirected
	EOF
	# A start trusts no table that was there before it.
	nft flush table inet jail
	n_counter client "ip6 saddr fd00:10::77"
	n_start k
	jexec k forge freebind fd00:10::77 fd00:10::20 || :
	[ "$(n_counted client)" = 0 ] || atf_fail "a forged source arrived"
	n_remove k
	# However many rules somebody put into another chain of it.
	nft flush chain inet jail from_jail
	for n in 1 2 3 4 5 6 7 8 9; do
		nft add rule inet jail others counter
	done
	nft flush chain inet jail to_jail
	atf_check -o ignore jail -f jail.conf -c n
	talks client tcp/1.2.3.4/81 "n from 10.10.0.20"
	jexec n forge freebind fd00:10::77 fd00:10::20 || :
	[ "$(n_counted client)" = 0 ] || atf_fail "a forged source arrived"
	n_remove n
	atf_check -e ignore jail -m name=i
	as_before .w_start "flushed, and another jail"
	n_remove i
	# Somebody else's table of that name is not touched.
	nft 'add table inet jail; add chain inet jail mine; add rule inet jail mine accept'
	t_world_again
	atf_check -s exit:1 -o ignore -e match:"k: .*table inet jail.*not ours" \
	    jail -f jail.conf -c k
	t_unchanged "their table"
	nft delete table inet jail
	t_world_again
}

t_case again "another range or network of a rule is no clash with itself" 90
again_test()
{
	n_public
	n_conf <<-'EOF'
	i {
		ip4.addr = "em0|10.10.0.9";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port 8000:8100";
		$serve = "tcp/0.0.0.0/8050 tcp/0.0.0.0/8150";
	}
	k { ip4.addr = "em0|10.10.0.8"; }
	EOF
	n_start i
	talks client tcp/1.2.3.4/8050 "i from 10.10.0.20"
	for r in "any to 1.2.3.4 port 8000:8200" "any to 1.2.3.4 port 8000:8050" \
	    "any to 1.2.3.4 port 8040:8200" "10.0.0.0/8 to 1.2.3.4 port 8000:8200" \
	    "10.10.0.0/16 to 1.2.3.4 port 8000:8200"; do
		atf_check jail -m name=i "rdr=on em0 proto tcp from $r"
		talks client tcp/1.2.3.4/8050 "i from 10.10.0.20"
	done
	# The first of two that overlap has what both say, as in pf.
	atf_check jail -m name=i \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port {8000:8100 8050:8200}"
	talks client tcp/1.2.3.4/8050 "i from 10.10.0.20"
	talks client tcp/1.2.3.4/8150 "i from 10.10.0.20"
	# Another jail's is, and what stood still stands.
	n_start k
	atf_check -s exit:1 -e match:"k: rdr.*overlaps" jail -m name=k \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port 8090:8300"
	atf_check -s exit:1 -e match:"i: rdr.*10.10.0.77" jail -m name=i \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port 8000:8300 -> 10.10.0.77"
	talks client tcp/1.2.3.4/8150 "i from 10.10.0.20"
	n_remove i k
}

t_case reached "a redirection without on, or by an alternative name, is reached" 90
reached_test()
{
	n_public
	ip link property add dev em0 altname wan0
	t_world_again
	n_conf <<-'EOF'
	i { ip4.addr = "lo1|10.9.9.2"; ip6.addr = "lo1|fd00:9::2"; $serve = "tcp/::/80 tcp/::/81"; }
	far { ip4.addr = "lo1|10.9.9.3"; nat = "on wan0"; $serve = ""; exec.start = ""; }
	two {
		ip4.addr = "em0|10.10.0.9", "em1|10.20.0.9";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port 90 -> 10.20.0.9 port 80";
	}
	EOF
	n_start i
	for r in "proto tcp from any to 1.2.3.4 port 80" \
	    "inet proto tcp from any to (em0) port 80" \
	    "on wan0 inet proto tcp from any to any port 80" \
	    "inet proto tcp from any to (wan0) port 80"; do
		atf_check jail -m name=i "rdr=$r"
		talks client tcp/1.2.3.4/80 "i from 10.10.0.20"
		atf_check jail -m name=i rdr=
		silent client tcp/1.2.3.4/80
	done
	atf_check jail -m name=i \
	    "rdr=inet6 proto tcp from any to 2001:db8::4 port 80"
	talks client tcp/2001:db8::4/80 "i from fd00:10::20"
	# The host's own loopback is nobody's to redirect.
	for to in 127.0.0.1 ::1 "(lo)" 127.0.0.53; do
		atf_check -s exit:1 -e match:"rdr: .*loopback" jail -m name=i \
		    "rdr=proto tcp from any to $to port 80"
	done
	# A network cannot be called; where it stands is said.
	echo "x { path = /; rdr = \"proto tcp from any to 1.2.3.0/24 port 80\"; }" \
	    >x.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"x.conf:1:[0-9]+: rdr: column 23 .*1.2.3.0/24" \
	    jail -f x.conf -c x
	# Nowhere to arrive is no mistake: the address may come later.
	ip -6 route del default
	ip route del default
	for r in "proto tcp from any to 1.2.9.9 port 80" \
	    "proto tcp from any to {1.2.9.9 2001:db8::99} port 80"; do
		atf_check jail -m name=i "rdr=$r"
	done
	ip route add default via 10.10.0.254 dev em0
	ip -6 route add default via fd00:10::fe dev em0
	n_start far
	n_serve router far tcp/0.0.0.0/80
	talks "jail far" tcp/10.30.0.30/80 "far from 10.10.0.10"
	n_stop
	# By its other interface a jail reaches its own redirection too.
	n_start two
	talks client tcp/1.2.3.4/90 "two from 10.10.0.20"
	n_said=$(n_ask "jail two" tcp/1.2.3.4/90)
	case $n_said in
	"two from "*)	;;
	*)	atf_fail "its own redirection: $n_said" ;;
	esac
	n_remove i far two
}

t_case order "a rule for a network goes before one for all; binat before nat" 90
order_test()
{
	n_public
	ip addr add 1.2.3.5/32 dev em0
	t_world_again
	n_conf <<-'EOF'
	one {
		ip4.addr = "em0|10.10.0.1";
		rdr = "on em0 proto tcp from 10.10.0.20 to 1.2.3.4 port 80 -> 10.10.0.1 port 8080",
		    "on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.1 port 81",
		    "on em0 proto tcp from 10.10.0.20 to 1.2.3.4 port 82",
		    "on em0 proto tcp from any to 1.2.3.4 port 82 -> 10.10.0.1 port 81";
		nat = "on em0 from 10.10.0.1 to any -> 1.2.3.4";
		binat = "on em0 from 10.10.0.1 to any -> 1.2.3.5";
		exec.start = "talk serve eighty tcp/0.0.0.0/8080 >/dev/null";
		exec.start += "talk serve one tcp/0.0.0.0/81 >/dev/null";
		exec.start += "talk serve two tcp/0.0.0.0/82 >/dev/null";
	}
	EOF
	n_start one
	talks client tcp/1.2.3.4/80 "eighty from 10.10.0.20"
	talks router tcp/1.2.3.4/80 "one from 10.10.0.254"
	talks client tcp/1.2.3.4/82 "two from 10.10.0.20"
	talks router tcp/1.2.3.4/82 "one from 10.10.0.254"
	n_serve client client tcp/0.0.0.0/80
	ip -n client route add 1.2.3.5/32 via 10.10.0.10
	talks "jail one" tcp/10.10.0.20/80 "client from 1.2.3.5"
	n_stop
	n_remove one
}

t_case closed "chains of others that no rule at their end can open: the command is told" 90
closed_test()
{
	n_conf <<-'EOF'
	i { ip4.addr = "em0|10.10.0.9"; }
	k { ip4.addr = "em0|10.10.0.8"; }
	EOF
	while IFS=';' read -r what priority policy rule; do
		nft "add table inet fw; add chain inet fw ff { type filter hook forward priority $priority; policy $policy; }; $rule"
		t_world_again
		atf_check -o ignore -e save:said jail -f jail.conf -c i
		silent client tcp/10.10.0.9/80
		line=$(sed -n "s/.*chain inet fw ff lets no.*: nft '\(.*\)'\$/\1/p" said)
		[ -n "$line" ] || { cat said; atf_fail "$what: no command"; }
		nft "$line" || atf_fail "$what: $line"
		talks client tcp/10.10.0.9/80 "i from 10.10.0.20"
		atf_check jail -m name=i
		n_remove i
		nft list table inet fw | grep -q for-jails ||
		    atf_fail "$what: what he wrote was taken away"
		nft delete table inet fw
	done <<-'EOF'
	drop at the end;0;drop;add rule inet fw ff counter drop
	firewalld;10;accept;add rule inet fw ff ct state established accept; add rule inet fw ff reject with icmpx admin-prohibited
	before our mark;-150;drop;
	EOF
	t_world_again
	# What he appends behind our rule takes it from nobody.
	nft "add table inet fw; add chain inet fw ff { type filter hook forward priority 0; policy drop; }"
	atf_check -o ignore -e match:"at its end accepts" jail -f jail.conf -c i
	nft add rule inet fw ff counter drop
	atf_check -e empty jail -m name=i
	talks client tcp/10.10.0.9/80 "i from 10.10.0.20"
	n_start k
	n_remove i
	talks client tcp/10.10.0.8/80 "k from 10.10.0.20"
	n_remove k
	! nft list table inet fw | grep linux-jails || atf_fail "left"
	nft delete table inet fw
	t_world_again
	# One that is somebody's alone does not keep a jail from starting.
	mkfifo owner
	nft -i <owner >owned 2>&1 &
	pid=$!
	exec 3>owner
	echo 'add table inet fw { flags owner; }; add chain inet fw ff { type filter hook forward priority 0; policy drop; }' >&3
	t_until 10 nft list chain inet fw ff
	atf_check -o ignore -e match:"chain inet fw ff .*its owner alone" \
	    jail -f jail.conf -c i
	n_remove i
	exec 3>&-
	wait $pid || :
	t_until 10 no_table
	t_world_again
}

no_table()
{
	! nft list table inet fw >/dev/null 2>&1
}

t_case reverse_path "a host that filters by the reverse path is told about a jail on two LANs" 60
reverse_path_test()
{
	n_conf <<-'EOF'
	one { ip4.addr = "em0|10.10.0.9"; }
	two { ip4.addr = "em0|10.10.0.8", "em1|10.20.0.8"; }
	EOF
	n_start two
	n_remove two
	echo 2 >/proc/sys/net/ipv4/conf/all/rp_filter
	n_start one
	atf_check -o ignore -e match:"two: net.ipv4.conf.all.rp_filter is 2" \
	    jail -f jail.conf -c two
	n_remove one two
	echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
}

t_case vanished "what has nothing to do with the network changes all the same" 60
vanished_test()
{
	ip link add d0 type bridge
	ip addr add 10.40.0.1/24 dev d0
	ip link set d0 up
	n_conf <<-'EOF'
	i { ip4.addr = "d0|10.40.0.9", "em0|10.10.0.9"; securelevel = 0; }
	EOF
	n_start i
	ip link del d0
	atf_check -e match:"i: ip4.addr: no such interface: d0" \
	    jail -m name=i host.hostname=foo
	atf_check -o inline:"foo\n" jls -j i host.hostname
	atf_check -e match:"no such interface: d0" jail -m name=i securelevel=1
	atf_check -o inline:"1\n" jls -j i securelevel
	# To be mended was all that was asked, or the network itself.
	atf_check -s exit:1 -e match:"no such interface: d0" jail -m name=i
	atf_check -s exit:1 -e match:"no such interface: d0" \
	    jail -m name=i "ip4.addr+=em0|10.10.0.8"
	talks client tcp/10.10.0.9/80 "i from 10.10.0.20"
	atf_check jail -m name=i "ip4.addr=em0|10.10.0.9"
	n_remove i
}

t_case moved "a moved address was not missing; what cannot be one is refused" 60
moved_test()
{
	n_conf <<-'EOF'
	i { ip4.addr = "em0|10.10.0.9", "em0|10.10.0.8", "lo1|127.0.1.5/8"; }
	x { ip4.addr = "em0|10.10.0.255"; }
	EOF
	n_start i
	atf_check jail -m name=i "ip4.addr=em0|10.10.0.9" \
	    "ip4.addr+=em1|10.20.0.8,em1|10.10.0.8"
	atf_check -o not-match:"127\.0\.1\.5" -o match:"127\.0\.0\.1/8" \
	    jexec i ip addr
	atf_check -s exit:1 -o ignore \
	    -e match:"x: ip4.addr: 10.10.0.255 is a broadcast address" \
	    jail -f jail.conf -c x
	echo 1 >/proc/sys/net/ipv6/conf/em0/forwarding
	atf_check -s exit:1 -e match:"ip6.addr: fd00:10:: is" \
	    jail -c name=any persist path="$PWD/root" "ip6.addr=em0|fd00:10::"
	echo 0 >/proc/sys/net/ipv6/conf/em0/forwarding
	n_remove i
}

