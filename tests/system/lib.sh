# Helpers of the system tests (atf-sh).  A test program is
#
#	#!/usr/bin/env atf-sh
#	. "$(atf_get_srcdir)/lib.sh"
#
#	t_case create "jail -c makes a jail and jail -r takes it away" 30
#	create_test()
#	{
#		t_root root
#		atf_check -o inline:"web: created\n" \
#		    jail -c name=web path="$PWD/root" persist
#		atf_check -o ignore jail -r web
#	}
#
# and is executable, named *_test.sh and stands in tests/system.  t_case lists
# the case, asks for root, and runs NAME_test in a world of its own:
#
#   - a private mount namespace with an empty tmpfs on /run;
#   - a cgroup of its own, $T_CG, which is the root of the cgroup2 mount that
#     the test sees (JAIL_TEST_CGNS=0: the machine's own root, with $T_CG
#     holding only the processes of the test);
#   - `world` is taken before and after: a mount, cgroup, process, link, nft
#     table or registry entry that the test left behind fails it.
#
# With netlib.sh and T_NET=1 (or T_NET_create=1, for that case) it runs in a
# network namespace of its own as well, beside other hosts: see there.
#
# Set by the caller: PATH (the tested programs first), JAIL_PREFIX (where they
# are installed), JAIL_TEST_SCALE (timeouts are multiplied by it).

: "${JAIL_TEST_SCALE:=1}"
: "${JAIL_TEST_CGNS:=1}"
T_CASES=
T_USER_WORLD=on

# t_case NAME DESCRIPTION [SECONDS]
t_case()
{
	atf_test_case "$1" cleanup
	eval "T_DESCR_$1=\$2"
	eval "
	$1_head() {
		atf_set descr \"\$T_DESCR_$1\"
		atf_set require.user root
		atf_set timeout $((${3:-60} * JAIL_TEST_SCALE))
	}
	$1_body() { t_enter $1; $1_test; t_leave; }
	$1_cleanup() { t_cleanup; }
	"
	T_CASES="$T_CASES $1"
}

atf_init_test_cases()
{
	for t_name in $T_CASES; do
		atf_add_test_case "$t_name"
	done
}

# Where cgroup2 is mounted: /sys/fs/cgroup, or .../unified on a hybrid machine.
t_cgroup2_dir()
{
	awk '{ for (i = 7; i < NF; i++) if ($i == "-") break
	    if ($(i + 1) == "cgroup2") { print $5; exit } }' \
	    /proc/self/mountinfo
}

# A plain machine fault is a broken test, not a skipped one.
t_broken()
{
	atf_fail "test set-up: $*"
}

