#!/usr/bin/env atf-sh
# The life of a jail: order of steps, environment of hooks, output, time-outs,
# roll-back, signals, limits.

. "$(atf_get_srcdir)/lib.sh"

# life_conf [LINES]: jail.conf for web with LINES (a file) in its block.
life_conf()
{
	[ -d root ] || t_root root
	{
		echo "path = \"$PWD/root\"; host.hostname = \"\$name.local\";"
		echo "exec.clean; stop.timeout = 2;"
		echo "web {"
		cat
		echo "}"
	} | t_conf jail.conf
}

J="jail -f jail.conf"

t_case order "every exec.* runs in its order, inside and outside"
order_test()
{
	life_conf <<-'EOC'
	mount.devfs; mount.procfs;
	exec.prepare = "echo prepare >>log";
	exec.prepare += "echo prepare2 >>log";
	exec.prestart = "echo prestart >>log";
	exec.created = "echo created >>log";
	exec.start = "echo start; hostname";
	exec.start += "sleep 1000 >/dev/null 2>&1 &";
	exec.poststart = "echo poststart >>log";
	exec.prestop = "echo prestop >>log";
	exec.stop = "echo stop";
	exec.poststop = "echo poststop >>log";
	exec.release = "echo release >>log";
	EOC
	sed -i "s, >>log, >>$PWD/log," jail.conf
	atf_check -o inline:"start\nweb.local\nweb: created\n" $J -c web
	atf_check -o inline:"stop\nweb: removed\n" $J -r web
	atf_check -o inline:"prepare\nprepare2\nprestart\ncreated\npoststart\nprestop\npoststop\nrelease\n" \
	    cat log
}

t_case hook_env "JID JNAME JPATH JPID, no LD_*, cwd /, stdin empty"
hook_env_test()
{
	life_conf <<-EOC
	persist;
	exec.prestart = "env >$PWD/prestart; pwd >$PWD/cwd; cat >$PWD/stdin; umask >$PWD/umask";
	exec.created = "env >$PWD/created; cat /proc/\$JPID/comm >$PWD/comm";
	exec.poststop = "env >$PWD/poststop";
	EOC
	sed -i 's/\$JPID/\\$JPID/' jail.conf
	echo input | atf_check -o ignore env LD_LIBRARY_PATH=/x FOO=bar $J -c web
	atf_check -o ignore grep -x "JNAME=web" prestart
	atf_check -o ignore grep -x "JPATH=$PWD/root" prestart
	atf_check -s exit:1 grep JPID prestart
	atf_check -s exit:1 grep LD_ prestart
	atf_check -o ignore grep -x FOO=bar prestart
	atf_check -o inline:"/\n" cat cwd
	atf_check -o inline:"0022\n" cat umask
	[ ! -s stdin ] || atf_fail "a hook read our input"
	jid=$(jls -j web jid)
	atf_check -o ignore grep -x "JID=$jid" created
	atf_check -o inline:"jail-init\n" cat comm
	atf_check -o ignore $J -r web
	atf_check -o ignore grep -x "JID=$jid" poststop
	atf_check -s exit:1 grep JPID poststop
}

t_case clean_env "exec.clean gives a new environment, without it ours is kept"
clean_env_test()
{
	life_conf <<-EOC
	exec.start = "env";
	persist;
	EOC
	atf_check -o save:out env FOO=bar TERM=vt100 $J -c web
	atf_check -s exit:1 grep FOO out
	atf_check -o ignore grep -x HOME=/root out
	atf_check -o ignore grep -x USER=root out
	atf_check -o ignore grep -x TERM=vt100 out
	atf_check -o ignore grep '^PATH=.*/sbin' out
	atf_check -o ignore $J -r web
	sed -i 's/exec.clean;//' jail.conf
	atf_check -o save:out env FOO=bar $J -c web
	atf_check -o ignore grep -x FOO=bar out
	atf_check -o ignore $J -r web
}

t_case users "exec.jail_user, exec.system_jail_user and exec.system_user"
users_test()
{
	life_conf <<-EOC
	exec.jail_user = www;
	exec.start = "id -un; id -G";
	exec.system_user = nobody;
	exec.poststart = "id -un >&2";
	persist;
	EOC
	atf_check -o match:"^www$" -o match:"^80 81$" -e inline:"nobody\n" \
	    $J -c web
	atf_check -o ignore $J -r web
	sed -i 's/exec.jail_user = www/exec.jail_user = nosuch/' jail.conf
	atf_check -s exit:1 -e match:"jail: web: nosuch: no such user" $J -c web
}

