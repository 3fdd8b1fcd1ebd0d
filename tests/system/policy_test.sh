#!/usr/bin/env atf-sh
# What a jail's processes may do: the hostile probe (probe.c) runs inside, its
# answers are compared with the tables here, line by line: a line that is
# missing, or one too many, fails too.

. "$(atf_get_srcdir)/lib.sh"

CAPS=00000000b0ec85ff

# NAME ANSWER[|ANSWER]; the default jail's root.
expected()
{
	cat <<-EOF
	status:Uid 0 0 0 0
	status:Gid 0 0 0 0
	status:Groups
	status:CapInh 0000000000000000
	status:CapPrm $CAPS
	status:CapEff $CAPS
	status:CapBnd $CAPS
	status:CapAmb 0000000000000000
	status:NoNewPrivs 0
	status:Seccomp 2
	status:Securebits 0
	mount EPERM
	umount2 EPERM
	pivot_root EPERM
	fsopen ENOSYS
	fsconfig ENOSYS
	fsmount ENOSYS
	fspick ENOSYS
	open_tree ENOSYS
	open_tree:clone ENOSYS
	open_tree_attr ENOSYS
	move_mount ENOSYS
	mount_setattr ENOSYS
	statmount ENOSYS
	listmount ENOSYS
	unshare:newns EPERM
	unshare:newcgroup EPERM
	unshare:newuts EPERM
	unshare:newipc EPERM
	unshare:newuser EPERM
	unshare:newpid EPERM
	unshare:newnet EPERM
	unshare:newtime EPERM
	unshare:high EPERM
	unshare:files OK
	setns EPERM
	clone3 ENOSYS
	bpf EPERM
	perf_event_open EPERM
	lookup_dcookie EPERM
	fanotify_init EPERM
	userfaultfd EPERM
	userfaultfd:user EPERM
	lsm_set_self_attr EPERM
	io_uring_setup ENOSYS
	io_uring_enter ENOSYS
	io_uring_register ENOSYS
	add_key ENOSYS
	request_key ENOSYS
	keyctl:get ENOSYS
	keyctl:join ENOSYS
	kexec_load EPERM
	kexec_file_load EPERM
	init_module EPERM
	finit_module EPERM
	delete_module EPERM
	swapon EPERM
	swapoff EPERM
	acct EPERM
	quotactl EPERM
	quotactl_fd EPERM
	nfsservctl EPERM
	vhangup EPERM
	settimeofday EPERM
	clock_settime EPERM
	syslog:size EPERM
	syslog:read EPERM
	open_by_handle_at EPERM
	mbind EPERM
	set_mempolicy EPERM
	set_mempolicy_home_node EPERM
	migrate_pages EPERM
	move_pages EPERM
	prlimit64:init EPERM
	prlimit64:init_high EPERM
	prlimit64:init_read OK
	prlimit64:self OK
	personality:linux OK
	personality:ask OK
	personality:no_randomize EPERM
	personality:read_implies_exec EPERM
	socket:unix OK
	socket:inet EAFNOSUPPORT
	socket:inet_high EAFNOSUPPORT
	socket:inet_raw EAFNOSUPPORT
	socket:inet6 EAFNOSUPPORT
	socket:netlink_route OK
	socket:netlink_diag OK|EPROTONOSUPPORT
	socket:netlink_uevent OK
	socket:netlink_generic OK
	socket:netlink_netfilter EAFNOSUPPORT
	socket:netlink_nf_high EAFNOSUPPORT
	socket:netlink_audit EAFNOSUPPORT
	socket:netlink_crypto EAFNOSUPPORT
	socket:packet EAFNOSUPPORT
	socket:alg EAFNOSUPPORT
	socket:vsock EAFNOSUPPORT
	socket:bluetooth EAFNOSUPPORT
	socket:key EAFNOSUPPORT
	socket:can EAFNOSUPPORT
	socket:tipc EAFNOSUPPORT
	socket:rds EAFNOSUPPORT
	socket:xdp EAFNOSUPPORT
	socket:unknown EAFNOSUPPORT
	socketpair:unix OK
	socketpair:tipc EAFNOSUPPORT
	ioctl:tiocsti EPERM
	ioctl:tiocsti_high EPERM
	ioctl:tioclinux EPERM
	ioctl:tioccons EPERM
	ioctl:tiocsetd EPERM
	ioctl:tiocvhangup EPERM
	ioctl:tiocgwinsz EBADF
	ptrace:nobody ESRCH
	ptrace:init EPERM
	pidfd_getfd EBADF
	pidfd_open:init OK
	chroot OK
	reboot:magic EINVAL
	name_to_handle_at EBADF
	mlock EPERM
	mlockall EPERM
	setresuid:unmapped EINVAL
	setresuid:user OK
	seccomp:strict EINVAL
	unknown:400 ENOSYS
	unknown:470 ENOSYS
	unknown:999 ENOSYS
	unknown:-1 ENOSYS
	fork OK
	clone:newns EPERM
	clone:newcgroup EPERM
	clone:newuts EPERM
	clone:newipc EPERM
	clone:newuser EPERM
	clone:newpid EPERM
	clone:newnet EPERM
	mknod:null EPERM
	mknod:mem EPERM
	mknod:disk EPERM
	mknod:fifo OK
	adjtimex:read OK
	adjtimex:set EPERM
	sethostname OK
	mmap:locked EPERM
	setrlimit:core EPERM
	setrlimit:memlock EPERM
	setrlimit:nofile EPERM
	setpriority EACCES
	sched:fifo EPERM
	setgroups:unmapped EINVAL
	setxattr:trusted EPERM
	ambient:sys_module EPERM
	write:core_pattern EACCES|EROFS
	write:sysrq EACCES|EROFS|ENOENT
	EOF
	[ "$(uname -m)" = x86_64 ] || return 0
	# A kernel without 32-bit programs kills the one that tries.
	cat <<-EOF
	create_module EPERM
	query_module EPERM
	get_kernel_syms EPERM
	iopl EPERM
	ioperm EPERM
	uselib EPERM
	_sysctl EPERM
	sysfs EPERM
	ustat EPERM
	vserver EPERM
	modify_ldt EPERM
	x32:getpid ENOSYS
	x32:execve ENOSYS
	int80:getpid ENOSYS|SIGSEGV
	EOF
}

