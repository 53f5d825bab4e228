/* SPDX-License-Identifier: MIT */
/*
 * json: the scanner against json-c. Text that one accepts the other must read
 * as the same values; each value's span is inside its parent's and is accepted
 * alone; values that are written again read back the same. An error has a place
 * in the text. And any bytes make a JSON string.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/text.h"
#include "outside/jscan.h"
#include "outside/jtree.h"

enum { WRITTEN_MAX = 64 * 1024 * 1024 };

static bool accepted(const char *s, size_t len)
{
	struct jscan_error error;

	return jscan_check(s, len, JSCAN_DEPTH_MAX, &error);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* ---- values ---- */

/* Colons outside of strings and of nested values: one for each member. */
static size_t count_members(const char *s, size_t len)
{
	size_t members = 0, depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted && s[i] == '\\')
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr("{[", s[i]))
			depth++;
		else if (!quoted && strchr("}]", s[i]))
			depth--;
		else if (!quoted && s[i] == ':' && depth == 1)
			members++;
	}
	return members;
}

static void check_string(const struct jtree *v)
{
	size_t len = 0;
	const char *text = jtree_string(v, &len);

	CHECK(text && strlen(text) == len && text_is_utf8(text, len));
}

static void check_number(const char *s, size_t len, const struct jtree *v)
{
	bool whole = !memchr(s, '.', len) && !memchr(s, 'e', len) &&
		     !memchr(s, 'E', len);

	CHECK(!jtree_is_object(v) && !jtree_is_array(v) &&
	      !jtree_string(v, NULL));
	CHECK(!jtree_is_int(v) || whole);
}

static void check_value(const char *s, size_t len, const struct jtree *v);

/* A span inside of a value of `len` bytes. */
static void check_inner(const char *s, size_t len, size_t start, size_t n,
			const struct jtree *v)
{
	CHECK(v && n && start < len && n < len - start);
	CHECK(accepted(s + start, n));
	check_value(s + start, n, v);
}

static void check_object(const char *s, size_t len, const struct jtree *v)
{
	size_t members = 0, start, n;
	const struct jtree *value;
	struct jtree_iter it;
	const char *name;

	CHECK(jtree_is_object(v));
	for (jtree_iter_init(&it, v); jtree_iter_next(&it, &name, &value);) {
		members++;
		CHECK(jtree_get(v, name) == value);
		CHECK(jscan_member(s, len, name, &start, &n));
		check_inner(s, len, start, n, value);
	}
	/* json-c keeps one of two members of one name. */
	CHECK(members == count_members(s, len));
}

static void check_array(const char *s, size_t len, const struct jtree *v)
{
	size_t pos = 0, start, n, i = 0;

	CHECK(jtree_is_array(v));
	while (jscan_next(s, len, &pos, &start, &n)) {
		CHECK(pos <= len);
		check_inner(s, len, start, n, jtree_at(v, i++));
	}
	CHECK(i == jtree_count(v));
}

/* `s` is without blanks around it, as spans are. */
static void check_value(const char *s, size_t len, const struct jtree *v)
{
	CHECK(!is_blank(s[0]) && !is_blank(s[len - 1]));
	switch (jscan_type(s, len)) {
	case JSCAN_OBJECT:
		check_object(s, len, v);
		break;
	case JSCAN_ARRAY:
		check_array(s, len, v);
		break;
	case JSCAN_STRING:
		check_string(v);
		break;
	case JSCAN_NUMBER:
		check_number(s, len, v);
		break;
	case JSCAN_BOOL:
		CHECK(jtree_is_bool(v) && jtree_bool(v) == (*s == 't'));
		break;
	case JSCAN_NULL:
		CHECK(jtree_is_null(v));
		break;
	}
}

/* ---- texts ---- */

/* Written, read and written: the same. */
static void check_writing(struct jtree *v)
{
	struct buf first, second;
	struct jtree *again;

	buf_init(&first, WRITTEN_MAX);
	buf_init(&second, WRITTEN_MAX);
	jtree_write(&first, v);
	CHECK(accepted(first.data, first.len));
	again = jtree_parse(first.data, first.len);
	CHECK(again);
	jtree_write(&second, again);
	CHECK(first.len == second.len &&
	      memcmp(first.data, second.data, first.len) == 0);
	jtree_free(again);
	buf_release(&first);
	buf_release(&second);
}

/* As the resource in the body of a delivery: found again byte for byte. */
static void check_framed(const char *s, size_t len)
{
	struct jscan_error error;
	size_t start, n, gap = 0;
	struct buf b;

	buf_init(&b, WRITTEN_MAX);
	buf_puts(&b, "{\"a\":\"resource\",\"resource\":");
	buf_add(&b, s, len);
	buf_putc(&b, '}');
	if (jscan_check(s, len, JSCAN_DEPTH_MAX - 1, &error)) {
		while (is_blank(s[gap]))
			gap++;
		CHECK(accepted(b.data, b.len));
		CHECK(jscan_member(b.data, b.len, "resource", &start, &n));
		CHECK(n <= len - gap &&
		      memcmp(b.data + start, s + gap, n) == 0);
		CHECK(accepted(s + gap, n));
	} else {
		CHECK(!accepted(b.data, b.len));
	}
	buf_release(&b);
}

static void check_accepted(const char *s, size_t len)
{
	struct jtree *v = jtree_parse(s, len);

	CHECK(v);
	while (is_blank(s[len - 1]))
		len--;
	while (is_blank(*s)) {
		s++;
		len--;
	}
	check_value(s, len, v);
	check_writing(v);
	check_framed(s, len);
	jtree_free(v);
}

static void check_refused(const char *s, size_t len,
			  const struct jscan_error *error)
{
	unsigned lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += s[i] == '\n';
	CHECK(error->text && *error->text);
	CHECK(error->line >= 1 && error->line <= lines);
	CHECK(error->column >= 1 && error->column <= len + 1);
}

/* Spans of refused text are nonsense, but nothing outside is read. */
static void check_spans_anyway(const char *s, size_t len)
{
	size_t pos = 0, start, n;

	if (jscan_member(s, len, "a", &start, &n))
		CHECK(start <= len && n <= len - start);
	while (jscan_next(s, len, &pos, &start, &n))
		CHECK(pos <= len && start <= len && n <= len - start);
}

/* A receiver's bytes in an answer of ours. */
static void check_as_string(const char *s, size_t len)
{
	struct jtree *v = jtree_new_string(s, len), *again;
	const char *back;
	struct buf b;
	size_t n;

	buf_init(&b, WRITTEN_MAX);
	jtree_write(&b, v);
	CHECK(accepted(b.data, b.len) == !memchr(s, '\0', len));
	again = jtree_parse(b.data, b.len);
	back = jtree_string(again, &n);
	CHECK(back && text_is_utf8(back, n));
	if (text_is_utf8(s, len))
		CHECK(n == len && memcmp(back, s, len) == 0);
	jtree_free(again);
	jtree_free(v);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct jscan_error error = {0, 0, NULL};

	if (jscan_check(s, size, JSCAN_DEPTH_MAX, &error))
		check_accepted(s, size);
	else
		check_refused(s, size, &error);
	check_spans_anyway(s, size);
	check_as_string(s, size);
	return 0;
}
