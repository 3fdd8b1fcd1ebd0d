#!/usr/bin/env atf-sh
# Addresses as people write them: a whole file, the FreeBSD Handbook's first
# jail with real programs in it, every spelling, and what bad input gets.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case example "a file as people have it: addresses, loopback, rdr, nat" 90
example_test()
{
	n_root jails/bsd-test01
	cp "$JAIL_PREFIX/share/jail/rc" "$JAIL_PREFIX/share/jail/rc.shutdown" \
	    jails/bsd-test01/etc/
	cat >jails/bsd-test01/etc/rc.local <<-'EOF'
	#!/bin/sh
	# An IPv6 socket where there is IPv6; it speaks IPv4 too.
	talk serve "$(hostname)" tcp/::/80 tcp/::/443 >/dev/null 2>&1 ||
	    talk serve "$(hostname)" tcp/0.0.0.0/80 >/dev/null
	EOF
	chmod 755 jails/bsd-test01/etc/rc.local
	ln -s bsd-test01 jails/db
	ln -s bsd-test01 jails/two
	t_conf jail.conf <<-'EOF'
	path = "/srv/jails/$name";  host.hostname = "$name.local";  mount.devfs;  exec.clean;  exec.start = "/bin/sh /etc/rc";  exec.stop = "/bin/sh /etc/rc.shutdown";
	$ext_if = em0;
	bsd-test01 {
	    ip4.addr  = "lo1|127.0.1.$jailid/32";
	    ip4.addr += "em0|10.10.0.1/32";
	    ip6.addr  = "em0|fd00:10::1/128", "lo1|fe80::dead:beef:1/64";
	    allow.raw_sockets;
	    nat = "on em0";
	    rdr = "pass on $ext_if proto tcp from any to 1.2.3.4 port {http,https} -> 10.10.0.1";
	}
	db { ip4.addr = "lo1|10.9.9.2"; nat = "on em0"; }
	two { ip4.addr = 10.10.0.7, 10.20.0.7; interface = em0; }
	EOF
	sed -i "s,/srv/jails,$PWD/jails," jail.conf
	n_public
	n_serve router far tcp/::/80
	ip -n client route add 10.9.9.2 via 10.10.0.10
	atf_check -o save:created jail -f jail.conf -c
	atf_check -o inline:"bsd-test01: created\ndb: created\ntwo: created\n" \
	    sort created
	# The column is the first one that was given, as on FreeBSD.
	atf_check -o match:" 127\.0\.1\.[0-9]+ +bsd-test01.local" \
	    -o match:" 10\.9\.9\.2 +db.local" \
	    -o match:" 10\.10\.0\.7 +two.local" jls
	jid=$(jls -j bsd-test01 jid)
	atf_check -o inline:"127.0.1.$jid,10.10.0.1\n" \
	    jls -j bsd-test01 ip4.addr
	atf_check -o inline:"10.10.0.7,10.20.0.7\n" jls -j two ip4.addr
	for port in 80 443; do
		talks client tcp/1.2.3.4/$port "bsd-test01.local from 10.10.0.20"
		talks client tcp/10.10.0.1/$port \
		    "bsd-test01.local from 10.10.0.20"
		talks client tcp/fd00:10::1/$port \
		    "bsd-test01.local from fd00:10::20"
	done
	talks "jail bsd-test01" "tcp/127.0.1.$jid/80" \
	    "bsd-test01.local from 127.0.1.$jid"
	talks "jail bsd-test01" tcp/fe80::dead:beef:1%lo1/80 \
	    "bsd-test01.local from fe80::dead:beef:1"
	# nat without inet or inet6 is for both.
	talks "jail bsd-test01" tcp/10.30.0.30/80 "far from 10.10.0.10"
	talks "jail bsd-test01" tcp/fd00:30::30/80 "far from fd00:10::10"
	talks host tcp/10.9.9.2/80 "db.local from 10.10.0.10"
	talks "jail db" tcp/10.30.0.30/80 "far from 10.10.0.10"
	silent client tcp/10.9.9.2/80
	talks client tcp/10.10.0.7/80 "two.local from 10.10.0.20"
	talks host tcp/10.20.0.7/80 "two.local from 10.10.0.10"
	talks "jail two" tcp/10.30.0.30/80 "far from 10.10.0.7"
	atf_check -o save:removed jail -f jail.conf -r "*"
	atf_check -o inline:"bsd-test01: removed\ndb: removed\ntwo: removed\n" \
	    sort removed
}

