#!/usr/bin/env atf-sh
# The manual pages: correct mdoc, and complete beside what they describe.

top=${JAIL_SRCDIR:-$(cd "$(atf_get_srcdir)/../.." && pwd)}
pages="jail.8 jls.8 jexec.8 jail-init.8 jail.conf.5 libjail.3"

atf_test_case lint
lint_head()
{
	atf_set descr "mandoc -Tlint finds nothing"
	atf_set require.progs mandoc
}
lint_body()
{
	for p in $pages; do
		# Whether other packages' pages are there is not ours to say.
		mandoc -Tlint "$top/man/$p" 2>/dev/null |
		    grep -v 'referenced manual not found' >found
		atf_check cat found
	done
	# Ours are.
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$top"/man/*.[0-9] |
	    grep -E '^(jail|jls|jexec|libjail)' | sort -u >ours
	atf_check -o not-empty cat ours
	while read -r p; do
		[ -f "$top/man/$p" ] || atf_fail ".Xr to a missing $p"
	done <ours
}

atf_test_case sections
sections_head()
{
	atf_set descr "each page has its examples, exits and differences"
}
sections_body()
{
	for p in $pages; do
		for s in 'EXAMPLES' 'EXIT STATUS' 'DIFFERENCES FROM FREEBSD'; do
			grep -qx "\.Sh $s" "$top/man/$p" ||
			    atf_fail "$p: no section $s"
		done
	done
}

# model/param.def in the words of the manual: NAME (TYPE, DEFAULT, WHEN).
table()
{
	tr '\n' ' ' <"$top/model/param.def" | sed 's/\<P(/\n&/g' |
	    sed -n 's/^P([A-Z0-9_]*, *"\([^"]*\)", *PT_\([A-Z]*\), *\([A-Z_| ]*[A-Z]\), *\("[^"]*"\|NULL\),.*/\1;\2;\3;\4/p' |
	    awk -F';' '
	{
		split("BOOL boolean INT integer JAILSYS mode STR string " \
		    "LIST list COMMA commas KEYVALUE keys", w, " ")
		for (i = 1; (i in w); i += 2)
			type[w[i]] = w[i + 1]
		dflt = $4
		gsub(/"/, "", dflt)
		if ($4 == "NULL")
			dflt = "none"
		else if (dflt == "")
			dflt = "empty"
		when = "change"
		if ($3 ~ /PF_RDONLY/)
			when = "read"
		else if ($3 ~ /PF_TOOL/)
			when = "tool"
		else if ($3 ~ /PF_CREATE/)
			when = "create"
		if ($3 ~ /PF_LATER/)
			when = when ", later"
		print $1 " " type[$2] ", " dflt ", " when
	}' | sort
}

atf_test_case parameters
parameters_head()
{
	atf_set descr "jail(8) has every parameter with its type, default and time"
}
parameters_body()
{
	table >want
	atf_check_equal "$(grep -c '^P(' "$top/model/param.def")" \
	    "$(wc -l <want | tr -d ' ')"
	sed -n 's/\\-/-/g; s/^\.It Va \([^ ]*\) Pq \(.*\)/\1 \2/p' \
	    "$top/man/jail.8" | sort >have
	atf_check diff -u want have
}

# options FILE: the letters of its getopt string.
options()
{
	sed -n 's/.*getopt[a-z_]*(argc, argv, "+*\([A-Za-z:]*\)".*/\1/p' "$1" |
	    tr -d ':' | sed 's/./&\n/g' | sed '/^$/d' | sort -u
}

atf_test_case options
options_head()
{
	atf_set descr "each page has every option of its program"
}
options_body()
{
	for f in jail/options.c:jail.8 jls/main.c:jls.8 jexec/main.c:jexec.8; do
		page=$top/man/${f#*:}
		options "$top/${f%:*}" >letters
		[ -s letters ] || atf_fail "no options found in ${f%:*}"
		# Items of lists: "-U user", "-a , d".
		sed -n '/^\.It Fl/{s/\(N[os]\|A[rp]\) [^ ]*//g; s/^\.It Fl//; s/Fl//g; s/ , / /g; p;}' \
		    "$page" | tr ' ' '\n' | sed '/^.$/!d' | sort -u >items
		atf_check sh -c 'comm -23 letters items'
	done
}

atf_test_case names
names_head()
{
	atf_set descr "libjail(3) has every function that the library shows"
}
names_body()
{
	sed -n 's/^	\([a-z_]*\);$/\1/p' "$top/libjail/libjail.map" >names
	[ -s names ] || atf_fail "no names in libjail.map"
	while read -r n; do
		grep -q "^\.Fn $n\>\|char $n\[" "$top/man/libjail.3" ||
		    atf_fail "libjail.3: no $n"
	done <names
}

atf_init_test_cases()
{
	atf_add_test_case lint
	atf_add_test_case sections
	atf_add_test_case parameters
	atf_add_test_case options
	atf_add_test_case names
}
