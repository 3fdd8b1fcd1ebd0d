#!/usr/bin/env atf-sh
# Every row of the step tables, and the builder's and pid 1's own points, with
# an injected failure and with an injected SIGKILL; a SIGKILL at every system
# call that changes something; pid 1 killed.  After each: the next command
# works, and the world is as it was.
#
# JAIL_TEST_SAMPLE=N tries every Nth place only (where processes are slow).
#
# The cases *_net do the same to a jail with addresses and translation, beside
# one that stays and uses what they share, and compare links, routes, proxies,
# sysctls and rules as well.

. "$(atf_get_srcdir)/lib.sh"
. "$(atf_get_srcdir)/netlib.sh"

: "${JAIL_TEST_SAMPLE:=1}"
INJECT="$(atf_get_srcdir)/jail-inject"

# A jail that uses every row there is.
walk_conf()
{
	t_root root
	mkdir -p data root/data
	t_conf jail.conf <<-EOF
	exec.clean; mount.devfs; mount.fdescfs;
	host.hostname = "\$name.local"; meta = "\$jid";
	path = "$PWD/root";
	mount = "$PWD/data $PWD/root/data nullfs ro 0 0";
	mount += "tmpfs $PWD/root/home tmpfs rw 0 0";
	exec.prepare = "true prepare";
	exec.prestart = "true prestart";
	exec.created = "true created";
	exec.start = "/bin/sh -c 'sleep 1000 & echo started'";
	exec.poststart = "true poststart";
	exec.prestop = "true prestop";
	exec.stop = "/bin/true";
	exec.poststop = "true poststop";
	exec.release = "true release";
	stop.timeout = 1;
	web {$WALK_WEB }
	other {$WALK_OTHER exec.start = ""; command = "/bin/true"; }
	stays {$WALK_STAYS exec.start = ""; persist; }
	EOF
	[ -z "$WALK_STAYS" ] || {
		jail -f jail.conf -q -c stays || t_broken "stays"
		t_world_again
	}
}

has_web()
{
	[ -n "$(jls -j web name 2>/dev/null)" ]
}

no_web()
{
	! has_web
}

# Where the network has a part in it; the other rows are walked without.
WALK_ROWS="addresses|links|shares|rules|routes|resolver|publish|alive|term|dying|kill|forget"

# On two interfaces, with everything that is shared and everything that is not.
WALK_WEB= WALK_OTHER= WALK_STAYS=
walk_net()
{
	nft 'add table inet filter
	    add chain inet filter forward { type filter hook forward priority 0; policy drop; }'
	ip address add 1.2.3.4/32 dev em0
	ip address add 1.2.3.5/32 dev em0
	t_world_again
	WALK_WEB='
		ip4.addr = "em0|10.10.0.1", "em1|10.20.0.1", "lo1|10.9.9.1", "lo1|127.0.1.1";
		ip6.addr = "em0|fd00:10::1", "lo1|fe80::1";
		nat = "on em0"; binat = "on em0 from 10.9.9.1 to any -> 1.2.3.5";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port 80 -> 10.10.0.1";
		rdr += "on em0 proto { tcp udp } from any to 1.2.3.4 port 8000:8010";
		rdr += "on em1 inet proto tcp from 10.0.0.0/8 to any port 9000";
		allow.raw_sockets;'
	WALK_OTHER='
		ip4.addr = "em1|10.20.0.2"; nat = "on em0";'
	# Else the table goes with the last jail, and hides what was left in it.
	WALK_STAYS='
		ip4.addr = "em0|10.10.0.3"; ip6.addr = "em0|fd00:10::3";
		rdr = "on em0 proto tcp from any to 1.2.3.4 port 83";'
	mv "$T_DIR/.t_before" "$T_DIR/.t_first"
}

walk_net_end()
{
	jail -f jail.conf -q -r stays || atf_fail "removal of what stayed"
	mv "$T_DIR/.t_first" "$T_DIR/.t_before"
}

# The points that "jail-inject -f jail.conf $1 web" passes, into file $2.
walk_points()
{
	JAIL_INJECT=list $INJECT -f jail.conf -q "$1" web 9>"$2" >/dev/null ||
	    atf_fail "$1 does not work without a fault"
	[ "$(wc -l <"$2")" -ge 8 ] || atf_fail "few points: $(cat "$2")"
	[ -z "$WALK_WEB" ] || {
		grep -E "^($WALK_ROWS):" "$2" >.t_points
		mv .t_points "$2"
		[ "$(wc -l <"$2")" -ge 6 ] || atf_fail "few net points"
	}
}

