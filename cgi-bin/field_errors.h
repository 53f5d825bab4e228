/* SPDX-License-Identifier: MIT */
/*
 * field_errors: the errors of the members of a body, all of them at once, each
 * at its JSON pointer (RFC 6901).
 */
#ifndef HOOKS_FIELD_ERRORS_H
#define HOOKS_FIELD_ERRORS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct call;

struct field_errors {
	struct buf list; /* a JSON array without its end */
	size_t count;	 /* of errors in it */
	size_t left_out; /* errors that would make it too long */
	const char *at;	 /* the pointer of the current object */
};

/* `at` is "" for the whole body. Borrowed. The caller must call
 * field_errors_answer(). */
void field_errors_init(struct field_errors *f, const char *at);
/* The member `name` of the object, or the object itself for NULL. */
void field_errors_add(struct field_errors *f, const char *name,
		      const char *why);
/* The same, one level deeper. */
void field_errors_add_inner(struct field_errors *f, const char *name,
			    const char *inner, const char *why);
/* ERR_OK without errors, else ERR_INVALID with the 400 made. */
enum err field_errors_answer(struct field_errors *f, struct call *c);

#endif
