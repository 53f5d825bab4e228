/* SPDX-License-Identifier: MIT */
/*
 * faults: what is wrong with the members of a body, all of it at once, each
 * at its JSON pointer (RFC 6901).
 */
#ifndef HOOKS_FAULTS_H
#define HOOKS_FAULTS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct call;

struct faults {
	struct buf list; /* a JSON array without its end */
	size_t count;	 /* of what is in it */
	size_t left_out; /* others, which would make it too long */
	const char *at;	 /* pointer of the object that is looked at */
};

/* `at` is "" for the whole body. Borrowed. To be ended by faults_answer(). */
void faults_init(struct faults *f, const char *at);
/* The member `name` of the object, or the object itself for NULL. */
void faults_add(struct faults *f, const char *name, const char *why);
/* The same, one level deeper. */
void faults_add_inner(struct faults *f, const char *name, const char *inner,
		      const char *why);
/* ERR_OK without faults, else ERR_INVALID with the 400 made. */
enum err faults_answer(struct faults *f, struct call *c);

#endif
