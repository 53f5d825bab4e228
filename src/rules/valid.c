/* SPDX-License-Identifier: MIT */
/*
 * valid: character classes, lengths and the list of headers that a hook cannot
 * set.
 */
#include "rules/valid.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Headers that the service writes itself, that belong to the connection (RFC
 * 9110 7.6.1), that would change how the body or the answer is read, or by
 * which a proxy tells for whom it speaks. */
static const char *const own_headers[] = {
	"Accept-Encoding",
	"CDN-Loop",
	"CF-Connecting-IP",
	"Client-IP",
	"Connection",
	"Cookie",
	"Cookie2",
	"Date",
	"Expect",
	"Fastly-Client-IP",
	"Forwarded",
	"Host",
	"HTTP2-Settings",
	"Keep-Alive",
	"Max-Forwards",
	"Proxy-Authenticate",
	"Proxy-Authorization",
	"Proxy-Connection",
	"Range",
	"Set-Cookie",
	"TE",
	"Trailer",
	"Transfer-Encoding",
	"True-Client-IP",
	"Upgrade",
	"User-Agent",
	"Via",
	"X-Client-IP",
	"X-Cluster-Client-IP",
	"X-Original-Forwarded-For",
	"X-Real-IP",
};

static const char *const own_prefixes[] = {"webhook-", "Content-", "If-",
					   "Sec-", "X-Forwarded"};

static bool is_tchar(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* For servers that hand headers over as variables X_Name is X-Name. */
static bool begins_with(const char *s, size_t len, const char *own)
{
	size_t n = strlen(own);

	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[i] == '_' ? '-' : s[i];

		if (strncasecmp(&c, &own[i], 1) != 0)
			return false;
	}
	return true;
}

static bool is_own(const char *s, size_t len)
{
	for (size_t i = 0; i < COUNT(own_headers); i++)
		if (strlen(own_headers[i]) == len &&
		    begins_with(s, len, own_headers[i]))
			return true;
	for (size_t i = 0; i < COUNT(own_prefixes); i++)
		if (begins_with(s, len, own_prefixes[i]))
			return true;
	return false;
}

const char *valid_header_name(const char *s, size_t len)
{
	if (!len || len > VALID_HEADER_NAME_MAX)
		return "the name of a header has 1 to 128 characters";
	for (size_t i = 0; i < len; i++)
		if (!is_tchar((unsigned char)s[i]))
			return "the name of a header is made of letters, "
			       "digits and !#$%&'*+-.^_`|~";
	if (is_own(s, len))
		return "this header is set by the service or the connection "
		       "and cannot be chosen";
	return NULL;
}

const char *valid_header_value(const char *s, size_t len)
{
	if (len > VALID_HEADER_VALUE_MAX)
		return "the value of a header has at most 4096 bytes";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			return "the value of a header must not contain control "
			       "characters or line ends";
	}
	if (len && (s[0] == ' ' || s[len - 1] == ' '))
		return "the value of a header must not begin or end with a "
		       "space";
	if (!text_is_utf8(s, len))
		return "the value of a header must be UTF-8";
	return NULL;
}

bool valid_same_header(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* U+0000 to U+001F except those in `allowed`, U+007F, U+0080 to U+009F; the
 * text is UTF-8. */
static bool has_control(const char *s, size_t len, const char *allowed)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == 0x7f || !c || (c < 0x20 && !strchr(allowed, c)))
			return true;
		if (c == 0xc2 && i + 1 < len && (unsigned char)s[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static size_t characters(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

const char *valid_description(const char *s, size_t len)
{
	if (!text_is_utf8(s, len))
		return "must be UTF-8";
	if (has_control(s, len, "\t\r\n"))
		return "must not contain control characters";
	if (characters(s, len) > VALID_DESCRIPTION_MAX)
		return "must have at most 500 characters";
	return NULL;
}

const char *valid_name(const char *s, size_t len)
{
	size_t n = characters(s, len);

	if (!text_is_utf8(s, len))
		return "must be UTF-8";
	if (n < 1 || n > VALID_NAME_MAX)
		return "must have 1 to 100 characters";
	if (has_control(s, len, ""))
		return "must not contain control characters";
	return NULL;
}

const char *valid_idempotency_key(const char *s, size_t len)
{
	if (!len || len > VALID_IDEMPOTENCY_MAX)
		return "must have 1 to 255 characters";
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return "must be printable ASCII";
	return NULL;
}

static const char *check_characters(const char *s, size_t len)
{
	if (!text_is_utf8(s, len))
		return "must be UTF-8";
	return has_control(s, len, "") ? "must not contain control characters"
				       : NULL;
}

const char *valid_user(const char *s, size_t len)
{
	return !len || len > VALID_USER_MAX ? "must have 1 to 64 bytes"
					    : check_characters(s, len);
}

const char *valid_replace_key(const char *s, size_t len)
{
	return !len || len > VALID_REPLACE_KEY_MAX ? "must have 1 to 128 bytes"
						   : check_characters(s, len);
}
