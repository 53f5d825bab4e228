/* SPDX-License-Identifier: MIT */
/*
 * jscan: the files in json/ (y_ accepted, n_ refused), texts that are made
 * here because they are large or odd, where errors are told, and spans.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "outside/jscan.h"
#include "outside/jtree.h"

static bool accepts(const char *s, size_t len)
{
	struct jscan_error error = {0, 0, NULL};
	bool ok = jscan_check(s, len, JSCAN_DEPTH_MAX, &error);

	ck_assert_int_eq(ok, !error.text);
	ck_assert(ok || (error.line && error.column));
	return ok;
}

static bool accepts_text(const char *s)
{
	return accepts(s, strlen(s));
}

/* ---- files ---- */

static const char *folder(void)
{
	static char path[4096];
	const char *srcdir = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/tests/unit/json",
		 srcdir ? srcdir : ".");
	return path;
}

static void read_file(const char *name, struct buf *out)
{
	char path[4400], piece[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, piece, n);
	fclose(f);
}

/* The memory is exactly as large as the text, so that a sanitizer sees any
 * step past its end. */
static void check_file(const char *name)
{
	struct buf b;
	char *exact;

	buf_init(&b, 1 << 20);
	read_file(name, &b);
	exact = malloc(b.len ? b.len : 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, b.data, b.len);
	ck_assert_msg(accepts(exact, b.len) == (name[0] == 'y'), "%s", name);
	if (name[0] == 'y') {
		struct jtree *v = jtree_parse(exact, b.len);

		ck_assert_msg(v != NULL, "%s is not read", name);
		jtree_free(v);
	}
	free(exact);
	buf_release(&b);
}

START_TEST(files)
{
	DIR *dir = opendir(folder());
	unsigned right = 0, wrong = 0;
	struct dirent *e;

	ck_assert_msg(dir != NULL, "%s is not there", folder());
	while ((e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, "y_", 2) != 0 &&
		    strncmp(e->d_name, "n_", 2) != 0)
			continue;
		check_file(e->d_name);
		right += e->d_name[0] == 'y';
		wrong += e->d_name[0] == 'n';
	}
	closedir(dir);
	ck_assert_uint_ge(right, 40);
	ck_assert_uint_ge(wrong, 100);
}
END_TEST

/* Every beginning of an accepted object is refused. */
START_TEST(no_beginning_is_a_text)
{
	static const char text[] =
		"{\"a\":[1,-2.5e+3,true,false,null],\"\\u00e9\\ud83d\\ude00\":"
		"{\"\xc3\xa9\":\"\\n\"}}";

	ck_assert(accepts(text, sizeof(text) - 1));
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *exact = malloc(n ? n : 1);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, text, n);
		ck_assert_msg(!accepts(exact, n), "%zu bytes", n);
		free(exact);
	}
}
END_TEST

/* ---- depth ---- */

static bool nested(char open, char close, unsigned depth, unsigned max)
{
	static char text[200000];
	struct jscan_error error;

	memset(text, open, depth);
	memset(text + depth, close, depth);
	return jscan_check(text, 2 * (size_t)depth, max, &error);
}

START_TEST(depth)
{
	ck_assert(nested('[', ']', 32, 32));
	ck_assert(!nested('[', ']', 33, 32));
	ck_assert(!nested('[', ']', 33, 1000));
	ck_assert(!nested('[', ']', 100000, 32));
	ck_assert(nested('[', ']', 1, 1));
	ck_assert(!nested('[', ']', 2, 1));
	ck_assert(!nested('[', ']', 1, 0));
}
END_TEST

START_TEST(depth_comes_back_down)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "[");
	for (int i = 0; i < 1000; i++)
		buf_puts(&b, "{\"a\":[{}]},[],");
	buf_puts(&b, "0]");
	ck_assert(accepts(b.data, b.len));
	buf_release(&b);
}
END_TEST

/* ---- names ---- */

/* An object of `n` names, the last of which is `last`. */
static void wide(struct buf *b, unsigned n, const char *last)
{
	buf_clear(b);
	buf_putc(b, '{');
	for (unsigned i = 0; i + 1 < n; i++)
		buf_printf(b, "\"name%u\":{\"x\":%u},", i, i);
	buf_printf(b, "\"%s\":0}", last);
}

START_TEST(same_name_in_wide_objects)
{
	static const unsigned sizes[] = {2, 15, 16, 17, 18, 64, 65, 66, 5000};
	struct buf b;

	buf_init(&b, 1 << 24);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		wide(&b, sizes[i], "other");
		ck_assert_msg(accepts(b.data, b.len), "%u", sizes[i]);
		wide(&b, sizes[i], "name0");
		ck_assert_msg(!accepts(b.data, b.len), "%u", sizes[i]);
		wide(&b, sizes[i], "n\\u0061me0");
		ck_assert_msg(!accepts(b.data, b.len), "%u", sizes[i]);
	}
	buf_release(&b);
}
END_TEST

