#!/usr/bin/env atf-sh
# rdr, nat and binat: who gets through from where, what others' firewalls do to
# it, and that nothing of it is there while nobody uses it.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

# "web" with its redirections, its sibling "db", and "int" behind nat.
nat_jails()
{
	n_public
	n_conf <<-'EOF'
	$serve = "tcp/::/80 tcp/::/443 tcp/::/8080 tcp/::/8003 tcp/::/22 udp/::/5353 udp/::/514";
	web {
		ip4.addr = "em0|10.10.0.1", "em0|10.10.0.3";
		ip6.addr = "em0|fd00:10::1";
		rdr = "pass on em0 proto tcp from any to 1.2.3.4 port {http,https} -> 10.10.0.1";
		rdr += "on em0 proto udp from any to 1.2.3.4 port domain -> 10.10.0.1 port 5353";
		rdr += "on em0 proto tcp from any to 1.2.3.4 port 8000:8010 -> 10.10.0.1";
		rdr += "on em0 proto tcp from 10.20.0.0/24 to 1.2.3.4 port 2222 -> 10.10.0.3 port 22";
		rdr += "on em0 inet6 proto tcp from any to 2001:db8::4 port 80 -> fd00:10::1 port 8080";
		rdr += "on em0 inet6 proto { tcp, udp } from any to 2001:db8::4 port 514";
		rdr += "on em0 inet proto tcp from any to any port 9000 -> 10.10.0.1 port 80";
		rdr += "on em0 inet proto tcp from any to (em0) port 9001 -> 10.10.0.1 port 80";
		rdr += "inet proto udp from any to 1.2.3.4 port 514";
	}
	db { ip4.addr = "em0|10.10.0.2"; ip6.addr = "em0|fd00:10::2"; }
	int {
		ip4.addr = "lo1|10.9.9.2"; ip6.addr = "lo1|fd00:9::2";
		nat = "on em0"; rdr = "on em0 inet proto tcp from any to 1.2.3.4 port 81 -> 10.9.9.2 port 80";
	}
	EOF
}

t_case rdr "redirections, from a client, the host, a sibling and the jail itself" 120
rdr_test()
{
	nat_jails
	n_start web db int
	while read -r where from4 from6; do
		from4=$(echo "$from4" | sed 's/-/ /')
		for s in tcp/1.2.3.4/80 tcp/1.2.3.4/443 tcp/1.2.3.4/8003 \
		    udp/1.2.3.4/53 udp/1.2.3.4/514; do
			talks "$(echo $where | tr + ' ')" $s "web from $from4"
		done
		talks "$(echo $where | tr + ' ')" tcp/2001:db8::4/80 \
		    "web from $from6"
		talks "$(echo $where | tr + ' ')" udp/2001:db8::4/514 \
		    "web from $from6"
		talks "$(echo $where | tr + ' ')" tcp/1.2.3.4/81 "int from $from4"
	done <<-EOF
	client 10.10.0.20 fd00:10::20
	host 1.2.3.4 2001:db8::4
	jail+db 10.10.0.2 fd00:10::2
	EOF
	# By way of the host's end: the answer must come back through it.
	talks "jail web" tcp/1.2.3.4/80 "web from 10.10.0.10"
	talks "jail web" udp/1.2.3.4/53 "web from 10.10.0.10"
	case $(n_ask "jail web" tcp/2001:db8::4/80) in
	"web from "*)	;;
	*)	atf_fail "web itself by IPv6" ;;
	esac
	# To any address of the host on em0, from the wire.
	for a in 1.2.3.4 10.10.0.10; do
		talks client tcp/$a/9000 "web from 10.10.0.20"
		talks client tcp/$a/9001 "web from 10.10.0.20"
	done
	talks host tcp/10.10.0.10/9001 "web from 10.10.0.10"
	talks "jail db" tcp/10.10.0.10/9001 "web from 10.10.0.2"
	# Only from there; and the other ports are the host's own.
	talks client2 tcp/1.2.3.4/2222 "web from 10.20.0.20"
	silent client tcp/1.2.3.4/2222
	silent client tcp/1.2.3.4/82
	n_serve host host tcp/1.2.3.4/82
	talks client tcp/1.2.3.4/82 "host from 10.10.0.20"
	# A jail is still reached by its own addresses.
	talks client tcp/10.10.0.1/80 "web from 10.10.0.20"
	# What is internal is not reached by its own address, while there is nat.
	ip -n client route add 10.9.9.2/32 via 10.10.0.10
	silent client tcp/10.9.9.2/80
	n_remove web db int
	silent client tcp/1.2.3.4/80
}