# Runs the test program again in its own namespaces; there, prepares them.
t_enter()
{
	T_DIR=$PWD
	eval "T_NET=\${T_NET_$1-\${T_NET-}}"
	if [ -z "${T_INNER-}" ]; then
		cg=$(t_cgroup2_dir)
		[ -n "$cg" ] || t_broken "no cgroup2 mount"
		T_CG=$cg/jailtest.$$
		echo "$T_CG" >.t_cg
		mkdir "$T_CG" || t_broken "mkdir $T_CG"
		t_controllers "$cg"
		echo $$ >"$T_CG/cgroup.procs" || t_broken "enter $T_CG"
		flags=-m
		[ "$JAIL_TEST_CGNS" = 0 ] || flags="-m -C"
		[ -z "$T_NET" ] || flags="$flags -n"
		export T_CG
		T_INNER=1
		export T_INNER
		# shellcheck disable=SC2086,SC2154
		exec unshare $flags --propagation private -- \
		    "$Source_Dir/$Prog_Name" -r "$Results_File" \
		    -s "$Source_Dir" "$1:body"
	fi
	unset T_INNER
	if [ "$JAIL_TEST_CGNS" != 0 ]; then
		cg=$(t_cgroup2_dir)
		umount -l "$cg" && mount -t cgroup2 none "$cg" ||
		    t_broken "own cgroup2 mount"
		T_CG=$cg
		# Out of the root, else no controller can be switched on there.
		mkdir "$cg/test" && echo $$ >"$cg/test/cgroup.procs" ||
		    t_broken "leaf of the test"
		t_controllers "$cg"
	fi
	resolv=
	[ ! -e /etc/resolv.conf ] || resolv=$(cat /etc/resolv.conf)
	mount -t tmpfs -o mode=755,size=64m tmpfs /run || t_broken "tmpfs on /run"
	if [ ! -e /etc/resolv.conf ] && [ -n "$resolv" ]; then
		t_path=$(readlink -m /etc/resolv.conf)
		mkdir -p "${t_path%/*}"
		echo "$resolv" >"$t_path"
	fi
	# Where this test's jails have their cgroups.
	T_JAILS=$T_CG/jail
	[ "$JAIL_TEST_CGNS" != 0 ] || T_JAILS=${T_CG%/*}/jail
	umask 022
	# jail(8) warns when every user of the host can reach a root.
	chmod 700 "$T_DIR"
	[ -z "$T_NET" ] || n_hosts
	world >.t_before
}

# Hand every controller that there is down from cgroup $1.
t_controllers()
{
	for t_c in $(cat "$1/cgroup.controllers"); do
		echo "+$t_c" >"$1/cgroup.subtree_control" 2>/dev/null || :
	done
}

t_leave()
{
	[ "$T_USER_WORLD" = on ] || return 0
	[ -z "$T_NET" ] || n_stop
	t_unchanged "after the test"
}

# Fail unless the world is as it was when the test began.  What is on its way
# out (a pid 1 being reaped, a unit of somebody else) gets a moment.
t_unchanged()
{
	t_n=0
	while :; do
		world >"$T_DIR/.t_after"
		cmp -s "$T_DIR/.t_before" "$T_DIR/.t_after" && return 0
		t_n=$((t_n + 1))
		[ $t_n -lt 10 ] || break
		sleep 0.$((2 * JAIL_TEST_SCALE > 9 ? 9 : 2 * JAIL_TEST_SCALE))
	done
	diff -u "$T_DIR/.t_before" "$T_DIR/.t_after" >&2
	atf_fail "the world is not as before: $1 (differences above)"
}

# For a test that changes the world itself, on purpose.
t_world_again()
{
	world >"$T_DIR/.t_before"
}

# What a jail might leave, one thing a line.  No subshell in here: it would be
# seen as a process of the test.  And few programs: this is run a lot, and where
# processes start slowly.
world()
{
	t_files="/proc/1/mountinfo /proc/self/mountinfo /proc/net/dev"
	[ ! -f /run/jail/index ] || t_files="$t_files /run/jail/index"
	# Mount and parent numbers differ from run to run; peer groups as well.
	# shellcheck disable=SC2086
	awk '
	FILENAME ~ /mountinfo$/ {
		s = FILENAME ~ /self/ ? "mount inside:" : "mount outside:"
		for (i = 4; i <= NF; i++)
			if ($i !~ /^(shared|master|propagate_from):/)
				s = s " " $i
		print s
	}
	FILENAME == "/proc/net/dev" && FNR > 2 {
		sub(":.*", ""); print "link:", $1
	}
	FILENAME ~ /index$/ && /^[SAD] / { print "registry row:", $0 }
	' $t_files >"$T_DIR/.t_list"
	world_cgroups >>"$T_DIR/.t_list"
	# The registry's own files stay: an empty index, the lock, the last
	# number.
	[ ! -d /run/jail ] ||
	    find /run/jail -mindepth 1 ! -path /run/jail/index \
	    ! -path /run/jail/private ! -path /run/jail/private/lock \
	    ! -path /run/jail/private/lastjid -printf 'registry: %y %p\n' \
	    >>"$T_DIR/.t_list"
	[ -z "${T_NET-}" ] || world_net >>"$T_DIR/.t_list"
	sort "$T_DIR/.t_list"
	if [ -n "${T_NET-}" ]; then
		nft -s list ruleset 2>/dev/null
	elif command -v nft >/dev/null; then
		nft list tables 2>/dev/null
	fi
}

# The test's cgroups and its jails', and what runs in them.
world_cgroups()
{
	t_jails=
	[ "$JAIL_TEST_CGNS" != 0 ] || [ ! -d "${T_CG%/*}/jail" ] ||
	    t_jails=${T_CG%/*}/jail
	# shellcheck disable=SC2086
	find "$T_CG" $t_jails -type d -printf 'cgroup: %p\n' -o \
	    -name cgroup.procs -fprintf "$T_DIR/.t_procs" '%p\n'
	while read -r t_file; do
		while read -r t_pid; do
			[ "$t_pid" != $$ ] || continue
			t_comm=?
			[ ! -r "/proc/$t_pid/comm" ] ||
			    read -r t_comm <"/proc/$t_pid/comm" || :
			# Gone between the two reads.
			[ "$t_comm" != "?" ] || continue
			echo "process: $t_comm in ${t_file%/*}"
		done <"$t_file"
	done <"$T_DIR/.t_procs"
}

# Runs outside of the test's namespaces, also after a timeout: whatever the
# test started is in its cgroup.
t_cleanup()
{
	[ -f .t_cg ] || return 0
	read -r T_CG <.t_cg
	[ -d "$T_CG" ] || return 0
	echo 1 >"$T_CG/cgroup.kill"
	if [ "$JAIL_TEST_CGNS" = 0 ]; then
		# No others are there: tests run one at a time.
		for t_jail in "${T_CG%/*}"/jail/*/; do
			[ -d "$t_jail" ] || continue
			echo 1 >"$t_jail/cgroup.kill"
			sleep 0.1
			find "$t_jail" -depth -type d -exec rmdir {} + || :
		done
		rmdir "${T_CG%/*}/jail" 2>/dev/null || :
	fi
	t_n=0
	while :; do
		find "$T_CG" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -d "$T_CG" ] || return 0
		t_n=$((t_n + 1))
		[ $t_n -lt 50 ] || return 1
		sleep 0.1
	done
}

