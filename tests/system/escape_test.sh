#!/usr/bin/env atf-sh
# Attacks that are withstood: by the root of a jail, by the files of a root
# that a jail had in its hands, and by the host's other users.

. "$(atf_get_srcdir)/lib.sh"

# A jail "web" with everything a default jail's root can have.
start()
{
	[ -d root ] || t_root root
	atf_check jail -q -c name=web path="$PWD/root" persist mount.devfs "$@"
}

# pid 1 as the host counts.
init_pid()
{
	cat "$T_JAILS"/*/init/cgroup.procs
}

# refused SCRIPT: run inside; each of its lines must fail.
refused()
{
	echo "$1" | while read -r t_line; do
		[ -n "$t_line" ] || continue
		! jexec web sh -c "$t_line" </dev/null >out 2>&1 ||
		    { echo "$t_line" >>succeeded; cat out >>succeeded; }
	done
	[ ! -e succeeded ] || atf_fail "worked inside: $(tr "\n" " " <succeeded)"
}

t_case locked "mounts cannot be undone, covered, moved or made writable"
locked_test()
{
	start
	jexec web cat /proc/self/mountinfo | cut -d' ' -f3- >before
	refused '
	umount /proc
	umount -l /proc/sys
	umount /dev
	umount /dev/pts
	umount /sys
	mount -o remount,rw /proc/sys
	mount -o remount,bind,rw /sys
	mount -o bind /proc /tmp
	mount -t tmpfs none /tmp
	mount -t proc none /tmp
	mount --move /dev/pts /tmp
	mv /dev/pts /dev/other
	rmdir /dev/pts
	pivot_root / /tmp
	unshare -m true
	unshare -U true
	unshare -Ur mount -t tmpfs none /tmp
	nsenter -t 1 -m true
	mknod /tmp/null c 1 3
	mknod /dev/sda b 8 0
	'
	jexec web cat /proc/self/mountinfo | cut -d' ' -f3- >after
	atf_check cmp before after
	atf_check jail -R web
}

t_case kernel "settings of the kernel and the cgroups are out of reach"
kernel_test()
{
	start
	# Opened only: where it works, nothing shall happen.
	cat /proc/sys/kernel/core_pattern >before
	refused '
	: >>/proc/sys/kernel/core_pattern
	: >>/proc/sys/kernel/hostname
	: >>/proc/sys/vm/drop_caches
	: >>/proc/sys/net/ipv4/ip_forward
	: >>/proc/sysrq-trigger
	: >>/sys/power/state
	: >>/sys/fs/cgroup/cgroup.procs
	: >>/sys/fs/cgroup/cgroup.freeze
	: >>/sys/fs/cgroup/j/cgroup.kill
	mkdir /sys/fs/cgroup/mine
	rmdir /sys/fs/cgroup/j
	head -c 1 /proc/kcore
	dmesg
	'
	atf_check -o file:before cat /proc/sys/kernel/core_pattern
	atf_check jail -R web
}

t_case above "nothing stands above the root"
above_test()
{
	start
	jexec web ls -id / >before
	jexec web sh -c 'exec 3</; cd /tmp; mkdir -p c; cd /; cd ../../../../..
	    ls -id . | sed s/\\.$/\\//' >after
	atf_check cmp before after
	refused "
	test -e /proc/1/root/etc
	ls /proc/1/cwd/
	test -e $PWD/root
	"
	atf_check jail -R web
}

t_case pid1 "pid 1 is not killed, stopped, read, or told to end"
pid1_test()
{
	start
	refused '
	readlink /proc/1/exe
	readlink /proc/1/ns/mnt
	ls /proc/1/fd
	cat /proc/1/environ
	cat /proc/1/mem
	cat /proc/1/maps
	cat /proc/1/auxv
	echo 1000 >/proc/1/oom_score_adj
	'
	jexec web sh -c 'for s in $(seq 64); do kill -$s 1; done' 2>/dev/null
	sleep 0.3
	atf_check -o inline:"web\n" jls name
	atf_check -o match:"^State:.S" jexec web cat /proc/1/status
	cp "$(atf_get_srcdir)/probe" root/bin/probe
	atf_check -o ignore timeout $((50 * JAIL_TEST_SCALE)) \
	    jexec web probe exhaust
	atf_check -o inline:"web\n" jls name
	atf_check jail -R web
}

t_case persist "persist is not switched from inside, nor is its change lost"
persist_test()
{
	start
	cp "$(atf_get_srcdir)/probe" root/bin/probe
	atf_check jexec web probe forge
	# Whatever it made of the signals, it has made it now.
	atf_check jexec web true
	t_until 10 grep -q '^State:.S' "/proc/$(init_pid)/status"
	atf_check -o inline:"web\n" jls name
	# Ours meets one of theirs that waits already, and so is swallowed.
	atf_check jail -m name=web nopersist
	t_until 10 t_no_jails
	atf_check jail -q -c name=web path="$PWD/root" persist
	jexec web sleep 1000 &
	t_until 10 jexec web pidof sleep >/dev/null
	kill -STOP "$(init_pid)"
	jexec web sh -c 'kill -USR1 1; kill -USR2 1'
	atf_check jail -m name=web nopersist
	kill -CONT "$(init_pid)"
	atf_check -o inline:"web\n" jls name
	jexec web killall sleep
	t_until 10 t_no_jails
	wait
	atf_check -s exit:1 -e ignore jail -R web
}

t_case entrant "who enters cannot be looked into before its exec"
entrant_test()
{
	start
	# comm is "jexec" before and after what was read: it had not exec'd.
	cat >root/bin/racer <<-'EOF'
	#!/bin/sh
	read_comm() { c=; read -r c <"$1/comm"; [ "$c" = jexec ]; } 2>/dev/null
	touch /tmp/ready
	while [ ! -e /tmp/stop ]; do
		for p in /proc/[0-9]*; do
			read_comm "$p" || continue
			echo saw
			for f in root/etc cwd/etc fd/0; do
				[ -e "$p/$f" ] && read_comm "$p" && echo "$f"
			done
			(exec 3<"$p/mem") 2>/dev/null && read_comm "$p" &&
			    echo mem
		done
	done
	EOF
	chmod 755 root/bin/racer
	jexec web racer </dev/null >got 2>/dev/null &
	t_pid=$!
	t_until 10 test -e root/tmp/ready
	for i in $(seq 150); do
		jexec web true || atf_fail "jexec"
	done
	touch root/tmp/stop
	wait $t_pid
	sort -u got | grep -v '^saw$' >stolen
	[ ! -s stolen ] || atf_fail "read of an entrant: $(tr "\n" " " <stolen)"
	atf_check jail -R web
}

t_case stopped "an entrant that the jail stops holds nobody but its jexec"
stopped_test()
{
	start stop.timeout=1
	cat >root/bin/stopper <<-'EOF'
	#!/bin/sh
	touch /tmp/ready
	while :; do
		for p in /proc/[0-9]*; do
			read -r c <$p/comm && [ "$c" = jexec ] &&
			    kill -STOP ${p#/proc/} && touch /tmp/stopped
		done
	done
	EOF
	chmod 755 root/bin/stopper
	jexec web stopper </dev/null >/dev/null 2>&1 &
	t_until 10 test -e root/tmp/ready
	t_pids=
	for i in $(seq 30); do
		jexec web true </dev/null >/dev/null 2>&1 &
		t_pids="$t_pids $!"
	done
	t_until 10 test -e root/tmp/stopped
	atf_check -o inline:"web\n" timeout 20 jls name
	atf_check -o ignore timeout 20 jail -r web
	# shellcheck disable=SC2086
	wait $t_pids
	t_no_jails || atf_fail "it is still there"
}

# A program that stops what enters, named $1, once /tmp/go is there.  What was
# stopped after its exec goes on: that is no entrant any more.
stopper()
{
	cat >root/bin/stopper <<-EOF
	#!/bin/sh
	touch /tmp/ready
	while [ ! -e /tmp/go ]; do :; done
	is_entrant() { c=; read -r c <"\$1/comm"; [ "\$c" = $1 ]; } 2>/dev/null
	while :; do
		for p in /proc/[0-9]*; do
			is_entrant \$p || continue
			kill -STOP \${p#/proc/}
			if is_entrant \$p; then
				touch /tmp/stopped
			else
				kill -CONT \${p#/proc/}
			fi
		done
	done
	EOF
	chmod 755 root/bin/stopper
	# It takes a while to find somebody in here.
	[ -e passwd ] || cp root/etc/passwd passwd
	yes 'a:x:0:0:a:/:/bin/sh' | head -c 12000000 >root/etc/passwd
	cat passwd >>root/etc/passwd
}

# held COMMAND...: in the background, until the jail has stopped its entrant.
held()
{
	while :; do
		rm -f root/tmp/stopped
		"$@" </dev/null >/dev/null 2>&1 &
		t_pid=$!
		while kill -0 $t_pid 2>/dev/null; do
			[ ! -e root/tmp/stopped ] || return 0
			sleep 0.05
		done
	done
}

t_case held "a signal to jexec, exec.timeout: also while its entrant is stopped"
held_test()
{
	start
	stopper jexec
	jexec web stopper </dev/null >/dev/null 2>&1 &
	t_until 10 test -e root/tmp/ready
	touch root/tmp/go
	for s in 1 2 15; do
		held env --default-signal jexec -U www web true
		kill -$s $t_pid
		wait $t_pid
		atf_check_equal "$s: $((128 + s))" "$s: $?"
	done
	held "$(atf_get_srcdir)/ptyrun" -m jexec -U www web true
	kill -15 "$(cat "/proc/$t_pid/task/$t_pid/children")"
	wait $t_pid
	atf_check_equal 143 $?
	atf_check jail -R web
	wait
	stopper jail
	rm -f root/tmp/*
	t_s=$((2 * JAIL_TEST_SCALE))
	for bg in "" " &"; do
		atf_check -s exit:1 -e match:"web: true$bg: timed out" \
		    jail -q -c name=web path="$PWD/root" mount.devfs \
		    exec.jail_user=root exec.timeout=$t_s exec.start="stopper &" \
		    exec.start+="touch /tmp/go" exec.start+="true$bg" \
		    exec.start+="true$bg" exec.start+="true$bg"
		rm -f root/tmp/*
	done
	atf_check -s exit:1 -o match:"web: true: timed out" \
	    "$(atf_get_srcdir)/ptyrun" -m jail -q -c name=web \
	    path="$PWD/root" mount.devfs exec.jail_user=root exec.timeout=$t_s \
	    exec.start="stopper &" exec.start+="touch /tmp/go" command=true
	atf_check -s exit:1 -o match:"web: sleep: timed out" \
	    "$(atf_get_srcdir)/ptyrun" -m jail -q -c name=web \
	    path="$PWD/root" mount.devfs exec.timeout=$t_s command=sleep 1000
	t_no_jails || atf_fail "it is still there"
}

t_case links "symbolic links in place of mount points, swapped after a start"
links_test()
{
	t_root root
	mkdir -p host/sys root/mnt
	start
	atf_check jail -R web
	for d in proc sys dev; do
		rm -rf "root/$d"
		ln -s "$PWD/host" "root/$d"
		atf_check -s exit:1 -e match:"$PWD/root/$d is a symbolic link" \
		    jail -c name=web path="$PWD/root" persist mount.devfs
		rm "root/$d"
		mkdir "root/$d"
	done
	rmdir root/mnt
	ln -s ../host root/mnt
	atf_check -s exit:1 -e match:"root/mnt is a symbolic link" \
	    jail -c name=web path="$PWD/root" persist \
	    mount="tmpfs $PWD/root/mnt tmpfs rw 0 0"
	atf_check -s exit:1 -e match:"is a symbolic link" \
	    jail -c name=web path="$PWD/root" persist \
	    mount="$PWD/root/mnt $PWD/root/tmp nullfs rw 0 0"
	rm -r root/var/log
	ln -s "$PWD/host" root/var/log
	atf_check -s exit:1 -e match:"is a symbolic link" \
	    jail -c name=web path="$PWD/root" persist \
	    exec.consolelog="$PWD/root/var/log/console"
	# A file in the place of a directory is somebody's work too; a root
	# without the directory is a root without the mount.
	for d in proc sys; do
		rmdir "root/$d"
		touch "root/$d"
		atf_check -s exit:1 -e match:"$PWD/root/$d: Not a directory" \
		    jail -c name=web path="$PWD/root" persist
		atf_check jail -q -c name=web path="$PWD/root" persist \
		    "mount.no${d}fs"
		atf_check jail -R web
		rm "root/$d"
		atf_check jail -q -c name=web path="$PWD/root" persist
		atf_check jail -R web
		mkdir "root/$d"
	done
	[ "$(find host)" = "$(printf 'host\nhost/sys')" ] ||
	    atf_fail "something was made in host"
}

t_case users "passwd, group and login.defs of the jail's making"
users_test()
{
	start
	cp root/etc/passwd passwd
	yes 'a:x:0:0:a:/:/bin/sh' | head -c 17000000 >root/etc/passwd
	atf_check -s exit:1 -e match:"/etc/passwd: File too large" \
	    timeout 20 jexec -U www web id
	printf '%s\n' 'www:x:-1:80:w:/:/bin/sh' 'www:x:+5:80:w:/:/bin/sh' \
	    'www:x: 0:0:w:/:/bin/sh' 'www:x:4294967295:80:w:/:/bin/sh' \
	    'www:x:0x0:0:w:/:/bin/sh' 'www:x::0:w:/:/bin/sh' >root/etc/passwd
	atf_check -s exit:1 -e match:"www: no such user" jexec -U www web id
	echo 'www:x:4294967294:80:w:/:/bin/sh' >root/etc/passwd
	atf_check -s exit:1 -e match:"setresuid" jexec -U www web id
	cp passwd root/etc/passwd
	seq 70000 | sed 's/.*/g&:x:&:www/' >root/etc/group
	atf_check -s exit:1 -e match:"more than 65536 groups" \
	    timeout 20 jexec -U www web id
	rm root/etc/group
	mkfifo root/etc/group root/etc/login.defs
	atf_check -s exit:1 -e match:"/etc/group: not a regular file" \
	    timeout 20 jexec -U www web id
	# Who is nobody but root, and has no groups, needs none of it.
	atf_check -o inline:"root /root /bin/sh 0\n" timeout 20 jexec -l web \
	    sh -c 'echo $USER $HOME $SHELL \
	    $(grep -c "^Groups:.[0-9]" /proc/self/status)'
	rm root/etc/login.defs
	ln -s /dev/zero root/etc/login.defs
	rm root/etc/passwd
	mkfifo root/etc/passwd
	atf_check -o inline:"root /root /bin/sh 0\n" timeout 20 jexec -l web \
	    sh -c 'echo $USER $HOME $SHELL \
	    $(grep -c "^Groups:.[0-9]" /proc/self/status)'
	rm -r root/etc
	ln -s /proc/1/root/etc root/etc
	atf_check -s exit:1 -e match:"/etc/passwd" jexec -U www web id
	atf_check jail -R web
}