# The package mirror cannot be reached from a namespace without changing the
# machine's own network, so client is the mirror here, and the name server.
t_case handbook "the Handbook's first jail: ping, names, curl, apt-get update" 120
handbook_test()
{
	ip address add 192.168.1.10/24 dev em0
	ip -n client address add 192.168.1.20/24 dev eth0
	t_world_again
	mkdir -p www
	echo "a page" >www/page
	printf 'Package: jailed\nVersion: 1\nArchitecture: all\nMaintainer: none\nFilename: ./jailed.deb\nSize: 1\nSHA256: %064d\nDescription: none\n' 0 \
	    >www/Packages
	n_daemon client busybox httpd -f -p 80 -h "$PWD/www"
	n_daemon client dnsmasq -k --conf-file=/dev/null --no-resolv --no-hosts \
	    --user=root --pid-file= --listen-address=192.168.1.20 \
	    --bind-interfaces --address=/mirror.example/192.168.1.20
	n_big_root containers/classic
	for d in etc/apt/apt.conf.d etc/apt/preferences.d var/lib/apt/lists \
	    var/cache/apt/archives var/lib/dpkg var/log/apt; do
		mkdir -p containers/classic/$d
	done
	: >containers/classic/var/lib/dpkg/status
	echo "deb [trusted=yes] http://mirror.example/ ./" \
	    >containers/classic/etc/apt/sources.list
	echo "nameserver 192.168.1.20" >containers/classic/etc/resolv.conf
	cp "$JAIL_PREFIX/share/jail/rc" "$JAIL_PREFIX/share/jail/rc.shutdown" \
	    containers/classic/etc/
	t_conf jail.conf <<-'EOF'
	classic {
	  # STARTUP/LOGGING
	  exec.start = "/bin/sh /etc/rc";
	  exec.stop = "/bin/sh /etc/rc.shutdown";
	  exec.consolelog = "/var/log/jail_console_${name}.log";

	  # PERMISSIONS
	  allow.raw_sockets;
	  exec.clean;
	  mount.devfs;

	  # HOSTNAME/PATH
	  host.hostname = "${name}";
	  path = "/usr/local/jails/containers/${name}";

	  # NETWORK
	  ip4.addr = 192.168.1.151;
	  interface = em0;
	}
	EOF
	sed -i "s,/usr/local/jails,$PWD,; s,/var/log/jail,$PWD/jail," jail.conf
	# What a root made by debootstrap has: programs, something that stays.
	sed -i "s,^  interface.*,&\n  persist; mount = \"/usr $PWD/containers/classic/usr nullfs ro 0 0\";," \
	    jail.conf
	atf_check -o ignore jail -f jail.conf -c classic
	t_until 5 on client "$TALK" ask tcp/192.168.1.20/80 >/dev/null
	atf_check -o match:"2 received" \
	    jexec classic ping -n -c 2 -i 0.2 192.168.1.20
	atf_check -o match:"192.168.1.20" \
	    jexec classic getent hosts mirror.example
	atf_check -o inline:"a page\n" \
	    jexec classic curl -sS http://mirror.example/page
	atf_check -o match:"192.168.1.20" \
	    jexec classic dig +short mirror.example
	atf_check -o match:"Get:.*Packages" -e ignore \
	    jexec classic apt-get update
	atf_check -o match:"^jailed" -e ignore \
	    jexec classic apt-cache pkgnames
	atf_check -o ignore jail -f jail.conf -r classic
}

