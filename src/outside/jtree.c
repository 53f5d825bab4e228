/* SPDX-License-Identifier: MIT */
/*
 * jtree: json-c, with a value of its own in place of its NULL for JSON's null,
 * and with failures to allocate turned into an end of the process.
 */
#include "outside/jtree.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/printbuf.h>

#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "outside/jscan.h"

/* The value that stands for null outside; only its address matters. */
static char null_value;

static struct jtree *wrap(struct json_object *o)
{
	return o ? (struct jtree *)o : (struct jtree *)&null_value;
}

static struct json_object *unwrap(struct jtree *v)
{
	return v == (struct jtree *)&null_value ? NULL
						: (struct json_object *)v;
}

static const struct json_object *peek(const struct jtree *v)
{
	return v == (const struct jtree *)&null_value
		       ? NULL
		       : (const struct json_object *)v;
}

static struct json_object *jtree_must(struct json_object *o)
{
	if (!o) {
		log_error("out of memory for a JSON value");
		exit(err_exit(ERR_INTERNAL));
	}
	return o;
}

/* A surrogate of accepted text at `s`, which points past "\\u". */
static uint32_t surrogate(const char *s)
{
	unsigned char b[2] = {0, 0};

	text_unhex(b, sizeof(b), s, 4);
	return (uint32_t)b[0] << 8 | b[1];
}

