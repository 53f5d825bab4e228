/* SPDX-License-Identifier: MIT */
/*
 * jtree: JSON trees, read from accepted text and built for answers. The one
 * module that knows json-c.
 *
 * jtree_parse is only for text that jscan_check has accepted. A NULL pointer
 * means "not there"; JSON's null is a value of its own. Values returned by
 * readers are *borrowed* from their tree; values returned by jtree_parse and
 * the makers are freed by the caller with jtree_free(), unless jtree_put or
 * jtree_add took them.
 */
#ifndef HOOKS_JTREE_H
#define HOOKS_JTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct jtree;

/* NULL when the text is not JSON after all or larger than 2 GiB. */
struct jtree *jtree_parse(const char *s, size_t len);
/* Frees the whole tree; NULL is allowed. */
void jtree_free(struct jtree *v);

/* ---- reading: each is false or NULL for NULL and for another type ---- */

/* A member of an object; NULL when there is none. */
const struct jtree *jtree_get(const struct jtree *object, const char *name);

bool jtree_is_object(const struct jtree *v);
bool jtree_is_array(const struct jtree *v);
bool jtree_is_bool(const struct jtree *v);
bool jtree_is_int(const struct jtree *v); /* written without . and exponent */
bool jtree_is_null(const struct jtree *v);

/* With a NUL after it. `len` may be NULL. */
const char *jtree_string(const struct jtree *v, size_t *len);
/* 0 for another type; values outside int64_t are clamped. */
int64_t jtree_int(const struct jtree *v);
bool jtree_bool(const struct jtree *v);
/* A whole number in any spelling, 5.0 and 1e1 too. */
bool jtree_whole(const struct jtree *v, int64_t *out);

size_t jtree_count(const struct jtree *array);
const struct jtree *jtree_at(const struct jtree *array, size_t i);

/* The members of an object, in the order of the text:
 *	for (jtree_iter_init(&it, v); jtree_iter_next(&it, &name, &value);) ...
 */
struct jtree_iter {
	const void *at, *end;
};

void jtree_iter_init(struct jtree_iter *it, const struct jtree *object);
bool jtree_iter_next(struct jtree_iter *it, const char **name,
		     const struct jtree **value);

/* ---- building ---- */

struct jtree *jtree_object(void);
struct jtree *jtree_array(void);
struct jtree *jtree_new_string(const char *s, size_t len);

/*
 * Each appends a member; a name that exists already keeps its place and gets
 * the new value. Text that is not UTF-8 gets U+FFFD for each bad byte;
 * a NULL text, and a double that is not finite, become null.
 */
void jtree_put_string(struct jtree *object, const char *name, const char *text);
void jtree_put_string_len(struct jtree *object, const char *name, const char *s,
			  size_t len);
/* JSON that jscan has accepted, byte for byte. */
void jtree_put_json(struct jtree *object, const char *name, const char *text,
		    size_t len);
void jtree_put_int(struct jtree *object, const char *name, int64_t v);
void jtree_put_bool(struct jtree *object, const char *name, bool v);
void jtree_put_double(struct jtree *object, const char *name, double v);
void jtree_put_null(struct jtree *object, const char *name);
/* Takes ownership of `child`. */
void jtree_put(struct jtree *object, const char *name, struct jtree *child);
/* Takes ownership of `child`. */
void jtree_add(struct jtree *array, struct jtree *child);

/* Compact, in UTF-8, with slashes unescaped. */
void jtree_write(struct buf *out, struct jtree *v);

#endif
