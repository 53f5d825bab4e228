# SPDX-License-Identifier: MIT
# Turns the part of YAML that htdocs/openapi.yaml is written in into JSON:
#
#	awk -f json.awk openapi.yaml >openapi.json
#
# Blocks of "key: value" and "- value", two spaces deeper each; values of one
# line, plain or in double quotes; "|-" texts; JSON, also over several lines;
# [lists, of, words]; comments on lines of their own. What could mean one thing
# to YAML and another one here is refused with its line.

function die(why)
{
	print FILENAME ":" at ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

function depth(i)
{
	match(line[i], /^ */)
	return i > count ? -1 : RLENGTH
}

# To the next line that says something.
function skip()
{
	while (at <= count && line[at] ~ /^ *(#.*)?$/)
		at++
	return 1
}

function spaces(n)
{
	return sprintf("%" n "s", "")
}

function quote(s)
{
	if (s ~ /\\/)
		die("a backslash can only stand in quotes: " s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\""
}

# "|-": the lines that stand deeper, as one string.
function literal(indent,    own, s, blank)
{
	at++
	own = depth(at)
	if (own <= indent)
		die("the text is missing")
	for (; at <= count && (depth(at) > indent || line[at] == ""); at++) {
		if (line[at] == "") {
			blank = blank "\\n"
			continue
		}
		s = s (s == "" ? "" : "\\n") blank
		s = s substr(quote(substr(line[at], own + 1)), 2)
		sub(/"$/, "", s)
		blank = ""
	}
	return "\"" s "\""
}

# [a, b, "c"] with words for strings.
function words(s,    part, n, i, out)
{
	n = split(substr(s, 2, length(s) - 2), part, /, */)
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? ", " : "") scalar(part[i])
	return "[" out "]"
}

function json(s, indent)
{
	at++
	if (s ~ /^\[[^][{}]*\]$/)
		return words(s)
	for (; at <= count && depth(at) > indent; at++)
		s = s " " substr(line[at], depth(at) + 1)
	return s
}

function scalar(s)
{
	if (s ~ /^"([^"\\]|\\.)*"$/ || s ~ /^-?[0-9]+$/ || \
	    s ~ /^(true|false|null)$/)
		return s
	if (s !~ /^[A-Za-z_\/]|^[0-9]+ .*[a-z]/ || s ~ /: | #|:$/ || \
	    tolower(s) ~ /^(y|n|yes|no|on|off|true|false|null)$/)
		die("quote this: " s)
	return quote(s)
}

function value(s, indent)
{
	if (s == "|-")
		return literal(indent)
	if (s ~ /^[{[]/)
		return json(s, indent)
	if (s != "")
		s = scalar(s)
	at++
	if (s != "")
		return s
	skip()
	if (depth(at) <= indent)
		die("a value is missing")
	return node(depth(at))
}

function map(indent,    s, key, seen, out)
{
	while (skip() && depth(at) == indent) {
		s = substr(line[at], indent + 1)
		if (!match(s, /^("[^"]*"|[^" -][^ :]*):( |$)/))
			die("expected a key: " s)
		key = substr(s, 1, RLENGTH)
		s = substr(s, RLENGTH + 1)
		sub(/: ?$/, "", key)
		key = key ~ /^"/ ? key : quote(key)
		if (key in seen)
			die("twice: " key)
		seen[key] = 1
		out = out (out == "" ? "\n" : ",\n") spaces(indent + 2) key \
			": " value(s, indent)
	}
	if (depth(at) > indent)
		die("too deep: " line[at])
	return "{" out "\n" spaces(indent) "}"
}

function list(indent,    s, out)
{
	while (skip() && depth(at) == indent && \
	       substr(line[at], indent + 1, 2) == "- ") {
		s = substr(line[at], indent + 3)
		out = out (out == "" ? "" : ", ")
		if (s ~ /^[A-Za-z_$]+:( |$)/) {
			line[at] = spaces(indent + 2) s
			out = out map(indent + 2)
		} else {
			out = out value(s, indent)
		}
	}
	return "[" out "]"
}

function node(indent)
{
	return substr(line[at], indent + 1, 2) == "- " ? list(indent) \
		: map(indent)
}

/\t|[^ -~]/ {
	at = NR
	die("only printable ASCII can stand here")
}

{
	line[NR] = $0
}

END {
	if (failed)
		exit 1
	count = NR
	at = 1
	skip()
	result = node(0)
	if (at <= count)
		die("not understood: " line[at])
	print result
}
