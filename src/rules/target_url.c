/* SPDX-License-Identifier: MIT */
/*
 * target: the URL rule. What libcurl's parser forgives (missing slashes, odd
 * spellings of addresses) is judged after it has been normalised or refused
 * before, so that the URL that was checked is the one that is used.
 */
#include "rules/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Limits of a name in the DNS (RFC 1035 2.3.4). */
enum { NAME_MAX_LEN = 253, LABEL_MAX_LEN = 63 };

static const char internal_name[] =
	"target_url must name a public host, and this name can only be "
	"internal";

/* The names below which only internal hosts live. */
static const char *const internal[] = {"localhost", "local", "internal",
				       "home.arpa", "onion"};

/* The start of the authority; NULL when the scheme is neither. */
static const char *authority(const char *url,
			     const struct target_policy *policy)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return url + 8;
	if (policy->allow_http && strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	return NULL;
}

static size_t authority_len(const char *s)
{
	return strcspn(s, "/?#");
}

static const char *check_bytes(const char *url, size_t len, bool *other)
{
	*other = false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)url[i];

		if (c < 0x20 || c == 0x7f)
			return "target_url must not contain control characters";
		if (c == ' ')
			return "target_url must not contain spaces: write %20";
		if (c == '\\')
			return "target_url must not contain a backslash";
		if (c > 0x7f)
			*other = true;
	}
	return NULL;
}

/* Letters of another script: in the host they have a written form of their
 * own, elsewhere they are percent-encoded. */
static const char *check_ascii(const char *at)
{
	for (size_t n = authority_len(at); n; n--)
		if ((unsigned char)at[n - 1] > 0x7f)
			return "target_url must be ASCII: write the host in "
			       "its xn-- form (Punycode)";
	return "target_url must be ASCII: percent-encode the other characters";
}

static const char *check_authority(const char *at)
{
	size_t n = authority_len(at);

	if (!n)
		return "target_url must name a host";
	if (memchr(at, '@', n))
		return "target_url must not contain a user name or a password";
	if (memchr(at, '%', n))
		return "the host in target_url must be written without "
		       "percent-encoding and without a zone";
	return NULL;
}

static const char *check_text(const char *url, size_t len,
			      const struct target_policy *policy)
{
	const char *why, *at;
	bool other;

	why = check_bytes(url, len, &other);
	if (why)
		return why;
	at = authority(url, policy);
	if (!at)
		return policy->allow_http ? "target_url must be an absolute "
					    "https or http URL"
					  : "target_url must be an absolute "
					    "https URL";
	return other ? check_ascii(at) : check_authority(at);
}

/* "7", "0x7f": texts that some resolvers read as part of an address. */
static bool is_number(const char *s, size_t len)
{
	size_t i = 0;

	if (len > 1 && s[0] == '0' && (s[1] | 0x20) == 'x')
		for (i = 2; i < len && isxdigit((unsigned char)s[i]); i++)
			;
	else
		for (; i < len && isdigit((unsigned char)s[i]); i++)
			;
	return len && i == len;
}

/* Whether `name` is `parent` or ends with a dot and `parent`. */
static bool is_below(const char *name, size_t len, const char *parent)
{
	size_t n = strlen(parent);

	return len >= n && strncasecmp(name + len - n, parent, n) == 0 &&
	       (len == n || name[len - n - 1] == '.');
}

static bool is_internal(const char *name, size_t len)
{
	const char *dot = memrchr(name, '.', len);

	if (!dot || is_number(dot + 1, len - (size_t)(dot + 1 - name)))
		return true;
	for (size_t i = 0; i < COUNT(internal); i++)
		if (is_below(name, len, internal[i]))
			return true;
	return false;
}

/* Letters, digits, hyphens and underscores in labels of 1 to 63. */
static bool is_host_name(const char *name, size_t len)
{
	size_t label = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c == '.' && label) {
			label = 0;
			continue;
		}
		if ((!isalnum(c) && c != '-' && c != '_') ||
		    ++label > LABEL_MAX_LEN)
			return false;
	}
	return label && len <= NAME_MAX_LEN;
}