# every Nth line of a file
sample()
{
	awk -v n="$JAIL_TEST_SAMPLE" '(NR - 1) % n == 0' "$1"
}

# The next command recovers, whatever was done; then nothing is left.
recovers()
{
	jail -f jail.conf -q -c other || atf_fail "$1: next command"
	t_unchanged "$1: after the next command"
	jail -f jail.conf -q -c web >/dev/null || atf_fail "$1: a new start"
	jail -f jail.conf -q -r web >/dev/null || atf_fail "$1: a new removal"
	t_unchanged "$1: after a new start and removal"
}

# Remove web where it is there.  What got its SIGTERM may end in between.
goes()
{
	has_web || return 0
	jail -f jail.conf -q -r web >/dev/null 2>removal && return 0
	grep -q "not found" removal || {
		cat removal
		atf_fail "$1: removal"
	}
	t_until 5 no_web
}

t_case fail_start "a failure at every row of the start takes everything back" 300
fail_start_test()
{
	walk_conf
	walk_points -c points
	jail -f jail.conf -q -r web >/dev/null
	sample points >some
	while read -r at; do
		! JAIL_INJECT=fail:$at $INJECT -f jail.conf -c web \
		    >out 2>err </dev/null || atf_fail "$at: success"
		grep -q "injected at $at" err || {
			cat err
			atf_fail "$at: not said"
		}
		t_unchanged "failure at $at"
	done <some
}

t_case kill_start "a SIGKILL at every row of the start" 600
kill_start_test()
{
	walk_conf
	walk_points -c points
	jail -f jail.conf -q -r web >/dev/null
	sample points >some
	while read -r at; do
		JAIL_INJECT=kill:$at $INJECT -f jail.conf -c web \
		    >out 2>err </dev/null
		rc=$?
		case $at in
		[BC].*)	# not jail(8) itself: it says so and takes it back
			[ $rc = 1 ] || atf_fail "$at: status $rc"
			t_unchanged "$at killed" ;;
		*)	[ $rc = 137 ] || atf_fail "$at: status $rc" ;;
		esac
		# Complete by then, only nobody said so.
		[ "$at" != alive:after ] || goes "$at"
		recovers "killed at $at"
	done <some
}

t_case fail_stop "a failure at every row of the removal" 300
fail_stop_test()
{
	walk_conf
	jail -f jail.conf -q -c web >/dev/null
	walk_points -r points
	sample points >some
	while read -r at; do
		jail -f jail.conf -q -c web >/dev/null || atf_fail "$at: start"
		if JAIL_INJECT=fail:$at $INJECT -f jail.conf -r web \
		    >out 2>err </dev/null; then
			# It may have ended by its SIGTERM: then it is removed.
			[ "$at" = term:after ] && no_web ||
			    atf_fail "$at: success"
		elif ! grep -q "injected at $at" err; then
			cat err
			atf_fail "$at: not said"
		fi
		case $at in
		exec.prestop:*|exec.stop:*|term:before)
			has_web || atf_fail "$at: web does not run any more" ;;
		esac
		# After SIGTERM it ends by itself, sooner or later.
		case $at in
		term:after)
			t_until 5 no_web ;;
		*)	goes "$at" ;;
		esac
		jail -f jail.conf -q -c other || atf_fail "$at: next"
		t_unchanged "failure at $at"
	done <some
}

t_case kill_stop "a SIGKILL at every row of the removal" 600
kill_stop_test()
{
	walk_conf
	jail -f jail.conf -q -c web >/dev/null
	walk_points -r points
	sample points >some
	while read -r at; do
		jail -f jail.conf -q -c web >/dev/null || atf_fail "$at: start"
		JAIL_INJECT=kill:$at $INJECT -f jail.conf -r web \
		    >out 2>err </dev/null
		rc=$?
		[ $rc = 137 ] || atf_fail "$at: status $rc"
		goes "$at"
		recovers "killed at $at"
	done <some
}

# The same, with addresses.
for t_name in fail_start kill_start fail_stop kill_stop; do
	eval "t_descr=\$T_DESCR_$t_name"
	t_case ${t_name}_net "with addresses: $t_descr" 900
	eval "T_NET_${t_name}_net=1
	${t_name}_net_test() { walk_net; ${t_name}_test; walk_net_end; }"
