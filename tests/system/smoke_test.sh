#!/usr/bin/env atf-sh
# The shortest ways through the whole house.

. "$(atf_get_srcdir)/lib.sh"

t_case command "jail -c path= command=: runs it, waits, leaves nothing" 30
command_test()
{
	t_root root
	atf_check -o match:'^uid=0\(root\) gid=0\(root\)' \
	    jail -c path="$PWD/root" command=/bin/id
	t_unchanged "after command=/bin/id"
	# The command's failure is jail(8)'s.
	atf_check -s exit:1 -e match:'/bin/false: failed' \
	    jail -c path="$PWD/root" command=/bin/false
}

t_case persist "jail -c persist, then jail -r" 30
persist_test()
{
	t_root root
	atf_check jail -c name=web path="$PWD/root" persist
	[ -n "$(ls -d /run/jail/[0-9]*)" ] || atf_fail "not registered"
	# No configuration file, one plain name: silent, as FreeBSD.
	atf_check jail -r web
	t_unchanged "after jail -r"
	atf_check -s exit:1 -e match:'"web" not found' jail -r web
}