static const char *check_name(const char *host,
			      const struct target_policy *policy)
{
	size_t len = strlen(host);

	if (len && host[len - 1] == '.')
		len--;
	if (!is_host_name(host, len))
		return "the host in target_url is not a host name";
	if (!policy->allow_count && is_internal(host, len))
		return internal_name;
	return NULL;
}

/* The address that a normalised host spells; false for a name. */
static bool literal(const char *host, uint16_t port,
		    struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};
	char inner[INET6_ADDRSTRLEN];
	size_t len = strlen(host);

	*out = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		memcpy(out, &in, sizeof(in));
		return true;
	}
	if (host[0] != '[')
		return false;
	if (len > 2 && len - 2 < sizeof(inner)) {
		memcpy(inner, host + 1, len - 2);
		inner[len - 2] = '\0';
		if (inet_pton(AF_INET6, inner, &in6.sin6_addr) == 1)
			memcpy(out, &in6, sizeof(in6));
	}
	return true;
}

static bool port_ok(uint16_t port, const struct target_policy *policy)
{
	for (size_t i = 0; i < policy->port_count; i++)
		if (port >= policy->ports[i].lo && port <= policy->ports[i].hi)
			return true;
	return !policy->port_count;
}

static const char *check_host(const char *host, uint16_t port,
			      const struct target_policy *policy)
{
	struct sockaddr_storage ss;

	if (!port)
		return "target_url must not name port 0";
	if (!port_ok(port, policy))
		return "target_url names a port that is not allowed here";
	if (!literal(host, port, &ss))
		return check_name(host, policy);
	if (!target_address_ok((const struct sockaddr *)&ss, policy, false))
		return "target_url names an address that deliveries are not "
		       "sent to";
	return NULL;
}

/* One part into the arena; NULL when there is none. */
static char *url_part(CURLU *u, CURLUPart what, unsigned flags,
		      struct arena *arena)
{
	char *text, *copy;

	if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
		return NULL;
	copy = arena_strdup(arena, text);
	curl_free(text);
	return copy;
}

static bool split(CURLU *u, struct arena *arena, struct target *t)
{
	char *port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena);
	char *host = url_part(u, CURLUPART_HOST, 0, arena);
	char *path = url_part(u, CURLUPART_PATH, 0, arena);
	char *query = url_part(u, CURLUPART_QUERY, 0, arena);
	struct sockaddr_storage ss;
	uint64_t number;

	t->scheme = url_part(u, CURLUPART_SCHEME, 0, arena);
	if (!t->scheme || !host || !path || !port ||
	    !text_uint(port, UINT16_MAX, &number))
		return false;
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	t->host = host;
	t->port = (uint16_t)number;
	t->path = query ? arena_printf(arena, "%s?%s", path, query) : path;
	t->literal = literal(host, t->port, &ss);
	return true;
}

bool target_split(const char *url, struct arena *arena, struct target *out)
{
	CURLU *u = curl_url();
	struct target t = {.port = 0};
	bool ok;

	ok = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	     split(u, arena, &t);
	curl_url_cleanup(u);
	if (ok)
		*out = t;
	return ok;
}

static const char *check_url(const char *url, size_t len,
			     const struct target_policy *policy)
{
	const char *why = check_text(url, len, policy);
	struct arena arena;
	struct target t;

	if (why)
		return why;
	arena_init(&arena);
	why = target_split(url, &arena, &t) ? check_host(t.host, t.port, policy)
					    : "target_url is not a valid URL";
	arena_release(&arena);
	return why;
}

bool target_url_check(const char *url, size_t len,
		      const struct target_policy *policy, char *why,
		      size_t why_size)
{
	char copy[TARGET_URL_MAX + 1];
	const char *wrong;

	if (len > TARGET_URL_MAX) {
		wrong = "target_url must have at most 2048 bytes";
	} else {
		memcpy(copy, url, len);
		copy[len] = '\0';
		wrong = check_url(copy, len, policy);
	}
	if (wrong)
		snprintf(why, why_size, "%s", wrong);
	return !wrong;
}
