/*
 * js: JSON trees, read from accepted text and built for answers. The one
 * module that knows json-c.
 *
 * js_parse is only for text that jscan_check has accepted. A NULL pointer is
 * "not there"; JSON's null is a value of its own. Values handed out by
 * readers are *borrowed* from their tree; what js_parse and the makers
 * return the caller frees with js_free(), unless a js_put or js_add took it.
 */
#ifndef HOOKS_JS_H
#define HOOKS_JS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct js;

/* NULL when the text is not JSON after all or larger than 2 GiB. */
struct js *js_parse(const char *s, size_t len);
/* The whole tree; NULL is fine. */
void js_free(struct js *v);

/* ---- reading: each is false or NULL for NULL and for another type ---- */

/* A member of an object; NULL when there is none. */
const struct js *js_get(const struct js *object, const char *name);

bool js_is_object(const struct js *v);
bool js_is_array(const struct js *v);
bool js_is_bool(const struct js *v);
bool js_is_int(const struct js *v); /* written without . and exponent */
bool js_is_null(const struct js *v);

/* With a NUL behind it. `len` may be NULL. */
const char *js_string(const struct js *v, size_t *len);
/* 0 for another type; what int64_t cannot hold is clamped. */
int64_t js_int(const struct js *v);
bool js_bool(const struct js *v);
/* A whole number in any spelling, 5.0 and 1e1 too. */
bool js_whole(const struct js *v, int64_t *out);

size_t js_count(const struct js *array);
const struct js *js_at(const struct js *array, size_t i);

/* The members of an object, in the order of the text:
 *	for (js_iter_init(&it, v); js_iter_next(&it, &name, &value);) ...
 */
struct js_iter {
	const void *at, *end;
};

void js_iter_init(struct js_iter *it, const struct js *object);
bool js_iter_next(struct js_iter *it, const char **name,
		  const struct js **value);

/* ---- building ---- */

struct js *js_object(void);
struct js *js_array(void);
struct js *js_new_string(const char *s, size_t len);

/*
 * Each appends a member; a name that is there already keeps its place and
 * gets the new value. Text that is not UTF-8 gets U+FFFD for each bad byte;
 * a NULL text, and a double that is not finite, become null.
 */
void js_put_string(struct js *object, const char *name, const char *text);
void js_put_string_len(struct js *object, const char *name, const char *s,
		       size_t len);
/* JSON that jscan has accepted, byte for byte. */
void js_put_json(struct js *object, const char *name, const char *text,
		 size_t len);
void js_put_int(struct js *object, const char *name, int64_t v);
void js_put_bool(struct js *object, const char *name, bool v);
void js_put_double(struct js *object, const char *name, double v);
void js_put_null(struct js *object, const char *name);
/* Takes `child`. */
void js_put(struct js *object, const char *name, struct js *child);
/* Takes `child`. */
void js_add(struct js *array, struct js *child);

/* Compact, UTF-8, slashes as they are. */
void js_write(struct buf *out, struct js *v);

#endif
