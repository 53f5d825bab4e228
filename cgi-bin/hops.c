/* SPDX-License-Identifier: MIT */
/*
 * hops: webhook-id tells whose delivery a request is, webhook-hops through how
 * many installations it has come.
 */
#include "hops.h"

#include <string.h>

#include "base/text.h"
#include "call.h"

enum { DIGITS = ID_TEXT_SIZE - 1 };

/* Our ids contain the installation that made them. In a webhook-id the first
 * one counts. */
static bool comes_from_here(const struct call *c, const char *text)
{
	static const enum id_kind kinds[] = {ID_NOTIFICATION, ID_DELIVERY,
					     ID_BATCH};
	size_t len = strcspn(text, "-");
	int64_t created_s;
	uint64_t key;
	struct id id;

	if (len != DIGITS || !id_parse(text, len, &id))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (store_key(c->store, &id, kinds[i], &key, &created_s))
			return true;
	return false;
}

static enum err refuse_loop(struct call *c, const char *why)
{
	response_problem(c->response, 508, "%s", why);
	return ERR_INVALID;
}

enum err hops_read(struct call *c, unsigned *out)
{
	const char *id = c->request->header[REQUEST_WEBHOOK_ID];
	const char *text = c->request->header[REQUEST_WEBHOOK_HOPS];
	uint64_t hops = 0;

	if (text && !text_uint(text, UINT64_MAX, &hops)) {
		response_problem(c->response, 400,
				 "webhook-hops must be a number.");
		return ERR_INVALID;
	}
	if (id && comes_from_here(c, id))
		return refuse_loop(c, "This is a delivery of this service: a "
				      "hook points at the service itself.");
	if (hops >= HOPS_MAX)
		return refuse_loop(c, "This has come through five services, "
				      "each of which has published it again.");
	*out = id || text ? (unsigned)hops + 1 : 0;
	return ERR_OK;
}
