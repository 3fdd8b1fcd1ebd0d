#!/usr/bin/env atf-sh
# A private stack from inside: what is seen, that nothing can be changed, that
# nothing forged leaves it, and whose the loopback is.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

# Every address of jail $1, one a line, sorted.
addresses()
{
	jexec "$1" ip -o addr |
	    awk '{ sub("^[0-9]+:", ""); print $1, $3 }' | sort
}

t_case view "only the jail's addresses and interfaces are seen; names and MACs stay"
view_test()
{
	n_conf <<-'EOF'
	other { ip4.addr = "em0|10.10.0.9"; }
	a {
		ip4.addr = "em0|10.10.0.1", "em1|10.20.0.1", "lo1|127.0.1.5";
		ip6.addr = "em0|fd00:10::1";
		$serve = "tcp/::/80";
	}
	EOF
	n_start other a
	talks "jail other" tcp/::1/80 "no: EAFNOSUPPORT"
	talks "jail other" tcp/127.0.0.1/80 "other from 127.0.0.1"
	addresses a >got
	atf_check -o inline:"em0 10.10.0.1/32\nem0 fd00:10::1/128\nem1 10.20.0.1/32\nlo 127.0.0.1/8\nlo 127.0.1.5/32\nlo ::1/128\n" \
	    cat got
	atf_check -o inline:"em0\nem1\nlo\n" jexec a ls /sys/class/net
	jexec a cat /sys/class/net/em0/address /sys/class/net/em0/ifindex \
	    /sys/class/net/em1/address /sys/class/net/em1/ifindex >first
	# Both ends have the same MAC, and the host's end a name to find it by.
	atf_check -o match:"$(head -n 1 first)" ip link show jail-a-em0
	atf_check -o match:"group 27233" ip link show jail-a-em0
	n_remove a
	atf_check -s exit:1 -e ignore ip link show jail-a-em0
	n_start a
	jexec a cat /sys/class/net/em0/address /sys/class/net/em0/ifindex \
	    /sys/class/net/em1/address /sys/class/net/em1/ifindex >second
	atf_check cmp first second
	n_remove a other
}

