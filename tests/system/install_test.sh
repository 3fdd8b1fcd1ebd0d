#!/usr/bin/env atf-sh
# What `make install` puts down: modes, what the programs load, which names the
# library shows; and `make uninstall`.

top=${JAIL_SRCDIR:-$(cd "$(atf_get_srcdir)/../.." && pwd)}
prefix=${JAIL_PREFIX:-/usr/local}

atf_test_case files
files_head()
{
	atf_set descr "every file is there with its mode"
}
files_body()
{
	for f in 755:sbin/jail 755:sbin/jls 755:sbin/jexec \
	    111:libexec/jail-init 644:lib/libjail.a 644:include/jail.h \
	    644:include/sys/jail.h 644:include/jail_linux.h \
	    644:lib/pkgconfig/libjail.pc 755:share/jail/rc \
	    755:share/jail/rc.shutdown \
	    644:lib/systemd/system/jail.service \
	    644:share/man/man8/jail.8 644:share/man/man8/jls.8 \
	    644:share/man/man8/jexec.8 644:share/man/man8/jail-init.8 \
	    644:share/man/man5/jail.conf.5; do
		atf_check -o inline:"${f%%:*} ${f#*:}\n" sh -c \
		    "cd '$prefix' && stat -c '%a %n' '${f#*:}'"
	done
	# The unit names the programs that were installed with it.
	atf_check -o match:"^ExecStart=$prefix/sbin/jail " \
	    grep '^Exec' "$prefix/lib/systemd/system/jail.service"
}

atf_test_case needed
needed_head()
{
	atf_set descr "the commands load the C library alone, jail-init nothing"
	atf_set require.progs readelf
}
needed_body()
{
	for p in jail jls jexec; do
		readelf -d "$prefix/sbin/$p" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' \
		    >needed || atf_fail "readelf $p"
		atf_check -o inline:"libc.so.6\n" cat needed
	done
	atf_check -o not-match:'INTERP|DYNAMIC' \
	    readelf -lW "$prefix/libexec/jail-init"
}

atf_test_case hardened
hardened_head()
{
	atf_set descr "position independent, relocations read-only, no executable stack"
	atf_set require.progs readelf
}
hardened_body()
{
	for p in sbin/jail sbin/jls sbin/jexec lib/libjail.so.1; do
		atf_check -o match:'Type: +DYN' readelf -h "$prefix/$p"
		atf_check -o match:'GNU_RELRO' \
		    -o not-match:'GNU_STACK.*RWE' readelf -lW "$prefix/$p"
		atf_check -o match:'NOW' readelf -d "$prefix/$p"
	done
	atf_check -o not-match:'GNU_STACK.*RWE' \
	    readelf -lW "$prefix/libexec/jail-init"
}

# The functions and variables that the public headers declare.
public_names()
{
	cat "$prefix/include/sys/jail.h" "$prefix/include/jail.h" \
	    "$prefix/include/jail_linux.h" |
	    gcc -E -P -I"$prefix/include" -xc - | tr '\n' ' ' |
	    sed 's/__extension__//g; s/;/;\n/g' |
	    grep -v 'typedef' |
	    grep -o '\<jail\(param\)\?\(_[a-z0-9_]*\)\? *[([]' |
	    tr -d ' ([' | sort -u
}

atf_test_case exports
exports_head()
{
	atf_set descr "libjail.so.1 shows the names of its headers and no other"
	atf_set require.progs "nm gcc"
}
exports_body()
{
	public_names >want
	[ -s want ] || atf_fail "no names in the headers"
	grep -q '^jail_setv$' want || atf_fail "jail_setv is not in the headers"
	nm -D --defined-only "$prefix/lib/libjail.so.1" |
	    sed -n 's/.* [TDBR] \([^@]*\).*/\1/p' | grep -v '^JAIL_' |
	    sort -u >got
	diff -u want got >&2 || atf_fail "headers (-) and library (+) differ"
}

