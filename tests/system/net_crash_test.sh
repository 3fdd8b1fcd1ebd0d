#!/usr/bin/env atf-sh
# A running jail's network while jail -m is killed, and what jails share while
# several come and go.  After each: the next commands work, and no link, route,
# proxy, element, setting or registry entry is left.
#
# JAIL_TEST_SAMPLE=N tries every Nth place only (where processes are slow).

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

: "${JAIL_TEST_SAMPLE:=1}"

# System calls after which something is different.
CALLS=clone3,openat,write,pwrite64,renameat,unlinkat,setns,sendto,sendmsg,fcntl

# Two jails that share em0, the table and the nat chains.  OLD and NEW are
# web's network before and after: a link more and one address less, a
# redirection to another target, one of the families' last address.
crash_conf()
{
	n_public
	n_conf <<-EOF
	exec.start = "";
	web {
		ip4.addr = "em0|10.10.0.1", "lo1|10.9.9.1", "lo1|127.0.1.1";
		ip6.addr = "em0|fd00:10::1/128", "lo1|fd00:9::1/128";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port {80, 8000:8010} -> 10.10.0.1";
	}
	other {
		ip4.addr = "em0|10.10.0.2"; ip6.addr = "em0|fd00:10::2";
		nat = "on em0";
	}
	EOF
	OLD="ip4.addr=em0|10.10.0.1,lo1|10.9.9.1,lo1|127.0.1.1
	    ip6.addr=em0|fd00:10::1/128,lo1|fd00:9::1/128"
	NEW="ip4.addr=em1|10.20.0.1,lo1|10.9.9.1
	    ip6.addr=em0|fd00:10::1/128,em0|fd00:10::3/128"
	OLD_RDR="rdr=on em0 proto tcp from any to 1.2.3.4 port {80, 8000:8010} -> 10.10.0.1"
	NEW_RDR="rdr=on em0 proto tcp from any to 1.2.3.4 port {80, 8000:8010} -> 10.20.0.1"
}

# Where a command changes something: "CALL K" lines in the file places, all of
# them or the sample.
places()
{
	strace -qq -e signal=none -e trace=$CALLS -o trace "$@" \
	    >/dev/null 2>&1 || atf_fail "$* under strace"
	# What is only read is no place.
	awk -F'[( ]' '{ n[$1]++ }
	    $1 == "openat" && !/O_CREAT|O_WRONLY|O_RDWR/ { next }
	    { print $1, n[$1] }' trace >all
	# A trace that shows nothing would be a walk that cannot fail.
	[ "$(wc -l <all)" -ge 100 ] || atf_fail "few places: $(cat all)"
	awk -v n="$JAIL_TEST_SAMPLE" '(NR - 1) % n == 0' all >places
}

# killed CALL K COMMAND...
killed()
{
	k_call=$1 k_n=$2
	shift 2
	strace -qq -e signal=none -e trace="$k_call" -o trace \
	    -e inject="$k_call:signal=KILL:when=$k_n" "$@" >killed.out 2>&1
}

t_case kill_change "a SIGKILL at every changing system call of jail -m" 900
kill_change_test()
{
	crash_conf
	n_start web
	places jail -m name=web $NEW "$NEW_RDR" "nat=on em0"
	n_remove web
	t_unchanged "changed and removed"
	even=
	while read -r call k; do
		n_start web
		killed "$call" "$k" jail -m name=web $NEW "$NEW_RDR" \
		    "nat=on em0"
		n_start other
		case $even in
		"")	even=1 ;;
		*)	even=
			jail -m name=web >mend.out 2>&1 ||
			    atf_fail "$call $k: jail -m: $(cat mend.out)"
			jail -m name=web $NEW "$NEW_RDR" "nat=on em0" \
			    >mend.out 2>&1 ||
			    atf_fail "$call $k: again: $(cat mend.out)"
			jail -m name=web $OLD "$OLD_RDR" nat= \
			    >mend.out 2>&1 ||
			    atf_fail "$call $k: back: $(cat mend.out)" ;;
		esac
		n_remove other web
		t_unchanged "killed at $call number $k"
	done <places
}


