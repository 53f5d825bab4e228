/* SPDX-License-Identifier: MIT */
/*
 * jscan: the grammar. Values are read by functions that call each other, at
 * most JSCAN_DEPTH_MAX deep. The names of all open objects lie on one stack;
 * the names of one object are compared pair by pair while they are few, and
 * sorted at its end once they are many, so that no text takes quadratic time.
 */
#include "outside/jscan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "outside/jscan_text.h"

enum {
	NAMES_FEW = 16,	 /* compared as they come */
	NAMES_FIRST = 64 /* room before memory is asked for */
};

struct scan {
	const char *start, *end;
	const char *p;	 /* the reading position; at the error, if any */
	const char *why; /* the error */
	unsigned depth, max_depth;
	struct jscan_name *names;
	size_t name_count, name_room;
	struct jscan_name first[NAMES_FIRST];
};

static bool value(struct scan *sc);

static bool fail(struct scan *sc, const char *why)
{
	sc->why = why;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_blanks(struct scan *sc)
{
	while (sc->p < sc->end && is_blank(*sc->p))
		sc->p++;
}

/* The next byte that is not a blank, or 0: a NUL is never valid. */
static char scan_peek(struct scan *sc)
{
	skip_blanks(sc);
	return sc->p < sc->end ? *sc->p : '\0';
}

static bool string(struct scan *sc, struct jscan_name *out)
{
	const char *why = jscan_string(&sc->p, sc->end, out);

	return why ? fail(sc, why) : true;
}

/* ---- names ---- */

static const char twice[] = "the name occurs twice in one object";

static bool repeated(struct scan *sc, const struct jscan_name *name)
{
	sc->p = name->s - 1;
	return fail(sc, twice);
}

static void push_name(struct scan *sc, const struct jscan_name *name)
{
	if (sc->name_count == sc->name_room) {
		size_t room = sc->name_room * 2;
		bool first = sc->names == sc->first;

		sc->names = xrealloc(first ? NULL : sc->names,
				     room * sizeof(*sc->names));
		if (first)
			memcpy(sc->names, sc->first, sizeof(sc->first));
		sc->name_room = room;
	}
	sc->names[sc->name_count++] = *name;
}

/* `base` is the index of this object's first name. */
static bool add_name(struct scan *sc, size_t base,
		     const struct jscan_name *name)
{
	size_t have = sc->name_count - base;

	for (size_t i = 0; have < NAMES_FEW && i < have; i++)
		if (jscan_compare(&sc->names[base + i], name) == 0)
			return repeated(sc, name);
	push_name(sc, name);
	return true;
}

/* Equal names are sorted in the order of the text. */
static int by_name(const void *a, const void *b)
{
	const struct jscan_name *x = a, *y = b;
	int d = jscan_compare(x, y);

	return d ? d : (x->s > y->s) - (x->s < y->s);
}

static bool names_differ(struct scan *sc, size_t base)
{
	struct jscan_name *names = sc->names + base;
	size_t n = sc->name_count - base;
	const struct jscan_name *worst = NULL;

	sc->name_count = base;
	if (n <= NAMES_FEW)
		return true;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 1; i < n; i++)
		if (jscan_compare(&names[i - 1], &names[i]) == 0 &&
		    (!worst || names[i].s < worst->s))
			worst = &names[i];
	return worst ? repeated(sc, worst) : true;
}

/* ---- values ---- */

static bool is_digit(const struct scan *sc)
{
	return sc->p < sc->end && *sc->p >= '0' && *sc->p <= '9';
}

static bool scan_digits(struct scan *sc)
{
	if (!is_digit(sc))
		return fail(sc, "a digit is missing");
	while (is_digit(sc))
		sc->p++;
	return true;
}

static bool took(struct scan *sc, char a, char b)
{
	if (sc->p == sc->end || (*sc->p != a && *sc->p != b))
		return false;
	sc->p++;
	return true;
}

static bool scan_number(struct scan *sc)
{
	took(sc, '-', '-');
	if (took(sc, '0', '0')) {
		if (is_digit(sc))
			return fail(sc, "a number must not begin with 0");
	} else if (!scan_digits(sc)) {
		return false;
	}
	if (took(sc, '.', '.') && !scan_digits(sc))
		return false;
	if (!took(sc, 'e', 'E'))
		return true;
	took(sc, '+', '-');
	return scan_digits(sc);
}

