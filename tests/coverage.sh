#!/bin/sh
# SPDX-License-Identifier: MIT
# make coverage: which lines of cgi-bin/ and src/ the tests run through.
#
# Builds in the folder ./coverage of the build folder without optimisation,
# runs make check there, and prints for each file how many of its lines were
# run and which were not. doc/coverage.md says why some are not.

set -eu
: "${abs_top_srcdir:?this is run by make coverage}" "${abs_top_builddir:?}"
folder=$abs_top_builddir/coverage

# What gcov says of each file, as one line: name, lines, lines run, the rest.
report() {
	for data in cgi-bin/*.gcda src/*/*.gcda; do
		gcov -t -o "${data%/*}" "$data" 2>/dev/null
	done | awk '
	function range() {
		if (first)
			left = left (left == "" ? "" : " ") \
				(first == last ? first : first "-" last)
		first = 0
	}
	function finish() {
		range()
		if (name)
			print name, lines, run, left
		name = ""
		lines = run = 0
		left = ""
	}
	/^ *-: *0:Source:/ {
		finish()
		if (match($0, /(cgi-bin|src\/[^\/]*)\/[^\/]*\.c$/))
			name = substr($0, RSTART)
		next
	}
	{
		split($0, part, ":")
		count = part[1]
		number = part[2] + 0
		gsub(/ /, "", count)
	}
	count ~ /^[#=]/ {
		lines++
		if (!first)
			first = number
		last = number
		next
	}
	count ~ /^[0-9]/ {
		lines++
		run++
		range()
	}
	END {
		finish()
	}' | sort
}

# The table, and the sums.
table() {
	awk '
	function line(name, lines, run, left) {
		printf "%-28s %5d %5d %6.1f%%  %s\n", name, lines, run, \
			lines ? 100 * run / lines : 100, left
	}
	BEGIN {
		printf "%-28s %5s %5s %7s  %s\n", "file", "lines", "run", "", \
			"not run"
	}
	{
		name = $1
		lines = $2
		run = $3
		folder = name
		sub(/\/.*/, "", folder)
		all[folder] += lines
		some[folder] += run
		$1 = $2 = $3 = ""
		sub(/^ +/, "")
		line(name, lines, run, $0)
	}
	END {
		for (folder in all) {
			line(folder "/", all[folder], some[folder], "")
			total += all[folder]
			done += some[folder]
		}
		line("all", total, done, "")
	}'
}

if [ -e "$abs_top_srcdir/config.status" ]; then
	echo "coverage: needs a build folder of its own: make distclean," \
		"then mkdir build && cd build && ../configure" >&2
	exit 1
fi
mkdir -p "$folder"
cd "$folder"
[ -e Makefile ] ||
	"$abs_top_srcdir/configure" -q --enable-coverage CFLAGS='-O0 -g'
# Web servers run hooks.fcgi as another user, who writes its counts here.
umask 0
make -s all >make.log 2>&1
find . -name '*.gcda' -delete
chmod a+rwx cgi-bin src src/*
status=0
make -s check >check.log 2>&1 || status=$?
report >report.txt
table <report.txt | tee coverage.txt
grep '^# \(TOTAL\|PASS\|FAIL\|ERROR\)' check.log
[ "$status" = 0 ] ||
	echo "make check failed: see $folder/check.log" >&2
exit "$status"