/* Names of an inner object do not matter to the outer one, before it and after
 * it. */
START_TEST(names_belong_to_their_object)
{
	struct buf b;

	ck_assert(accepts_text("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}"));
	ck_assert(!accepts_text("{\"a\":{\"b\":1},\"a\":2}"));
	ck_assert(!accepts_text("{\"a\":{\"b\":1,\"b\":2}}"));
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"a\":1,\"in\":{");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "\"k%d\":0,", i);
	buf_puts(&b, "\"a\":0},\"a\":2}");
	ck_assert(!accepts(b.data, b.len));
	buf_release(&b);
}
END_TEST

START_TEST(the_second_name_is_told)
{
	struct jscan_error error;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\n");
	for (int i = 0; i < 40; i++)
		buf_printf(&b, "\"k%d\":0,\n", i);
	buf_puts(&b, "\"k5\":1,\n \"k3\":1,\n\"k5\":1\n}");
	ck_assert(!jscan_check(b.data, b.len, 32, &error));
	ck_assert_uint_eq(error.line, 42);
	ck_assert_uint_eq(error.column, 1);
	ck_assert_ptr_nonnull(strstr(error.text, "twice"));
	buf_release(&b);
}
END_TEST

static double check_seconds(const struct buf *b)
{
	clock_t start = clock();

	ck_assert(accepts(b->data, b->len));
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* 200,000 names that differ at their end only: compared pair by pair this
 * would take minutes. */
START_TEST(wide_objects_take_no_square_time)
{
	struct buf b;

	buf_init(&b, 1 << 26);
	buf_putc(&b, '{');
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "\"a-rather-long-beginning-\\u00e9%06d\":0,", i);
	buf_puts(&b, "\"end\":0}");
	ck_assert(check_seconds(&b) < 30); /* even without optimisation */
	buf_release(&b);
}
END_TEST

/* ---- errors ---- */

static const struct {
	const char *text;
	unsigned line, column;
	const char *word;
} places[] = {
	{"", 1, 1, "too early"},
	{"  ", 1, 3, "too early"},
	{"\n\n x", 3, 2, "value"},
	{"{\"a\":1,}", 1, 8, "name"},
	{"{\"a\" 1}", 1, 6, "colon"},
	{"{\"a\":1 \"b\":2}", 1, 8, "comma"},
	{"[1,\r\n 2 3]", 2, 4, "comma"},
	{"[\"\xc3\xa9\xf0\x9f\x98\x80\", x]", 1, 8, "value"},
	{"{}x", 1, 3, "follow"},
	{"[01]", 1, 3, "begin with 0"},
	{"[1.]", 1, 4, "digit"},
	{"[\"a\nb\"]", 1, 4, "escaped"},
	{"[\"a\\x\"]", 1, 4, "escape"},
	{"[\"\\u00\"]", 1, 3, "four"},
	{"[\"\\u0000\"]", 1, 3, "U+0000"},
	{"[\"\\ud800\"]", 1, 3, "surrogate"},
	{"[\"\\udc00\"]", 1, 3, "surrogate"},
	{"[\"a\xff\"]", 1, 4, "UTF-8"},
	{"[\"abc", 1, 6, "end"},
	{"\xef\xbb\xbf{}", 1, 1, "byte order mark"},
	{"{\"a\":1,\"\\u0061\":2}", 1, 8, "twice"},
};

START_TEST(place)
{
	struct jscan_error error = {0, 0, ""};

	ck_assert(!jscan_check(places[_i].text, strlen(places[_i].text), 32,
			       &error));
	ck_assert_msg(strstr(error.text, places[_i].word), "%s: %s",
		      places[_i].text, error.text);
	ck_assert_uint_eq(error.line, places[_i].line);
	ck_assert_uint_eq(error.column, places[_i].column);
}
END_TEST

START_TEST(nul_bytes_end_nothing)
{
	ck_assert(!accepts("{}\0", 3));
	ck_assert(!accepts("\0{}", 3));
	ck_assert(!accepts("[\"a\0b\"]", 7));
	ck_assert(!accepts("[\"\\\0\"]", 6));
	ck_assert(!accepts("[1\0]", 4));
	ck_assert(!accepts("\0", 1));
}
END_TEST

/* ---- spans ---- */

static void check_member(const char *object, const char *name,
			 const char *expected)
{
	size_t start = 0, n = 0;
	bool found = jscan_member(object, strlen(object), name, &start, &n);

	ck_assert_msg(found == (expected != NULL), "%s in %s", name, object);
	if (!expected)
		return;
	ck_assert_msg(n == strlen(expected) &&
			      memcmp(object + start, expected, n) == 0,
		      "%s in %s: %.*s", name, object, (int)n, object + start);
}