# spelling: FAMILY SPELLING, then what stands inside (IF ADDRESS/PREFIX), and
# who reaches it (wire, host, none).
t_case spellings "every spelling of an address means what it says" 120
spellings_test()
{
	n_root root
	while read -r family spelling inside where; do
		spelling=$(echo "$spelling" | tr , ' ')
		addr=${inside#*=} dev=${inside%=*}
		jail -q -c name=s path="$PWD/root" persist \
		    "$family.addr=$spelling" command=/bin/sh -c \
		    'talk serve it tcp/::/80 >/dev/null 2>&1 || talk serve it tcp/0.0.0.0/80 >/dev/null' ||
		    atf_fail "$spelling"
		jexec s ip -o addr show dev "$dev" >got
		grep -q "inet6\? $addr " got ||
		    { cat got; atf_fail "$spelling: not $addr on $dev"; }
		a=${addr%/*}
		case $where in
		wire)	talks client "tcp/$a/80" "it from $(n_same_family "$a")" ;;
		wire2)	n_said=$(n_ask client2 "tcp/$a/80")
			case $n_said in "it from "*) ;; *)
				atf_fail "$spelling: client2: $n_said" ;;
			esac ;;
		host)	n_said=$(n_ask host "tcp/$a/80")
			case $n_said in "it from "*) ;; *)
				atf_fail "$spelling: host: $n_said" ;;
			esac
			silent client "tcp/$a/80" ;;
		none)	silent host "tcp/$a%lo/80"
			n_said=$(n_ask "jail s" "tcp/$a%$dev/80")
			[ "$n_said" = "it from $a" ] ||
			    atf_fail "$spelling: inside: $n_said" ;;
		esac
		jail -q -r s || atf_fail "$spelling: removal"
	done <<-EOF
	ip4 em0|10.10.0.1/32 em0=10.10.0.1/32 wire
	ip4 em0|10.10.0.1 em0=10.10.0.1/32 wire
	ip4 em0|10.10.0.1/24 em0=10.10.0.1/32 wire
	ip4 em0|10.10.0.1/255.255.255.0 em0=10.10.0.1/32 wire
	ip4 em0|10.10.0.1,netmask,0xffffff00,broadcast,10.10.0.255,alias em0=10.10.0.1/32 wire
	ip4 10.10.0.1 em0=10.10.0.1/32 wire
	ip4 10.20.0.1/24 em1=10.20.0.1/32 wire2
	ip4 10.99.0.1 lo=10.99.0.1/32 host
	ip4 lo1|10.10.10.2 lo1=10.10.10.2/32 host
	ip4 lo0|10.9.9.2/24 lo0=10.9.9.2/32 host
	ip4 lo7|10.10.0.9 lo7=10.10.0.9/32 host
	ip4 lo1|127.0.1.5/32 lo1=127.0.1.5/32 none
	ip4 127.0.0.1 lo=127.0.0.1/8 none
	ip6 em0|fd00:10::1/64 em0=fd00:10::1/128 wire
	ip6 em0|fd00:10::1,prefixlen,64 em0=fd00:10::1/128 wire
	ip6 fd00:10::1 em0=fd00:10::1/128 wire
	ip6 lo1|fd00:9::2 lo1=fd00:9::2/128 host
	ip6 lo1|fe80::dead:beef:1/64 lo1=fe80::dead:beef:1/64 none
	ip6 lo1|fe80:3::dead:beef:1/64 lo1=fe80::dead:beef:1/64 none
	ip6 ::1 lo=::1/128 none
	EOF
}

# client's address of the same family
n_same_family()
{
	case $1 in
	*:*)	echo fd00:10::20 ;;
	*)	echo 10.10.0.20 ;;
	esac
}

t_case bad "bad input: one line, exit 1, nothing left" 120
bad_test()
{
	n_conf <<-EOF
	first { ip4.addr = "em0|10.10.0.2", "lo1|10.9.9.9"; }
	EOF
	n_start first
	mv "$T_DIR/.t_before" .t_first
	t_world_again
	many=$(seq -s, -f '10.77.0.%g' 1 254),10.77.1.1,10.77.1.2
	sed 's/|MANY|/'"$many"'/' >cases <<-'EOF'
	not an IPv4 address: 10\.10\.0\.300;ip4.addr=em0|10.10.0.300
	not an IPv4 address: nonsense;ip4.addr=nonsense
	not an IPv4 address: fd00:10::5;ip4.addr=em0|fd00:10::5
	not an IPv6 address: 10\.10\.0\.5;ip6.addr=em0|10.10.0.5
	no such interface: nosuch0;ip4.addr=nosuch0|10.10.0.5
	no such interface: nosuch0;ip4.addr=10.10.0.5 interface=nosuch0
	10\.10\.0\.2;ip4.addr=em0|10.10.0.2
	10\.9\.9\.9;ip4.addr=lo1|10.9.9.9
	10\.10\.0\.10 .*ip.stack=shared;ip4.addr=em0|10.10.0.10
	10\.20\.0\.10 .*ip.stack=shared;ip4.addr=em0|10.20.0.10
	fd00:10::10 .*ip.stack=shared;ip6.addr=em0|fd00:10::10
	too many IPv4 addresses;ip4.addr=|MANY|
	given twice;ip4.addr=10.10.0.5,em0|10.10.0.5
	ip4.addr: 0\.0\.0\.0;ip4.addr=0.0.0.0
	broadcast;ip4.addr=255.255.255.255
	multicast;ip4.addr=em0|224.0.0.5
	link-local;ip6.addr=em0|fe80::5
	vhid;ip4.addr=em0|10.10.0.5 vhid 3
	rdr: .*10\.10\.0\.6;ip4.addr=em0|10.10.0.5 rdr=on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.6
	rdr: column 8 of .*nonsense;ip4.addr=em0|10.10.0.5 rdr=on em0 nonsense
	port .*70000;ip4.addr=em0|10.10.0.5 rdr=on em0 proto tcp from any to any port 70000 -> 10.10.0.5
	binat: ;ip4.addr=em0|10.10.0.5 binat=on em0
	inherit;ip4=inherit ip6.addr=em0|fd00:10::5
	EOF
	while IFS=';' read -r what params; do
		set --
		# Parameters begin at a word with "=" in it.
		rest=$params
		while [ -n "$rest" ]; do
			one=$(echo "$rest" | sed -E 's/ (interface|rdr|nat|binat|ip6\.addr)=.*//')
			set -- "$@" "$one"
			rest=${rest#"$one"}
			rest=${rest# }
		done
		jail -c name=bad path="$PWD/root" persist "$@" >out 2>err
		rc=$?
		[ $rc = 1 ] || { cat err; atf_fail "$params: status $rc"; }
		[ ! -s out ] || atf_fail "$params: $(cat out)"
		[ "$(wc -l <err)" = 1 ] && grep -Eq "$what" err ||
		    { cat err; atf_fail "$params: not \"$what\""; }
		[ "$(jls name)" = first ] || atf_fail "$params: $(jls name)"
	done <cases
	t_unchanged "after all of it"
	n_remove first
	mv .t_first "$T_DIR/.t_before"
}

t_case command_line "everything that a file says can be said on the command line"
command_line_test()
{
	n_root root
	atf_check -o ignore jail -c name=cl path="$PWD/root" persist \
	    ip4.addr="em0|10.10.0.1,em0|10.10.0.3" ip6.addr=fd00:10::1 \
	    nat="on em0" rdr="on em0 proto tcp from any to any port 8080 -> 10.10.0.1 port 80" \
	    command=/bin/sh -c 'talk serve cl tcp/::/80 >/dev/null'
	for a in 10.10.0.1/80 10.10.0.3/80 10.10.0.10/8080; do
		talks client tcp/$a "cl from 10.10.0.20"
	done
	talks client tcp/fd00:10::1/80 "cl from fd00:10::20"
	atf_check -o ignore jail -r cl
	# The oldest form: directory, host name, addresses, command.
	atf_check -o match:"inet 10.10.0.1/32" -o match:"inet 10.10.0.3/32" \
	    jail "$PWD/root" old.example 10.10.0.1,10.10.0.3 /bin/ip -o addr
}
