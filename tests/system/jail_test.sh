#!/usr/bin/env atf-sh
# jail(8): what the command line means, what is printed, exit status.

. "$(atf_get_srcdir)/lib.sh"

usage()
{
	atf_check -s exit:1 -o empty -e match:'^usage: jail ' jail "$@"
}

# A root, and a configuration "conf" of two jails in it.
prepare()
{
	t_root root
	chmod 700 .
	t_conf conf <<-EOF
	path = "$PWD/root";
	persist;
	a { }
	b { host.hostname = "it's b"; exec.start = "/bin/true", "echo 'x y'"; }
	EOF
}

t_case usage "what is no command line of ours"
usage_test()
{
	usage
	usage -x
	usage -c -p x
	usage -c -p -1
	usage path only
	usage relative host 10.0.0.1 /bin/sh
	usage /a host 10.0.0.1
	usage -r
	usage -R
	usage -r a b=c
	usage -e : -c
	usage -e : a
	usage -rC a b
	usage -C a b
	usage -cR a
	usage -f
	jail 2>lines && atf_fail "no usage"
	atf_check -o inline:'8\n' sh -c 'wc -l <lines'
	# -rC without a target does nothing.
	atf_check jail -f /nonexistent -rC
}

t_case not_root "not root: one clear line"
not_root_test()
{
	chmod 755 .
	echo 'a { path = /srv/a; }' >conf
	chmod 644 conf
	for t_args in "-c name=x path=/" "-r x" "-R x" "-c"; do
		# shellcheck disable=SC2086
		atf_check -s exit:1 -e inline:'jail: must be run as root\n' \
		    setpriv --reuid 65534 --clear-groups \
		    "$(command -v jail)" $t_args
	done
	# Looking needs no root.
	atf_check -o inline:'name=a path=/srv/a\n' \
	    setpriv --reuid 65534 --clear-groups \
	    "$(command -v jail)" -f "$PWD/conf" -e ' '
}

t_case separator "-e prints every jail, quoted"
separator_test()
{
	t_conf conf <<-'EOF'
	path = "/srv/$name";
	exec.clean;
	* { allow.nomount; }
	a { persist; ip4 = inherit; exec.start = "/bin/sh /etc/rc", true; }
	b.c { host.hostname = ""; meta.k = "it's"; meta.q = 'say "x"'; }
	EOF
	cat >expect <<-'EOF'
	name=a|path=/srv/a|persist|ip4=inherit|allow.nomount|exec.start="/bin/sh /etc/rc",true|exec.clean
	name=b.c|path=/srv/b.c|host.hostname=""|allow.nomount|exec.clean|meta.k="it's"|meta.q='say "x"'
	EOF
	atf_check -o file:expect jail -f conf -e '|'
	atf_check -o file:expect sh -c 'jail -f - -e "|" <conf'
	# One bad jail does not hide the others.
	t_conf conf2 <<-'EOF'
	a { path = $nowhere; }
	b { path = /b; }
	EOF
	atf_check -s exit:1 -o inline:'name=b,path=/b\n' \
	    -e match:'"nowhere" not found' jail -f conf2 -e ,
	atf_check jail -f /dev/null -e ,
	atf_check -s exit:1 -e match:'^jail: .*/nonexistent: No such file' \
	    jail -f /nonexistent -e ,
}

