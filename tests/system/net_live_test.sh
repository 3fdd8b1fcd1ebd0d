#!/usr/bin/env atf-sh
# The network of a running jail: addresses and rules that are changed, what is
# put back when others took it away, and how jls(8) shows it.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case addresses "jail -m adds and removes addresses, and the world is as it was"
addresses_test()
{
	n_conf <<-'EOF'
	a { ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1"; $serve = "tcp/::/80"; }
	b { ip4.addr = "em0|10.10.0.2"; }
	four { ip4.addr = "em0|10.10.0.4"; }
	EOF
	n_start a b four
	world >.w_start
	atf_check jail -m name=a "ip4.addr+=em0|10.10.0.5"
	talks client tcp/10.10.0.5/80 "a from 10.10.0.20"
	atf_check -o inline:"10.10.0.1,10.10.0.5\n" jls -j a ip4.addr
	# An interface that it had not, and one that is nobody's.
	atf_check jail -m name=a "ip4.addr+=em1|10.20.0.5" \
	    "ip6.addr+=em1|fd00:20::5" "ip4.addr+=lo1|10.9.9.1"
	talks client2 tcp/10.20.0.5/80 "a from 10.20.0.20"
	talks client2 tcp/fd00:20::5/80 "a from fd00:20::20"
	talks host tcp/10.9.9.1/80 "a from 10.10.0.10"
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	n_serve client2 client2 tcp/::/80
	talks "jail a" tcp/10.20.0.20/80 "client2 from 10.20.0.5"
	n_stop
	# What is refused changes nothing.
	world >.w_before
	while read -r what param; do
		jail -m name=a "$param" >out 2>err &&
		    atf_fail "$param: accepted"
		grep -q "$what" err || { cat err; atf_fail "$param"; }
	done <<-'EOF'
	10.10.0.2 ip4.addr+=em0|10.10.0.2
	10.10.0.10 ip4.addr+=em0|10.10.0.10
	nosuch0 ip4.addr+=nosuch0|10.10.0.6
	10.10.0.20 ip4.addr+=em0|10.10.0.20
	10.10.0.300 ip4.addr+=em0|10.10.0.300
	EOF
	as_before .w_before "what was refused"
	atf_check -o inline:"10.10.0.1,10.10.0.5,10.20.0.5,10.9.9.1\n" \
	    jls -j a ip4.addr
	# IPv6 sockets are refused in a jail that was made without.
	atf_check -s exit:1 -e match:"four.*ip6" \
	    jail -m name=four "ip6.addr=em0|fd00:10::4"
	# As the file says it again.
	atf_check jail -q -f jail.conf -m a
	atf_check -o inline:"10.10.0.1\n" jls -j a ip4.addr
	silent client tcp/10.10.0.5/80
	silent client2 tcp/10.20.0.5/80
	as_before .w_start
	atf_check -o inline:"em0\nlo\n" jexec a ls /sys/class/net
	atf_check jail -m name=a ip4.addr=
	silent client tcp/10.10.0.1/80
	talks client tcp/fd00:10::1/80 "a from fd00:10::20"
	n_remove a b four
}

t_case rules "rdr and nat of a running jail; what is established goes on" 90
rules_test()
{
	n_public
	n_conf <<-'EOF'
	a { ip4.addr = "em0|10.10.0.1"; }
	n { ip4.addr = "lo1|10.9.9.9"; nat = "on em0"; }
	EOF
	n_start a
	n_serve router far tcp/0.0.0.0/80
	talks "jail a" tcp/10.30.0.30/80 "far from 10.10.0.1"
	atf_check jail -m name=a "nat=on em0"
	talks "jail a" tcp/10.30.0.30/80 "far from 10.10.0.10"
	atf_check jail -m name=a \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.1"
	atf_check jail -m name=a \
	    "rdr+=on em0 proto tcp from any to 1.2.3.4 port 8000 -> 10.10.0.1 port 80"
	talks client tcp/1.2.3.4/80 "a from 10.10.0.20"
	talks client tcp/1.2.3.4/8000 "a from 10.10.0.20"
	atf_check -o match:"port 80 -> 10.10.0.1.*port 8000 ->" jls -j a rdr
	atf_check -s exit:1 -e match:"rdr: .*10\.10\.0\.9" jail -m name=a \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.9"
	talks client tcp/1.2.3.4/80 "a from 10.10.0.20"
	# Somebody else keeps the tracking of connections on.
	n_start n
	: >held
	pid=$(on client "$TALK" hold "$PWD/held" tcp/1.2.3.4/80)
	t_until 5 lines held 1
	atf_check jail -m name=a rdr= nat=
	silent client tcp/1.2.3.4/80
	silent client tcp/1.2.3.4/8000
	talks "jail a" tcp/10.30.0.30/80 "far from 10.10.0.1"
	kill -USR1 "$pid"
	t_until 5 lines held 2
	atf_check -o inline:"a from 10.10.0.20\na from 10.10.0.20\n" cat held
	kill "$pid"
	n_stop
	# With the jail what is tracked of it is forgotten, whoever else is there.
	atf_check jail -m name=a \
	    "rdr=on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.1"
	talks client tcp/1.2.3.4/80 "a from 10.10.0.20"
	atf_check -o match:"src=10.10.0.1 " -e ignore conntrack -L -r 10.10.0.1
	n_remove a
	t_until 5 forgotten 10.10.0.1
	n_start a
	n_remove n
	atf_check jail -q -f jail.conf -m a
	n_stop
	n_remove a
}

forgotten()
{
	[ -z "$(conntrack -L -r "$1" 2>/dev/null)" ]
}

lines()
{
	[ "$(wc -l <"$1")" = "$2" ]
}

t_case mend "jail -m without a change puts back what is missing, and says so" 120
mend_test()
{
	n_public
	n_conf <<-'EOF'
	a {
		ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1";
		rdr = "on em0 inet proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.1";
		nat = "on em0";
		$serve = "tcp/::/80";
	}
	b { ip4.addr = "lo1|10.9.9.2"; rdr = "on em0 proto tcp from any to 1.2.3.4 port 81 -> 10.9.9.2 port 80"; }
	EOF
	nft 'add table inet filter
	    add chain inet filter forward { type filter hook forward priority 0; policy drop; }'
	t_world_again
	atf_check -o ignore -e ignore jail -f jail.conf -c a
	atf_check -o ignore -e ignore jail -f jail.conf -c b
	works "at first"
	end=$(ip -o link show jail-a-em0 | sed -E 's/^[0-9]+: ([^@]*)@.*/\1/')
	world >.w_start
	while IFS=';' read -r said harm; do
		sh -c "$harm" || atf_fail "cannot: $harm"
		jail -f jail.conf -m a >out 2>err ||
		    { cat err; atf_fail "jail -m after $harm"; }
		grep -q "put back.*$said" err ||
		    { cat err; atf_fail "after $harm: not said: $said"; }
		jail -f jail.conf -m b >>out 2>&1 ||
		    { cat out; atf_fail "jail -m b after $harm"; }
		as_before .w_start "$harm"
		works "after $harm"
		atf_check -o inline:"a: updated\n" jail -f jail.conf -m a
	done <<-EOF
	10.10.0.1;ip neigh del proxy 10.10.0.1 dev em0
	fd00:10::1;ip neigh del proxy fd00:10::1 dev em0
	10.10.0.1;ip route del 10.10.0.1/32
	fd00:10::1;ip -6 route del fd00:10::1/128
	forwarding;echo 0 >/proc/sys/net/ipv4/conf/em0/forwarding
	forwarding;echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward
	proxy_ndp;echo 0 >/proc/sys/net/ipv6/conf/em0/proxy_ndp
	$end;ip link set $end down
	10.10.0.1;ip link set em0 down; ip link set em0 up; ip addr add fd00:10::10/64 dev em0 nodad; ip addr add 2001:db8::4/128 dev em0 nodad; ip route add default via 10.10.0.254; ip route add default via fd00:10::fe
	accept in chain inet filter forward;nft flush chain inet filter forward
	table;nft delete table inet jail
	table;nft flush ruleset; nft 'add table inet filter; add chain inet filter forward { type filter hook forward priority 0; policy drop; }'
	EOF
	n_remove a b
	t_unchanged "a and b are gone"
	nft delete table inet filter
	t_world_again
}

works()
{
	talks client tcp/1.2.3.4/80 "a from 10.10.0.20"
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	talks client tcp/fd00:10::1/80 "a from fd00:10::20"
	talks client tcp/1.2.3.4/81 "b from 10.10.0.20"
}

t_case formats "jls shows addresses alone, in every format"
formats_test()
{
	n_conf <<-'EOF'
	$serve = "tcp/::/80";
	a {
		ip4.addr = "em0|10.10.0.1/24", "10.20.0.1", "lo1|127.0.1.1";
		ip6.addr = "em0|fd00:10:0::0:1 prefixlen 64", "lo1|fe80:3::dead:beef:1/64";
		nat = "on em0";
	}
	none { $serve = ""; exec.start = ""; }
	EOF
	n_start a none
	four="10.10.0.1,10.20.0.1,127.0.1.1" six="fd00:10::1,fe80::dead:beef:1"
	jid=$(jls -j a jid)
	atf_check -o match:"^ +$jid  10\.10\.0\.1 +" jls -j a
	atf_check -o match:"^        10\.20\.0\.1$" \
	    -o match:"^        fe80::dead:beef:1$" jls -v -j a
	atf_check -o inline:"$four $six\n" jls -j a ip4.addr ip6.addr
	atf_check -o inline:"ip4.addr=$four ip6.addr=$six\n" \
	    jls -n -j a ip4.addr ip6.addr
	atf_check -o inline:"name ip4.addr ip6.addr\na $four $six\nnone - -\n" \
	    jls -h name ip4.addr ip6.addr
	atf_check -o match:"nat=\"on em0\"" jls -s -j a
	atf_check -o match:'"ip4.addr": ?\["10.10.0.1", ?"10.20.0.1", ?"127.0.1.1"\]' \
	    -o match:'"ip6.addr": ?\["fd00:10::1", ?"fe80::dead:beef:1"\]' \
	    jls --libxo json -j a ip4.addr ip6.addr
	atf_check -o match:'"ipv4": ?"10.10.0.1"' jls --libxo json -j a
	n_remove a none
}

t_case hostname "ip_hostname gives a jail the addresses of its name"
hostname_test()
{
	cat >hosts <<-EOF
	127.0.0.1 localhost
	10.10.0.1 named.example
	fd00:10::1 named.example
	10.10.0.8 moving.example
	EOF
	chmod 644 hosts
	mount --bind hosts /etc/hosts || t_broken "mount on /etc/hosts"
	t_world_again
	n_conf <<-'EOF'
	a { ip_hostname; interface = em0; host.hostname = named.example; $serve = "tcp/::/80"; ip6 = new; }
	b {
		ip_hostname; interface = em0; host.hostname = moving.example;
		ip4.addr = 10.10.0.7;
	}
	bad { ip_hostname; interface = em0; host.hostname = nosuch.invalid; }
	EOF
	n_start a
	talks client tcp/10.10.0.1/80 "a from 10.10.0.20"
	talks client tcp/fd00:10::1/80 "a from fd00:10::20"
	atf_check -o inline:"10.10.0.1 fd00:10::1\n" \
	    jls -j a ip4.addr ip6.addr
	atf_check -s exit:1 -e match:"bad.*ip_hostname: .*nosuch.invalid" \
	    jail -f jail.conf -c bad
	# jail -m asks again: the file's addresses and what the name has now.
	n_start b
	atf_check jail -q -f jail.conf -m b
	atf_check -o inline:"10.10.0.7,10.10.0.8\n" jls -j b ip4.addr
	echo "10.10.0.9 moving.example" >hosts
	atf_check jail -q -f jail.conf -m b
	atf_check -o inline:"10.10.0.7,10.10.0.9\n" jls -j b ip4.addr
	talks client tcp/10.10.0.9/80 "b from 10.10.0.20"
	silent client tcp/10.10.0.8/80
	# By the name that the jail has, into the list that it has.
	atf_check jail -m name=b ip_hostname "ip4.addr=10.10.0.6"
	atf_check -o inline:"10.10.0.6,10.10.0.9\n" jls -j b ip4.addr
	echo "10.10.0.8 moving.example" >hosts
	atf_check jail -m name=b ip_hostname "ip4.addr+=10.10.0.5"
	atf_check -o inline:"10.10.0.6,10.10.0.9,10.10.0.5,10.10.0.8\n" \
	    jls -j b ip4.addr
	atf_check jail -m name=b ip_hostname
	atf_check -o inline:"10.10.0.8\n" jls -j b ip4.addr
	echo "127.0.0.1 localhost" >hosts
	atf_check -s exit:1 -e match:"b.*ip_hostname: moving.example" \
	    jail -m name=b ip_hostname
	atf_check -o inline:"10.10.0.8\n" jls -j b ip4.addr
	n_remove a b
	echo "10.10.0.1 named.example" >hosts
	atf_check -o ignore jail -h -c name=cl path="$PWD/root" interface=em0 \
	    host.hostname=named.example persist
	atf_check -o inline:"10.10.0.1\n" jls -j cl ip4.addr
	atf_check -o ignore jail -r cl
	umount /etc/hosts
	grep -v "mount .*/etc/hosts" "$T_DIR/.t_before" >.w_start
	as_before .w_start
	T_USER_WORLD=off
}
