# Several hosts for the tests of networking (atf-sh); sourced after lib.sh:
#
#	. "$(atf_get_srcdir)/lib.sh"
#	. "$(atf_get_srcdir)/netlib.sh"
#	T_NET=1
#
# The test then runs in a network namespace of its own, which is "the host":
# jail(8), nft(8), ip(8) are called plainly and can do no harm.  The others are
# called by `on NAME COMMAND...`:
#
#	client 10.10.0.20 --+-- em0 10.10.0.10  host
#	                    |       (default route by the router)
#	                    |-- 10.10.0.254 router (fe::, far: 10.30.0.30)
#	                    |-- 10.20.0.254
#	                    |
#	client2 10.20.0.20 -+-- em1 10.20.0.10  host
#
# and the same with fd00:10::10/64 for 10.10.0.10/24: ::20, ::fe (router),
# fd00:30::30 (far).  The router has a bridge for either LAN, lana and lanb.
# Everything goes with the test's mount and network namespaces; `world` also
# compares routes, proxy neighbours, rules, addresses, sysctls and the whole
# ruleset.

TALK="$(atf_get_srcdir)/talk"
FORGE="$(atf_get_srcdir)/forge"
N_PIDS=

# on HOST COMMAND...
on()
{
	n_host=$1
	shift
	case $n_host in
	host)	"$@" ;;
	*)	nsenter --net="/run/netns/$n_host" -- "$@" ;;
	esac
}

# The sysctls of a host, before it has interfaces: no duplicate address
# detection to wait for, and nothing that the machine's own settings decide.
n_sysctls()
{
	n_s=/proc/sys/net
	on "$1" sh -c "
	for v in all default; do
		echo 0 >$n_s/ipv6/conf/\$v/accept_dad
		echo 0 >$n_s/ipv6/conf/\$v/accept_ra
		echo 0 >$n_s/ipv6/conf/\$v/disable_ipv6
		echo $2 >$n_s/ipv6/conf/\$v/forwarding
		echo $2 >$n_s/ipv4/conf/\$v/forwarding
		echo 0 >$n_s/ipv4/conf/\$v/rp_filter
		echo 0 >$n_s/ipv4/conf/\$v/send_redirects
		echo 0 >$n_s/ipv4/conf/\$v/accept_redirects
	done
	echo $2 >$n_s/ipv4/ip_forward
	echo 1024 >$n_s/ipv4/ip_unprivileged_port_start
	echo 0 >$n_s/ipv4/icmp_ratelimit
	echo 0 >$n_s/ipv6/icmp/ratelimit
	" || t_broken "sysctls of $1"
}

n_hosts()
{
	[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/1/ns/net)" ] ||
	    t_broken "in the machine's own network namespace"
	ip -b - <<-EOF || t_broken "network namespaces"
	netns add router
	netns add client
	netns add client2
	EOF
	n_sysctls host 0
	n_sysctls client 0
	n_sysctls client2 0
	n_sysctls router 1
	ip -b - <<-EOF || t_broken "links"
	link add em0 address 02:00:0a:0a:00:10 type veth peer name a0 netns router
	link add em1 address 02:00:0a:14:00:10 type veth peer name b0 netns router
	link add a1 netns router type veth peer name eth0 address 02:00:0a:0a:00:20 netns client
	link add b1 netns router type veth peer name eth0 address 02:00:0a:14:00:20 netns client2
	EOF
	ip -n router -b - <<-EOF || t_broken "router"
	link set lo up
	link add lana address 02:00:0a:0a:00:fe type bridge mcast_snooping 0
	link add lanb address 02:00:0a:14:00:fe type bridge mcast_snooping 0
	link set a0 master lana up
	link set a1 master lana up
	link set b0 master lanb up
	link set b1 master lanb up
	link set lana up
	link set lanb up
	address add 10.10.0.254/24 dev lana
	address add 10.20.0.254/24 dev lanb
	address add fd00:10::fe/64 dev lana nodad
	address add fd00:20::fe/64 dev lanb nodad
	address add 10.30.0.30/32 dev lo
	address add fd00:30::30/128 dev lo nodad
	EOF
	n_host_addresses client eth0 10 20
	n_host_addresses client2 eth0 20 20
	ip -b - <<-EOF || t_broken "host"
	link set lo up
	link set em0 up
	link set em1 up
	address add 10.10.0.10/24 dev em0
	address add fd00:10::10/64 dev em0 nodad
	address add 10.20.0.10/24 dev em1
	address add fd00:20::10/64 dev em1 nodad
	route add default via 10.10.0.254 dev em0
	route add default via fd00:10::fe dev em0
	EOF
	# The kernel tells carriers and gives link-local addresses in its own
	# time; the world is compared only from then on.
	t_until 20 n_settled
}

