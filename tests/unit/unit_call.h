/* SPDX-License-Identifier: MIT */
/*
 * unit_call: a request to the API that came through no door and reaches no
 * database.
 */
#ifndef HOOKS_UNIT_CALL_H
#define HOOKS_UNIT_CALL_H

#include "call.h"

struct unit_call {
	struct call c;
	struct request request;
	struct response response;
	struct conf conf;
	struct policy policy;
};

/* `body`: NULL for none. Ended by unit_call_release(). */
void unit_call_init(struct unit_call *u, const char *body);
void unit_call_release(struct unit_call *u);

/* Reads a head: variables as a web server passes them, NULL after the last. */
void unit_call_head(struct unit_call *u, const char *base_path,
		    const char *const *variables);
/* The same with nothing but these two. */
void unit_call_ask(struct unit_call *u, const char *method, const char *uri);

/* Fails the test unless the answer has this status, and this in its body. */
void unit_call_answered(const struct unit_call *u, unsigned status,
			const char *part);

#endif
