/* SPDX-License-Identifier: MIT */
/*
 * hook_headers: checks one header after the other and builds the object that
 * is stored.
 */
#include "hook_headers.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "field_errors.h"
#include "outside/jtree.h"
#include "rules/valid.h"
#include "store/view.h"

enum { STORED_MAX = 1024 * 1024 };

struct headers {
	struct field_errors *errors;
	const char *member;
	const struct jtree *v;	     /* as given */
	const struct jtree *current; /* as stored, or NULL */
	struct jtree *out;
};

/* The member whose name HTTP treats as the same; NULL: none. */
static const struct jtree *find_header(const struct jtree *headers,
				       const char *name)
{
	const struct jtree *value;
	const char *other;
	struct jtree_iter it;

	for (jtree_iter_init(&it, headers);
	     jtree_iter_next(&it, &other, &value);)
		if (valid_same_header(other, name))
			return value;
	return NULL;
}

/* The value to store, or NULL with the reason in `why`. */
static const char *value_to_store(const struct headers *h, const char *name,
				  const struct jtree *v, const char **why)
{
	size_t len;
	const char *s = jtree_string(v, &len);

	*why = s ? valid_header_value(s, len) : "must be a string";
	if (*why)
		return NULL;
	if (strcmp(s, VIEW_HIDDEN) != 0)
		return s;
	s = jtree_string(find_header(h->current, name), NULL);
	if (!s)
		*why = "*** keeps a value, but there is none to keep";
	return s;
}

static void add(struct headers *h, const char *name, const struct jtree *v)
{
	const char *why = valid_header_name(name, strlen(name)), *value = NULL;

	if (!why && find_header(h->out, name))
		why = "is repeated in another spelling";
	if (!why)
		value = value_to_store(h, name, v, &why);
	if (why)
		field_errors_add_inner(h->errors, h->member, name, why);
	else
		jtree_put_string(h->out, name, value);
}

static void add_all(struct headers *h)
{
	const struct jtree *value;
	const char *name;
	struct jtree_iter it;
	size_t n = 0;

	for (jtree_iter_init(&it, h->v); jtree_iter_next(&it, &name, &value);) {
		if (++n > VALID_HEADERS_MAX) {
			field_errors_add(h->errors, h->member,
					 "must have at most 16 headers");
			return;
		}
		add(h, name, value);
	}
}

static const char *to_text(struct jtree *headers, struct arena *arena)
{
	struct jtree_iter it;
	const char *name, *text;
	const struct jtree *value;
	struct buf b;

	jtree_iter_init(&it, headers);
	if (!jtree_iter_next(&it, &name, &value))
		return NULL;
	buf_init(&b, STORED_MAX);
	jtree_write(&b, headers);
	text = arena_memdup(arena, b.data, b.len);
	buf_release(&b);
	return text;
}

void hook_headers_read(struct field_errors *errors, const char *name,
		       const struct jtree *v, const char *current,
		       struct arena *arena, const char **out)
{
	struct jtree *stored;
	struct headers h = {.errors = errors, .member = name, .v = v};

	if (!jtree_is_null(v) && !jtree_is_object(v)) {
		field_errors_add(errors, name, "must be an object of strings");
		return;
	}
	stored = current ? jtree_parse(current, strlen(current)) : NULL;
	h.current = stored;
	h.out = jtree_object();
	add_all(&h);
	*out = to_text(h.out, arena);
	jtree_free(h.out);
	jtree_free(stored);
}