t_case no_process "a jail that nothing keeps ends, and says so"
no_process_test()
{
	life_conf <<-EOC
	exec.start = "/bin/true";
	EOC
	atf_check -o inline:"web: created\n" \
	    -e inline:"jail: web: no process left after exec.start (persist keeps it)\n" \
	    $J -c web
	t_no_jails || atf_fail "it is still there"
}

t_case no_rc "a missing /etc/rc is named"
no_rc_test()
{
	life_conf <<-EOC
	exec.start = "/bin/sh /etc/rc";
	EOC
	atf_check -s exit:1 -o ignore \
	    -e match:"jail: web: /bin/sh /etc/rc: failed: this root has no /etc/rc: copy .*/rc" \
	    $J -c web
	atf_check test -x "$JAIL_PREFIX/share/jail/rc"
	cp "$JAIL_PREFIX/share/jail/rc" "$JAIL_PREFIX/share/jail/rc.shutdown" \
	    root/etc/
	printf '#!/bin/sh\nsleep 1000 &\n' >root/etc/rc.local
	chmod +x root/etc/rc.local
	atf_check -o match:"web: created" $J -c web
	atf_check -o ignore $J -r web
}

t_case late_writer "a daemon that writes after jail -c has returned lives on"
late_writer_test()
{
	life_conf <<-EOC
	exec.start = "sh -c 'sleep 1; echo late; echo late; touch /tmp/wrote; exec sleep 1000' &";
	EOC
	atf_check -o ignore sh -c "$J -c web | cat"
	t_until 20 test -e root/tmp/wrote
	sleep 0.2
	atf_check -o match:"sleep 1000" jexec web ps
	atf_check -o ignore $J -r web
}

t_case much_output "pid 1 empties the pipe of a daemon that never stops writing"
much_output_test()
{
	life_conf <<-EOC
	exec.start = "sh -c 'i=0; while [ \$i -lt 300 ]; do head -c 1000 /dev/zero; i=\$((i+1)); done; touch /tmp/done; exec sleep 1000' &";
	mount.devfs;
	EOC
	sed -i 's/\$i/\\$i/g; s/\$((/\\$((/g' jail.conf
	atf_check -o ignore sh -c "$J -c web | cat"
	t_until 30 test -e root/tmp/done
	atf_check -o ignore $J -r web
}

t_case killed_reader "the same after jail -c was killed"
killed_reader_test()
{
	life_conf <<-EOC
	exec.start = "sh -c 'touch /tmp/up; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done' &";
	exec.poststart = "kill -9 \\\$PPID; sleep 1";
	EOC
	$J -c web >/dev/null 2>&1
	[ $? = 137 ] || atf_fail "jail was not killed"
	sleep 1
	# Still being started: the next command takes it back.
	atf_check -s exit:1 -e match:"not found" jail -r nosuch
	t_no_jails || atf_fail "it is still there"
}

t_case ends "a jail that ends while it is being removed is removed"
ends_test()
{
	life_conf <<-EOC
	exec.prestop = 'kill -9 \$JPID';
	exec.stop = "/bin/true";
	exec.poststop = "touch $PWD/poststop";
	persist;
	EOC
	for i in $(seq 10); do
		atf_check -o ignore $J -c web
		atf_check -o inline:"web: removed\n" $J -r web
		[ -e poststop ] || atf_fail "exec.poststop did not run"
		rm poststop
	done
	t_no_jails || atf_fail "it is still there"
}

t_case background "a command in the background keeps a jail, and no longer than it lives"
background_test()
{
	t_root root
	atf_check timeout $((30 * JAIL_TEST_SCALE)) jail -q -c path="$PWD/root" \
	    exec.start="sleep 1 &" exec.start+="sleep 0.5 &" command=true
	t_no_jails || atf_fail "it is still there"
}

