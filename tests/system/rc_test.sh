#!/usr/bin/env atf-sh
# contrib/rc and rc.shutdown: what they find, they run, in order, and a failure
# does not stop the rest.

. "$(atf_get_srcdir)/lib.sh"

script()
{
	printf '#!/bin/sh\necho "%s $* $RUNLEVEL" >>/log\nexit %s\n' \
	    "${1##*/}" "${2:-0}" >"root$1"
	chmod 755 "root$1"
}

prepare()
{
	t_root root
	cp "$JAIL_PREFIX/share/jail/rc" "$JAIL_PREFIX/share/jail/rc.shutdown" \
	    root/etc/ || atf_fail "not installed"
}

t_case sysv "System V scripts in order, then rc.local; stopped in reverse"
sysv_test()
{
	prepare
	mkdir root/etc/rc2.d
	script /etc/rc2.d/S01cron
	script /etc/rc2.d/S02ssh 3
	script /etc/rc2.d/S03web
	script /etc/rc2.d/S99rc.local
	script /etc/rc2.d/K01off
	echo 'echo no >>/log' >root/etc/rc2.d/S04notexecutable
	script /etc/rc.local
	script /etc/rc.shutdown.local
	atf_check -e inline:"rc: /etc/rc2.d/S02ssh failed (3)\n" \
	    chroot root /bin/sh /etc/rc jail
	atf_check -o inline:"S01cron start 2\nS02ssh start 2\nS03web start 2\nrc.local  2\n" \
	    cat root/log
	rm root/log
	atf_check -e match:"S02ssh failed" chroot root /bin/sh /etc/rc.shutdown
	atf_check -o inline:"rc.shutdown.local  \nS03web stop 0\nS02ssh stop 0\nS01cron stop 0\n" \
	    cat root/log
}

t_case openrc "OpenRC where it is, with its default runlevel"
openrc_test()
{
	prepare
	mkdir -p root/etc/runlevels/default root/etc/rc2.d
	script /etc/rc2.d/S01no
	script /usr/bin/openrc
	atf_check chroot root /bin/sh /etc/rc
	atf_check chroot root /bin/sh /etc/rc.shutdown
	atf_check -o inline:"openrc -n default \nopenrc -n shutdown \n" \
	    cat root/log
	[ -f root/run/openrc/softlevel ] || atf_fail "no softlevel"
}

t_case nothing "a bare root: nothing to do is no failure"
nothing_test()
{
	prepare
	atf_check chroot root /bin/sh /etc/rc
	atf_check chroot root /bin/sh /etc/rc.shutdown jail
}