# expected_but NAME ANSWER ...: the table with some answers replaced.
expected_but()
{
	expected >.table
	while [ $# -gt 1 ]; do
		awk -v name="$1" -v answer="$2" '
		$1 == name { print name, answer; n++; next }
		{ print }
		END { exit n != 1 }' .table >.table2 ||
		    atf_fail "no line $1 in the table"
		mv .table2 .table
		shift 2
	done
	cat .table
}

# compare TABLE SEEN: every line of each has its like in the other.
compare()
{
	awk '
	function rest(s) { sub(/^[^ ]+ ?/, "", s); return s }
	FNR == NR { want[$1] = rest($0); next }
	{
		got = rest($0)
		if (!($1 in want)) {
			print $1 ": not in the table: " got
			bad = 1
			next
		}
		n = split(want[$1], w, "|")
		good = n == 0 && got == ""
		for (i = 1; i <= n; i++)
			good = good || w[i] == got
		if (!good) {
			print $1 ": " got ", not " want[$1]
			bad = 1
		}
		seen[$1] = 1
	}
	END {
		for (k in want)
			if (!(k in seen)) {
				print k ": never tried"
				bad = 1
			}
		exit bad
	}' "$1" "$2" >&2 || atf_fail "policy: $3"
}

prepare()
{
	t_root root
	cp "$(atf_get_srcdir)/probe" root/bin/probe || t_broken "probe"
}

# run_probe PARAMETER...: its output in ./seen.
run_probe()
{
	# What is said of the host's stack is not what is asked here.
	atf_check -o save:seen -e save:said jail -c path="$PWD/root" "$@" \
	    command=/bin/probe
	! grep -v "cannot bind ports below" said || atf_fail "$*"
}

t_case table "the table of refusals itself is compared both ways"
table_test()
{
	expected >table
	for f in '$1 == "mount" { $2 = "OK" } { print }' '$1 != "mount"' \
	    '{ print } END { print "new OK" }'; do
		awk "$f" table >seen
		(compare table seen x) >/dev/null 2>&1 &&
		    atf_fail "not noticed: $f"
	done
	sed 's/|.*//' table >seen
	compare table seen "a table is not like itself"
}

t_case default "root in a default jail"
default_test()
{
	prepare
	run_probe
	expected >table
	compare table seen "the default"
}

t_case entered "jexec gets what command gets, and as pid 1 has it"
entered_test()
{
	prepare
	run_probe
	mv seen first
	atf_check -o ignore jail -c name=p path="$PWD/root" persist
	atf_check -o save:seen jexec p /bin/probe
	atf_check diff -u first seen
	# pid 1, seen from outside: the same sets and a filter.
	pid=$(cat "$T_JAILS"/*/init/cgroup.procs)
	for f in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp; do
		a=$(sed -n "s/^status:$f //p" seen)
		b=$(awk -v f="$f:" '$1 == f { print $2 }' "/proc/$pid/status")
		atf_check_equal "$f $a" "$f $b"
	done
	atf_check -o ignore jail -r p
}

t_case user "an ordinary user inside: no capability, the same filter"
user_test()
{
	prepare
	atf_check -o ignore jail -c name=p path="$PWD/root" persist
	atf_check -o save:seen jexec -U www p /bin/probe
	atf_check -o ignore jail -r p
	none=0000000000000000
	expected_but status:Uid "80 80 80 80" status:Gid "80 80 80 80" \
	    status:Groups "80 81|81|81 80" status:CapPrm $none \
	    status:CapEff $none chroot EPERM reboot:magic EPERM \
	    setresuid:unmapped EINVAL setresuid:user EPERM \
	    setgroups:unmapped EPERM sethostname EPERM \
	    prlimit64:init_read EPERM >table
	compare table seen "a user"
}

t_case family "ip4 and ip6 = inherit: the families, no raw sockets"
family_test()
{
	prepare
	run_probe ip4=inherit
	expected_but socket:inet OK socket:inet_high OK \
	    socket:inet_raw EPERM >table
	compare table seen "ip4"
	run_probe ip4=inherit ip6=inherit
	expected_but socket:inet OK socket:inet_high OK \
	    socket:inet_raw EPERM socket:inet6 OK >table
	compare table seen "ip4 and ip6"
}

t_case hostname "allow.noset_hostname: a host's name, SYS_ADMIN gone"
hostname_test()
{
	prepare
	run_probe allow.noset_hostname
	c=00000000b0cc85ff
	expected_but status:CapPrm $c status:CapEff $c status:CapBnd $c \
	    sethostname EPERM >table
	compare table seen "noset_hostname"
}

t_case parameters "exec.nonewprivs, enforce_statfs below 2"
parameters_test()
{
	prepare
	run_probe exec.nonewprivs
	expected_but status:NoNewPrivs 1 >table
	compare table seen "nonewprivs"
	run_probe enforce_statfs=1
	# Linux 6.1 has no statmount.
	expected_but statmount "EFAULT|ENOSYS" listmount "EFAULT|ENOSYS" \
	    >table
	compare table seen "enforce_statfs=1"
}

t_case setuid "setuid programs work: su of a user becomes root"
setuid_test()
{
	prepare
	cp root/bin/probe root/bin/suprobe
	chmod 4755 root/bin/suprobe
	atf_check -o ignore jail -c name=p path="$PWD/root" persist
	atf_check -o save:seen jexec -U www p /bin/suprobe
	atf_check -o ignore jail -r p
	atf_check -o match:'^status:Uid 80 0 0 0$' \
	    -o match:"^status:CapEff $CAPS\$" -o match:'^mount EPERM$' \
	    cat seen
}
