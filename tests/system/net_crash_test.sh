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

# Where a command changes something: "CALL K" lines in the file places.
places()
{
	strace -qq -e signal=none -e trace=$CALLS -o trace "$@" \
	    >/dev/null 2>&1 || atf_fail "$* under strace"
	# What is only read is no place.
	awk -F'[( ]' '{ n[$1]++ }
	    $1 == "openat" && !/O_CREAT|O_WRONLY|O_RDWR/ { next }
	    { print $1, n[$1] }' trace |
	    awk -v n="$JAIL_TEST_SAMPLE" '(NR - 1) % n == 0' >places
	[ "$(wc -l <places)" -ge 10 ] || atf_fail "few places: $(cat places)"
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