t_case terminal "a /dev of the jail's making under a terminal" 90
terminal_test()
{
	start
	jexec web sh -c 'rm -f /dev/ptmx; mkfifo /dev/ptmx; ! chmod 0 /dev/pts/ptmx' \
	    2>/dev/null || atf_fail "/dev/pts/ptmx can be changed"
	atf_check -o match:'^/dev/pts/0' timeout 20 \
	    "$(atf_get_srcdir)/ptyrun" -m jexec web tty
	atf_check jail -R web
	# Without a devpts: FIFOs and links where one would be.
	mkdir root/dev/pts
	mkfifo root/dev/pts/ptmx root/dev/tty
	atf_check jail -q -c name=web path="$PWD/root" persist
	atf_check -o match:'^yes' timeout 20 "$(atf_get_srcdir)/ptyrun" -m \
	    jexec web sh -c 'test -t 0 && echo yes'
	rm -r root/dev
	ln -s /proc/self/fd root/dev
	atf_check -o match:'^yes' timeout 20 "$(atf_get_srcdir)/ptyrun" -m \
	    jexec web sh -c 'test -t 0 && echo yes'
	atf_check jail -R web
}

t_case descriptors "no directory of the host, and none above 2, comes along"
descriptors_test()
{
	start
	for i in 0 1 2; do
		! eval "jexec web true $i</" 2>/dev/null ||
		    atf_fail "jexec: descriptor $i"
	done
	atf_check -s exit:1 -e match:"descriptor 0 is a directory" \
	    sh -c "exec jail -q -c path=$PWD/root command=/bin/true </etc"
	for t_ns in mnt net user pid_for_children; do
		atf_check -s exit:1 -e match:"descriptor 0 is not a file" \
		    sh -c "exec jexec web true </proc/self/ns/$t_ns"
		atf_check -s exit:1 -e match:"descriptor 1 is not a file" \
		    sh -c "exec jexec web true 1</proc/self/ns/$t_ns"
	done
	atf_check -s exit:1 -e match:"descriptor 0 is not a file" sh -c \
	    "exec jail -q -c path=$PWD/root command=true </proc/self/ns/net"
	# pidfd_open(2)
	atf_check -s exit:1 -e match:"descriptor 0 is not a file" perl \
	    -e 'use POSIX; dup2(syscall(434, $$ + 0, 0), 0); exec @ARGV' \
	    jexec web true
	echo data >data
	atf_check -o inline:"data\n" jexec web cat <data
	atf_check -o inline:"0\n1\n2\n3\n" sh -c \
	    'exec jexec web ls /proc/self/fd 3</ 7</etc 9</proc/self/ns/mnt'
	atf_check jail -R web
}