t_case nat "nat and binat: who is seen outside, and nothing of it when it is off" 90
nat_test()
{
	n_public
	ip address add 1.2.3.5/32 dev em0
	t_world_again
	n_conf <<-'EOF'
	$serve = "tcp/::/80 udp/10.10.0.1/53";
	plain { ip4.addr = "em0|10.10.0.8"; $serve = "tcp/0.0.0.0/80"; }
	int { ip4.addr = "lo1|10.9.9.2"; ip6.addr = "lo1|fd00:9::2"; nat = "on em0"; $serve = "tcp/::/80"; }
	to { ip4.addr = "lo1|10.9.9.3"; nat = "on em0 inet from any to any -> 1.2.3.4"; $serve = "tcp/0.0.0.0/80"; }
	bin { ip4.addr = "em0|10.10.0.1"; binat = "on em0 from 10.10.0.1 to any -> 1.2.3.5"; $serve = "tcp/0.0.0.0/80 udp/10.10.0.1/53"; }
	EOF
	n_serve router far tcp/::/80 udp/10.30.0.30/53
	n_serve client client tcp/::/80
	n_start plain
	talks "jail plain" tcp/10.30.0.30/80 "far from 10.10.0.8"
	nat_is off
	[ "$(conntrack -C)" = 0 ] ||
	    atf_fail "connections are tracked: $(conntrack -L 2>&1)"
	n_start int
	nat_is on
	talks "jail int" tcp/10.30.0.30/80 "far from 10.10.0.10"
	talks "jail int" udp/10.30.0.30/53 "far from 10.10.0.10"
	talks "jail int" tcp/fd00:30::30/80 "far from fd00:10::10"
	talks "jail int" tcp/10.10.0.20/80 "client from 10.10.0.10"
	talks "jail int" tcp/10.10.0.8/80 "plain from 10.9.9.2"
	# Others are not translated.
	talks "jail plain" tcp/10.30.0.30/80 "far from 10.10.0.8"
	n_start to bin
	talks "jail to" tcp/10.30.0.30/80 "far from 1.2.3.4"
	talks "jail bin" tcp/10.30.0.30/80 "far from 1.2.3.5"
	talks "jail bin" udp/10.30.0.30/53 "far from 1.2.3.5"
	talks client tcp/1.2.3.5/80 "bin from 10.10.0.20"
	talks client udp/1.2.3.5/53 "bin from 10.10.0.20"
	talks host tcp/1.2.3.5/80 "bin from 1.2.3.5"
	talks "jail plain" tcp/1.2.3.5/80 "bin from 10.10.0.8"
	talks "jail bin" tcp/1.2.3.5/80 "bin from 10.10.0.10"
	n_remove int to
	nat_is on
	n_remove bin
	nat_is off
	n_remove plain
}

nat_is()
{
	n_there=off
	! nft list table inet jail | grep -q "type nat hook" || n_there=on
	[ $n_there = "$1" ] || atf_fail "nat chains are $n_there"
}

t_case constant "as many rules with many jails as with one; elements carry the jail's uuid"
constant_test()
{
	n_public
	{
		for i in 1 2 3 4 5 6; do
			echo "j$i { ip4.addr = \"lo1|10.9.9.$i\"; nat = \"on em0\";"
			echo "rdr = \"on em0 proto tcp from any to 1.2.3.4 port $((8000 + i)) -> 10.9.9.$i port 80\"; }"
		done
	} | n_conf
	n_start j1
	nft -a list table inet jail | grep -c '^		.* # handle' >one
	atf_check -o match:"comment \"[0-9a-f]{8}\"" \
	    nft list map inet jail rdr4
	n_start j2 j3 j4 j5 j6
	nft -a list table inet jail | grep -c '^		.* # handle' >six
	atf_check cmp one six
	[ "$(cat one)" -gt 10 ] || atf_fail "few rules: $(cat one)"
	for i in 1 4 6; do
		talks client tcp/1.2.3.4/$((8000 + i)) "j$i from 10.10.0.20"
	done
	n_remove j4
	silent client tcp/1.2.3.4/8004
	talks client tcp/1.2.3.4/8006 "j6 from 10.10.0.20"
	atf_check -o ignore jail -f jail.conf -q -r '*'
}

