#!/bin/sh
# examples/demo.sh [PREFIX]: a jail from jail.conf, start to end, as a person
# would type it; every command is shown, then run.  The root file system is one
# static busybox.  PREFIX: where jail(8) is installed (`make demo` gives a
# scratch installation).  Leaves nothing behind, also when it is interrupted.
set -eu

prefix=${1:-/usr/local}
PATH=$prefix/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

if [ "$(id -u)" != 0 ]; then
	echo "demo: jails need root: run \`make demo' as root" >&2
	exit 1
fi
for tool in jail jls jexec busybox ip; do
	command -v $tool >/dev/null || {
		echo "demo: $tool is missing; run \`make demo'" >&2
		exit 1
	}
done

say()
{
	printf '\n== %s\n' "$*"
}

# Show a command as typed, then its real output.
run()
{
	printf '# %s\n' "$*"
	"$@" 2>&1
}

# One that has to fail.
refused()
{
	printf '# %s\n' "$*"
	if "$@" 2>&1; then
		echo "demo: that should have been refused" >&2
		exit 1
	fi
}

# A jail with an address on em0 and a redirected port; a client on that wire.
# Runs in network and mount namespaces of its own.
net()
{
	mkdir -p /run/netns
	mount -t tmpfs tmpfs /run/netns
	ip netns add client
	ip link add em0 type veth peer name eth0 netns client
	ip link set lo up
	ip addr add 10.10.0.10/24 dev em0
	ip link set em0 up
	ip -n client addr add 10.10.0.20/24 dev eth0
	ip -n client link set eth0 up
	mkdir -p "$root/www"
	echo "hello from the jail" >"$root/www/index.html"
	cat >"$conf" <<-EOF
	exec.clean;
	mount.devfs;
	path = "$root";
	web {
	    ip4.addr = "lo1|127.0.1.5", "em0|10.10.0.1";
	    rdr = "on em0 proto tcp from any to 10.10.0.10 port 80 -> 10.10.0.1 port 8080";
	    nat = "on em0";
	    exec.start = "httpd -p 0.0.0.0:8080 -h /www";
	}
	EOF
	run cat "$conf"
	run jail -f "$conf" -c web
	run jls
	run jexec web ip addr
	echo "# ... from the client, by the jail's address and by the host's:"
	run ip netns exec client busybox wget -qO - http://10.10.0.1:8080/
	run ip netns exec client busybox wget -qO - http://10.10.0.10/
	echo "# ... root in the jail cannot change its network:"
	refused jexec web ip addr add 10.10.0.99/32 dev em0
	run jail -f "$conf" -r web
}

if [ "${2-}" = net ]; then
	net
	exit
fi

dir=$(mktemp -d /var/tmp/jail-demo.XXXXXX)
# jail(8) warns when every user of the host can reach a root.
chmod 700 "$dir"
conf=$dir/jail.conf
root=$dir/demo01
had_registry=$(test -d /run/jail && echo yes || echo no)

# cgroup2 may be mounted beside the older hierarchies.
cgroup2=$(awk '{ for (i = 7; i < NF; i++) if ($i == "-") break
    if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)

clean_up()
{
	status=$?
	trap - EXIT INT TERM HUP
	jail -f "$conf" -qr demo01 >/dev/null 2>&1 || :
	rm -rf "$dir"
	# A registry that we began and nobody else uses.
	if [ "$had_registry" = no ] && [ -z "$(jls -d jid 2>/dev/null)" ]; then
		rm -rf /run/jail
	fi
	exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

say "A root file system: one static busybox, nothing downloaded"
mkdir -p "$root/usr/bin" "$root/etc" "$root/dev" "$root/proc" "$root/sys" \
    "$root/root" "$root/var/log" "$root/run"
mkdir -m 1777 "$root/tmp"
ln -s usr/bin "$root/bin"
ln -s usr/bin "$root/sbin"
ln -s bin "$root/usr/sbin"
cp "$(command -v busybox)" "$root/bin/busybox"
chroot "$root" /bin/busybox --install -s /bin
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
# What FreeBSD has as /etc/rc; here they are taken from the installation.
cp "$prefix/share/jail/rc" "$root/etc/rc"
cp "$prefix/share/jail/rc.shutdown" "$root/etc/rc.shutdown"
# The jail's one daemon.
cat >"$root/etc/rc.local" <<'EOF'
#!/bin/sh
echo "rc.local: starting crond"
mkdir -p /var/spool/cron/crontabs
crond -L /var/log/cron
EOF
chmod 755 "$root/etc/rc.local"
run ls "$root"

say "jail.conf"
cat >"$conf" <<EOF
exec.start = "/bin/sh /etc/rc";
exec.stop = "/bin/sh /etc/rc.shutdown";
exec.clean;
mount.devfs;
exec.consolelog = "$dir/jail_console_\${name}.log";
path = "$dir/\${name}";
host.hostname = "\${name}.local";

demo01 { }
EOF
chmod 644 "$conf"
run cat "$conf"

say "Start it"
run jail -f "$conf" -c demo01
run jls
run cat "$dir/jail_console_demo01.log"

say "Inside: root, alone with its processes, files and hostname"
run jexec demo01 id
run jexec demo01 hostname
run jexec demo01 ps
run jexec demo01 ls -l /dev

say "Outside: the jail's root is nobody here, the files keep their owners"
run jexec demo01 cat /proc/self/uid_map
run stat -c '%U %n' "$root/etc/rc"
refused jexec demo01 umount /proc
refused jexec demo01 mknod /tmp/disk b 8 0

say "Change it while it runs"
run jail -f "$conf" -m name=demo01 securelevel=3 host.hostname=renamed.local
run jls -j demo01 name host.hostname securelevel
run jexec demo01 hostname

say "One command in a jail of its own, without a file"
run jail -c "path=$root" exec.clean command=/bin/id

say "Stop it"
run jail -f "$conf" -r demo01
run jls

say "Addresses: this machine's network is left alone, a namespace plays the host"
export dir conf root
unshare -n -m sh -eu "$0" "$prefix" net

say "Nothing is left"
left=$(grep "$dir" /proc/self/mountinfo || :)
if [ -n "$cgroup2" ] && [ "$had_registry" = no ]; then
	left=$left$(find "$cgroup2/jail" -mindepth 1 -type d 2>/dev/null || :)
fi
if [ -n "$left" ]; then
	echo "demo: left behind: $left" >&2
	exit 1
fi
echo "no mount, no cgroup, no process of the jail."