t_case flood "output and forks without end" 90
flood_test()
{
	# What exec.start leaves behind writes on: neither command waits for it.
	t_root root
	timeout 30 jail -q -c name=web path="$PWD/root" mount.devfs \
	    stop.timeout=1 exec.start="sh -c 'yes & sleep 0.2'" >/dev/null ||
	    atf_fail "jail -c"
	atf_check -o inline:"web\n" jls name
	atf_check timeout 20 jail -q -r web
	timeout 30 jail -q -c name=web path="$PWD/root" persist mount.devfs \
	    exec.timeout=1 exec.start=yes >/dev/null 2>err &&
	    atf_fail "exec.timeout did not hold"
	atf_check -o match:"yes: timed out" cat err
	t_no_jails || atf_fail "it is still there"
	start stop.timeout=1
	cat >root/bin/bomb <<-'EOF'
	#!/bin/sh
	trap "" TERM INT HUP
	ulimit -u 200
	while :; do
		touch /tmp/ready
		(while :; do (:) & done) &
		sleep 0.01
	done
	EOF
	chmod 755 root/bin/bomb
	jexec web bomb </dev/null >/dev/null 2>&1 &
	t_until 10 test -e root/tmp/ready
	sleep 0.5
	atf_check timeout 30 jail -q -r web
	wait
	t_no_jails || atf_fail "it is still there"
}

