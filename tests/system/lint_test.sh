#!/usr/bin/env atf-sh
# The lints of tools/: the tree passes, and each rule can fail.

top=${JAIL_SRCDIR:-$(cd "$(atf_get_srcdir)/../.." && pwd)}

atf_test_case layers
layers_head()
{
	atf_set descr "includes point down, nothing below cli prints, R4"
}
layers_body()
{
	atf_check "$top/tools/check-layers"
}

# breaks FILE TEXT MESSAGE: a tree with that one file is refused.
breaks()
{
	rm -rf tree
	mkdir -p "tree/${1%/*}"
	printf '%b\n' "$2" >"tree/$1"
	atf_check -s exit:1 -o match:"^$1:[0-9]+: $3" \
	    "$top/tools/check-layers" tree
}

# holds FILE TEXT: ... is not.
holds()
{
	rm -rf tree
	mkdir -p "tree/${1%/*}"
	printf '%b\n' "$2" >"tree/$1"
	atf_check "$top/tools/check-layers" tree
}

atf_test_case layers_can_fail
layers_can_fail_head()
{
	atf_set descr "each rule of check-layers refuses what breaks it"
}
layers_can_fail_body()
{
	breaks base/x.c '#include "linux/ns.h"' 'base must not see linux/ns.h'
	breaks linux/x.h '#include "net/link.h"' 'linux must not see'
	breaks net/x.c '#include "model/conf.h"' 'net must not see'
	breaks model/x.c '#include "policy/confine.h"' 'model must not see'
	breaks policy/x.c '#include "conf/conf_file.h"' 'policy must not see'
	breaks conf/x.c '#include "registry/registry.h"' 'conf must not see'
	breaks registry/x.c '#include "life/life.h"' 'registry must not see'
	breaks life/x.c '#include "libjail/param.h"' 'life must not see'
	breaks libjail/x.c '#include "cli/out.h"' 'libjail must not see'
	breaks cli/x.c '#include "life/life.h"' 'cli must not see'
	breaks cli/x.c '#include "jls/fields.h"' 'cli must not see'
	breaks jail/x.c '#include "model/conf.h"' 'jail must not see'
	breaks jls/x.c '#include "jexec/x.h"' 'jls must not see'
	breaks jexec/x.c '#include "linux/tty.h"' 'jexec must not see'
	breaks init/x.c '#include "model/param.h"' 'init must not see'
	breaks init/x.c '#include "jail.h"' 'init must not see'
	breaks base/x.c '#include <jail.h>' 'base must not see jail.h'
	breaks base/x.c '#include "err.h"' '"err.h": include paths'
	holds life/x.c '#include "life/y.h"\n#include "conf/a.h"\n#include "base/err.h"'
	holds cli/x.c '#include <jail.h>\n#include "base/str.h"'

	breaks conf/x.c '#include <err.h>' '<err.h> prints'
	breaks life/x.c '\tprintf("x");' 'printf\(\) below cli'
	breaks life/x.c '\tfprintf(stderr, "x");' 'a standard stream'
	breaks model/x.c 'if (a)\n\texit(1);' 'exit\(\) below cli'
	breaks linux/x.c 'p = getenv("X");' 'getenv\(\) below cli'
	breaks libjail/x.c '#include <error.h>' '<error.h> prints'
	holds cli/x.c 'printf("x"); exit(getenv("A") != NULL);'
	holds life/x.c '/* printf( */ s = "exit(1)"; // getenv(\n\t_exit(1);'
	holds life/x.c '/* it"s\n printf("x")\n*/ snprintf(b, n, "%s", a);'
	holds life/x.c 'j->warn(e); warn(arg, "text"); a.exit(1);'

	breaks life/x.c 'mkdir(path, 0755);' 'mkdir\(\) by path'
	breaks linux/x.c 'if (mount(a, b, c, 0, NULL) == -1)' 'mount\(\) by'
	breaks registry/x.c 'rename(a, b);' 'rename\(\) by path'
	breaks life/x.c 'lchown(a, 0, 0);' 'lchown\(\) by path'
	breaks life/x.c 'symlink(a, b);' 'symlink\(\) by path'
	breaks life/x.c 'fd = open(p,\n    O_WRONLY |\n    O_CREAT, 0600);' \
	    'open\(O_CREAT\) by path'
	breaks life/x.c 'fd = openat(AT_FDCWD, p, O_CREAT);' 'openat\(AT_FDCWD'
	breaks jail/x.c 'unlink(p);' 'unlink\(\) by path'
	breaks life/x.c 'mkdirat(AT_FDCWD, p, 0);' 'AT_FDCWD is a path'
	holds life/x.c 'mkdirat(fd, "a", 0755); open("/proc", O_PATH);'
	holds life/x.c 'chroot("."); fchown(fd, 0, 0); move_mount(a);'
	breaks life/x.c 'chroot("."); chroot("..");' 'chroot\(\) by path'
}

atf_test_case clang
clang_head()
{
	atf_set descr "clang has nothing to say about any file"
	atf_set require.progs clang
}
clang_body()
{
	atf_check "$top/tools/check-clang"
}

atf_test_case cppcheck
cppcheck_head()
{
	atf_set descr "cppcheck has nothing to say about any file"
	atf_set require.progs cppcheck
}
cppcheck_body()
{
	atf_check "$top/tools/check-cppcheck"
}

atf_test_case format
format_head()
{
	atf_set descr "every C file is as clang-format has it, and one that is not is refused"
	atf_set require.progs clang-format
}
format_body()
{
	atf_check "$top/tools/check-format"
	printf 'int  x ;\n' >x.c
	cp "$top/.clang-format" .
	atf_check -s not-exit:0 -e match:"clang-format-violations" \
	    "$top/tools/check-format" "$PWD/x.c"
}

atf_init_test_cases()
{
	atf_add_test_case clang
	atf_add_test_case cppcheck
	atf_add_test_case format
	atf_add_test_case layers
	atf_add_test_case layers_can_fail
}
