#!/usr/bin/env atf-sh
# jexec(8): options, messages, exit status, and its terminal.

. "$(atf_get_srcdir)/lib.sh"

# A jail "web" to enter; its directory is root.
start()
{
	t_root root
	chmod 700 .
	atf_check jail -q -c name=web path="$PWD/root" persist "$@"
}

stop()
{
	atf_check jail -R web
}

ptyrun()
{
	"$(atf_get_srcdir)/ptyrun" "$@"
}

t_case usage "usage and messages before anything is entered"
usage_test()
{
	for t_args in "" "-l" "-u a -U b x" "-x web" "-d" "-e"; do
		# shellcheck disable=SC2086
		atf_check -s exit:1 -e match:'^usage: jexec ' jexec $t_args
	done
	atf_check -s exit:1 \
	    -e inline:'jexec: FOO: Invalid environment variable.\n' \
	    jexec -e FOO web id
	atf_check -s exit:1 -e inline:'jexec: jail "nosuch" not found\n' \
	    jexec nosuch id
	atf_check -s exit:1 -e match:'^jexec: .*999.* not found$' jexec 999 id
	atf_check -s exit:1 -e inline:'jexec: no-such-user: no such user\n' \
	    jexec -u no-such-user nosuch id
	# What is not ours to print is not printed as it is.
	atf_check -s exit:1 -e inline:'jexec: jail "a\\033b" not found\n' \
	    jexec "$(printf 'a\033b')" id
	chmod 755 .
	atf_check -s exit:1 -e inline:'jexec: must be run as root\n' \
	    setpriv --reuid 65534 --clear-groups "$(command -v jexec)" web id
}

t_case status "the command's exit status is jexec's"
status_test()
{
	start
	atf_check jexec web true
	atf_check -s exit:42 jexec web sh -c 'exit 42'
	atf_check -s exit:137 jexec web sh -c 'kill -9 $$'
	atf_check -s exit:1 \
	    -e inline:'jexec: execvp: nocmd: No such file or directory\n' \
	    jexec web nocmd
	atf_check -s exit:1 \
	    -e inline:'jexec: execvp: /etc/passwd: Permission denied\n' \
	    jexec web /etc/passwd
	atf_check -o inline:'-x\n' jexec web echo -x
	atf_check -o match:'^uid=0' jail jexec web id
	printf 'in' | atf_check -o inline:'in' jexec web cat
	stop
}

t_case users "-u, -U, numbers, groups"
users_test()
{
	start
	atf_check -o match:'^uid=0\(root\) gid=0\(root\)$' jexec web id
	atf_check -o inline:'uid=80(www) gid=80(www) groups=81(www2)\n' \
	    jexec -U www web id
	atf_check -o match:'^uid=1234 gid=1234' jexec -U 1234 web id
	atf_check -o match:'^uid=80\(www\)' jexec -U 80 web id
	# The host's daemon is 1 everywhere; the jail's may be another.
	sed -i 's/^daemon:x:1:1/daemon:x:7:7/' root/etc/passwd
	atf_check -o match:'^uid=7' jexec -U daemon web id
	atf_check -o match:'^uid=1 ' jexec -u daemon web id
	atf_check -s exit:1 -e inline:'jexec: nosuch: no such user\n' \
	    jexec -U nosuch web id
	# An entry whose name is a number is nobody's.
	echo '4242:x:0:0:root:/:/bin/sh' >>root/etc/passwd
	atf_check -o match:'^uid=4242 gid=4242' jexec -U 4242 web id
	# A FIFO does not hold us, a link is not followed.
	mv root/etc/passwd root/etc/passwd.real
	mkfifo root/etc/passwd
	atf_check -s exit:1 -e match:'/etc/passwd: not a regular file$' \
	    timeout 20 jexec -U www web id
	rm root/etc/passwd
	ln -s passwd.real root/etc/passwd
	atf_check -s exit:1 -e match:'/etc/passwd: is a symbolic link$' \
	    jexec -U www web id
	stop
}

