/* SPDX-License-Identifier: MIT */
/*
 * unit_call: the parts of a call, put together by hand.
 */
#include "unit_call.h"

#include <string.h>

#include "unit.h"

enum { BODY_MAX = 1024 * 1024 };

static char no_path[] = "";

void unit_call_init(struct unit_call *u, const char *body)
{
	memset(u, 0, sizeof(*u));
	request_init(&u->request, BODY_MAX);
	response_init(&u->response);
	u->c = (struct call){
		.conf = &u->conf,
		.policy = &u->policy,
		.request = &u->request,
		.response = &u->response,
		.arena = &u->request.arena,
	};
	u->conf.api.base_path = no_path;
	if (body)
		buf_puts(&u->request.body, body);
}

void unit_call_release(struct unit_call *u)
{
	response_release(&u->response);
	request_release(&u->request);
}

void unit_call_head(struct unit_call *u, const char *base_path,
		    const char *const *variables)
{
	struct arena *a = &u->request.arena;
	size_t n = 0;
	char **copy;

	while (variables[n])
		n++;
	copy = arena_zalloc(a, (n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_strdup(a, variables[i]);
	request_read_head(&u->request, copy, base_path);
}

void unit_call_ask(struct unit_call *u, const char *method, const char *uri)
{
	struct arena *a = &u->request.arena;
	const char *const variables[] = {
		arena_printf(a, "REQUEST_METHOD=%s", method),
		arena_printf(a, "REQUEST_URI=%s", uri), NULL};

	unit_call_head(u, "", variables);
}

void unit_call_answered(const struct unit_call *u, unsigned status,
			const char *part)
{
	ck_assert_uint_eq(u->response.status, status);
	ck_assert_msg(strstr(u->response.body.data, part), "no %s in %s", part,
		      u->response.body.data);
}
