# SPDX-License-Identifier: MIT
# Builds openapi.yaml and openapi.json into hooks.fcgi:
#
#	awk -f embed.awk openapi.yaml openapi.json >openapi_text.c
#
# Each becomes two texts: what stands before the address of the service, and
# what stands after it.

function escape(s,    part, n, i, out)
{
	n = split(s, part, /\\/)
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? "\\\\" : "") part[i]
	n = split(out, part, /"/)
	out = ""
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? "\\\"" : "") part[i]
	# No trigraph, whatever the compiler's mode.
	gsub(/[?]/, "\" \"?", out)
	return out
}

function text(s, end)
{
	print "\t \"" escape(s) (end ? "\"," : "\\n\"")
}

BEGIN {
	print "/* Made by cgi-bin/embed.awk of htdocs/openapi.yaml. */"
	print "#include \"openapi_text.h\""
	print ""
	print "const struct openapi_text openapi_texts[OPENAPI_MAX] = {"
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	print "\t{"
}

/^ *(- url: |"url": )"\/",?$/ {
	found++
	match($0, /"\/"/)
	text(substr($0, 1, RSTART), 1)
	text(substr($0, RSTART + 2))
	next
}

{
	text($0)
}

END {
	print "\t},"
	print "};"
	if (found != 2) {
		print "embed.awk: each document names one server, /" \
			>"/dev/stderr"
		exit 1
	}
}