t_case environment "-l, -d, -e"
environment_test()
{
	start
	atf_check -o match:'^KEPT=1$' env KEPT=1 jexec web env
	atf_check -o inline:'b\n' jexec -e A=a -e A=b web sh -c 'echo $A'
	atf_check -o inline:'/tmp\n' jexec -d /tmp web pwd
	atf_check -s exit:1 \
	    -e inline:'jexec: chdir(): /nodir: No such file or directory\n' \
	    jexec -d /nodir web pwd
	cat >expect <<-EOF
	A=b
	HOME=/home/www
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	SHELL=/bin/sh
	TERM=vt100
	USER=www
	EOF
	env KEPT=1 TERM=vt100 jexec -l -e A=b -U www web \
	    busybox env | sort >got || atf_fail "jexec -l"
	atf_check diff expect got
	atf_check -o inline:'/home/www\n' jexec -l -U www web pwd
	atf_check -o inline:'/\n' jexec -l web pwd
	atf_check -o inline:'/\n' jexec -l -d / -U www web pwd
	# -e wins over -l; a TERM with a slash does not come along.
	atf_check -o inline:'/x\n' jexec -l -e HOME=/x web sh -c 'echo $HOME'
	atf_check -o inline:'none\n' \
	    env TERM=../x jexec -l web sh -c 'env | grep ^TERM= || echo none'
	echo 'ENV_SUPATH PATH=/opt:/bin' >root/etc/login.defs
	atf_check -o inline:'/opt:/bin\n' jexec -l web sh -c 'echo $PATH'
	stop
}

t_case signals "without a terminal signals are passed on"
signals_test()
{
	start
	for t_sig in TERM:143 HUP:129 INT:130 QUIT:9; do
		rm -f ready
		# A background job of a script ignores INT and QUIT.
		env --default-signal jexec web \
		    sh -c 'trap "exit 9" QUIT; echo >/tmp/ready
		    while :; do sleep 0.1; done' </dev/null &
		t_pid=$!
		t_until 10 test -e root/tmp/ready
		rm root/tmp/ready
		kill -"${t_sig%:*}" $t_pid
		wait $t_pid
		t_rc=$?
		[ $t_rc = "${t_sig#*:}" ] ||
		    atf_fail "${t_sig%:*}: exit $t_rc, not ${t_sig#*:}"
	done
	stop
}

t_case killed_early "TERM at any moment leaves no command behind"
killed_early_test()
{
	t_root root
	atf_check jail -c name=web path="$PWD/root" persist
	for i in 0 1 2 3 4 5 6 7 8 9; do
		jexec web sleep 1000 &
		pid=$!
		sleep 0.00$i
		kill -TERM $pid
		wait $pid 2>/dev/null
	done
	t_until 5 sh -c '! jexec web ps | grep -q "sleep 1000"'
	atf_check -o ignore jail -R web
}

t_case closed "with 0-2 closed, and with a directory of the host among them"
closed_test()
{
	start
	atf_check sh -c 'exec jexec web true <&- >&- 2>&-'
	atf_check -s exit:1 -e match:'descriptor 0 is a directory' \
	    sh -c 'exec jexec web ls <.'
	# 3 is what ls reads.
	atf_check -o inline:'0\n1\n2\n3\n' \
	    sh -c 'exec 7</etc 8</etc/passwd; exec jexec web ls /proc/self/fd'
	stop
}

t_case terminal "a pty of the jail's own: size, owner, controlling terminal"
terminal_test()
{
	start mount.devfs
	atf_check -o match:'^/dev/pts/0' -o match:'^33 99' -o match:'owner 80' \
	    "$(atf_get_srcdir)/ptyrun" -m -r 33 -c 99 \
	    jexec -U www web sh -c \
	    'tty; stty size; echo owner $(stat -c %u $(tty)); : >/dev/tty'
	# The host's terminal is not to be found inside.
	atf_check -o match:'^all /dev/pts/0 /dev/pts/0 /dev/pts/0.$' \
	    "$(atf_get_srcdir)/ptyrun" jexec web sh -c \
	    'exec 4>&1; cd /proc/$$/fd; echo all $(for i in [0-2]; do readlink $i; done)'
	ptyrun jexec web sh -c 'ls /proc/self/fd' | tr -d '\r' >got
	atf_check -o inline:'0 1 2 3\n' sh -c 'echo $(cat got)'
	atf_check -s exit:7 -o match:'answer 42' \
	    "$(atf_get_srcdir)/ptyrun" -m -w '# ' -M raw \
	    -i 'echo answer $((6*7)); exit 7\n' jexec web
	stop
}

t_case terminal_private "the same in a jail without a devpts"
terminal_private_test()
{
	start
	[ ! -e root/dev/pts ] || atf_fail "the root has a /dev/pts"
	atf_check -s exit:3 -o match:'^tty 0' -o match:'^33 99' \
	    "$(atf_get_srcdir)/ptyrun" -m -r 33 -c 99 jexec web sh -c \
	    'test -t 0 && test -t 1 && test -t 2; echo tty $?; stty size; exit 3'
	# It is the user's, who may open it again.
	atf_check -o match:'^again' "$(atf_get_srcdir)/ptyrun" \
	    jexec -U www web sh -c 'echo again >/proc/self/fd/1'
	stop
}