START_TEST(members)
{
	static const char text[] =
		" { \"action\" : \"a\\\"}b\" ,\"n\":-1.50E+1,\"resource\" :\n"
		"\t{ \"a\" : [ 1, \"}]\\\\\" ] , \"action\":2 } ,"
		" \"\\u0065\\/\\\\\xc3\xa9\":null, \"\":true,\"last\":[]} ";

	ck_assert(accepts_text(text));
	check_member(text, "action", "\"a\\\"}b\"");
	check_member(text, "n", "-1.50E+1");
	check_member(text, "resource",
		     "{ \"a\" : [ 1, \"}]\\\\\" ] , \"action\":2 }");
	check_member(text, "e/\\\xc3\xa9", "null");
	check_member(text, "", "true");
	check_member(text, "last", "[]");
	check_member(text, "a", NULL);
	check_member(text, "actio", NULL);
	check_member(text, "action2", NULL);
	check_member(text, "\\u0065", NULL);
}
END_TEST

START_TEST(no_members)
{
	check_member("{}", "a", NULL);
	check_member(" { } ", "", NULL);
	check_member("[\"a\"]", "a", NULL);
	check_member("\"a\"", "a", NULL);
	check_member("1", "a", NULL);
}
END_TEST

static void check_elements(const char *array, const char *const *expected,
			   size_t count)
{
	size_t pos = 0, start, n, i = 0;

	while (jscan_next(array, strlen(array), &pos, &start, &n)) {
		ck_assert_uint_lt(i, count);
		ck_assert_uint_eq(n, strlen(expected[i]));
		ck_assert_mem_eq(array + start, expected[i], n);
		i++;
	}
	ck_assert_uint_eq(i, count);
	ck_assert(!jscan_next(array, strlen(array), &pos, &start, &n));
}

START_TEST(elements)
{
	static const char *const some[] = {"{\"a\":[1,2]}", "\",]\"", "-1",
					   "[[],[]]", "null"};
	static const char *const one[] = {"0"};

	check_elements(" [ {\"a\":[1,2]} ,\",]\",\n-1 , [[],[]],null ] ", some,
		       COUNT(some));
	check_elements("[0]", one, 1);
	check_elements("[]", NULL, 0);
	check_elements(" [ ] ", NULL, 0);
	check_elements("{\"a\":1}", NULL, 0);
	check_elements("1", NULL, 0);
}
END_TEST

START_TEST(types)
{
	static const struct {
		const char *text;
		enum jscan_type type;
	} cases[] = {
		{" {}", JSCAN_OBJECT},	{"\n[]", JSCAN_ARRAY},
		{"\"\"", JSCAN_STRING}, {"0", JSCAN_NUMBER},
		{"-1", JSCAN_NUMBER},	{"true", JSCAN_BOOL},
		{"false", JSCAN_BOOL},	{" null", JSCAN_NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_int_eq(
			jscan_type(cases[i].text, strlen(cases[i].text)),
			cases[i].type);
}
END_TEST

/* The spans of any text, even a broken one, stay inside it. */
START_TEST(spans_of_broken_texts)
{
	static const char text[] =
		"{\"a\\\"\":{\"b\":[\"\\\\\",{}]},\"c\\u0041\":-1,\"d\":\"e\"}";

	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = malloc(n ? n : 1);
		size_t pos = 0, start, len;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, text, n);
		if (jscan_member(exact, n, "zz", &start, &len) ||
		    jscan_member(exact, n, "cA", &start, &len))
			ck_assert_uint_le(start + len, n);
		if (n)
			exact[0] = '[';
		while (jscan_next(exact, n, &pos, &start, &len))
			ck_assert_uint_le(start + len, n);
		free(exact);
	}
}
END_TEST

Suite *suite_jscan(void)
{
	Suite *s = suite_create("jscan");
	TCase *t = tcase_create("jscan");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, files);
	tcase_add_test(t, no_beginning_is_a_text);
	tcase_add_test(t, depth);
	tcase_add_test(t, depth_comes_back_down);
	tcase_add_test(t, same_name_in_wide_objects);
	tcase_add_test(t, names_belong_to_their_object);
	tcase_add_test(t, the_second_name_is_told);
	tcase_add_test(t, wide_objects_take_no_square_time);
	tcase_add_loop_test(t, place, 0, (int)COUNT(places));
	tcase_add_test(t, nul_bytes_end_nothing);
	tcase_add_test(t, members);
	tcase_add_test(t, no_members);
	tcase_add_test(t, elements);
	tcase_add_test(t, types);
	tcase_add_test(t, spans_of_broken_texts);
	suite_add_tcase(s, t);
	return s;
}
