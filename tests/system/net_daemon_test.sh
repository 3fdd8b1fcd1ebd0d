#!/usr/bin/env atf-sh
# Real daemons in jails and real clients elsewhere: nginx, sshd, dnsmasq; curl,
# ssh, dig.  And what a jail is told about its name servers.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"
T_NET=1

t_case daemons "nginx, sshd and dnsmasq, by address and by redirection" 120
daemons_test()
{
	n_public
	n_big_root big
	mkdir -p big/srv/www big/root/.ssh big/etc/nginx big/var/lib/nginx/body
	echo "page of the jail" >big/srv/www/index.html
	cat >big/etc/nginx.conf <<-'EOF'
	user www-data;
	pid /run/nginx.pid;
	error_log /var/log/nginx/error.log;
	events { }
	http {
		access_log /var/log/nginx/access.log;
		server { listen 80; listen [::]:80; root /srv/www; }
	}
	EOF
	ssh-keygen -q -t ed25519 -N '' -f key
	ssh-keygen -q -t ed25519 -N '' -f big/etc/host_key
	cp key.pub big/root/.ssh/authorized_keys
	chmod 700 big/root/.ssh
	cat >big/etc/sshd_config <<-'EOF'
	HostKey /etc/host_key
	PidFile /run/sshd.pid
	UsePAM no
	AuthorizedKeysFile .ssh/authorized_keys
	EOF
	t_conf jail.conf <<-EOF
	path = "$PWD/big"; mount = "/usr $PWD/big/usr nullfs ro 0 0";
	mount.devfs; persist; exec.clean; host.hostname = "\$name.example";
	serv {
		exec.start = "nginx -c /etc/nginx.conf",
		    "/usr/sbin/sshd -f /etc/sshd_config",
		    "dnsmasq --conf-file=/dev/null --user=root --no-resolv --no-hosts --pid-file=/run/dns.pid --address=/jailed.example/10.9.9.99 --listen-address=10.10.0.1 --listen-address=fd00:10::1 --bind-interfaces";
		ip4.addr = "em0|10.10.0.1"; ip6.addr = "em0|fd00:10::1";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port http -> 10.10.0.1";
		rdr += "on em0 proto tcp from any to 1.2.3.4 port 2222 -> 10.10.0.1 port ssh";
		rdr += "on em0 inet proto { tcp udp } from any to 1.2.3.4 port domain";
		rdr += "on em0 inet6 proto tcp from any to 2001:db8::4 port http";
	}
	other { ip4.addr = "lo1|10.9.9.9"; }
	EOF
	atf_check -o match:"serv: created" -e ignore jail -f jail.conf -c serv
	n_start other
	for url in http://10.10.0.1/ http://1.2.3.4/ 'http://[fd00:10::1]/' \
	    'http://[2001:db8::4]/'; do
		n_said=$(on client curl -sS -m $((5 * JAIL_TEST_SCALE)) "$url")
		[ "$n_said" = "page of the jail" ] ||
		    atf_fail "$url: $n_said"
	done
	atf_check -o inline:"page of the jail\n" jexec other curl -sS \
	    http://1.2.3.4/
	atf_check -o inline:"page of the jail\n" curl -sS http://1.2.3.4/
	atf_check -o match:"^10\.10\.0\.20 " cat big/var/log/nginx/access.log
	for to in "-p 22 root@10.10.0.1" "-p 2222 root@1.2.3.4" \
	    "-p 22 root@fd00:10::1"; do
		# shellcheck disable=SC2086
		n_said=$(on client ssh -F none -i key -o BatchMode=yes \
		    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		    -o LogLevel=ERROR $to 'hostname; echo $SSH_CLIENT')
		case $n_said in
		"serv.example
"*20\ *)	;;
		*)	atf_fail "ssh $to: $n_said" ;;
		esac
	done
	for q in "@10.10.0.1" "@1.2.3.4" "@1.2.3.4 +tcp" "@fd00:10::1"; do
		# shellcheck disable=SC2086
		n_said=$(on client dig +short $q jailed.example)
		[ "$n_said" = 10.9.9.99 ] || atf_fail "dig $q: $n_said"
	done
	atf_check -o inline:"10.9.9.99\n" \
	    jexec other dig +short @1.2.3.4 jailed.example
	n_remove serv other
}

t_case resolver "a name server on the host's loopback: one line that cures it" 60
resolver_test()
{
	n_daemon client dnsmasq -k --conf-file=/dev/null --no-resolv --no-hosts \
	    --user=root --pid-file= --listen-address=10.10.0.20 \
	    --bind-interfaces --address=/named.example/10.9.9.99
	t_until 5 answers
	n_big_root big
	echo "nameserver 127.0.0.53" >big/etc/resolv.conf
	mkdir -p /run/systemd/resolve
	echo "nameserver 10.10.0.20" >/run/systemd/resolve/resolv.conf
	jails='
	a { ip4.addr = "em0|10.10.0.1"; MORE }
	six { ip6.addr = "em0|fd00:10::1"; }
	none { }
	host { ip4 = inherit; }'
	{
		echo "path = \"$PWD/big\"; mount.devfs; persist;"
		echo "mount = \"/usr $PWD/big/usr nullfs ro 0 0\";"
		echo "$jails" | sed 's/MORE//'
	} | t_conf jail.conf
	jail -f jail.conf -c a >out 2>said || atf_fail "$(cat said)"
	[ "$(grep -c resolv.conf said)" = 1 ] || atf_fail "said: $(cat said)"
	line=$(sed -n 's/.*\(mount += ".*";\).*/\1/p' said)
	[ -n "$line" ] || atf_fail "no line that cures it: $(cat said)"
	atf_check -s not-exit:0 -o ignore -e ignore \
	    jexec a dig +time=1 +tries=1 +short named.example
	n_remove a
	# A jail without a network, or with the host's: not a word of it.
	for j in none host; do
		atf_check -o ignore -e not-match:resolv jail -f jail.conf -c $j
		n_remove $j
	done
	{
		echo "path = \"$PWD/big\"; mount.devfs; persist;"
		echo "mount = \"/usr $PWD/big/usr nullfs ro 0 0\";"
		echo "$jails" | sed "s|MORE|$line|"
	} | t_conf jail.conf
	# Told once more would be once too often.
	jail -f jail.conf -c a >out 2>said || atf_fail "$(cat said)"
	[ ! -s said ] || atf_fail "still said: $(cat said)"
	atf_check -o inline:"10.9.9.99\n" jexec a dig +short named.example
	atf_check -o match:"10.9.9.99" jexec a getent hosts named.example
	n_remove a
	rm -r /run/systemd
}

answers()
{
	[ "$(on client dig +time=1 +tries=1 +short @10.10.0.20 named.example)" = 10.9.9.99 ]
}