done

# System calls after which something is different.
CALLS="clone3 clone fork vfork mkdirat mkdir openat openat2 write pwrite64
    rename renameat renameat2 unlinkat unlink rmdir move_mount open_tree fsmount
    fsopen mount_setattr setns unshare sendmsg pipe2 execve execveat pidfd_open
    pidfd_send_signal fcntl socketpair"
# Those that the network adds.
CALLS_NET="sendto setns write pwrite64 renameat2 bind"

# kill_calls WHAT ARGS...: jail ARGS killed at the Kth of each call it makes.
kill_calls()
{
	what=$1
	shift
	strace -qq -e signal=none -e trace="$(echo $CALLS | tr ' ' ,)" -o trace \
	    jail "$@" >/dev/null 2>&1 || atf_fail "$what under strace"
	awk -F'[( ]' '{ n[$1]++; print $1, n[$1] }' trace >places
	[ "$(wc -l <places)" -ge 20 ] || atf_fail "few places"
}

t_case kill_calls_start "a SIGKILL at every changing system call of a start" 900
kill_calls_start_test()
{
	walk_conf
	kill_calls start -f jail.conf -q -c web
	jail -f jail.conf -q -r web >/dev/null
	sample places >some
	while read -r call k; do
		strace -qq -e signal=none -e trace="$call" -o trace \
		    -e inject="$call:signal=KILL:when=$k" \
		    jail -f jail.conf -q -c web >/dev/null 2>&1
		goes "$call $k"
		jail -f jail.conf -q -c other || atf_fail "$call $k: next"
		t_unchanged "killed at $call number $k"
	done <some
}

t_case kill_calls_stop "a SIGKILL at every changing system call of a removal" 900
kill_calls_stop_test()
{
	walk_conf
	jail -f jail.conf -q -c web >/dev/null
	kill_calls removal -f jail.conf -q -r web
	sample places >some
	while read -r call k; do
		jail -f jail.conf -q -c web >/dev/null ||
		    atf_fail "$call $k: start"
		strace -qq -e signal=none -e trace="$call" -o trace \
		    -e inject="$call:signal=KILL:when=$k" \
		    jail -f jail.conf -q -r web >/dev/null 2>&1
		goes "$call $k"
		jail -f jail.conf -q -c other || atf_fail "$call $k: next"
		t_unchanged "killed at $call number $k"
	done <some
}

for t_name in kill_calls_start kill_calls_stop; do
	eval "t_descr=\$T_DESCR_$t_name"
	t_case ${t_name}_net "with addresses: $t_descr" 900
	eval "T_NET_${t_name}_net=1
	${t_name}_net_test()
	{
		walk_net
		CALLS=\$CALLS_NET
		# All of them take a minute; these are the same every time.
		JAIL_TEST_SAMPLE=\$((5 * JAIL_TEST_SAMPLE))
		${t_name}_test
		walk_net_end
	}"
done

t_case kill_init "pid 1 is killed: jls hides the jail, the next command sweeps it"
kill_init_test()
{
	walk_conf
	jail -f jail.conf -q -c web >/dev/null
	pid=$(awk '$1 == "A" && /\tweb\t/ { print $4 }' /run/jail/index)
	[ "$(cat "/proc/$pid/comm")" = jail-init ] || atf_fail "not pid 1: $pid"
	kill -9 "$pid"
	t_until 5 no_web
	atf_check -s exit:1 -e inline:"jexec: jail \"web\" not found\n" \
	    jexec web /bin/true
	recovers "pid 1 killed"
}

t_case kill_init_net "with addresses: pid 1 is killed, nothing of its network stays"
T_NET_kill_init_net=1
kill_init_net_test()
{
	walk_net
	kill_init_test
	walk_net_end
}

t_case full_run "a full /run: a start fails cleanly, a removal works"
full_run_test()
{
	walk_conf
	jail -f jail.conf -q -c web >/dev/null
	dd if=/dev/zero of=/run/full bs=1M 2>/dev/null
	dd if=/dev/zero of=/run/full2 bs=1 2>/dev/null
	atf_check -s exit:1 -o ignore -e match:"No space left on device" \
	    jail -f jail.conf -c other
	[ "$(jls name)" = web ] || atf_fail "web is gone"
	atf_check -o ignore jail -f jail.conf -r web
	rm -f /run/full /run/full2
	t_unchanged "after a full /run"
}