t_case refused "root inside can change neither addresses, routes, links nor sysctls"
refused_test()
{
	n_conf <<-'EOF'
	a { ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1"; $serve = "tcp/::/80"; }
	b { ip4.addr = "em0|10.10.0.2"; ip6.addr = "em0|fd00:10::2"; $serve = "tcp/::/80"; allow.raw_sockets; }
	EOF
	n_start a b
	cat >tries <<-'EOF'
	ip addr add 10.10.0.77/32 dev em0
	ip addr add fd00:10::77/128 dev em0
	ip addr add 127.0.0.77/8 dev lo
	ip addr del 10.10.0.1/32 dev em0
	ip addr del 10.10.0.2/32 dev em0
	ip link set em0 down
	ip link set em0 address 02:00:00:00:00:77
	ip link set em0 arp on
	ip link set em0 promisc on
	ip link add d0 type dummy
	ip link del em0
	ip route add 10.99.0.0/16 dev em0
	ip route del default
	ip -6 route del default
	ip rule add from 10.10.0.1 table 77
	ip neigh add 10.10.0.78 lladdr 02:00:00:00:00:78 dev em0
	sysctl -w net.ipv4.ip_forward=1
	sysctl -w net.ipv4.conf.em0.arp_ignore=1
	sysctl -w net.ipv6.conf.em0.disable_ipv6=1
	sysctl -w net.ipv6.conf.em0.accept_ra=2
	sysctl -w net.ipv4.ping_group_range=1
	ifconfig em0 10.10.0.77
	route add default gw 10.10.0.254
	unshare -n true
	unshare -r -n true
	EOF
	for j in a b; do
		jexec $j sh -c 'ip addr; ip route; ip -6 route; ip link' >before
		while read -r try; do
			! jexec $j $try >out 2>&1 ||
			    atf_fail "$j: $try: works: $(cat out)"
		done <tries
		jexec $j sh -c 'ip addr; ip route; ip -6 route; ip link' >after
		atf_check cmp before after
	done
	# Raw sockets are what b has and a has not.
	atf_check -o inline:"EPERM\n" jexec a forge raw 10.10.0.1 10.10.0.20
	atf_check -o inline:"OK\n" jexec b forge raw 10.10.0.2 10.10.0.20
	atf_check -o match:"^E" jexec a forge packet 10.10.0.1 10.10.0.20 em0
	atf_check -o match:"EPERM" \
	    jexec a forge transparent 10.10.0.77 10.10.0.20
	n_remove a b
}

# forged WHERE: of these, only what the filter line counts arrives there.
t_case forged "forged sources, ARP and neighbour answers do not leave the jail" 90
forged_test()
{
	n_conf <<-'EOF'
	a { ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1"; $serve = "tcp/::/80"; }
	b {
		ip4.addr = "em0|10.10.0.2", "em1|10.20.0.2", "lo1|10.9.9.9";
		ip6.addr = "em0|fd00:10::2";
		$serve = "tcp/::/80";
		allow.raw_sockets;
	}
	EOF
	n_start a b
	n_counter client "udp dport 9999"
	# On the host what is for itself, and what it forwards to the jail.
	nft 'add table inet seen
	    add chain inet seen in { type filter hook input priority -300; }
	    add rule inet seen in iif != lo udp dport 9999 counter
	    add chain inet seen on { type filter hook forward priority -300; }
	    add rule inet seen on udp dport 9999 ip daddr 10.10.0.1 counter
	    add rule inet seen on udp dport 9999 ip6 daddr fd00:10::1 counter'
	n_counter router "udp dport 9999 ip6 daddr fd00:30::30"
	n_serve router r tcp/::/80
	talks client tcp/10.10.0.254/80 "r from 10.10.0.20"
	talks client tcp/fd00:10::fe/80 "r from fd00:10::20"
	talks host tcp/10.10.0.254/80 "r from 10.10.0.10"
	sent=0
	while read -r jail way src dst dev; do
		said=$(jexec "$jail" forge "$way" "$src" "$dst" $dev)
		case $said in
		OK)	sent=$((sent + 1)) ;;
		E*)	;;
		*)	atf_fail "$jail forge $way $src $dst: $said" ;;
		esac
	done <<-EOF
	a freebind 10.10.0.77 10.10.0.20
	a freebind fd00:10::77 fd00:10::20
	a freebind fd00:10::2 fd00:10::20
	a freebind fd00:10::77 fd00:10::10
	a freebind fd00:10::77 fd00:10::1
	b freebind fd00:10::1 fd00:30::30
	b raw 10.10.0.77 10.10.0.20
	b raw 10.10.0.1 10.10.0.20
	b raw 10.10.0.10 10.10.0.20
	b raw 10.10.0.77 10.10.0.10
	b raw 10.10.0.77 10.10.0.1
	b raw 127.0.0.1 10.10.0.10
	b raw fd00:10::77 fd00:10::20
	b raw fd00:10::1 fd00:10::10
	b raw fd00:10::77 fd00:10::1
	b raw fe80::77 fd00:10::20
	b packet 10.10.0.77 10.10.0.20 em0
	b packet 10.20.0.2 10.20.0.20 em0
	b packet 10.10.0.77 10.10.0.1 em1
	b packet 10.10.0.2 127.0.0.1 em0
	b packet 10.10.0.2 169.254.169.254 em0
	b packet 127.0.0.1 10.10.0.20 em0
	b packet fd00:10::77 fd00:10::20 em0
	b packet ::1 fd00:10::10 em0
	b packet fe80::77 fd00:10::10 em0
	b transparent 10.10.0.77 10.10.0.20
	b transparent fd00:10::77 fd00:10::20
	b arp 10.10.0.254 10.10.0.20 em0
	b arp 10.10.0.254 10.10.0.10 em0
	b arp 10.10.0.254 10.10.0.1 em0
	b na fd00:10::fe fd00:10::20 em0
	b na fd00:10::fe fd00:10::10 em0
	EOF
	[ $sent -ge 20 ] || atf_fail "only $sent were sent at all"
	# And the true ones, last: whatever came before has come by now.
	atf_check -o inline:"OK\n" jexec b forge raw 10.10.0.2 10.10.0.20
	atf_check -o inline:"OK\n" jexec b forge raw fd00:10::2 fd00:10::20
	atf_check -o inline:"OK\n" jexec b forge packet 10.10.0.2 10.10.0.10 em0
	atf_check -o inline:"OK\n" jexec b forge packet 10.10.0.2 10.10.0.1 em0
	t_until 5 counted client 2
	t_until 5 counted host "1 1 0"
	counted router 0 || atf_fail "router: $(n_counted router)"
	counted client 2 || atf_fail "client: $(n_counted client)"
	atf_check -o match:02:00:0a:0a:00:fe \
	    ip -n client neigh show 10.10.0.254
	atf_check -o match:02:00:0a:0a:00:fe ip neigh show 10.10.0.254
	atf_check -o match:02:00:0a:0a:00:fe \
	    ip -n client neigh show fd00:10::fe
	nft delete table inet seen
	n_remove a b
}

counted()
{
	[ "$(n_counted "$1" | tr '\n' ' ')" = "$2 " ]
}