t_case consolelog "exec.consolelog: appended, 0 followed links, in and out of the root"
consolelog_test()
{
	life_conf <<-EOC
	exec.consolelog = "$PWD/console";
	exec.start = "echo one; echo two >&2";
	exec.stop = "echo three";
	persist;
	EOC
	echo zero >console
	atf_check -o inline:"web: created\n" $J -c web
	atf_check -o inline:"web: removed\n" $J -r web
	atf_check -o inline:"zero\none\ntwo\nthree\n" cat console
	sed -i "s,$PWD/console,$PWD/root/var/log/console," jail.conf
	atf_check -o ignore $J -c web
	atf_check -o ignore $J -r web
	atf_check -o inline:"one\ntwo\nthree\n" cat root/var/log/console
	rm root/var/log/console
	echo safe >outside
	ln -s "$PWD/outside" root/var/log/console
	atf_check -s exit:1 -e match:"exec.consolelog: .*is a symbolic link" \
	    $J -c web
	rm root/var/log/console
	mkfifo root/var/log/console
	atf_check -s exit:1 -e match:"exec.consolelog" $J -c web
	rm root/var/log/console
	rmdir root/var/log
	ln -s "$PWD" root/var/log
	atf_check -s exit:1 -e match:"exec.consolelog" $J -c web
	atf_check -o inline:"safe\n" cat outside
	[ ! -e "$PWD/root/console" ] || atf_fail "written through a link"
}

t_case failing "a command that fails, dies or does not exist rolls back"
failing_test()
{
	for what in exec.prepare exec.prestart exec.created exec.start \
	    exec.poststart; do
		life_conf <<-EOC
		persist; mount.devfs;
		$what = "false";
		exec.poststop = "touch $PWD/poststop";
		exec.release = "touch $PWD/release";
		EOC
		atf_check -s exit:1 -e inline:"jail: web: false: failed\n" \
		    $J -c web
		t_unchanged "$what failed"
	done
	[ ! -e poststop ] && [ ! -e release ] ||
	    atf_fail "exec.poststop ran on the way back"
	life_conf <<-EOC
	exec.start = "/nonexistent";
	EOC
	atf_check -s exit:1 \
	    -e inline:"jail: web: exec /nonexistent: No such file or directory\n" \
	    $J -c web
	life_conf <<-EOC
	persist;
	exec.prestart = "/nonexistent";
	EOC
	atf_check -s exit:1 \
	    -e inline:"jail: web: exec /nonexistent: No such file or directory\n" \
	    $J -c web
	life_conf <<-'EOC'
	exec.start = "kill -9 \$\$";
	EOC
	atf_check -s exit:1 -e match:"jail: web: kill .*: exited on signal 9" \
	    $J -c web
}

t_case timeout "exec.timeout ends the wait"
timeout_test()
{
	life_conf <<-EOC
	exec.timeout = 1;
	exec.start = "sleep 100";
	EOC
	atf_check -s exit:1 -e inline:"jail: web: sleep 100: timed out\n" \
	    $J -c web
	life_conf <<-EOC
	persist;
	exec.timeout = 1;
	exec.prestart = "sleep 3";
	EOC
	atf_check -s exit:1 -e inline:"jail: web: sleep 3: timed out\n" \
	    $J -c web
	sleep 3	# it was not killed, as on FreeBSD
}

t_case stop_fails "a failing exec.prestop or exec.stop leaves the jail running"
stop_fails_test()
{
	for what in exec.prestop exec.stop; do
		life_conf <<-EOC
		persist;
		$what = "false";
		EOC
		atf_check -o ignore $J -c web
		atf_check -s exit:1 -e inline:"jail: web: false: failed\n" \
		    $J -r web
		atf_check -o inline:"web\n" jls name
		atf_check -o ignore jail -R web
	done
}

t_case term "SIGTERM first, SIGKILL after stop.timeout"
term_test()
{
	life_conf <<-'EOC'
	exec.start = "sh -c 'trap \"touch /tmp/term; exit 0\" TERM; touch /tmp/up; while :; do sleep 0.1; done' &";
	EOC
	atf_check -o ignore -e ignore $J -c web
	t_until 10 test -e root/tmp/up
	rm root/tmp/up
	atf_check -o match:"web: sent SIGTERM to: [0-9 ]+" \
	    -o match:"web: removed" $J -v -r web
	[ -e root/tmp/term ] || atf_fail "no SIGTERM"
	life_conf <<-'EOC'
	exec.start = "sh -c 'trap \"\" TERM; touch /tmp/up; while :; do sleep 0.1; done' &";
	EOC
	atf_check -o ignore -e ignore $J -c web
	t_until 10 test -e root/tmp/up
	atf_check -o match:"web: timed out" -o match:"web: removed" $J -v -r web
}