n_settled()
{
	ip -o link >"$T_DIR/.t_links"
	n_up=0
	while read -r n_line; do
		case $n_line in
		*em[01]@*" state UP "*)	n_up=$((n_up + 1)) ;;
		esac
	done <"$T_DIR/.t_links"
	while read -r n_addr n_index n_bits n_scope n_flags n_name; do
		case $n_addr:$n_flags:$n_name in
		fe80*:80:em[01])	n_up=$((n_up + 1)) ;;
		esac
	done </proc/net/if_inet6
	[ $n_up = 4 ]
}

# n_host_addresses HOST INTERFACE NET LAST
n_host_addresses()
{
	ip -n "$1" -b - <<-EOF || t_broken "$1"
	link set lo up
	link set $2 up
	address add 10.$3.0.$4/24 dev $2
	address add fd00:$3::$4/64 dev $2 nodad
	route add default via 10.$3.0.254 dev $2
	route add default via fd00:$3::fe dev $2
	EOF
}

# The host has 1.2.3.4 as well (and 2001:db8::4), and everybody finds it there.
n_public()
{
	ip -b - <<-EOF
	address add 1.2.3.4/32 dev em0
	address add 2001:db8::4/128 dev em0 nodad
	EOF
	for n_h in client router; do
		ip -n $n_h -b - <<-EOF
		route add 1.2.3.0/24 via 10.10.0.10
		route add 2001:db8::/64 via fd00:10::10
		EOF
	done
	t_world_again
}

# n_daemon HOST COMMAND...: in the background until the test ends.
n_daemon()
{
	n_host=$1
	shift
	# No shell in between: what is killed in the end is the daemon.
	n_ns=/proc/self/ns/net
	[ "$n_host" = host ] || n_ns=/run/netns/$n_host
	nsenter --net="$n_ns" -- "$@" \
	    >"$T_DIR/daemon.$1.log" 2>&1 &
	N_PIDS="$N_PIDS $!"
}

# n_serve HOST TAG SOCKET...: talk's server there; answers when this returns.
n_serve()
{
	n_host=$1
	shift
	n_pid=$(on "$n_host" "$TALK" serve "$@") ||
	    t_broken "talk serve $*: $n_pid"
	N_PIDS="$N_PIDS $n_pid"
}

n_stop()
{
	for n_pid in $N_PIDS; do
		kill "$n_pid" 2>/dev/null || :
		wait "$n_pid" 2>/dev/null || :
	done
	N_PIDS=
}

# n_root DIR: a small root with talk and forge in it.
n_root()
{
	t_root "$1"
	cp "$TALK" "$FORGE" "$1/usr/bin/" || t_broken "talk, forge"
	cp /etc/services /etc/protocols "$1/etc/" 2>/dev/null || :
}

# n_big_root DIR: the host's own programs, to be completed by this mount:
#	mount = "/usr DIR/usr nullfs ro 0 0";
n_big_root()
{
	mkdir -p "$1" && (cd "$1" && mkdir -p usr dev etc/ssl proc sys root \
	    run/sshd var/log/nginx var/lib/nginx var/empty home srv &&
	    mkdir -m 1777 tmp var/tmp) || t_broken "big root"
	for n_d in bin sbin lib lib32 lib64 libx32; do
		[ ! -L "/$n_d" ] || ln -s "usr/$n_d" "$1/$n_d"
	done
	cp /etc/ld.so.cache /etc/services /etc/protocols "$1/etc/" ||
	    t_broken "etc of the big root"
	printf '%s\n' "passwd: files" "group: files" "shadow: files" \
	    "hosts: files dns" >"$1/etc/nsswitch.conf"
	echo "127.0.0.1 localhost" >"$1/etc/hosts"
	echo "root:*:19000:0:99999:7:::" >"$1/etc/shadow"
	[ ! -d /etc/alternatives ] || cp -a /etc/alternatives "$1/etc/"
	grep -E '^(root|daemon|www-data|nobody|sshd|_apt|unbound|dnsmasq|tcpdump):' \
	    /etc/passwd >"$1/etc/passwd"
	grep -E '^(root|daemon|www-data|nogroup|ssh|unbound|tcpdump):' \
	    /etc/group >"$1/etc/group"
}

