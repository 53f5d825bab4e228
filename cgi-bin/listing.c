/* SPDX-License-Identifier: MIT */
/*
 * listing: parameters of the query, one by one.
 */
#include "listing.h"

#include <string.h>

#include "base/text.h"
#include "call.h"
#include "outside/attempt.h"

enum {
	LIMIT_MAX = 1000,
	LINK_MAX = 3800 /* the longest header that servers accept */
};

enum err listing_limit(struct call *c, size_t initial, size_t *out)
{
	const char *text = request_param(c->request, "limit");
	uint64_t n = initial;

	if (text && (!text_uint(text, LIMIT_MAX, &n) || n == 0)) {
		response_problem(c->response, 400,
				 "limit must be a number from 1 to %d.",
				 LIMIT_MAX);
		return ERR_INVALID;
	}
	*out = n;
	return ERR_OK;
}

enum err listing_id(const struct call *c, const char *name, struct id *room,
		    const struct id **out)
{
	const char *text = request_param(c->request, name);
	enum err e = text ? call_parse_id(text, room) : ERR_OK;

	if (!e)
		*out = text ? room : NULL;
	return e;
}

static const char *param_or_empty(const struct call *c, const char *name)
{
	const char *text = request_param(c->request, name);

	return text ? text : "";
}

enum err listing_time(struct call *c, const char *name, int64_t *out)
{
	const char *text = request_param(c->request, name);

	*out = TIME_NONE;
	if (!text || text_time_parse(text, out))
		return ERR_OK;
	response_problem(c->response, 400,
			 "%s must be a time such as 2021-05-27T08:03:53.775Z.",
			 name);
	return ERR_INVALID;
}

static enum err read_state(struct call *c, bool (*is_state)(const char *state),
			   const char **out)
{
	const char *text = request_param(c->request, "state");

	if (text && !is_state(text)) {
		response_problem(c->response, 400, "state is unknown.");
		return ERR_INVALID;
	}
	*out = text ? text : "";
	return ERR_OK;
}

/* "422" or "4xx". */
static bool parse_status(const char *text, struct store_filter *f)
{
	uint64_t n;

	if (strlen(text) != 3 || *text < '1' || *text > '5')
		return false;
	if (strcmp(text + 1, "xx") == 0) {
		f->status_from = (unsigned)(*text - '0') * 100;
		f->status_to = f->status_from + 99;
		return true;
	}
	if (!text_uint(text, 599, &n))
		return false;
	f->status_from = f->status_to = (unsigned)n;
	return true;
}

static bool is_error(const char *text)
{
	for (int e = ATTEMPT_NONE + 1; e < ATTEMPT_ERROR_MAX; e++)
		if (strcmp(attempt_error_code((enum attempt_error)e), text) ==
		    0)
			return true;
	return false;
}

enum err listing_status(struct call *c, struct store_filter *f)
{
	const char *text = request_param(c->request, "status");

	if (!text || parse_status(text, f))
		return ERR_OK;
	if (is_error(text)) {
		f->error = text;
		return ERR_OK;
	}
	response_problem(c->response, 400,
			 "status must be a status such as 422, a class such as "
			 "4xx, or the code of an error such as timeout.");
	return ERR_INVALID;
}

enum err listing_read(struct call *c, bool (*is_state)(const char *state),
		      struct listing *out)
{
	struct store_filter *f = &out->filter;
	enum err e;

	*out = (struct listing){.filter.action = param_or_empty(c, "action")};
	e = listing_limit(c, c->conf->api.page_size, &f->limit);
	if (!e)
		e = read_state(c, is_state, &f->state);
	if (!e)
		e = listing_time(c, "since", &f->since);
	if (!e)
		e = listing_time(c, "until", &f->until);
	return e ? e : listing_id(c, "after", &out->after, &f->after);
}

/* ---- the next page ---- */

static void add_encoded(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;
		bool plain = (ch >= '0' && ch <= '9') ||
			     (ch >= 'A' && ch <= 'Z') ||
			     (ch >= 'a' && ch <= 'z') || strchr("-._~", ch);

		if (plain)
			buf_putc(b, *s);
		else
			buf_printf(b, "%%%02X", ch);
	}
}

/* The link lacks the key, because answers are kept in more places than
 * requests. */
void listing_link_next(struct call *c, const char *path, const struct id *after)
{
	const struct request *r = c->request;
	char id[ID_TEXT_SIZE];
	struct buf b;

	buf_init(&b, LINK_MAX);
	id_format(id, after);
	buf_printf(&b, "%s%s?", c->conf->api.base_path, path);
	for (size_t i = 0; i < r->params; i++) {
		if (strcmp(r->param[i].name, "after") == 0 ||
		    strcmp(r->param[i].name, "api_key") == 0)
			continue;
		add_encoded(&b, r->param[i].name);
		buf_putc(&b, '=');
		add_encoded(&b, r->param[i].value);
		buf_putc(&b, '&');
	}
	buf_printf(&b, "after=%s", id);
	if (!b.overflow)
		response_header(c->response, "Link", "<%s>; rel=\"next\"",
				b.data);
	buf_release(&b);
}