t_case files "configuration files: missing, empty, broken, - "
files_test()
{
	prepare
	: >empty
	atf_check -s exit:1 -e inline:'jail: no jails in empty\n' \
	    jail -f empty -c
	atf_check -s exit:1 -e inline:'jail: no jails in standard input\n' \
	    sh -c 'jail -f - -m </dev/null'
	atf_check -s exit:1 -e match:'nosuch: No such file or directory' \
	    jail -f nosuch -c
	atf_check -s exit:1 -e inline:'jail: "c" not found\n' \
	    jail -f conf -c c
	atf_check -s exit:1 -e inline:'jail: "c" not found\n' \
	    jail -f conf -r c
	t_conf broken <<-EOF
	a { path = /x; }
	b { path /x }
	c { path = ; } d {
	EOF
	jail -f broken -c 2>err && atf_fail "broken is accepted"
	# Every mistake, each with its place.
	atf_check -o match:'^jail: broken:2:' -o match:'^jail: broken:3:' \
	    cat err
	atf_check -o inline:'a: created\nb: created\n' \
	    sh -c 'jail -q -f - -c <conf >/dev/null; jls name | sort | sed "s/$/: created/"'
	atf_check -o save:out jail -f conf -r '*'
	atf_check -o inline:'a: removed\nb: removed\n' sort out
	# Removal needs no file, not even one that was named.
	atf_check jail -c name=x path="$PWD/root" persist
	atf_check jail -f nosuch -r x
}

t_case said "who says created, updated, removed, and when"
said_test()
{
	prepare
	atf_check -o inline:'a: created\n' jail -f conf -c a
	atf_check -s exit:1 -e inline:'jail: "a" already exists\n' \
	    jail -f conf -c a
	atf_check -o inline:'a: updated\n' jail -f conf -m a
	atf_check -o match:'a: updated' jail -f conf -cm a
	atf_check -o inline:'a: removed\na: created\n' jail -f conf -rc a
	atf_check -o inline:'a: removed\n' jail -f conf -r a
	atf_check jail -f conf -qc a
	atf_check jail -f conf -qm a
	atf_check jail -f conf -qr a
	# From the command line: silence, but with -v.
	atf_check jail -c name=x path="$PWD/root" persist
	atf_check jail -m name=x meta.a=b
	atf_check jail -f nosuch -r x
	# (-v also says where our own limit of open files is the lower one.)
	atf_check -o match:'^x: created$' -e save:err \
	    jail -vc name=x path="$PWD/root" persist
	atf_check -s exit:1 grep -v "our own limit" err
	atf_check -s exit:1 -o ignore -e match:"jail: z: open files: at most 512, our own limit" \
	    sh -c "ulimit -n 512; jail -vc name=z path=$PWD/root persist exec.prestart=false"
	atf_check jail -c name=y path="$PWD/root" persist
	# Two targets without a file, or a pattern: said.
	atf_check -o save:out jail -f nosuch -r x y
	atf_check -o inline:'x: removed\ny: removed\n' sort out
	atf_check jail -c name=y path="$PWD/root" persist
	atf_check -o inline:'y: removed\n' jail -R '*'
	atf_check -s exit:1 -e inline:'jail: "y" not found\n' jail -R y
	atf_check -s exit:1 -e inline:'jail: "y" not found\n' jail -r y
	# Some fail: the others are done all the same, and the exit is 1.
	atf_check jail -f conf -qc a
	atf_check -s exit:1 -o inline:'a: removed\n' \
	    -e inline:'jail: "nosuch" not found\n' jail -f conf -r nosuch a
}

t_case records "-i and -J"
records_test()
{
	prepare
	atf_check -o match:'^[0-9]+$' jail -i -J rec -f conf -c b
	[ "$(jls -j b jid)" = "$(sed 's/^jid=\([0-9]*\)	.*/\1/' rec)" ] ||
	    atf_fail "jid: $(cat rec)"
	cat >expect <<-EOF
	name=b	path=$PWD/root	persist	host.hostname="it's b"	exec.start=/bin/true,"echo 'x y'"
	EOF
	sed 's/^jid=[0-9]*	//' rec >got
	atf_check -o file:expect cat got
	atf_check -o match:'removed' -o match:'created' \
	    jail -J rec -f conf -rc b
	atf_check -o inline:'1\n' grep -c '^jid=' rec
	atf_check -o inline:'b: removed\n' jail -f conf -r b
	# It is opened before anything is made.
	atf_check -s exit:1 -e inline:'jail: -J: /nodir/x: No such file or directory\n' \
	    jail -J /nodir/x -f conf -c a
	atf_check -s exit:1 -e ignore jls -j a
}

t_case short "-n -s -l -u -U -h are parameters, and no file is read"
short_test()
{
	prepare
	atf_check jail -f nosuch -c -n x path="$PWD/root" persist
	atf_check -o inline:'x\n' jls -j x name
	atf_check jail -f nosuch -r x
	# Not one name of the file, although there is just one word.
	atf_check -s exit:1 -e match:'a' jail -f conf -c -l a
	atf_check -o match:'^uid=80\(www\) gid=80' \
	    jail -c -U www path="$PWD/root" command=/bin/id
	atf_check -o match:'^uid=1' \
	    jail -c -u daemon path="$PWD/root" command=/bin/id
	atf_check -o inline:'none\n' env KEPT=1 jail -c -l path="$PWD/root" \
	    command=/bin/sh -c 'env | grep ^KEPT || echo none'
	atf_check -o inline:'KEPT=1\n' env KEPT=1 jail -c path="$PWD/root" \
	    command=/bin/sh -c 'env | grep ^KEPT || echo none'
}

t_case command "command= eats the rest; its exit"
command_test()
{
	prepare
	atf_check -o inline:'<a b><persist><x=y>\n' jail -c path="$PWD/root" \
	    command=/bin/sh -c 'printf "<%s>" "$@"; echo' sh 'a b' persist x=y
	atf_check -s exit:1 -e inline:'jail: /bin/false: failed\n' \
	    sh -c 'jail -c path="$PWD/root" command=/bin/false 2>&1 |
	    sed "s/^jail: [0-9]*: /jail: /" >&2; exit 1'
	atf_check -s exit:1 -e match:'nocmd' \
	    jail -c path="$PWD/root" command=nocmd
	atf_check -o inline:'out\n' sh -c \
	    'jail -c path="$PWD/root" command=/bin/echo out | cat'
	# Who stops reading does not stop us.
	atf_check -o inline:'y\n' sh -c \
	    'jail -c path="$PWD/root" command=/bin/sh -c "yes | head -c 1000000" |
	    head -n 1'
	atf_check -o match:'^   JID' jls
}

t_case old "path hostname address command"
old_test()
{
	prepare
	atf_check -o inline:'old.host\n' -e ignore \
	    jail -J rec "$PWD/root" old.host "" /bin/hostname
	atf_check -o match:"^[0-9]+	$PWD/root	old.host	\"\"	/bin/hostname$" \
	    cat rec
	atf_check -o inline:'a b\n' -e ignore \
	    jail -n x "$PWD/root" h "" /bin/echo 'a b'
	# Each address goes to its family (loopback: nothing on the host).
	atf_check -o match:' 127.0.0.9/' -e ignore \
	    jail "$PWD/root" h 127.0.0.9 /bin/ip addr
	atf_check -s exit:1 -e match:'ip6.addr: ' \
	    jail "$PWD/root" h fd00::1::2 /bin/true
}

t_case spelled "a wrong address or rule is told at its place, all of them"
spelled_test()
{
	prepare
	cat >bad.conf <<-EOF
	path = "$PWD/root"; persist; \$if = em0;
	one {
	    ip4.addr = "\$if|10.0.0.1/33", "lo1|127.0.1.\$jailid",
	        fd00::1;
	    rdr = "pass on \$if proto tpc to any port 80";
	    rdr += 'on em0 to any port htpt -> 10.0.0.1';
	}
	two { ip6.addr = "em0|fe80::1/64"; nat = "on em0 from ! 10.0.0.0/8"; }
	EOF
	cat >want <<-'EOF'
	jail: F:3:16: ip4.addr: bad netmask "33"
	jail: F:4:9: ip4.addr: not an IPv4 address: fd00::1 (ip6.addr takes it)
	jail: F:5:11: rdr: column 19 of "pass on em0 proto tpc to any port 80": tpc: tcp or udp expected
	jail: F:6:12: rdr: column 20 of "on em0 to any port htpt -> 10.0.0.1": htpt: not a port, and no service that /etc/services knows
	jail: F:8:18: ip6.addr: em0|fe80::1/64: a link-local address does not leave its link and cannot be the jail's on the host's; with lo1| in front it is the jail's own
	jail: F:8:42: nat: column 13 of "on em0 from ! 10.0.0.0/8": !: "not" is not known here
	EOF
	jail -f bad.conf -e ' ' >out 2>err && atf_fail "-e finds nothing"
	sed "s|$PWD/bad.conf|F|; s|bad.conf|F|" err | sort >have
	atf_check diff -u want have
	jail -f bad.conf -c >out 2>err && atf_fail "it starts"
	sed "s|$PWD/bad.conf|F|; s|bad.conf|F|" err | sort >have
	atf_check diff -u want have
	t_unchanged "after the mistakes"
	# The command line has no place; the column is all there is.
	atf_check -s exit:1 -e inline:'jail: rdr: column 8 of "to any prot 80": prot: not known here (the order is: pass, on, inet, proto, from, to, port, ->)\n' \
	    jail -c name=x path="$PWD/root" persist "rdr=to any prot 80"
	t_unchanged "after those of the command line"
}

t_case mistakes "one clear line each, nothing left behind"
mistakes_test()
{
	prepare
	for t_m in \
	    'ipv4.addr=1.2.3.4|ip4.addr' \
	    'nosuch=1|unknown parameter' \
	    'securelevel=x|securelevel: non-integer value "x"' \
	    'persist=maybe|persist: unknown boolean value "maybe"' \
	    'ip4=some|ip4: unknown jailsys value "some"' \
	    'jid=3 name=12|name cannot be numeric'; do
		# shellcheck disable=SC2086
		jail -c path="$PWD/root" persist ${t_m%%|*} 2>err &&
		    atf_fail "${t_m%%|*} is accepted"
		atf_check -o inline:'1\n' grep -c . err
		atf_check -o match:"^jail: .*${t_m#*|}" cat err
		t_unchanged "after ${t_m%%|*}"
	done
	atf_check -s exit:1 \
	    -e match:'path /nonexistent: No such file or directory' \
	    jail -c name=x path=/nonexistent persist
	atf_check -s exit:1 -e match:'path .*: Not a directory' \
	    jail -c name=x path="$PWD/conf" persist
	atf_check -s exit:1 -e match:'path: control character' \
	    jail -c name=x path="$PWD/$(printf 'escape\033')" persist
	atf_check -s exit:1 -e inline:'jail: "a\\033b" not found\n' \
	    jail -r "$(printf 'a\033b')"
}

t_case siblings "jail jls, jail jexec"
siblings_test()
{
	prepare
	atf_check jail -qc name=x path="$PWD/root" persist
	atf_check -o inline:'x\n' jail jls -j x name
	atf_check -s exit:5 jail jexec x sh -c 'exit 5'
	atf_check -s exit:1 -e match:'^jexec: ' jail jexec nosuch true
	atf_check jail -R x
}

t_case descriptors "0-2 closed, full, gone"
descriptors_test()
{
	prepare
	atf_check sh -c 'exec jail -qc name=x path="$PWD/root" persist <&- >&- 2>&-'
	atf_check -o inline:'x\n' jls -j x name
	atf_check sh -c 'exec jail -f conf -c a >/dev/full'
	atf_check -o save:out jail -R '*'
	atf_check -o inline:'a: removed\nx: removed\n' sort out
}