t_case loopback "the loopback is the jail's alone, the host's is the host's" 60
loopback_test()
{
	ip -n router address add 169.254.169.254/32 dev lo
	n_conf <<-'EOF'
	a {
		ip4.addr = "lo1|127.0.1.1", "em0|10.10.0.1";
		ip6.addr = "em0|fd00:10::1", "lo1|fe80::a/64";
		$serve = "tcp/127.0.0.1/80 tcp/::1/80 tcp/127.0.1.1/81 tcp/fe80::a%lo1/81 udp/127.0.0.1/80 tcp/127.0.0.1/90";
	}
	b {
		ip4.addr = "lo1|127.0.1.2", "em0|10.10.0.2";
		$serve = "tcp/127.0.0.1/80 tcp/127.0.1.2/82";
	}
	none { $serve = ""; exec.start = ""; }
	EOF
	n_start a none
	# On FreeBSD these two could talk to each other there: told once.
	jail -f jail.conf -c b >/dev/null 2>note || atf_fail "$(cat note)"
	atf_check -o match:"127\.0\.1\." cat note
	[ "$(wc -l <note)" = 1 ] || atf_fail "more than one note: $(cat note)"
	n_serve host host tcp/127.0.0.1/99 tcp/::1/99 tcp/127.0.0.1/90
	n_serve router meta tcp/169.254.169.254/80
	# Each has its own, on the same port.
	talks "jail a" tcp/127.0.0.1/80 "a from 127.0.0.1"
	talks "jail a" udp/127.0.0.1/80 "a from 127.0.0.1"
	talks "jail a" tcp/::1/80 "a from ::1"
	talks "jail a" tcp/127.0.1.1/81 "a from 127.0.1.1"
	talks "jail a" tcp/fe80::a%lo1/81 "a from fe80::a"
	talks "jail b" tcp/127.0.0.1/80 "b from 127.0.0.1"
	talks host tcp/127.0.0.1/90 "host from 127.0.0.1"
	talks "jail a" tcp/127.0.0.1/90 "a from 127.0.0.1"
	# Nobody else reaches it.
	for where in host "jail b"; do
		silent "$where" tcp/127.0.1.1/81
		silent "$where" tcp/fe80::a%lo/81
		silent "$where" tcp/10.10.0.1/80
	done
	silent host tcp/127.0.0.1/80
	silent host tcp/::1/80
	silent client tcp/10.10.0.1/80
	silent client tcp/fd00:10::1/80
	# Nor the host's.
	for where in "jail a" "jail b" "jail none"; do
		silent "$where" tcp/127.0.0.1/99
	done
	silent "jail a" tcp/::1/99
	silent "jail a" tcp/10.10.0.10/99
	silent "jail a" tcp/fd00:10::10/99
	# Nor the metadata of a cloud, which the host does reach.
	talks host tcp/169.254.169.254/80 "meta from 10.10.0.10"
	silent "jail a" tcp/169.254.169.254/80
	n_remove a b none
}

t_case tools "ping always; traceroute and tcpdump with allow.raw_sockets" 90
tools_test()
{
	n_big_root big
	t_conf jail.conf <<-EOF
	path = "$PWD/big"; mount = "/usr $PWD/big/usr nullfs ro 0 0";
	mount.devfs; persist;
	plain { ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1"; }
	raw { ip4.addr = "em0|10.10.0.2"; ip6.addr = "em0|fd00:10::2"; allow.raw_sockets; }
	EOF
	n_start plain raw
	for j in plain raw; do
		for a in 10.10.0.20 fd00:10::20 10.30.0.30 10.10.0.10; do
			atf_check -o match:"1 received" \
			    jexec $j ping -n -c 1 $a
		done
	done
	# The first hop is the host's end.
	atf_check -o match:" 1  10\.10\.0\.10 " -o match:" 2  10\.10\.0\.20 " \
	    jexec raw traceroute -n -I -q 1 -N 1 10.10.0.20
	atf_check -s not-exit:0 -e ignore -o ignore \
	    jexec plain traceroute -n -T -q 1 10.10.0.20
	atf_check -s not-exit:0 -e ignore jexec plain tcpdump -c 1 -i em0
	# Its own traffic, and nobody else's.
	jexec raw tcpdump -n -l -i em0 -c 2 icmp >dump 2>dump.err &
	t_until 10 grep -q "listening on" dump.err
	on client ping -q -n -c 1 10.10.0.10 >/dev/null
	jexec plain ping -q -n -c 1 10.10.0.20 >/dev/null
	jexec raw ping -q -n -c 1 10.10.0.20 >/dev/null
	wait
	atf_check -o match:"10.10.0.2 > 10.10.0.20: ICMP echo request" cat dump
	atf_check -s exit:1 grep -v "10.10.0.2[ :]" dump
	n_remove plain raw
}
