/* SPDX-License-Identifier: MIT */
/*
 * body: the one reader of JSON bodies. A table says which members an object
 * may have, which of them it must have, and how each is read. All errors are
 * collected and answered at once.
 */
#ifndef HOOKS_BODY_H
#define HOOKS_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct call;
struct field_errors;
struct id;
struct jtree;

enum body_use {
	BODY_OPTIONAL,
	BODY_REQUIRED,
	BODY_CHANGE /* optional in a change, unknown elsewhere */
};

struct body_member {
	const char *name;
	/* Puts the value, which may be null, into `arg`, or reports its error
	 * under `name`. */
	void (*read)(struct field_errors *errors, const char *name,
		     const struct jtree *v, void *arg);
	enum body_use use;
};

/* The members are read in the order of this table; unknown ones are reported
 * after them. */
struct body_schema {
	const struct body_member *member;
	size_t count;
	bool change; /* the body is a change: no member is required */
	/* Checks members that depend on each other; called last. NULL: none. */
	void (*check)(struct field_errors *errors, void *arg);
};

/* Whether there is no body, or only blanks. */
bool body_is_blank(const struct call *c);

/*
 * Reads the body as accepted JSON: ERR_INVALID with a 400 or 415 made. `blank`:
 * the text used for a blank body, or NULL when a body is required. The caller
 * frees `out` with jtree_free().
 */
enum err body_parse(struct call *c, const char *blank, struct jtree **out);

/* Reads `v`, which must be an object. Pure except for the readers. */
void body_read_object(struct field_errors *errors, const struct jtree *v,
		      const struct body_schema *schema, void *arg);

/* Reads the whole body as one object; a blank one is {}. ERR_INVALID with the
 * 400 or 415 made. */
enum err body_read(struct call *c, const struct body_schema *schema, void *arg);
/* For routes without members: accepts a blank body or {}. */
enum err body_read_nothing(struct call *c);

/* ---- for readers: each reports a value of another type ---- */

/* A string, borrowed from `v`; NULL when it is none. `len` may be NULL. */
const char *body_string(struct field_errors *errors, const char *name,
			const struct jtree *v, size_t *len);
/* Writes `out` if it is a whole number from `min` to `max`. */
void body_whole(struct field_errors *errors, const char *name,
		const struct jtree *v, unsigned min, unsigned max,
		unsigned *out);
/* True or false; null means `initial`. */
void body_switch(struct field_errors *errors, const char *name,
		 const struct jtree *v, bool initial, bool *out);
/* A time such as 2021-05-27T08:03:53.775Z, in milliseconds. */
void body_time(struct field_errors *errors, const char *name,
	       const struct jtree *v, int64_t *out);
/* False when it is not an id. */
bool body_id(struct field_errors *errors, const char *name,
	     const struct jtree *v, struct id *out);

/* A string that keeps a rule of valid.h; *arena*. NULL: it is none, and that is
 * reported. */
const char *body_valid(struct field_errors *errors, const char *name,
		       const struct jtree *v,
		       const char *(*check)(const char *s, size_t len),
		       struct arena *arena);
/* The same for a description; "" when it is null, or none. */
const char *body_description(struct field_errors *errors, const char *name,
			     const struct jtree *v, struct arena *arena);
/* Whether `v` is this id, in upper or lower case. Reports nothing. */
bool body_is_id(const struct jtree *v, const struct id *want);

#endif