# The network of the host's end and of the jail, as it is now.
picture()
{
	world_net
	# The last row of a number counts.
	pic_pid=$(awk -v jid="$(jls -j web jid)" '$2 == jid { p = $4 }
	    END { print p }' /run/jail/index)
	nsenter --net="/proc/$pic_pid/ns/net" -- \
	    sh -c 'ip -o address; ip -4 route; ip -6 route' |
	    sed 's/_lft [0-9]*sec/_lft Nsec/g'
}

same_picture()
{
	picture >now
	diff -u picture now || atf_fail "$1: not as before"
}

# fails MESSAGE ARGS...: jail -m says so in one line, and nothing is different.
fails()
{
	f_text=$1
	shift
	picture >picture
	jls -n >listed
	! jail -m name=web "$@" >out 2>err || atf_fail "accepted: $*"
	grep -q "$f_text" err || {
		cat err
		atf_fail "$*: not: $f_text"
	}
	[ "$(cat out err | wc -l)" = 1 ] || {
		cat out err
		atf_fail "$*: not one line"
	}
	same_picture "$*"
	jls -n >listed2
	cmp -s listed listed2 || atf_fail "$*: jls shows another jail"
}

t_case fail_change "jail -m that fails changes nothing" 120
fail_change_test()
{
	crash_conf
	n_start web
	jail -q -c name=sib path="$PWD/root" persist ip4.addr="em0|10.10.0.9" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port 25"
	# Another one has the port: found out late, after links and addresses.
	fails "for something else" ip4.addr="em1|10.20.0.1,em0|10.10.0.5" \
	    nat="on em1" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port {80, 25} -> 10.20.0.1"
	fails "for something else" ip4.addr="em0|10.10.0.1" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port {80, 25}"
	fails "not an IPv4" ip4.addr=10.10.0
	fails "no such interface: em9" ip4.addr+="em9|10.10.0.3"
	fails "in use by" ip4.addr+="em0|10.10.0.20"
	fails "sib" ip4.addr+="em0|10.10.0.9"
	fails "host's own" ip4.addr+="em0|10.10.0.10"
	fails "IPv6" ip6.addr+="em0|10.10.0.3"
	fails "IPv4" ip4.addr+="em0|fd00:10::7"
	fails "not an address of this jail" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.99"
	fails "no such interface: em9" nat="on em9"
	fails "too many IPv4 addresses" ip4.addr+="$(seq -s, -f 'em0|10.10.1.%g' 1 254),$(seq \
	    -s, -f 'em0|10.10.2.%g' 1 9)"
	# Nothing of it is taken.
	atf_check jail -q -c name=sib2 path="$PWD/root" persist \
	    ip4.addr="em0|10.10.0.5,em1|10.20.0.1"
	atf_check jail -q -r sib sib2
	n_remove web
	t_unchanged "after all of it"
}

t_case moves "an address moves to another interface, or goes" 60
moves_test()
{
	crash_conf
	n_start web
	atf_check -e ignore jail -m name=web ip4.addr="em1|10.10.0.1" rdr=
	atf_check -o match:"em1 +inet 10.10.0.1/32" jexec web ip -o -4 address
	atf_check -o not-match:"em0 +inet " jexec web ip -o -4 address
	atf_check -o not-match:"127.0.1.1" jexec web ip -o -4 address
	atf_check -o match:"dev em1" ip neighbour show proxy
	atf_check -e ignore jail -m name=web \
	    ip4.addr="em0|10.10.0.1,em0|10.9.9.1" ip6.addr="em0|fd00:9::1/128"
	atf_check -o match:"em0 +inet 10.9.9.1/32" \
	    -o match:"em0 +inet 10.10.0.1/32" -o not-match:"em1" \
	    jexec web ip -o -4 address
	atf_check -o match:"em0 +inet6 fd00:9::1/128" \
	    -o not-match:"fd00:10::1" jexec web ip -o -6 address
	atf_check -o ignore nsenter --net=/run/netns/client ping -c1 -W1 10.10.0.1
	n_remove web
	t_unchanged "after all of it"
}

t_case reload_accept "an accept that a reload took away comes back" 60
reload_accept_test()
{
	crash_conf
	rules='table ip fw { chain forward { type filter hook forward priority 0; policy drop; tcp dport 22 drop; }; }'
	nft "$rules"
	t_world_again
	jail -f jail.conf -q -c web >out 2>&1
	atf_check -o match:"linux-jails" nft list table ip fw
	nft "delete table ip fw; $rules"
	atf_check -o ignore -e ignore jail -m name=web
	atf_check -o match:"linux-jails" nft list table ip fw
	atf_check -o ignore -e empty jail -m name=web
	[ "$(nft list table ip fw | grep -c linux-jails)" = 1 ] ||
	    atf_fail "twice"
	n_remove web
}

t_case clash "a start that clashes leaves the other jail's redirection alone" 60
clash_test()
{
	crash_conf
	n_start web
	nft list map inet jail rdr4 >before
	nft list map inet jail rdr4r >>before
	atf_check -s exit:1 -o ignore -e match:"for something else" \
	    jail -c name=sib path="$PWD/root" persist \
	    ip4.addr="em0|10.10.0.9" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port 80"
	atf_check -s exit:1 -o ignore -e match:"for something else" \
	    jail -c name=sib path="$PWD/root" persist \
	    ip4.addr="em0|10.10.0.9" \
	    rdr="on em0 proto tcp from any to 1.2.3.4 port 8005:8020"
	nft list map inet jail rdr4 >after
	nft list map inet jail rdr4r >>after
	diff -u before after || atf_fail "something else"
	n_remove web
}

t_case router "the host does not become a router between its networks" 120
# crosses: does IPv4 and IPv6 go from one LAN to the other by the host?
crosses()
{
	for to in 10.20.0.20 fd00:20::20; do
		[ "$1" = yes ] || {
			! on client ping -c1 -W1 $to || atf_fail "$2: $to"
			continue
		}
		# Below 6.17 it is we who forward IPv6 everywhere already, so
		# nobody can tell.
		[ $to = 10.20.0.20 ] ||
		    [ -e /proc/sys/net/ipv6/conf/lo/force_forwarding ] ||
		    continue
		on client ping -c1 -W1 $to || atf_fail "$2: not $to"
	done
}

router_test()
{
	crash_conf
	# There by the host, back by the router.
	on client ip route add 10.20.0.20 via 10.10.0.10
	on client ip -6 route add fd00:20::20 via fd00:10::10
	crosses no "before"
	n_start web
	crosses no "one jail"
	atf_check jail -q -c name=sib path="$PWD/root" persist \
	    ip4.addr="em1|10.20.0.9" ip6.addr="em1|fd00:20::9"
	crosses no "a jail on either"
	nft flush ruleset
	atf_check -o ignore -e ignore jail -m name=web
	atf_check -o ignore -e ignore jail -m name=sib
	crosses no "mended"
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	atf_check -o ignore -e ignore jail -m name=web
	crosses yes "a router now"
	echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
	echo 0 >/proc/sys/net/ipv4/ip_forward
	atf_check -o ignore -e ignore jail -m name=web
	atf_check -o ignore -e ignore jail -m name=sib
	crosses no "no router any more"
	atf_check jail -q -r sib
	n_remove web
}

t_case renamed "an interface gets another name under a jail" 60
renamed_test()
{
	crash_conf
	n_start web other
	# Newer kernels rename what is up, with all that hangs on it.
	ip link set em0 name wan0 2>/dev/null ||
	    { ip link set em0 down; ip link set em0 name wan0; }
	ip link set wan0 up
	atf_check -s exit:1 -o ignore -e match:"no such interface: em0" \
	    jail -m name=web
	n_remove web other
	[ "$(cat /proc/sys/net/ipv4/conf/wan0/forwarding)" = 0 ] ||
	    atf_fail "wan0 still forwards"
	[ "$(cat /proc/sys/net/ipv6/conf/wan0/proxy_ndp)" = 0 ] ||
	    atf_fail "wan0 still has proxy_ndp"
	for f in 4 6; do
		atf_check ip -$f neighbour show proxy
	done
	atf_check nft list ruleset
	[ ! -e /run/jail/private/shared ] || atf_fail "still shared"
	T_USER_WORLD=off
}

# em0 as netlib.sh makes it, after it was down or is new.
n_again()
{
	ip -b - <<-EOF
	link set em0 up
	address replace 10.10.0.10/24 dev em0
	address replace 1.2.3.4/32 dev em0
	address replace fd00:10::10/64 dev em0 nodad
	address replace 2001:db8::4/128 dev em0 nodad
	route replace default via 10.10.0.254 dev em0
	route replace default via fd00:10::fe dev em0
	EOF
}

t_case anew "an interface is deleted and made again under a jail" 60
anew_test()
{
	crash_conf
	n_start web
	ip link del em0
	atf_check -s exit:1 -o ignore -e match:"no such interface: em0" \
	    jail -m name=web
	ip link add em0 address 02:00:0a:0a:00:10 type veth peer name a0 \
	    netns router
	ip -n router link set a0 master lana up
	n_again
	t_until 10 ping -c1 -W1 10.10.0.254 >/dev/null
	atf_check -o ignore -e match:"put back: proxy 10.10.0.1$" jail -m name=web
	atf_check -o ignore nsenter --net=/run/netns/client ping -c1 -W1 10.10.0.1
	n_remove web
	for f in 4 6; do
		atf_check ip -$f neighbour show proxy
	done
	[ ! -e /run/jail/private/shared ] || atf_fail "still shared"
	T_USER_WORLD=off
}

t_case many "thirty at once, while rules and interface go and come" 180
# thirty FROM TO
thirty()
{
	for i in $(seq "$1" "$2"); do
		echo "j$i { ip4.addr = \"em0|10.10.0.$((100 + i))\","
		echo "\"lo1|10.9.9.$i\"; ip6.addr = \"em0|fd00:10::$((100 + i))\";"
		echo "nat = \"on em0\"; exec.start = \"\";"
		echo "rdr = \"on em0 proto tcp from any to 1.2.3.4 port $((8000 + i))\"; }"
	done | n_conf
}

many_test()
{
	n_public
	thirty 1 15
	mv jail.conf first.conf
	thirty 16 30
	for round in flush down both calm; do
		jail -f first.conf -q -p 8 -c >out1 2>&1 &
		one=$!
		jail -f jail.conf -q -c >out2 2>&1 &
		two=$!
		n=0
		while kill -0 $one 2>/dev/null || kill -0 $two 2>/dev/null; do
			case $round in
			flush|both)	nft flush ruleset ;;
			esac
			case $round in
			down|both)	ip link set em0 down; n_again ;;
			esac
			sleep 0.02
			n=$((n + 1))
			[ $n -lt 3 ] || break
		done
		wait $one || { cat out1; atf_fail "$round: first"; }
		wait $two || { cat out2; atf_fail "$round: second"; }
		[ "$(jls name | wc -l)" = 30 ] || atf_fail "$round: not all"
		for i in $(seq 30); do
			jail -m name=j$i >mend.out 2>&1 ||
			    atf_fail "$round: mend: $(cat mend.out)"
		done
		for f in 4 6; do
			[ "$(ip -$f neighbour show proxy | wc -l)" = 30 ] ||
			    atf_fail "$round: proxies of $f"
		done
		for set in jail4 own4 nat4 rdr4; do
			nft list table inet jail >rules
			sed -n "/$set {/,/}\$/p" rules |
			    grep -o "comment" | wc -l
		done >counts
		[ "$(echo $(cat counts))" = "60 60 60 30" ] ||
		    { cat rules; atf_fail "$round: $(cat counts)"; }
		jail -f jail.conf -q -r $(seq -f j%g 1 10) >out1 2>&1 &
		one=$!
		jail -f jail.conf -q -p 8 -r $(seq -f j%g 11 30) >out2 2>&1 &
		two=$!
		case $round in
		flush|both)	nft flush ruleset ;;
		esac
		wait $one || { cat out1; atf_fail "$round: first removal"; }
		wait $two || { cat out2; atf_fail "$round: second removal"; }
		for f in 4 6; do
			atf_check ip -$f neighbour show proxy
		done
		[ ! -e /run/jail/private/shared ] ||
		    atf_fail "$round: still shared"
		[ "$(cat /proc/sys/net/ipv4/conf/em0/forwarding)" = 0 ] ||
		    atf_fail "$round: em0 still forwards"
		atf_check nft list ruleset
	done
	T_USER_WORLD=off
}

