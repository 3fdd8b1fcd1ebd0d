#!/usr/bin/env atf-sh
# Paths of the host that lead into a jail's root, however they are spelled:
# what the jail's root made there is never followed.

. "$(atf_get_srcdir)/lib.sh"

# real/r is a root whose var/log and sub are links to the host's directory;
# lnk is another name for real.
hostile_root()
{
	mkdir -p real host
	chmod 700 real host
	t_root real/r
	ln -s real lnk
	rm -rf real/r/var/log
	ln -s "$PWD/host" real/r/var/log
	ln -s "$PWD/host" real/r/sub
	mkdir real/r/mnt
	echo secret >host/secret
}

spellings()
{
	echo "$PWD/real/r" "$PWD/lnk/r" "$PWD/real//r" "$PWD/real/./r" \
	    "$PWD/real/../real/r" "$PWD/lnk/../real/r"
}

t_case consolelog "exec.consolelog does not follow the jail's links"
consolelog_test()
{
	hostile_root
	for p in $(spellings); do
		for at in "$PWD/real/r" "$PWD/lnk/r"; do
			atf_check -s exit:1 -e match:"exec.consolelog: " \
			    jail -c name=t persist path="$at" \
			    exec.consolelog="$p/var/log/console" \
			    exec.start="echo pwned"
			[ ! -e host/console ] || atf_fail "$p: written outside"
		done
	done
	# What is no link is fine in every spelling.
	for p in $(spellings); do
		atf_check jail -c name=t persist path="$PWD/real/r" \
		    exec.consolelog="$p/tmp/console" exec.start="echo fine"
		atf_check -o inline:"fine\n" cat real/r/tmp/console
		rm real/r/tmp/console
		atf_check -o ignore jail -R t
	done
	# A link of the host's own is followed, to the edge of the root.
	ln -s "$PWD/real/r/var" into
	atf_check -s exit:1 -e match:"exec.consolelog: " \
	    jail -c name=t persist path="$PWD/real/r" \
	    exec.consolelog="$PWD/into/log/console" exec.start="echo pwned"
	[ ! -e host/console ] || atf_fail "written by way of a link"
	ln -s "$PWD/host" logs
	atf_check jail -c name=t persist path="$PWD/real/r" \
	    exec.consolelog="$PWD/logs/console" exec.start="echo fine"
	atf_check -o inline:"fine\n" cat host/console
	atf_check -o ignore jail -R t
}

t_case source "the source of a nullfs mount does not follow the jail's links"
source_test()
{
	hostile_root
	for p in $(spellings); do
		atf_check -s exit:1 -e match:"mount: " \
		    jail -c name=t persist path="$PWD/real/r" \
		    mount="$p/sub $PWD/real/r/mnt nullfs rw 0 0"
	done
	for p in $(spellings); do
		atf_check jail -c name=t persist path="$PWD/real/r" \
		    mount="$p/home $PWD/real/r/mnt nullfs ro 0 0"
		atf_check jexec t test -d /mnt/www
		atf_check -o ignore jail -R t
	done
	ln -s "$PWD/host" shared
	atf_check jail -c name=t persist path="$PWD/real/r" \
	    mount="$PWD/shared $PWD/real/r/mnt nullfs ro 0 0"
	atf_check -o inline:"secret\n" jexec t cat /mnt/secret
	atf_check -o ignore jail -R t
}

t_case other "the source of a nullfs mount does not follow another jail's links"
other_test()
{
	hostile_root
	t_root mine
	mkdir mine/mnt
	atf_check jail -c name=other persist path="$PWD/real/r"
	for p in $(spellings); do
		atf_check -s exit:1 \
		    -e match:"symbolic link inside a jail is not followed" \
		    jail -c name=t persist path="$PWD/mine" \
		    mount="$p/sub $PWD/mine/mnt nullfs rw 0 0"
		atf_check -s exit:1 -e match:"mount.fstab: " \
		    jail -c name=t persist path="$PWD/mine" \
		    mount.fstab="$p/sub/fstab"
		atf_check jail -c name=t persist path="$PWD/mine" \
		    mount="$p/home $PWD/mine/mnt nullfs ro 0 0"
		atf_check jexec t test -d /mnt/www
		atf_check -o ignore jail -R t
	done
	# Nobody is in a jail that is not there; the whole host is no jail.
	atf_check -o ignore jail -R other
	atf_check -e ignore jail -c name=all persist path=/
	ln -s "$PWD/host" shared
	atf_check jail -c name=t persist path="$PWD/mine" \
	    mount="$PWD/shared $PWD/mine/mnt nullfs ro 0 0"
	atf_check -o inline:"secret\n" jexec t cat /mnt/secret
	atf_check -o ignore jail -R t all
}

t_case fstab "mount.fstab does not follow the jail's links"
fstab_test()
{
	hostile_root
	echo "$PWD/host $PWD/real/r/mnt nullfs ro 0 0" >host/fstab
	for p in $(spellings); do
		atf_check -s exit:1 -e match:"mount.fstab: " \
		    jail -c name=t persist path="$PWD/real/r" \
		    mount.fstab="$p/sub/fstab"
	done
	ln -s "$PWD/host/fstab" fstab
	atf_check jail -c name=t persist path="$PWD/real/r" \
	    mount.fstab="$PWD/fstab"
	atf_check -o inline:"secret\n" jexec t cat /mnt/secret
	atf_check -o ignore jail -R t
}

t_case terminal "command= with a console log does not get the host's terminal"
terminal_test()
{
	t_root root
	atf_check -o ignore -e ignore "$(atf_get_srcdir)/ptyrun" \
	    jail -c name=t path="$PWD/root" exec.consolelog="$PWD/log" \
	    command=/bin/sh -c 'tty; ls -l /proc/self/fd/0; echo end'
	atf_check -o match:"not a tty" -o match:"/dev/null" -o match:"end" \
	    cat log
}