atf_test_case headers
headers_head()
{
	atf_set descr "the headers compile alone, strictly, in C and in C++"
	atf_set require.progs gcc
}
headers_body()
{
	for h in jail.h sys/jail.h jail_linux.h; do
		echo "#include <$h>" >a.c
		atf_check gcc -std=c99 -pedantic -Wall -Wextra -Werror \
		    -I"$prefix/include" -fsyntax-only a.c
		if command -v g++ >/dev/null; then
			cp a.c a.cc
			atf_check g++ -Wall -Wextra -Werror \
			    -I"$prefix/include" -fsyntax-only a.cc
		fi
	done
}

atf_test_case links
links_head()
{
	atf_set descr "a program of somebody else links both libraries"
	atf_set require.progs "gcc pkg-config"
}
links_body()
{
	cat >a.c <<-EOF
	#include <sys/types.h>
	#include <sys/jail.h>
	#include <jail.h>
	#include <stdio.h>
	int main(void)
	{
		int jid = jail_getid("no-such-jail");
		printf("%d %d\n", jid, jail_errmsg[0] != 0);
		return 0;
	}
	EOF
	flags=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig \
	    pkg-config --cflags --libs libjail) || atf_fail pkg-config
	atf_check gcc -o shared a.c $flags
	atf_check -o inline:"-1 1\n" env LD_LIBRARY_PATH="$prefix/lib" ./shared
	atf_check gcc -o static a.c -I"$prefix/include" "$prefix/lib/libjail.a"
	atf_check -o inline:"-1 1\n" ./static
}

atf_test_case uninstall
uninstall_head()
{
	atf_set descr "make uninstall takes away all that make install brought"
	atf_set require.progs "meson gcc"
	atf_set require.user root
	atf_set timeout 600
}
uninstall_body()
{
	mkdir tree dest
	(cd "$top" && tar -c --exclude=./.git --exclude=./build .) |
	    tar -x -C tree
	cd tree
	atf_check -o ignore -e ignore make install PREFIX=/opt/jails \
	    DESTDIR="$PWD/../dest"
	[ -x ../dest/opt/jails/sbin/jail ] || atf_fail "nothing installed"
	# Another's file stays.
	touch ../dest/opt/jails/sbin/other
	atf_check -o ignore -e ignore make uninstall PREFIX=/opt/jails \
	    DESTDIR="$PWD/../dest"
	atf_check -o inline:"../dest/opt/jails/sbin/other\n" \
	    find ../dest ! -type d
	# The same where it runs, with an empty /run: no jails.
	p=$PWD/../here
	atf_check -o ignore -e ignore make install PREFIX="$p"
	[ -x "$p/sbin/jail" ] || atf_fail "nothing installed"
	atf_check -o ignore -e ignore unshare -m --propagation private sh -c \
	    "mount -t tmpfs x /run && exec make uninstall PREFIX='$p'"
	atf_check find "$p" ! -type d
}

atf_test_case uninstall_refuses
uninstall_refuses_head()
{
	atf_set descr "make uninstall refuses while jails run"
	atf_set require.user root
}
uninstall_refuses_body()
{
	mkdir -p prefix/sbin
	touch prefix/sbin/jail
	atf_check -s exit:1 -o empty \
	    -e match:"jails are running .jid 7.; stop them first" \
	    unshare -m --propagation private sh -c "
		mount -t tmpfs x /run && mkdir -p /run/jail/7 && cd '$top' &&
		exec tools/uninstall '$PWD/out' '$PWD/prefix'"
	[ -f prefix/sbin/jail ] || atf_fail "removed all the same"
}

atf_init_test_cases()
{
	atf_add_test_case files
	atf_add_test_case needed
	atf_add_test_case hardened
	atf_add_test_case exports
	atf_add_test_case headers
	atf_add_test_case links
	atf_add_test_case uninstall
	atf_add_test_case uninstall_refuses
}
