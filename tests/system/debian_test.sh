#!/usr/bin/env atf-sh
# A real distribution as a jail, by the jail.conf of the README.

. "$(atf_get_srcdir)/lib.sh"

prepare()
{
	t_debian jails/deb-test01
	t_conf jail.conf <<-EOF
	exec.start = "/bin/sh /etc/rc";  exec.stop = "/bin/sh /etc/rc.shutdown";
	exec.clean;
	mount.devfs;
	exec.consolelog = "$PWD/jail_console_\${name}.log";
	path = "$PWD/jails/\${name}";  host.hostname = "\${name}.local";
	$1
	deb-test01 { }
	EOF
}

t_case life "cron keeps it alive; jls, jexec, its prompt, jail -m, jail -r" 300
life_test()
{
	prepare
	atf_check -o inline:"deb-test01: created\n" \
	    jail -f jail.conf -c deb-test01
	atf_check \
	    -o match:'^   JID  IP Address      Hostname                      Path$' \
	    -o match:"^     1                  deb-test01.local              $PWD/jails/deb-test01\$" \
	    jls
	t_until 10 jexec deb-test01 pidof -q cron
	atf_check -o inline:"deb-test01.local\n" jexec deb-test01 hostname
	atf_check -o inline:"0\n" jexec deb-test01 id -u
	# Owners of files are Debian's own, on disk and inside.
	atf_check -o inline:"0 42\n" \
	    jexec deb-test01 stat -c '%u %g' /etc/shadow
	atf_check -o inline:"0 42\n" stat -c '%u %g' jails/deb-test01/etc/shadow
	# A person's own shell ($SHELL, which not everybody has set), on a terminal
	# of the jail's own.
	printf 'tty; exit 7\n' >typed
	SHELL=/bin/bash script -qec "jexec deb-test01" /dev/null <typed >seen 2>&1
	atf_check_equal 7 $?
	atf_check -o match:'root@deb-test01:/#' -o match:'/dev/(pts/|console)' \
	    cat seen
	atf_check -o ignore -e inline:"jail: securelevel: recorded, not yet enforced\n" \
	    jail -m name=deb-test01 securelevel=3
	atf_check -o inline:"3\n" jls -j deb-test01 securelevel
	atf_check -o inline:"deb-test01: removed\n" \
	    jail -f jail.conf -r deb-test01
	t_no_jails || atf_fail "it is still listed"
	[ -s jail_console_deb-test01.log ] ||
	    [ -f jail_console_deb-test01.log ] || atf_fail "no console log"
}

t_case apt "apt-get install inside, on the host's network (ip4 = inherit)" 300
apt_test()
{
	t_needs_mirror
	prepare "ip4 = inherit;"
	cat /etc/resolv.conf >jails/deb-test01/etc/resolv.conf
	atf_check -o ignore -e match:"ports below" jail -f jail.conf -c deb-test01
	atf_check -o ignore -e ignore jexec -l deb-test01 apt-get -q update
	atf_check -o ignore -e ignore jexec -l deb-test01 \
	    apt-get -q -y --no-install-recommends install hello
	atf_check -o inline:"Hello, world!\n" jexec -l deb-test01 hello
	atf_check -o ignore jail -f jail.conf -r deb-test01
}

t_case no_rc "a root without /etc/rc: the error says what to do" 300
no_rc_test()
{
	prepare
	rm jails/deb-test01/etc/rc
	atf_check -s exit:1 -o ignore -e match:'/etc/rc' \
	    jail -f jail.conf -c deb-test01
	t_no_jails || atf_fail "it was left"
}
