#!/bin/sh
# SPDX-License-Identifier: MIT
# make fuzz: runs each target for FUZZ_SECONDS, on what is kept in corpus/ and on
# what earlier runs made of it. All it makes lies in ./fuzz of the build folder:
#
#     found/TARGET-*   inputs with which something did not hold
#     TARGET/log       what libFuzzer said
#     TARGET/lines     inputs that run through code that those in corpus/ do
#                      not, as lines for it

set -eu
source=$1
shift
if [ -z "$LIB_FUZZER" ]; then
	echo "make fuzz needs ./configure --enable-fuzz" >&2
	exit 1
fi
found=$PWD/fuzz/found
status=0

# One file a line: replay.c reads the same lines.
unpack() {
	n=0
	while IFS= read -r line; do
		case $line in
		'' | '#'*) continue ;;
		esac
		n=$((n + 1))
		printf '%b' "$line" >"$2/$n"
	done <"$1"
}

# And back.
line_of() {
	od -An -v -tu1 "$1" | awk '
	BEGIN {
		short[9] = "\\t"
		short[10] = "\\n"
		short[13] = "\\r"
		short[92] = "\\\\"
		first = 1 # of a comment, it would be
	}
	{
		for (i = 1; i <= NF; i++) {
			if ($i in short)
				printf "%s", short[$i]
			else if ($i < 32 || $i > 126 || first && $i == 35)
				printf "\\0%03o", $i
			else
				printf "%c", $i + 0
			first = 0
		}
	}
	END {
		print ""
	}'
}

# new_lines PROGRAM FOLDER: what is worth keeping of what was made up.
new_lines() {
	rm -rf "$2/new"
	cp -r "$2/kept" "$2/new"
	"$1" -merge=1 -use_counters=0 "$2/new" "$2/corpus" >"$2/merge.log" 2>&1
	for file in "$2"/new/*; do
		[ -e "$2/kept/${file##*/}" ] || line_of "$file"
	done >"$2/lines"
}

# run PROGRAM
run() {
	name=${1##*/}
	folder=fuzz/$name
	cases=$source/tests/unit/$name
	rm -rf "$folder/kept"
	mkdir -p "$folder/kept" "$folder/corpus"
	unpack "$source/tests/fuzz/corpus/$name" "$folder/kept"
	# What was found before is tried again.
	find "$found" -name "$name-*" -exec mv {} "$folder/corpus" \;
	[ ! -d "$cases" ] || cp "$cases"/* "$folder/kept"
	"$1" -max_total_time="$FUZZ_SECONDS" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$found/$name-" \
		"$folder/corpus" "$folder/kept" >"$folder/log" 2>&1 || status=1
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")
	new_lines "$1" "$folder" || status=1
	echo "$name: ${runs:-no} executions, $(wc -l <"$folder/lines") new lines"
	for file in "$found/$name"-*; do
		[ -e "$file" ] || continue
		status=1
		echo "$name: found $file, as a line for corpus/$name:"
		line_of "$file"
	done
}

mkdir -p "$found"
for program; do
	run "$program"
done
[ "$status" = 0 ] || echo "see $found and $PWD/fuzz/TARGET/log"
exit "$status"