# t_root DIR: a small root file system of a static busybox, owned by root.
t_root()
{
	t_bb=$(command -v busybox) || t_broken "no busybox (busybox-static)"
	mkdir -p "$1/usr/bin" "$1/dev" "$1/etc" "$1/proc" "$1/sys" "$1/root" \
	    "$1/var/log" "$1/run" "$1/home/www" || t_broken "root $1"
	mkdir -m 1777 "$1/tmp"
	ln -s usr/bin "$1/bin"
	ln -s usr/bin "$1/sbin"
	ln -s bin "$1/usr/sbin"
	cp "$t_bb" "$1/usr/bin/busybox" || t_broken "busybox"
	chroot "$1" /bin/busybox --install -s /bin || t_broken "applets"
	cat >"$1/etc/passwd" <<-EOF
	root:x:0:0:root:/root:/bin/sh
	daemon:x:1:1:daemon:/:/bin/false
	www:x:80:80:www:/home/www:/bin/sh
	nobody:x:65534:65534:nobody:/:/bin/false
	EOF
	cat >"$1/etc/group" <<-EOF
	root:x:0:
	daemon:x:1:
	tty:x:5:
	www:x:80:
	www2:x:81:www
	nogroup:x:65534:
	EOF
	chown 80:80 "$1/home/www"
}

# t_conf FILE: standard input becomes a configuration that jail(8) accepts.
t_conf()
{
	cat >"$1" && chmod 644 "$1"
}

# t_until SECONDS COMMAND...: until it succeeds; scaled; fails the test.
t_until()
{
	t_end=$(($1 * JAIL_TEST_SCALE * 10))
	shift
	while ! "$@"; do
		t_end=$((t_end - 1))
		[ $t_end -gt 0 ] || atf_fail "never true: $*"
		sleep 0.1
	done
}

# The leftovers of a test's jails, for a test that looks itself.
t_no_jails()
{
	[ -z "$(jls -d jid 2>/dev/null)" ]
}

# t_needs_controller NAME...: skip where this cgroup tree lacks it (the line
# must be in tests/skips).
t_needs_controller()
{
	for t_c in "$@"; do
		case " $(cat "$T_CG/cgroup.controllers") " in
		*" $t_c "*) ;;
		*) atf_skip "no $t_c controller in cgroup2" ;;
		esac
	done
}

# For tests of the package mirror; the machine of check-vm has no network.
t_needs_mirror()
{
	[ "${JAIL_TEST_MACHINE-}" != vm ] || atf_skip "no package mirror"
}

# t_debian DIR: a Debian root, default variant (its cron keeps a jail alive),
# with contrib/rc as its /etc/rc.  From the package mirror, kept for a week in
# $JAIL_TEST_CACHE; in the machine of check-vm it is there already.
t_debian()
{
	mkdir -p "$1"
	if [ "${JAIL_TEST_MACHINE-}" = vm ]; then
		cp -a /srv/jails/deb-test01/. "$1" || t_broken "cp -a"
	else
		t_tar=${JAIL_TEST_CACHE:-/var/tmp}/debian-bookworm.tar
		if [ -z "$(find "$t_tar" -mtime -7 2>/dev/null)" ]; then
			mkdir -p "${t_tar%/*}"
			mmdebstrap --quiet --mode=root --variant=debootstrap \
			    bookworm "$t_tar.new.tar" >mmdebstrap.log 2>&1 ||
			    { cat mmdebstrap.log >&2
			    t_broken "mmdebstrap: is the mirror there?"; }
			mv "$t_tar.new.tar" "$t_tar"
		fi
		tar -xpf "$t_tar" -C "$1" || t_broken "tar"
	fi
	chmod 755 "$1"
	cp "$JAIL_PREFIX/share/jail/rc" "$JAIL_PREFIX/share/jail/rc.shutdown" \
	    "$1/etc/" || t_broken "contrib/rc is not installed"
}
