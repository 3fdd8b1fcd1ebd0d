#!/usr/bin/env atf-sh
# Two commands about one jail at once, hooks that are about their own jail or
# another, and the words of a command that are wrong or not wanted.

. "$(atf_get_srcdir)/lib.sh"

# conf [LINES]: jail.conf with these jails.
conf()
{
	[ -d root ] || t_root root
	{
		echo "path = \"$PWD/root\"; persist; mount.devfs;"
		cat
	} | t_conf jail.conf
}

J="jail -f jail.conf"

# A hook that is there until the file `go' is.
wait_hook()
{
	echo "touch $PWD/in; until test -e $PWD/go; do sleep 0.1; done"
}

# jail(8) in the background until it is in the hook that makes the file `in'.
begin()
{
	rm -f in go
	"$@" >first.out 2>&1 &
	begun=$!
	t_until 10 test -e in
}

t_case remove_twice "jail -r of a jail that another jail -r, or its own start, is about"
remove_twice_test()
{
	conf <<-EOC
	c { exec.stop = "sleep $((JAIL_TEST_SCALE > 3 ? 10 : 1))"; exec.prestop = "touch $PWD/in"; }
	f { exec.stop = "true"; exec.created = "$J -q -r f; echo rr=\$? >$PWD/rr"; }
	EOC
	sed -i 's/rr=\$?/rr=\\$?/' jail.conf
	atf_check -o ignore $J -c c
	begin $J -r c
	atf_check -o inline:"c: removed\n" $J -r c
	wait $begun || :
	atf_check jls name
	# Ended by its hook: the start finds that and takes all back.
	atf_check -s exit:1 -o ignore -e not-empty $J -c f
	atf_check -o inline:"rr=0\n" cat rr
	atf_check jls name
	t_unchanged "removed twice"
}

t_case named_twice "a jail that is named twice is removed once, however many there are" 120
named_twice_test()
{
	{
		echo "path = \"$PWD/root\"; persist;"
		for n in $(seq 70); do
			echo "o$n { }"
		done
	} >jail.conf
	t_root root
	atf_check -o ignore $J -c
	atf_check -o save:out $J -r '*' o69 o3
	[ "$(grep -c removed out)" = 70 ] || atf_fail "$(cat out)"
}

t_case not_yet "jail -r before the jail is there does not say that it removed it"
not_yet_test()
{
	conf <<-EOC
	a { exec.prestart = "$(wait_hook)"; }
	EOC
	for op in -r -R -rc -mr; do
		begin $J -c a
		atf_check -s exit:1 -o empty -e match:"a: is being started" \
		    $J $op a
		touch go
		wait $begun || atf_fail "the start: $(cat first.out)"
		atf_check -o ignore $J -r a
	done
}

t_case over_dying "a name is free while its old jail is in exec.poststop"
over_dying_test()
{
	conf <<-EOC
	d { exec.poststop = "$(wait_hook)"; }
	EOC
	atf_check -o ignore $J -c d
	begin $J -r d
	atf_check -o inline:"d: created\n" $J -c d
	touch go
	wait $begun || atf_fail "the removal: $(cat first.out)"
	atf_check -o inline:"d\n" jls name
	atf_check -o ignore $J -r d
}

t_case restart "jail -mr restarts for a limit or a family that differs"
restart_test()
{
	conf <<-'EOC'
	g { cgroup.cgroup.max.depth = 5; }
	h { }
	EOC
	atf_check -o ignore $J -c g
	atf_check -o ignore $J -c h
	jid=$(jls -j g jid)
	atf_check -o inline:"g: updated\n" $J -mr g
	[ "$(jls -j g jid)" = "$jid" ] || atf_fail "restarted for nothing"
	sed -i 's/depth = 5/depth = 6/' jail.conf
	atf_check -o inline:"g: removed\ng: created\n" $J -mr g
	atf_check -o inline:"6\n" jls -j g cgroup.cgroup.max.depth
	sed -i 's/cgroup.cgroup.max.depth = 6;//; s/h { }/h { ip4 = inherit; }/' \
	    jail.conf
	atf_check -o inline:"g: removed\ng: created\n" $J -mr g
	atf_check -o inline:"h: removed\nh: created\n" -e ignore $J -cmr h
	# On a command line what is not said stays.
	jid=$(jls -j h jid)
	atf_check -o ignore jail -mr name=h host.hostname=x
	[ "$(jls -j h jid)" = "$jid" ] || atf_fail "restarted for nothing"
	atf_check -o ignore $J -r g h
}