static bool scan_word(struct scan *sc, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(sc->end - sc->p) < n || memcmp(sc->p, text, n) != 0)
		return fail(sc, "a value is expected here");
	sc->p += n;
	return true;
}

static bool enter_level(struct scan *sc)
{
	if (sc->depth == sc->max_depth)
		return fail(sc, "arrays and objects are nested too deep");
	sc->depth++;
	sc->p++;
	return true;
}

/* After a value: `more` says whether another one follows a comma. */
static bool separator(struct scan *sc, char close, bool *more)
{
	char c = scan_peek(sc);

	if (c != ',' && c != close)
		return fail(sc, close == ']' ? "a comma or ] is expected here"
					     : "a comma or } is expected here");
	sc->p++;
	*more = c == ',';
	if (!*more)
		sc->depth--;
	return true;
}

/* Leaves an empty array or object at once. */
static bool closed(struct scan *sc, char close)
{
	if (scan_peek(sc) != close)
		return false;
	sc->p++;
	sc->depth--;
	return true;
}

static bool array(struct scan *sc)
{
	bool more = true;

	if (!enter_level(sc))
		return false;
	if (closed(sc, ']'))
		return true;
	while (more)
		if (!value(sc) || !separator(sc, ']', &more))
			return false;
	return true;
}

static bool member(struct scan *sc, size_t base)
{
	struct jscan_name name;

	if (scan_peek(sc) != '"')
		return fail(sc, "a name in double quotes is expected here");
	if (!string(sc, &name) || !add_name(sc, base, &name))
		return false;
	if (scan_peek(sc) != ':')
		return fail(sc, "a colon is expected here");
	sc->p++;
	return value(sc);
}

static bool object(struct scan *sc)
{
	size_t base = sc->name_count;
	bool more = true;

	if (!enter_level(sc))
		return false;
	if (closed(sc, '}'))
		return true;
	while (more)
		if (!member(sc, base) || !separator(sc, '}', &more))
			return false;
	return names_differ(sc, base);
}

static bool value(struct scan *sc)
{
	struct jscan_name unused;

	switch (scan_peek(sc)) {
	case '{':
		return object(sc);
	case '[':
		return array(sc);
	case '"':
		return string(sc, &unused);
	case 't':
		return scan_word(sc, "true");
	case 'f':
		return scan_word(sc, "false");
	case 'n':
		return scan_word(sc, "null");
	default:
		break;
	}
	if (is_digit(sc) || (sc->p < sc->end && *sc->p == '-'))
		return scan_number(sc);
	return fail(sc, sc->p < sc->end ? "a value is expected here"
					: "the text ends too early");
}

static bool text(struct scan *sc)
{
	if (sc->end - sc->p >= 3 && memcmp(sc->p, "\xef\xbb\xbf", 3) == 0)
		return fail(sc, "a byte order mark is not accepted");
	if (!value(sc))
		return false;
	skip_blanks(sc);
	return sc->p == sc->end ? true
				: fail(sc, "nothing may follow the value");
}

/* Lines and columns are counted only after an error. */
static void locate(const struct scan *sc, struct jscan_error *error)
{
	unsigned line = 1, column = 1;

	for (const char *p = sc->start; p < sc->p; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	*error = (struct jscan_error){line, column, sc->why};
}

bool jscan_check(const char *s, size_t len, unsigned max_depth,
		 struct jscan_error *error)
{
	struct scan sc;
	bool ok;

	sc.start = sc.p = s;
	sc.end = s + len;
	sc.why = NULL;
	sc.depth = 0;
	sc.max_depth =
		max_depth < JSCAN_DEPTH_MAX ? max_depth : JSCAN_DEPTH_MAX;
	sc.names = sc.first;
	sc.name_count = 0;
	sc.name_room = NAMES_FIRST;
	ok = text(&sc);
	if (!ok)
		locate(&sc, error);
	if (sc.names != sc.first)
		free(sc.names);
	return ok;
}
