# Common to bench/run and bench/net, which set build, prefix and jails.
#
#	BENCH_DIR	where the roots are made (/run/bench, a tmpfs, whose ids
#			Linux 6.1 cannot map); must not be there

time=$build/bench/bench-time floor=$build/bench/bench-floor
# Those that source this use these.
# shellcheck disable=SC2034
init=$prefix/libexec/jail-init
# jail(8) wants its roots behind a closed directory.
top=${BENCH_DIR:-/run/bench}
root=$top/closed/root

emulated=
case ${JAIL_TEST_MACHINE-},$(systemd-detect-virt 2>/dev/null || :) in
vm,* | *,qemu)	emulated=" (emulated)" ;;
esac

headline()
{
	printf '%s  Linux %s  %s CPUs%s\n' "$(date +%Y-%m-%d)" "$(uname -r)" \
	    "$(nproc)" "$emulated"
}

# An empty /run, and one static busybox as the root.
make_root()
{
	mount -t tmpfs -o mode=755 none /run
	mkdir "$top"
	mkdir -p $root/bin $root/dev $root/proc $root/sys
	chmod 700 $top/closed
	cp "$(command -v busybox)" $root/bin/busybox
	ln -s busybox $root/bin/sh
	ln -s busybox $root/bin/true
}

# show TITLE BASE: a result of time.c or echo.c as rows of a table; BASE is the
# label that the ratios are of.
show()
{
	awk -F '\t' -v title="$1" -v base="$2" -v mark="$emulated" '
	{ label[NR] = $1; t[$1] = $2; low[$1] = $3; high[$1] = $4; why[$1] = $3 }
	END {
		printf "\n%s%s\n%-28s %9s %9s %9s  %s\n", title, mark, "",
		    "median", "10 %", "90 %", "of " base
		for (i = 1; i <= NR; i++) {
			l = label[i]
			if (t[l] == "failed") {
				printf "%-28s failed: %s\n", l, why[l]
				continue
			}
			printf "%-28s %9.3f %9.3f %9.3f", l, t[l] / 1000,
			    low[l] / 1000, high[l] / 1000
			if (t[base] + 0 > 0)
				printf "  %.2f", t[l] / t[base]
			printf "\n"
		}
	}'
}

# write_jails PARAMETERS [OF_EACH]: a file of that many jails; in OF_EACH %a and %b
# are two bytes of an address.
write_jails()
{
	awk -v n="$jails" -v all="path = $root; persist; $1;" -v each="${2-}" '
	BEGIN {
		print all
		for (i = 1; i <= n; i++) {
			a = each
			gsub(/%a/, int(i / 250) + 1, a)
			gsub(/%b/, i % 250 + 1, a)
			print "j" i " {" a " }"
		}
	}' >$top/jail.conf
}

start_jails()
{
	"$time" lines "start $jails ($1)" jail -f $top/jail.conf -c
}

remove_jails()
{
	"$time" lines "remove $jails ($1)" jail -f $top/jail.conf -r '*'
}