t_case hooks_use_it "hooks call jail -m, jexec and jls on the jail that starts"
hooks_use_it_test()
{
	life_conf <<-EOC
	persist;
	exec.created = "jail -m name=web host.hostname=fromhook";
	exec.created += "jexec web hostname >$PWD/jexec";
	exec.created += "jls -j web host.hostname >$PWD/jls";
	exec.poststop = "jail -r web; echo \\\$? >$PWD/again";
	EOC
	atf_check -o ignore $J -c web
	atf_check -o inline:"fromhook\n" cat jexec
	atf_check -o inline:"fromhook\n" cat jls
	atf_check -o inline:"fromhook\n" jls -j web host.hostname
	atf_check -o ignore $J -r web
	atf_check -o inline:"0\n" cat again
}

t_case hook_removes "a hook that removes the jail being started"
hook_removes_test()
{
	for what in exec.created exec.poststart; do
		life_conf <<-EOC
		persist;
		$what = "jail -r web";
		EOC
		atf_check -s exit:1 -o ignore -e not-empty $J -c web
		t_unchanged "removed from $what"
	done
}

t_case modify "jail -m changes what can be changed, and only that"
modify_test()
{
	t_root root
	atf_check jail -c name=web path="$PWD/root" persist
	atf_check -e inline:"jail: securelevel: recorded, not yet enforced\n" \
	    jail -m securelevel=3 name=web
	atf_check -o inline:"3\n" jls -j web securelevel
	atf_check -s exit:1 -e match:"securelevel" jail -m securelevel=1 name=web
	atf_check jail -m name=web host.hostname=new.example meta="a b" env.x=y
	atf_check -o inline:"new.example\n" jexec web hostname
	atf_check -o inline:"new.example\n" jls -j web host.hostname
	atf_check -o inline:"a b\n" jls -j web meta
	atf_check -s exit:1 \
	    -e inline:"jail: web: mount.devfs cannot be changed after creation\n" \
	    jail -m name=web mount.devfs
	atf_check -s exit:1 -e match:"not found" jail -m name=nosuch persist
	jid=$(jls -j web jid)
	atf_check jail -m jid="$jid" name=renamed
	atf_check -o inline:"renamed\n" jls name
	atf_check jail -m name=renamed nopersist
	t_until 5 t_no_jails
}

t_case late_checks "what is said at the start, and what -m refuses"
late_checks_test()
{
	t_root root
	atf_check -e inline:"jail: securelevel: recorded, not yet enforced\n" \
	    jail -c name=web path="$PWD/root" persist securelevel=2
	atf_check -s exit:1 \
	    -e inline:"jail: web: cgroup.pids.max cannot be changed after creation\n" \
	    jail -m name=web cgroup.pids.max=3
	# What jls -s shows makes the same jail again.
	jls -s -j web >words
	atf_check -o ignore jail -R web
	eval "set -- $(sed 's/jid=[0-9]*//' words)"
	atf_check -e ignore jail -c "$@"
	jls -s -j web | sed 's/jid=[0-9]*//' >again
	sed -i 's/jid=[0-9]*//' words
	atf_check cmp words again
	atf_check -o ignore jail -R web
	life_conf <<-EOC
	persist;
	exec.start = "/nonexistent &";
	EOC
	atf_check -s exit:1 \
	    -e inline:"jail: web: exec /nonexistent: No such file or directory\n" \
	    $J -c web
}

t_case combined "-cm, -rc, -mr and -cmr"
combined_test()
{
	life_conf <<-EOC
	persist;
	EOC
	atf_check -o inline:"web: created\n" $J -cm web
	jid=$(jls jid)
	atf_check -o inline:"web: updated\n" $J -cm web
	[ "$(jls jid)" = "$jid" ] || atf_fail "made anew"
	atf_check -o inline:"web: removed\nweb: created\n" $J -rc web
	[ "$(jls jid)" != "$jid" ] || atf_fail "not made anew"
	jid=$(jls jid)
	atf_check -o inline:"web: updated\n" $J -mr web
	echo "web { mount.devfs; }" | sed "s,^,persist; path=\"$PWD/root\";," |
	    t_conf other.conf
	atf_check -o inline:"web: removed\nweb: created\n" \
	    jail -f other.conf -mr web
	atf_check -o inline:"web: removed\n" jail -f other.conf -r web
	atf_check -s exit:1 -e inline:"jail: \"web\" not found\n" $J -mr web
	atf_check -o inline:"web: created\n" $J -cmr web
	atf_check -s exit:1 -e inline:"jail: \"web\" already exists\n" $J -c web
	atf_check -o inline:"web: removed\n" $J -r web
	atf_check -s exit:1 -e inline:"jail: \"web\" not found\n" $J -r web
	cat jail.conf | atf_check -o inline:"web: created\n" jail -f - -c web
	atf_check -o ignore $J -r '*'
}

