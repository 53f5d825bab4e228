/*
 * hook_headers: checks one header after the other and builds the object that
 * is stored.
 */
#include "hook_headers.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "faults.h"
#include "outside/js.h"
#include "base/mem.h"
#include "rules/valid.h"
#include "store/view.h"

enum { STORED_MAX = 1024 * 1024 };

struct headers {
	struct faults *faults;
	const char *member;
	const struct js *v;	  /* as given */
	const struct js *current; /* as stored, or NULL */
	struct js *out;
};

/* The member whose name is the same to HTTP; NULL: none. */
static const struct js *find(const struct js *headers, const char *name)
{
	const struct js *value;
	const char *other;
	struct js_iter it;

	for (js_iter_init(&it, headers); js_iter_next(&it, &other, &value);)
		if (valid_same_header(other, name))
			return value;
	return NULL;
}

/* The value to store, or NULL with the reason in `why`. */
static const char *value_of(const struct headers *h, const char *name,
			    const struct js *v, const char **why)
{
	size_t len;
	const char *s = js_string(v, &len);

	*why = s ? valid_header_value(s, len) : "must be a string";
	if (*why)
		return NULL;
	if (strcmp(s, VIEW_HIDDEN) != 0)
		return s;
	s = js_string(find(h->current, name), NULL);
	if (!s)
		*why = "*** keeps a value, but there is none so far";
	return s;
}

static void add(struct headers *h, const char *name, const struct js *v)
{
	const char *why = valid_header_name(name, strlen(name)), *value = NULL;

	if (!why && find(h->out, name))
		why = "is there twice, in another spelling";
	if (!why)
		value = value_of(h, name, v, &why);
	if (why)
		faults_add_inner(h->faults, h->member, name, why);
	else
		js_put_string(h->out, name, value);
}

static void add_all(struct headers *h)
{
	const struct js *value;
	const char *name;
	struct js_iter it;
	size_t n = 0;

	for (js_iter_init(&it, h->v); js_iter_next(&it, &name, &value);) {
		if (++n > VALID_HEADERS_MAX) {
			faults_add(h->faults, h->member,
				   "must have at most 16 headers");
			return;
		}
		add(h, name, value);
	}
}

static const char *to_text(struct js *headers, struct arena *arena)
{
	struct js_iter it;
	const char *name, *text;
	const struct js *value;
	struct buf b;

	js_iter_init(&it, headers);
	if (!js_iter_next(&it, &name, &value))
		return NULL;
	buf_init(&b, STORED_MAX);
	js_write(&b, headers);
	text = arena_memdup(arena, b.data, b.len);
	buf_release(&b);
	return text;
}

void hook_headers_read(struct faults *faults, const char *name,
		       const struct js *v, const char *current,
		       struct arena *arena, const char **out)
{
	struct js *stored;
	struct headers h = {.faults = faults, .member = name, .v = v};

	if (!js_is_null(v) && !js_is_object(v)) {
		faults_add(faults, name, "must be an object of strings");
		return;
	}
	stored = current ? js_parse(current, strlen(current)) : NULL;
	h.current = stored;
	h.out = js_object();
	add_all(&h);
	*out = to_text(h.out, arena);
	js_free(h.out);
	js_free(stored);
}