nobody_left()
{
	[ -z "$(cat "$T_JAILS"/*/j/cgroup.procs 2>/dev/null)" ]
}

t_case console "the console log is written, and by nobody inside"
console_test()
{
	t_root root
	cp "$(atf_get_srcdir)/probe" root/bin/probe
	cat >root/bin/daemon <<-'EOF'
	#!/bin/sh
	exec 2>/dev/null
	trap 'seq 10000; echo bye; exit' TERM
	touch /tmp/ready
	while [ ! -e /tmp/go ]; do sleep 0.1; done
	echo later
	while :; do sleep 0.1; done
	EOF
	chmod 755 root/bin/daemon
	seq 10000 >want
	echo bye >>want
	for extra in persist command=true; do
		echo before >log
		rm -f root/tmp/*
		jail -q -c name=web path="$PWD/root" mount.devfs \
		    exec.consolelog="$PWD/log" exec.start="echo first" \
		    exec.start+="probe rewrite" exec.start+="daemon &" \
		    $extra >out 2>&1 &
		t_pid=$!
		t_until 20 test -e root/tmp/ready
		[ $extra != persist ] || wait $t_pid ||
		    atf_fail "jail -c: $(cat out)"
		atf_check -o inline:"before\nfirst\n" cat log
		touch root/tmp/go
		t_until 20 grep -q later log
		atf_check -o inline:"before\nfirst\nlater\n" cat log
		# However late pid 1 is, it is waited for.
		[ $extra != persist ] || kill -STOP "$(init_pid)"
		jail -q -r web &
		t_until 20 nobody_left
		[ $extra != persist ] || kill -CONT "$(init_pid)"
		wait
		sed 1,3d log >got
		atf_check cmp want got
		[ ! -s out ] || atf_fail "printed: $(cat out)"
	done
}

t_case registry "a registry that somebody else made; other users look only"
registry_test()
{
	t_root root
	mkdir /run/jail
	chown 65534 /run/jail
	atf_check -s exit:1 -e match:"/run/jail: not owned by us" \
	    jail -c name=web path="$PWD/root" persist
	chown 0 /run/jail
	chmod 777 /run/jail
	atf_check -s exit:1 -e match:"/run/jail: not owned by us" \
	    jail -c name=web path="$PWD/root" persist
	rmdir /run/jail
	ln -s /tmp /run/jail
	atf_check -s exit:1 -e match:"/run/jail: Not a directory" \
	    jail -c name=web path="$PWD/root" persist
	atf_check -s exit:1 -e match:"/run/jail: Not a directory" jls
	rm /run/jail
	start
	# Who only looks is not to be lied to either, nor kept waiting.
	for t_as in 0 65534; do
		for t_bad in "chown 1 /run/jail" "chmod 777 /run/jail"; do
			$t_bad
			atf_check -s exit:1 -e match:"/run/jail: not owned by" \
			    setpriv --reuid $t_as --clear-groups \
			    "$(command -v jls)"
			chown 0 /run/jail
			chmod 755 /run/jail
		done
		mv /run/jail/index index
		mkfifo /run/jail/index
		atf_check -s exit:1 -e match:"/run/jail/index: not a regular" \
		    timeout 20 setpriv --reuid $t_as --clear-groups \
		    "$(command -v jls)"
		rm /run/jail/index
		mv index /run/jail/index
		mv /run/jail/1/params params
		mkfifo /run/jail/1/params
		atf_check -s exit:1 -e match:"params: not a regular" \
		    timeout 20 setpriv --reuid $t_as --clear-groups \
		    "$(command -v jls)" -n
		rm /run/jail/1/params
		mv params /run/jail/1/params
	done
	[ -z "$(find /run/jail -perm /022)" ] || atf_fail "writable for others"
	[ "$(stat -c %a /run/jail/private)" = 700 ] || atf_fail "private"
	atf_check jail -R web
}

t_case names "names and values that would be escape sequences or options"
names_test()
{
	t_root root
	t_esc=$(printf 'a\033[2Jb')
	for n in "$t_esc" "$(printf 'a\nb')" ../x a/b .; do
		atf_check -s exit:1 -e not-empty \
		    jail -c name="$n" path="$PWD/root" persist
	done
	# FreeBSD takes any name that is no other jail's number.
	for n in -x --help "a b" 'a"b' "a;b"; do
		atf_check jail -q -c name="$n" path="$PWD/root" persist
		atf_check -o inline:"$n\n" jls name
		atf_check -o inline:"$n\n" jls -j "$n" name
		atf_check jexec -- "$n" true
		atf_check jail -q -m name="$n" meta=x
		atf_check jail -q -R -- "$n"
		t_no_jails || atf_fail "$n is still there"
	done
	start meta="$t_esc"
	atf_check -s exit:1 -e not-empty \
	    jail -m name=web host.hostname="$t_esc"
	jexec web hostname "$t_esc"
	for o in "" -v -n -s "--libxo json" "--libxo xml" "-j web meta"; do
		# shellcheck disable=SC2086
		jls $o | grep -q "$(printf '\033')" && atf_fail "jls $o: escape"
	done
	atf_check jail -R web
}
