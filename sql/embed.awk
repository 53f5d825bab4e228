# SPDX-License-Identifier: MIT
# Turns the migrations into a table in C, so that `hooks-admin migrate` needs
# no files and the programs know the newest version:
#
#	awk -f embed.awk 009-names.sql 010-....sql >steps.c
#
# Files are numbered without a gap, from 9 on, or the build stops.

BEGIN {
	count = first = 8
	print "/* Made by sql/embed.awk of the migrations beside it. */"
	print "#include \"store/store_schema.h\""
	print ""
	print "const struct store_schema_step store_schema_steps[] = {"
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	count++
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.sql$/, "", name)
	if (name !~ /^[0-9][0-9][0-9]-[a-z0-9-]+$/ || \
	    substr(name, 1, 3) + 0 != count) {
		print "embed.awk: expected migration number " count \
			", found " FILENAME >"/dev/stderr"
		failed = 1
		exit 1
	}
	printf "\t{%d, \"%s\",\n", count, name
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	# No trigraph, whatever the compiler's mode.
	gsub(/\?/, "\\?")
	print "\t \"" $0 "\\n\""
}

END {
	if (failed)
		exit 1
	if (count == first) {
		print "embed.awk: no migration given" >"/dev/stderr"
		exit 1
	}
	print "\t},"
	print "};"
	print ""
	print "const unsigned store_schema_step_count ="
	print "\tsizeof(store_schema_steps) / sizeof(store_schema_steps[0]);"
}