t_case command "command= runs in a jail of its own that is gone afterwards"
command_test()
{
	t_root root
	atf_check -o inline:"uid=0(root) gid=0(root)\n" \
	    jail -c path="$PWD/root" command=/bin/id
	atf_check -o inline:"a b c\n" \
	    jail -c path="$PWD/root" command=/bin/echo a b c
	echo hello | atf_check -o inline:"hello\n" \
	    jail -c path="$PWD/root" command=/bin/cat
	atf_check -s exit:1 -e match:"/bin/false: failed" \
	    jail -c path="$PWD/root" command=/bin/false
	atf_check -o match:"uid=0" -e match:"path /: this jail's root can change" \
	    jail -c path=/ command=/usr/bin/id
	t_unchanged "after commands"
}

t_case many "ten jails from one file, one of them bad; stopped in reverse"
many_test()
{
	t_root root
	{
		echo "path = \"$PWD/root\"; persist;"
		echo "exec.poststop = \"echo \$name >>$PWD/stopped\";"
		for i in 0 1 2 3 4 5 6 7 8 9; do
			echo "j$i { }"
		done
		echo "bad { path = \"$PWD/nonexistent\"; }"
	} | t_conf jail.conf
	atf_check -s exit:1 -o save:out -e match:"jail: bad: path .*nonexistent" \
	    $J -c
	[ "$(wc -l <out)" = 10 ] || atf_fail "not ten: $(cat out)"
	[ "$(jls name | wc -l)" = 10 ] || atf_fail "not ten in jls"
	atf_check -o save:out $J -p 1 -r '*'
	[ "$(wc -l <out)" = 10 ] || atf_fail "not ten removed: $(cat out)"
	atf_check -o inline:"j9\nj8\nj7\nj6\nj5\nj4\nj3\nj2\nj1\nj0\n" cat stopped
}

t_case interrupted "INT, TERM and HUP roll a start back"
interrupted_test()
{
	for sig in INT TERM HUP; do
		for what in exec.prestart exec.start; do
			rm -f root/tmp/here here
			life_conf <<-EOC
			persist;
			$what = "touch $PWD/here /tmp/here 2>/dev/null; sleep 60";
			EOC
			# What sh puts into the background ignores SIGINT.
			env --default-signal=INT $J -c web >out 2>err &
			pid=$!
			t_until 10 test -e here -o -e root/tmp/here
			rm -f /tmp/here
			kill -$sig $pid
			wait $pid
			[ $? = 1 ] || atf_fail "$sig in $what: status"
			grep -q interrupted err || atf_fail "not said: $(cat err)"
			t_unchanged "$sig in $what"
		done
	done
}

t_case limits "cgroup.memory.max and pids.max hold" 120
limits_test()
{
	t_needs_controller memory pids
	life_conf <<-EOC
	mount.devfs;
	cgroup.memory.max = 64M;
	cgroup.memory.swap.max = 0;
	exec.start = "sleep 1000 >/dev/null 2>&1 &";
	EOC
	atf_check -o ignore -e ignore $J -c web
	cg=$(echo "$T_JAILS"/[0-9]*.*)
	[ "$(cat "$cg/memory.max")" = 67108864 ] || atf_fail "memory.max"
	[ "$(cat "$cg/pids.max")" = 4096 ] || atf_fail "pids.max"
	atf_check -s exit:137 -o ignore -e ignore \
	    jexec web sh -c 'x=$(head -c 200000000 /dev/zero | tr "\0" x); echo $x'
	atf_check -o match:"sleep 1000" jexec web ps
	atf_check -o ignore $J -r web
}

t_case no_controller "a limit without its controller is an error that names it"
no_controller_test()
{
	life_conf <<-EOC
	persist;
	cgroup.nosuch.max = 1;
	EOC
	atf_check -s exit:1 \
	    -e match:"jail: web: cgroup.nosuch.max: this host's cgroup2 has no nosuch controller" \
	    $J -c web
}

