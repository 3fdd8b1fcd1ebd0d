#!/usr/bin/env atf-sh
# The helpers themselves: a test that leaves something behind must fail.

. "$(atf_get_srcdir)/lib.sh"

# run_inner RESULT BODY: a test program made here, whose one case has BODY;
# its result file must match RESULT.
run_inner()
{
	mkdir -p inner
	cp "$Source_Dir/lib.sh" inner/
	cat >inner/inner_test.sh <<-EOF
	#!/usr/bin/env atf-sh
	. "\$(atf_get_srcdir)/lib.sh"
	t_case inner "inner" 60
	inner_test()
	{
		$2
	}
	EOF
	chmod +x inner/inner_test.sh
	mkdir -p work
	rm -f result
	(cd work && ../inner/inner_test.sh -s "$T_DIR/inner" \
	    -r "$T_DIR/result" inner:body) >out 2>&1
	(cd work && ../inner/inner_test.sh -s "$T_DIR/inner" inner:cleanup) \
	    >>out 2>&1 || { cat out; atf_fail "clean-up of: $2"; }
	rm -rf work
	grep -q "$1" result || {
		cat out result
		atf_fail "not \"$1\" after: $2"
	}
}

t_case clean "what leaves nothing passes"
clean_test()
{
	run_inner '^passed' 't_root root; chroot root /bin/true'
}

t_case mount "a mount left behind fails"
mount_test()
{
	run_inner '^failed: the world' 'mkdir m; mount -t tmpfs x m'
}

t_case cgroup "a cgroup left behind fails"
cgroup_test()
{
	run_inner '^failed: the world' 'mkdir -p ${T_CG%/jailtest.*}/jail/1.x'
	find "$T_CG/jail" -depth -type d -exec rmdir {} + 2>/dev/null || :
}

t_case process "a process left behind fails"
process_test()
{
	run_inner '^failed: the world' 'sleep 60 >/dev/null 2>&1 &'
}

t_case registry "a jail left in the registry fails"
registry_test()
{
	run_inner '^failed: the world' \
	    'mkdir -p /run/jail; printf "index 1 x\nA 3 x\n" >/run/jail/index'
	run_inner '^failed: the world' 'mkdir -p /run/jail/3'
	run_inner '^failed: the world' \
	    'mkdir -p /run/jail/private; touch /run/jail/private/3.journal'
	run_inner '^passed' 'mkdir -p /run/jail/private;
	    echo "index 1 x" >/run/jail/index; touch /run/jail/private/lock'
}