/* The pair of escapes at `s`, or 0 when there is none. */
static uint32_t pair_at(const char *s, size_t len)
{
	uint32_t high, low;

	if (len < 12 || s[1] != 'u')
		return 0;
	high = surrogate(s + 2);
	low = surrogate(s + 8);
	if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void add_point(struct buf *b, uint32_t v)
{
	const char utf8[] = {
		(char)(0xf0 | v >> 18), (char)(0x80 | (v >> 12 & 0x3f)),
		(char)(0x80 | (v >> 6 & 0x3f)), (char)(0x80 | (v & 0x3f))};

	buf_add(b, utf8, sizeof(utf8));
}

/*
 * json-c up to 0.16 at least reads a pair of escapes whose character ends in
 * D800 to DFFF (U+1D800, U+2D800, ...) as U+FFFD. So such pairs are decoded
 * before json-c sees them.
 */
static void write_out_pairs(struct buf *out, const char *s, size_t len)
{
	while (len) {
		const char *escape = memchr(s, '\\', len);
		size_t n = escape ? (size_t)(escape - s) : len;
		uint32_t point;

		buf_add(out, s, n);
		s += n;
		len -= n;
		if (!len)
			break;
		point = pair_at(s, len);
		n = point ? 12 : len < 2 ? len : 2;
		if (point)
			add_point(out, point);
		else
			buf_add(out, s, n);
		s += n;
		len -= n;
	}
}

static struct jtree *parse_tree(const char *s, size_t len)
{
	/* It counts levels slightly differently: leave room. */
	struct json_tokener *tok = json_tokener_new_ex(JSCAN_DEPTH_MAX + 8);
	enum json_tokener_error status;
	struct json_object *o;

	if (!tok || len >= INT_MAX) {
		json_tokener_free(tok);
		return NULL;
	}
	o = json_tokener_parse_ex(tok, s, (int)len);
	/* A number at the end of the text might continue. */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		o = json_tokener_parse_ex(tok, "", 1);
	status = json_tokener_get_error(tok);
	json_tokener_free(tok);
	return status == json_tokener_success ? wrap(o) : NULL;
}

struct jtree *jtree_parse(const char *s, size_t len)
{
	struct jtree *v;
	struct buf b;

	if (!memchr(s, '\\', len))
		return parse_tree(s, len);
	buf_init(&b, len);
	write_out_pairs(&b, s, len);
	v = parse_tree(b.data, b.len);
	buf_release(&b);
	return v;
}

void jtree_free(struct jtree *v)
{
	json_object_put(unwrap(v));
}

const struct jtree *jtree_get(const struct jtree *object, const char *name)
{
	struct json_object *o;

	if (!json_object_object_get_ex(peek(object), name, &o))
		return NULL;
	return wrap(o);
}

bool jtree_is_object(const struct jtree *v)
{
	return json_object_is_type(peek(v), json_type_object);
}

bool jtree_is_array(const struct jtree *v)
{
	return json_object_is_type(peek(v), json_type_array);
}

static bool is_string(const struct jtree *v)
{
	return json_object_is_type(peek(v), json_type_string);
}

bool jtree_is_bool(const struct jtree *v)
{
	return json_object_is_type(peek(v), json_type_boolean);
}

bool jtree_is_int(const struct jtree *v)
{
	return json_object_is_type(peek(v), json_type_int);
}

bool jtree_is_null(const struct jtree *v)
{
	return v == (const struct jtree *)&null_value;
}

/* json-c caches inside a value, so some of its readers are not const. */
static struct json_object *reader(const struct jtree *v)
{
	union {
		const struct json_object *in;
		struct json_object *out;
	} u = {.in = peek(v)};

	return u.out;
}

const char *jtree_string(const struct jtree *v, size_t *len)
{
	if (!is_string(v))
		return NULL;
	if (len)
		*len = (size_t)json_object_get_string_len(peek(v));
	return json_object_get_string(reader(v));
}

int64_t jtree_int(const struct jtree *v)
{
	return jtree_is_int(v) ? json_object_get_int64(peek(v)) : 0;
}

/* Up to 10^15 a double holds whole numbers exactly. */
bool jtree_whole(const struct jtree *v, int64_t *out)
{
	bool is_double = json_object_is_type(peek(v), json_type_double);
	double d = is_double ? json_object_get_double(peek(v)) : 0;
	int64_t i = d > -1e15 && d < 1e15 ? (int64_t)d : 0;

	if (jtree_is_int(v))
		i = jtree_int(v);
	else if (!is_double || (double)i < d || (double)i > d)
		return false;
	*out = i;
	return true;
}

bool jtree_bool(const struct jtree *v)
{
	return jtree_is_bool(v) && json_object_get_boolean(peek(v));
}

size_t jtree_count(const struct jtree *array)
{
	return jtree_is_array(array) ? json_object_array_length(peek(array))
				     : 0;
}

const struct jtree *jtree_at(const struct jtree *array, size_t i)
{
	if (i >= jtree_count(array))
		return NULL;
	return wrap(json_object_array_get_idx(peek(array), i));
}

void jtree_iter_init(struct jtree_iter *it, const struct jtree *object)
{
	struct json_object_iterator begin, end;

	*it = (struct jtree_iter){NULL, NULL};
	if (!jtree_is_object(object))
		return;
	begin = json_object_iter_begin(reader(object));
	end = json_object_iter_end(peek(object));
	*it = (struct jtree_iter){begin.opaque_, end.opaque_};
}

bool jtree_iter_next(struct jtree_iter *it, const char **name,
		     const struct jtree **value)
{
	struct json_object_iterator at = {it->at};

	if (it->at == it->end)
		return false;
	*name = json_object_iter_peek_name(&at);
	*value = wrap(json_object_iter_peek_value(&at));
	json_object_iter_next(&at);
	it->at = at.opaque_;
	return true;
}

struct jtree *jtree_object(void)
{
	return wrap(jtree_must(json_object_new_object()));
}

struct jtree *jtree_array(void)
{
	return wrap(jtree_must(json_object_new_array()));
}

static struct json_object *new_string(const char *s, size_t len)
{
	return jtree_must(
		len < INT_MAX ? json_object_new_string_len(s, (int)len) : NULL);
}

/* Bytes of any origin, made UTF-8. */
static struct json_object *repaired(const char *s, size_t len)
{
	struct json_object *o;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	while (len) {
		unsigned char c = (unsigned char)*s;
		size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if (n <= len && text_is_utf8(s, n)) {
			buf_add(&b, s, n);
		} else {
			buf_puts(&b, "\xef\xbf\xbd");
			n = 1;
		}
		s += n;
		len -= n;
	}
	o = new_string(b.data, b.len);
	buf_release(&b);
	return o;
}

struct jtree *jtree_new_string(const char *s, size_t len)
{
	return wrap(text_is_utf8(s, len) ? new_string(s, len)
					 : repaired(s, len));
}

void jtree_put(struct jtree *object, const char *name, struct jtree *child)
{
	if (json_object_object_add(unwrap(object), name, unwrap(child)) != 0)
		jtree_must(NULL);
}

void jtree_add(struct jtree *array, struct jtree *child)
{
	if (json_object_array_add(unwrap(array), unwrap(child)) != 0)
		jtree_must(NULL);
}

void jtree_put_string_len(struct jtree *object, const char *name, const char *s,
			  size_t len)
{
	jtree_put(object, name, jtree_new_string(s, len));
}

/* Writes a text that is JSON already without a change. */
static int as_it_is(struct json_object *v, struct printbuf *out, int level,
		    int flags)
{
	(void)level;
	(void)flags;
	return printbuf_memappend(out, json_object_get_string(v),
				  json_object_get_string_len(v));
}

void jtree_put_json(struct jtree *object, const char *name, const char *text,
		    size_t len)
{
	struct jtree *v = jtree_new_string(text, len);

	json_object_set_serializer(unwrap(v), as_it_is, NULL, NULL);
	jtree_put(object, name, v);
}

void jtree_put_string(struct jtree *object, const char *name, const char *text)
{
	if (text)
		jtree_put_string_len(object, name, text, strlen(text));
	else
		jtree_put_null(object, name);
}

void jtree_put_int(struct jtree *object, const char *name, int64_t v)
{
	jtree_put(object, name, wrap(jtree_must(json_object_new_int64(v))));
}

void jtree_put_bool(struct jtree *object, const char *name, bool v)
{
	jtree_put(object, name, wrap(jtree_must(json_object_new_boolean(v))));
}

/* The shorter of the two forms that read back as the same value: 0.1, not
 * 0.10000000000000001. */
void jtree_put_double(struct jtree *object, const char *name, double v)
{
	char text[32];

	if (!isfinite(v)) {
		jtree_put_null(object, name);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", v);
	if (strtod(text, NULL) < v || strtod(text, NULL) > v)
		snprintf(text, sizeof(text), "%.17g", v);
	jtree_put(object, name,
		  wrap(jtree_must(json_object_new_double_s(v, text))));
}

void jtree_put_null(struct jtree *object, const char *name)
{
	jtree_put(object, name, wrap(NULL));
}

void jtree_write(struct buf *out, struct jtree *v)
{
	size_t len;
	const char *s = json_object_to_json_string_length(
		unwrap(v),
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	buf_add(out, s, len);
}