t_case thin "a thin jail by hand: a read-only base by nullfs"
thin_test()
{
	t_root base
	mkdir -p thin/basejail thin/proc thin/dev thin/tmp thin/var
	for d in bin sbin usr; do
		ln -s basejail/$d thin/$d
	done
	cp -R base/etc thin/etc
	t_conf jail.conf <<-EOC
	path = "$PWD/thin"; persist; mount.devfs;
	mount = "$PWD/base $PWD/thin/basejail nullfs ro 0 0";
	thin { }
	EOC
	atf_check -o inline:"thin: created\n" $J -c thin
	atf_check jexec thin touch /tmp/x
	atf_check -s exit:1 -e match:"Read-only" jexec thin touch /basejail/x
	atf_check -o ignore $J -r thin
}

t_case at_once "32 jails started at the same time, and two of one name"
at_once_test()
{
	t_root root
	for i in $(seq 32); do
		jail -c name=c$i path="$PWD/root" persist >out$i 2>&1 &
	done
	wait
	[ "$(jls name | sort -u | wc -l)" = 32 ] || atf_fail "$(cat out*)"
	[ "$(jls jid | sort -u | wc -l)" = 32 ] || atf_fail "jids"
	atf_check -o ignore jail -R '*'
	for i in 1 2 3 4; do
		jail -c name=same path="$PWD/root" persist >out$i 2>&1 &
	done
	wait
	[ "$(jls name)" = same ] || atf_fail "same"
	[ "$(grep -l 'already exists' out1 out2 out3 out4 | wc -l)" = 3 ] ||
	    atf_fail "$(cat out1 out2 out3 out4)"
	atf_check -o ignore jail -R same
}

t_case many "the jails of one file have the mounts of one made alone"
many_test()
{
	t_root root
	{
		echo "path = \"$PWD/root\"; persist; mount.devfs;"
		for i in $(seq 6); do echo "m$i { }"; done
	} | t_conf jail.conf
	atf_check -o ignore $J -c
	atf_check -o ignore jail -c name=one path="$PWD/root" mount.devfs \
	    persist
	for j in one m1 m6; do
		jexec $j cat /proc/self/mountinfo | cut -d' ' -f4-6 >$j.mounts
	done
	[ "$(wc -l <one.mounts)" -gt 10 ] || atf_fail "$(cat one.mounts)"
	atf_check cmp one.mounts m1.mounts
	atf_check cmp one.mounts m6.mounts
	atf_check -o ignore jail -R '*'
}

# sysctls NAME: what its user and network namespace say.
sysctls()
{
	pid=$(awk -F '[ \t]' -v name="$1" '$1 == "A" && $7 == name {
	    print $4 }' /run/jail/index)
	nsenter -t "$pid" -U -n cat /proc/sys/user/max_user_namespaces \
	    /proc/sys/user/max_mnt_namespaces \
	    /proc/sys/user/max_net_namespaces \
	    /proc/sys/net/ipv4/ping_group_range
}

t_case sysctls "limits on namespaces and ping, whatever /proc the jail has"
sysctls_test()
{
	t_root root
	atf_check -o ignore jail -c name=with path="$PWD/root" persist
	atf_check -o ignore jail -c name=without path="$PWD/root" \
	    mount.noprocfs persist
	atf_check -s not-exit:0 -e ignore jexec without cat /proc/uptime
	atf_check -o ignore jail -c name=ro path="$PWD/root" mount.noprocfs \
	    mount="proc $PWD/root/proc proc ro 0 0" persist
	for j in with without ro; do
		got=$(sysctls $j | tr '\n\t' '  ')
		[ "$got" = "0 1 0 0 65535 " ] || atf_fail "$j: $got"
	done
	atf_check -s not-exit:0 -e ignore \
	    jexec with sh -c 'echo 9 >/proc/sys/user/max_user_namespaces'
	atf_check -o ignore jail -R '*'
}

t_case later "what is not built is refused, with its place in the file"
later_test()
{
	t_root root
	t_conf jail.conf <<-EOF
	path = "$PWD/root"; persist;
	a {
		children.max = 3;
	}
	b { }
	EOF
	atf_check -s exit:1 -o inline:"b: created\n" \
	    -e match:"^jail: (.*/)?jail.conf:3:[0-9]+: children.max: not av" \
	    $J -c
	atf_check -s exit:1 -e match:"^jail: c: children.max: not available" \
	    jail -c name=c path="$PWD/root" persist children.max=3
	atf_check -o ignore jail -c name=a path="$PWD/root" persist
	atf_check -s exit:1 \
	    -e match:"^jail: (.*/)?jail.conf:3:[0-9]+: children.max: not av" \
	    $J -m a
	atf_check -o ignore jail -R a b
}