t_case by_jid "jail -m jid=N tells the mistake that was made"
by_jid_test()
{
	conf </dev/null
	atf_check -o ignore jail -c path="$PWD/root" persist jid=50
	atf_check -s exit:1 -e match:"persist: unknown boolean value .foo" \
	    jail -m jid=50 persist=foo
	atf_check -s exit:1 -e match:"unknown parameter: dying" \
	    jail -m jid=50 dying
	atf_check -s exit:1 -e match:"host.hostname: " jail -m jid=50 \
	    host.hostname="$(printf '%0200d' 0)"
	atf_check -s exit:1 -e inline:'jail: "51" not found\n' \
	    jail -m jid=51 persist
	atf_check -s exit:1 -o ignore -e inline:'jail: "50" already exists\n' \
	    jail -c path="$PWD/root" persist jid=50
	atf_check -o ignore jail -r 50
}

t_case ignored "a signal that the caller ignores does not end a start"
ignored_test()
{
	conf <<-EOC
	i { exec.start = "sleep 2"; exec.created = "touch $PWD/in"; }
	EOC
	rm -f in
	sh -c 'trap "" HUP INT; exec jail -f jail.conf -c i' >out 2>&1 &
	pid=$!
	t_until 10 test -e in
	kill -HUP $pid
	kill -INT $pid
	wait $pid || atf_fail "ended: $(cat out)"
	atf_check -o inline:"i\n" jls name
	atf_check -o ignore $J -r i
}

t_case rc "a missing /etc/rc is named for the line that asks for it alone"
rc_test()
{
	conf <<-'EOC'
	a { exec.start = "false"; exec.start += "/bin/sh /etc/rc"; }
	b { exec.start = "/bin/sh /etc/rc.local"; }
	c { exec.start = "/bin/sh /etc/rc"; }
	d { exec.start = "/etc/rc"; }
	EOC
	printf 'exit 3\n' >root/etc/rc.local
	atf_check -s exit:1 -o ignore -e inline:"jail: a: false: failed\n" $J -c a
	atf_check -s exit:1 -o ignore -e not-match:"no /etc/rc" $J -c b
	for j in c d; do
		atf_check -s exit:1 -o ignore -e match:"$j: .*no /etc/rc" $J -c $j
	done
}

t_case env "a jail's variables reach neither another's hooks nor a jail"
env_test()
{
	conf <<-EOC
	o {
		exec.created = "jail -c -f inner.conf inner; jail -f inner.conf -r inner; jexec \$JNAME env >$PWD/inside";
		exec.created += "env >$PWD/created";
	}
	EOC
	sed -i 's/\$JNAME/\\$JNAME/' jail.conf
	sed -i "s,inner.conf,$PWD/inner.conf,g" jail.conf
	cat >inner.conf <<-EOC
	inner { path = "$PWD/root"; persist; exec.prepare = "env >$PWD/prepare"; exec.poststop = "env >$PWD/poststop"; }
	EOC
	atf_check -o ignore env JID=9 JPID=8 $J -c o
	atf_check -o match:"^JPID=" grep ^J created
	atf_check -s exit:1 grep "^JPID" prepare
	atf_check -s exit:1 grep "^JPID" poststop
	atf_check -s exit:1 grep -E "^(JID|JPID|JNAME|JPATH)=" inside
	atf_check -o not-match:"^J(ID|PID|PATH)=" env JID=9 JPID=8 JPATH=/x \
	    jail -c path="$PWD/root" command=/usr/bin/env
	atf_check -o ignore $J -r o
}

t_case streams "/dev/stdout and /dev/stderr can be opened by what jail(8) runs"
streams_test()
{
	conf <<-'EOC'
	s {
		exec.start = "echo one >/dev/stdout; echo two >/dev/stderr";
		exec.stop = "echo three >/dev/stderr";
	}
	u { exec.start = "echo four >/dev/stderr"; exec.jail_user = nobody; }
	l { exec.start = "echo five >/dev/stderr"; exec.consolelog = "log"; }
	EOC
	sed -i "s,\"log\",\"$PWD/log\"," jail.conf
	echo "nobody:x:65534:65534::/:/bin/sh" >>root/etc/passwd
	atf_check -o inline:"one\ntwo\ns: created\n" $J -c s
	atf_check -o inline:"three\ns: removed\n" $J -r s
	atf_check -o inline:"four\nu: created\n" $J -c u
	atf_check -o ignore $J -c l
	atf_check -o inline:"five\n" cat log
	# Written to, never read back.
	atf_check -o inline:"six\n" jail -c path="$PWD/root" mount.devfs \
	    command=/bin/sh -c 'echo six >/dev/stderr; ! (: </dev/stdout) 2>/dev/null' \
	    </dev/null
	atf_check -o ignore $J -r u l
}

t_case inherit "a jail on the host's stack is told about reserved ports"
inherit_test()
{
	conf <<-'EOC'
	q { ip4 = inherit; }
	n { }
	EOC
	atf_check -o ignore -e match:"q: .*ports below 1024" $J -c q
	atf_check -o ignore -e not-match:"ports below" $J -c n
	atf_check -o ignore $J -r q n
}