t_case races "jail -m and jail -r at once; two that want one address" 120
races_test()
{
	crash_conf
	for i in 1 2 3 4 5 6 7 8; do
		n_start web
		jail -m name=web $NEW "$NEW_RDR" nat="on em0" >out1 2>&1 &
		one=$!
		jail -m name=web ip4.addr+="em0|10.10.0.7" >out2 2>&1 &
		two=$!
		[ $((i % 2)) = 0 ] || sleep 0.0$i
		jail -f jail.conf -q -r web >out3 2>&1 || {
			# It was being changed: then it is still there.
			cat out3
			[ "$(jls name)" = web ] || atf_fail "$i: neither"
			wait $one $two
			n_remove web
		}
		wait $one $two
		t_unchanged "round $i: $(cat out1 out2)"
	done
	for i in 1 2 3 4 5; do
		jail -q -c name=a path="$PWD/root" persist \
		    ip4.addr="em0|10.10.0.50" >out1 2>&1 &
		one=$!
		jail -q -c name=b path="$PWD/root" persist \
		    ip4.addr="em0|10.10.0.50" >out2 2>&1 &
		two=$!
		ok=0
		! wait $one || ok=$((ok + 1))
		! wait $two || ok=$((ok + 1))
		[ $ok = 1 ] || { cat out1 out2; atf_fail "$ok of two"; }
		[ "$(cat out1 out2 | wc -l)" = 1 ] || {
			cat out1 out2
			atf_fail "not one line"
		}
		atf_check -o ignore nsenter --net=/run/netns/client \
		    ping -c1 -W1 10.10.0.50
		jail -q -r "$(jls name)"
		t_unchanged "two for one address"
	done
}

