/* SPDX-License-Identifier: MIT */
/*
 * auth: from header or query to a row of api_keys.
 */
#include "auth.h"

#include <string.h>
#include <strings.h>

#include "call.h"

enum { KEY_MAX = 200 }; /* longer than any key of ours */

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

enum err auth_check(struct call *c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789_-";
	const char *text = sent_key(c->request);
	size_t len = text ? strlen(text) : 0;
	unsigned char hash[CRYPT_HASH_SIZE];
	enum err e = ERR_NOT_FOUND;

	if (!text)
		return refuse_key(c, "An API key is needed: in the header "
				     "Authorization or X-Api-Key, or as "
				     "?api_key=.");
	if (len && len <= KEY_MAX && strspn(text, alphabet) == len) {
		store_key_hash(hash, text, len);
		e = store_key_find(c->store, hash, &c->key);
	}
	if (e == ERR_NOT_FOUND)
		return refuse_key(c, "The API key is unknown, or was revoked.");
	c->known = !e;
	return e;
}

void auth_touch(struct call *c)
{
	if (c->known)
		(void)store_key_touch(c->store, &c->key);
}
