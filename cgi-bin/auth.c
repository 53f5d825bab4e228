/* SPDX-License-Identifier: MIT */
/*
 * auth: from header or query to a row of vh_api_keys.
 */
#include "auth.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "call.h"
#include "share.h"

enum {
	KEY_MAX = 200, /* longer than any key of ours */
	SHARE_RETRY_S = 1
};

static bool in_header(const struct request *r)
{
	const char *a = r->header[REQUEST_API_KEY];
	const char *b = r->header[REQUEST_AUTHORIZATION];

	return (a && *a) || (b && *b);
}

/* X-Api-Key comes first: where a server has passwords of its own, Authorization
 * belongs to these. */
static const char *sent_key(const struct request *r)
{
	const char *s = r->header[REQUEST_API_KEY];

	if (s && *s)
		return s;
	s = r->header[REQUEST_AUTHORIZATION];
	if (!s || !*s)
		return request_param(r, "api_key");
	if (strncasecmp(s, "Bearer", 6) == 0 && (s[6] == ' ' || !s[6]))
		s += 6;
	return s + strspn(s, " ");
}

static enum err refuse_key(struct call *c, const char *why)
{
	response_problem(c->response, 401, "%s", why);
	response_header(c->response, "WWW-Authenticate", "%s",
			"Bearer realm=\"vyte-hooks\"");
	return ERR_INVALID;
}

static enum err refuse_busy(struct call *c)
{
	response_problem(c->response, 429,
			 "Requests of this organization keep half of the "
			 "service busy, and others ask, too; try again later.");
	response_header(c->response, "Retry-After", "%d", SHARE_RETRY_S);
	return ERR_INVALID;
}

/* ERR_NOT_FOUND: the text is no key. */
static enum err find_key(struct call *c, const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789_-";
	size_t len = strlen(text);
	unsigned char hash[CRYPT_HASH_SIZE];
	enum err e;

	if (!len || len > KEY_MAX || strspn(text, alphabet) != len)
		return ERR_NOT_FOUND;
	store_key_hash(hash, text, len);
	if (share_refuses(c->share, hash, clock_monotonic()))
		return refuse_busy(c);
	e = store_key_find(c->store, hash, &c->key);
	/* The role admin belongs to no organization: it uses up no share. */
	if (!e && c->key.role != ROLE_ADMIN)
		share_begin(c->share, hash, &c->key.org.id, clock_monotonic());
	return e;
}

enum err auth_check(struct call *c)
{
	const char *text = sent_key(c->request);
	enum err e;

	if (!text)
		return refuse_key(c, "An API key is needed: in the header "
				     "Authorization or X-Api-Key, or as "
				     "?api_key=.");
	e = find_key(c, text);
	if (e == ERR_NOT_FOUND)
		return refuse_key(c, "The API key is unknown, or was revoked.");
	c->known = !e;
	if (!e && c->key.role == ROLE_ADMIN && !in_header(c->request))
		return refuse_key(c, "A key of the role admin is accepted in a "
				     "header only: addresses are logged.");
	return e;
}

enum err auth_organization(struct call *c)
{
	const char *text = request_param(c->request, "organization");
	struct id id;
	enum err e;

	if (!text) {
		response_problem(c->response, 400,
				 "With a key of the role admin, ?organization= "
				 "must name the organization.");
		return ERR_INVALID;
	}
	e = call_parse_id(text, &id);
	return e ? e : store_org_find(c->store, &id, &c->key.org);
}

void auth_touch(struct call *c)
{
	if (c->known)
		(void)store_key_touch(c->store, &c->key);
}