# talks WHERE SOCKET ANSWER...: one of these answers is what is said there.
# WHERE is a host, or `jail NAME`.
talks()
{
	n_said=$(n_ask "$1" "$2")
	[ "$n_said" = "$3" ] ||
	    atf_fail "$1 asks $2: \"$n_said\" instead of \"$3\""
}

# silent WHERE SOCKET: nobody there answers.  What is dropped is waited for, so
# not for long, and not much longer on a slow machine: an answer would come in
# a hundredth of that.
silent()
{
	n_said=$(n_ask "$1" "$2" -w $((JAIL_TEST_SCALE > 3 ? 900 : 300)))
	case $n_said in
	"no: "*)	;;
	*)	atf_fail "$1 asks $2: \"$n_said\" instead of silence" ;;
	esac
}

n_ask()
{
	n_where=$1 n_socket=$2
	shift 2
	case $n_where in
	jail\ *)	jexec "${n_where#jail }" talk ask "$@" "$n_socket" ;;
	*)		on "$n_where" "$TALK" ask "$@" "$n_socket" ;;
	esac
}

# The network part of the world, the ruleset apart.  No subshell in here either.
world_net()
{
	{
		ip -o -b - <<-EOF
		link show
		address show
		route show table all
		rule show
		neighbour show proxy
		EOF
		ip -6 -b - <<-EOF
		route show table all
		rule show
		neighbour show proxy
		EOF
	} >"$T_DIR/.t_list2"
	# Numbers of interfaces grow, and what an advertisement brought ages.
	sed -E 's/^[0-9]+: //; s/_lft [0-9]+sec/_lft Nsec/g; s/expires [0-9]+sec/expires Nsec/; s/^/net: /' \
	    "$T_DIR/.t_list2"
	for n_f in /proc/sys/net/ipv4/ip_forward \
	    /proc/sys/net/ipv4/conf/*/forwarding \
	    /proc/sys/net/ipv4/conf/*/proxy_arp \
	    /proc/sys/net/ipv4/conf/*/rp_filter \
	    /proc/sys/net/ipv4/conf/*/route_localnet \
	    /proc/sys/net/ipv6/conf/*/forwarding \
	    /proc/sys/net/ipv6/conf/*/force_forwarding \
	    /proc/sys/net/ipv6/conf/*/proxy_ndp \
	    /proc/sys/net/ipv6/conf/*/accept_ra \
	    /proc/sys/net/ipv4/neigh/*/proxy_delay \
	    /proc/sys/net/ipv6/neigh/*/proxy_delay; do
		[ -r "$n_f" ] || continue
		read -r n_value <"$n_f"
		echo "sysctl: ${n_f#/proc/sys/net/} $n_value"
	done
}

# n_conf: jail.conf with the jails on standard input; each answers on the
# sockets of its $serve ($name from WHOM), by default tcp 80 of IPv4.
n_conf()
{
	[ -d root ] || n_root root
	{
		cat <<-EOC
		path = "$PWD/root"; exec.clean; persist; mount.devfs;
		\$serve = "tcp/0.0.0.0/80";
		exec.start = "talk serve \$name \$serve >/dev/null";
		EOC
		cat
	} | t_conf jail.conf
}

# n_start NAME...: those of jail.conf, without a word.
n_start()
{
	for n_j in "$@"; do
		atf_check jail -f jail.conf -q -c "$n_j"
	done
}

n_remove()
{
	for n_j in "$@"; do
		atf_check jail -f jail.conf -q -r "$n_j"
	done
}

# n_counter HOST FILTER: count what arrives there and matches; n_counted HOST
# is the number since.
n_counter()
{
	on "$1" nft -f - <<-EOF || t_broken "counter in $1: $2"
	table inet seen {
		chain in {
			type filter hook prerouting priority -400; policy accept;
			$2 counter
		}
	}
	EOF
}

n_counted()
{
	on "$1" nft list table inet seen |
	    sed -n 's/.* counter packets \([0-9]*\) .*/\1/p'
}

# The world is as in file $1, in a moment; in which order elements come is
# nobody's.
as_before()
{
	# A helper of jail(8) may be about to end.
	grep -v "^process: jail in" "$1" | sort >.w_1
	for n_try in 1 2 3 4 5 6 7 8 9 10; do
		world >.w_after
		grep -v "^process: jail in" .w_after | sort >.w_2
		! cmp -s .w_1 .w_2 || return 0
		sleep 0.$((2 * JAIL_TEST_SCALE > 9 ? 9 : 2 * JAIL_TEST_SCALE))
	done
	diff -u .w_1 .w_2
	atf_fail "not as before: ${2-}"
}
