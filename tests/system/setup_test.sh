#!/usr/bin/env atf-sh
# tools/setup with a made-up package system: what it prints and asks for.

top=${JAIL_SRCDIR:-$(cd "$(atf_get_srcdir)/../.." && pwd)}

# fake NAME BODY: a program of the pretended machine.
fake()
{
	mkdir -p bin
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod 755 "bin/$1"
}

# ./setup: tools/setup on a machine that has what fake() made, and a shell.
setup()
{
	mkdir -p bin
	cat >setup <<-EOF
	#!/bin/sh
	exec env -i PATH="$PWD/bin" SETUP_ROOT="$PWD/machine" \
	    /bin/sh "$top/tools/setup" "\$@"
	EOF
	chmod 755 setup
	mkdir -p machine/usr/sbin
	ln -s "$(command -v rm)" "$(command -v chmod)" bin/
}

debian()
{
	setup
	# The package is the last argument; those in the file are installed.
	fake dpkg-query 'for p; do :; done
while read -r q; do [ "$p" != "$q" ] || { printf installed; exit 0; }; done <have
exit 1'
	fake apt-get 'echo "$*" >>apt.log
case "$*" in
*update*)	: >fresh ;;
*install*)	[ ! -e stale ] || [ -e fresh ] ;;
esac'
	fake id 'echo '"$1"
	: >have
}

atf_test_case all_there
all_there_head()
{
	atf_set descr "all packages there: not a word, nothing installed"
}
all_there_body()
{
	debian 0
	printf '%s\n' gcc libc6-dev meson ninja-build pkg-config libmnl-dev libnftables-dev >have
	atf_check ./setup build
	[ ! -e apt.log ] || atf_fail "apt-get was called"
}

atf_test_case installs
installs_head()
{
	atf_set descr "prints what is missing, then installs that alone"
}
installs_body()
{
	debian 0
	printf '%s\n' gcc libc6-dev ninja-build libmnl-dev libnftables-dev >have
	atf_check -o inline:"tools/setup: installing: meson pkg-config\n" \
	    ./setup build
	atf_check -o match:'install .* meson pkg-config$' cat apt.log
	atf_check -s exit:1 grep update apt.log
}

atf_test_case stale
stale_head()
{
	atf_set descr "old package lists are brought up to date, once"
}
stale_body()
{
	debian 0
	: >stale
	atf_check -o ignore ./setup build
	sed 's/.*\(install\|update\).*/\1/' apt.log >order
	atf_check -o inline:"install\nupdate\ninstall\n" cat order
}

atf_test_case no_root
no_root_head()
{
	atf_set descr "not root: one line with the command, nothing installed"
}
no_root_body()
{
	debian 1000
	printf '%s\n' gcc libc6-dev ninja-build pkg-config libmnl-dev libnftables-dev >have
	atf_check -s exit:1 \
	    -e inline:"tools/setup: run as root: apt-get install meson\n" \
	    ./setup build
	[ ! -e apt.log ] || atf_fail "apt-get was called"
}

atf_test_case not_debian
not_debian_head()
{
	atf_set descr "not Debian: one line with the packages, or silence"
}
not_debian_body()
{
	setup
	fake cc :
	atf_check -s exit:1 -e match:'^tools/setup: not a Debian system; .*gcc libc6-dev meson ninja-build pkg-config libmnl-dev libnftables-dev$' \
	    ./setup build
	fake meson :
	fake ninja :
	atf_check ./setup build
}

atf_test_case no_daemons
no_daemons_head()
{
	atf_set descr "no service starts because tests or bench want its package"
}
no_daemons_body()
{
	debian 0
	policy=machine/usr/sbin/policy-rc.d
	fake apt-get "[ ! -x $policy ] || $policy || echo \"policy \$?\" >>apt.log"
	for kind in check bench; do
		atf_check -o ignore ./setup $kind
		[ ! -e $policy ] || atf_fail "it stayed"
	done
	atf_check -o inline:"policy 101\npolicy 101\n" cat apt.log
	atf_check -o ignore ./setup build
	atf_check -o inline:"policy 101\npolicy 101\n" cat apt.log
	# The administrator's own is left alone.
	printf '#!/bin/sh\nexit 5\n' >$policy
	chmod 755 $policy
	atf_check -o ignore ./setup check
	atf_check -o match:"policy 5" cat apt.log
	atf_check -o match:"exit 5" cat $policy
}

atf_test_case kinds
kinds_head()
{
	atf_set descr "every kind is known, another is refused"
}
kinds_body()
{
	debian 0
	for kind in build demo check lint vm bench; do
		atf_check -o match:'installing: gcc' ./setup $kind
	done
	atf_check -s exit:2 -e match:usage: ./setup other
	atf_check -s exit:2 -e match:usage: ./setup
}

atf_init_test_cases()
{
	atf_add_test_case all_there
	atf_add_test_case installs
	atf_add_test_case stale
	atf_add_test_case no_root
	atf_add_test_case not_debian
	atf_add_test_case no_daemons
	atf_add_test_case kinds
}