t_case firewall "a forward policy of drop, and the administrator's block rules" 90
firewall_test()
{
	nat_jails
	nft -f - <<-'EOF'
	table inet filter {
		chain forward {
			type filter hook forward priority 0; policy drop;
			tcp dport 443 drop
		}
		chain early {
			type filter hook prerouting priority -150;
			ip daddr 1.2.3.4 tcp dport 8003 drop
		}
	}
	EOF
	t_world_again
	jail -f jail.conf -c web 2>said >/dev/null || atf_fail "$(cat said)"
	atf_check -o match:"inet filter forward" cat said
	atf_check -o match:"accept comment \"linux-jails\"" \
	    nft list chain inet filter forward
	talks client tcp/1.2.3.4/80 "web from 10.10.0.20"
	talks client tcp/10.10.0.1/80 "web from 10.10.0.20"
	talks client tcp/fd00:10::1/80 "web from fd00:10::20"
	n_serve router far tcp/::/80
	talks "jail web" tcp/10.30.0.30/80 "far from 10.10.0.1"
	# Theirs still win.
	silent client tcp/1.2.3.4/443
	silent client tcp/10.10.0.1/443
	n_start int
	[ "$(nft list chain inet filter forward | grep -c linux-jails)" = 1 ] ||
	    atf_fail "twice: $(nft list chain inet filter forward)"
	n_remove web
	talks client tcp/1.2.3.4/81 "int from 10.10.0.20"
	# The last one takes the rule away.
	n_remove int
	n_stop
	t_unchanged "the administrator's table"
	nft delete table inet filter
	t_world_again
}

# Docker's rules, as iptables-save prints them on a host with one network and
# one published port.
docker_rules()
{
	iptables-nft-restore <<-'EOF'
	*nat
	:PREROUTING ACCEPT [0:0]
	:INPUT ACCEPT [0:0]
	:OUTPUT ACCEPT [0:0]
	:POSTROUTING ACCEPT [0:0]
	:DOCKER - [0:0]
	-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
	-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
	-A DOCKER -i docker0 -j RETURN
	-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8888 -j DNAT --to-destination 172.17.0.2:80
	COMMIT
	*filter
	:INPUT ACCEPT [0:0]
	:FORWARD DROP [0:0]
	:OUTPUT ACCEPT [0:0]
	:DOCKER - [0:0]
	:DOCKER-ISOLATION-STAGE-1 - [0:0]
	:DOCKER-ISOLATION-STAGE-2 - [0:0]
	:DOCKER-USER - [0:0]
	-A FORWARD -j DOCKER-USER
	-A FORWARD -j DOCKER-ISOLATION-STAGE-1
	-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	-A FORWARD -o docker0 -j DOCKER
	-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	-A FORWARD -i docker0 -o docker0 -j ACCEPT
	-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
	-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
	-A DOCKER-ISOLATION-STAGE-1 -j RETURN
	-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
	-A DOCKER-ISOLATION-STAGE-2 -j RETURN
	-A DOCKER-USER -j RETURN
	COMMIT
	EOF
}

t_case docker "beside Docker's rules, which keep working" 90
docker_test()
{
	ip netns add box
	ip link add docker0 type bridge
	ip link add vbox type veth peer name eth0 netns box
	ip -b - <<-EOF
	link set vbox master docker0 up
	link set docker0 up
	address add 172.17.0.1/16 dev docker0
	EOF
	ip -n box -b - <<-EOF
	link set lo up
	link set eth0 up
	address add 172.17.0.2/16 dev eth0
	route add default via 172.17.0.1
	EOF
	nat_jails
	docker_rules || t_broken "iptables-nft-restore"
	echo 1 >/proc/sys/net/ipv4/ip_forward
	n_serve box box tcp/0.0.0.0/80
	n_serve router far tcp/::/80
	talks client tcp/1.2.3.4/8888 "box from 10.10.0.20"
	t_until 5 steady
	t_world_again
	jail -f jail.conf -c web 2>said >/dev/null || atf_fail "$(cat said)"
	atf_check -o match:"ip filter FORWARD" cat said
	n_start int
	talks client tcp/1.2.3.4/80 "web from 10.10.0.20"
	talks client udp/1.2.3.4/53 "web from 10.10.0.20"
	talks "jail web" tcp/10.30.0.30/80 "far from 10.10.0.1"
	talks "jail int" tcp/10.30.0.30/80 "far from 10.10.0.10"
	talks client tcp/1.2.3.4/8888 "box from 10.10.0.20"
	talks box tcp/10.30.0.30/80 "far from 10.10.0.10" || :
	# It shows as an ordinary rule, and a rule of DOCKER-USER still blocks.
	atf_check -o match:"-A FORWARD -m mark --mark 0x40000000/0x40000000.* -j ACCEPT" \
	    iptables-nft-save -t filter
	iptables-nft -I DOCKER-USER -p tcp --dport 443 -j DROP
	silent client tcp/1.2.3.4/443
	iptables-nft -D DOCKER-USER 1
	talks client tcp/1.2.3.4/443 "web from 10.10.0.20"
	n_remove web int
	talks client tcp/1.2.3.4/8888 "box from 10.10.0.20"
	t_unchanged "Docker's rules"
	n_stop
	nft flush ruleset
	T_USER_WORLD=off
}

# The bridge's port forwards, and nothing changes any more.
steady()
{
	world >.t_one
	sleep 0.1
	world >.t_two
	cmp -s .t_one .t_two
}