t_case spoofed "nobody on a wire speaks to a jail in another jail's name" 60
spoofed_test()
{
	crash_conf
	n_start web other
	nft 'add table inet seen
	    add chain inet seen on { type filter hook forward priority 300; }
	    add rule inet seen on ip daddr 10.10.0.1 udp dport 9999 counter
	    add rule inet seen on ip6 daddr fd00:10::1 udp dport 9999 counter'
	for from in 10.10.0.2 10.9.9.1 10.10.0.20; do
		atf_check -o inline:"OK\n" nsenter --net=/run/netns/client \
		    "$FORGE" raw $from 10.10.0.1
	done
	for from in fd00:10::2 fd00:9::1 fd00:10::20; do
		atf_check -o inline:"OK\n" nsenter --net=/run/netns/client \
		    "$FORGE" raw $from fd00:10::1
	done
	# The last of each is the true one; it comes last.
	seen() { [ "$(n_counted host | tr '\n' ' ')" = "$1" ]; }
	t_until 5 seen "1 1 "
	nft delete table inet seen
	n_remove web other
}

t_case own_hook "a hook that changes the addresses of its own jail is told no" 60
own_hook_test()
{
	[ -d root ] || n_root root
	# It may look, change other things, and mend.
	for hook in created poststart; do
		atf_check -s exit:1 -o ignore -e match:"is working on it" \
		    jail -c name=h path="$PWD/root" persist \
		    ip4.addr="em0|10.10.0.50" \
		    exec.$hook="jail -m name=h 'ip4.addr+=em0|10.10.0.51'"
		t_unchanged "exec.$hook"
	done
	atf_check -o ignore jail -c name=h path="$PWD/root" persist \
	    ip4.addr="em0|10.10.0.50" \
	    exec.poststart="jail -m name=h; jail -m name=h host.hostname=x"
	atf_check -o inline:"x\n" jls -j h host.hostname
	atf_check -o ignore jail -r h
}

t_case flushed_start "a ruleset flushed while a jail is in its exec.start" 60
flushed_start_test()
{
	n_conf <<-EOF
	slow {
		ip4.addr = "em0|10.10.0.3"; nat = "on em0";
		exec.start = "while [ ! -e /go ]; do sleep 0.1; done";
	}
	other { ip4.addr = "em0|10.10.0.2"; exec.start = ""; }
	EOF
	jail -f jail.conf -q -c slow >slow.out 2>&1 &
	slow=$!
	t_until 10 sh -c "ip neighbour show proxy | grep -q 10.10.0.3"
	t_until 10 sh -c "nft list table inet jail | grep -q 10.10.0.3"
	nft flush ruleset
	n_start other
	atf_check -o match:"10[.]10[.]0[.]3" nft list set inet jail own4
	atf_check -o match:"10[.]10[.]0[.]3" nft list set inet jail nat4
	atf_check -o match:"masquerade" nft list chain inet jail nat_out
	atf_check -o ignore nsenter --net=/run/netns/client \
	    ping -c1 -W1 10.10.0.3
	touch root/go
	wait $slow || atf_fail "slow: $(cat slow.out)"
	n_remove slow other
}