t_case terminal_signals "^C, ^\\, ^Z, window size, TERM, hang-up"
terminal_signals_test()
{
	start mount.devfs
	atf_check -s exit:130 -o ignore "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -M raw -i '\003' jexec web sh -c 'echo ready; exec sleep 60'
	# busybox sh ignores QUIT until it is told otherwise.
	atf_check -s exit:9 -o ignore "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -i '\034' jexec web sh -c \
	    'trap "exit 9" QUIT; echo ready; while :; do sleep 0.1; done'
	atf_check -s exit:143 -o ignore "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -k 15 jexec web sh -c 'echo ready; exec sleep 60'
	atf_check -o match:'^50 120' "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -S 50x120 -w '50 120' jexec web sh -c \
	    'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.1; done'
	# ^Z is for the shell inside, whose job control it is.
	atf_check -o match:'Stopped' "$(atf_get_srcdir)/ptyrun" -m \
	    -w '# ' -i 'sh -c "echo r\\"\\"eady; exec sleep 50"\n' -w ready -i '\032' -w 'Stopped' \
	    -i 'kill -9 %1\nexit 0\nexit 0\n' jexec web sh -i
	stop
}

t_case terminal_stop "TSTP from outside gives the terminal back, CONT takes it"
terminal_stop_test()
{
	start mount.devfs
	atf_check -o match:'got x' "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -M raw -k 20 -M cooked -k 18 -M raw -i 'x\n' \
	    jexec web sh -c 'echo ready; read a; echo got $a'
	stop
}

t_case terminal_paste "a megabyte is pasted through" 120
terminal_paste_test()
{
	start mount.devfs
	# Lines, since a terminal keeps no more than 4 kB of an unended one.
	i=0
	while [ $i -lt 64 ]; do
		echo "$i 0123456789abcdefghijklmnopqrstuvwxyz$i"
		i=$((i + 1))
	done >block
	i=0
	while [ $i -lt 400 ]; do
		cat block
		i=$((i + 1))
	done >paste
	[ "$(wc -c <paste)" -gt 1000000 ] || t_broken "paste is too small"
	atf_check -o ignore "$(atf_get_srcdir)/ptyrun" -m -w ready -f paste \
	    -i '\004' jexec web \
	    sh -c 'stty -echo; echo ready; cat >/tmp/pasted'
	atf_check cmp paste root/tmp/pasted
	# And the other way round, to who reads slowly.
	cp paste root/tmp/paste
	"$(atf_get_srcdir)/ptyrun" -m jexec web cat /tmp/paste | {
		sleep 1
		tr -d '\r'
	} >got
	atf_check cmp paste got
	stop
}

t_case pipeline "terminal in, pipe out: the terminal is left alone"
pipeline_test()
{
	start mount.devfs
	atf_check -o match:'^from:/tmp' "$(atf_get_srcdir)/ptyrun" -m \
	    sh -c 'jexec -d /tmp web sh -c "pwd; sleep 1" | sed s/^/from:/; stty -a | grep -q " icanon"'
	atf_check -s exit:130 -o match:ready "$(atf_get_srcdir)/ptyrun" -m \
	    -w ready -M cooked -i '\003' \
	    sh -c 'trap : INT; jexec web sh -c "echo ready; exec sleep 60" | cat; exit 130'
	stop
}

t_case pager "a pager behind it has the keys to itself"
pager_test()
{
	start mount.devfs
	# Takes the terminal as less does, while the command still runs.
	cat >pager <<-'EOF'
	stty -icanon -echo </dev/tty
	echo taken >/dev/tty
	sleep 1
	dd bs=1 count=20 </dev/tty 2>/dev/null | tr x y >/dev/tty
	stty icanon echo </dev/tty
	cat
	EOF
	atf_check -o match:'^yyyyyyyyyyyyyyyyyyyy' "$(atf_get_srcdir)/ptyrun" \
	    -m -w taken -i xxxxx -i xxxxx -i xxxxx -i xxxxx \
	    sh -c 'jexec web sleep 3 | sh pager'
	stop
}

t_case job_control "in the background of a shell, and back"
job_control_test()
{
	start mount.devfs
	atf_check -s exit:5 -o match:'^rc=4' "$(atf_get_srcdir)/ptyrun" -m \
	    -w '> ' \
	    -i 'jexec web sh -c "sleep 1; exit 4" & wait $!; echo r""c=$?\n' \
	    -w 'rc=' -w '> ' -i 'exit 5\n' env PS1='> ' bash --norc -i
	atf_check -s exit:5 -o match:'^got hello' "$(atf_get_srcdir)/ptyrun" \
	    -m -w '> ' \
	    -i 'jexec web sh -c "echo r\\"\\"dy; read a; echo g\\"\\"ot \\$a" &\n' \
	    -w rdy -i 'fg\n' -w jexec -M raw -i 'hello\n' -w 'got hello' \
	    -w '> ' -i 'exit 5\n' env PS1='> ' bash --norc -i
	stop
}
