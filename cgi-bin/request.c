/* SPDX-License-Identifier: MIT */
/*
 * request: from CGI's environment to a struct.
 *
 * Routing uses the raw REQUEST_URI: servers decode PATH_INFO, each in its own
 * way, and an encoded slash does not divide segments.
 */
#include "request.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "gateway.h"

/* So that Link, which contains the query with up to three bytes for each of its
 * own, fits into the headers that servers accept. */
enum { QUERY_MAX = 1000 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *variable;
	const char *name;
} headers[REQUEST_HEADER_MAX] = {
	[REQUEST_API_KEY] = {"HTTP_X_API_KEY", "X-Api-Key"},
	[REQUEST_AUTHORIZATION] = {"HTTP_AUTHORIZATION", "Authorization"},
	[REQUEST_CONTENT_ENCODING] = {"HTTP_CONTENT_ENCODING",
				      "Content-Encoding"},
	[REQUEST_CONTENT_TYPE] = {"CONTENT_TYPE", "Content-Type"},
	[REQUEST_IDEMPOTENCY_KEY] = {"HTTP_IDEMPOTENCY_KEY", "Idempotency-Key"},
	[REQUEST_IF_MATCH] = {"HTTP_IF_MATCH", "If-Match"},
	[REQUEST_IF_NONE_MATCH] = {"HTTP_IF_NONE_MATCH", "If-None-Match"},
	[REQUEST_WEBHOOK_HOPS] = {"HTTP_WEBHOOK_HOPS", "webhook-hops"},
	[REQUEST_WEBHOOK_ID] = {"HTTP_WEBHOOK_ID", "webhook-id"},
};

void request_init(struct request *r, uint64_t max_body)
{
	*r = (struct request){.method = "", .remote = ""};
	arena_init(&r->arena);
	buf_init(&r->body, max_body);
}

void request_release(struct request *r)
{
	buf_release(&r->body);
	arena_release(&r->arena);
}

/* ---- decoding ---- */

/* Percent-decodes; NULL when that fails, gives a NUL, or is not UTF-8. */
static char *decode(struct arena *a, const char *s, size_t len, bool plus)
{
	char *out = arena_alloc(a, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%') {
			if (len - i < 3 || !text_unhex(&c, 1, s + i + 1, 2))
				return NULL;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (!c)
			return NULL;
		*to++ = c;
	}
	*to = '\0';
	return text_is_utf8(out, (size_t)(to - out)) ? out : NULL;
}

/* ---- the path ---- */

/* Skips "http://host" when a client sent the whole address. */
static const char *path_of(const char *uri)
{
	const char *host = strstr(uri, "://");
	const char *slash;

	if (*uri == '/' || !host)
		return uri;
	slash = strchr(host + 3, '/');
	return slash ? slash : "";
}

static bool add_segment(struct request *r, const char *s, size_t len)
{
	char *text;

	if (r->segments == REQUEST_SEGMENTS_MAX)
		return false;
	text = decode(&r->arena, s, len, false);
	if (!text)
		return false;
	r->segment[r->segments++] = text;
	return true;
}

/* The rest of the path after the segments of the base, or NULL. */
static const char *below_base(struct request *r, const char *path,
			      const char *end, const char *base)
{
	while (*base == '/') {
		size_t want = strcspn(base + 1, "/"), len;
		const char *text;

		if (path == end || *path != '/')
			return NULL;
		path++;
		len = strcspn(path, "/?");
		text = decode(&r->arena, path, len, false);
		if (!text || strlen(text) != want ||
		    memcmp(text, base + 1, want) != 0)
			return NULL;
		base += 1 + want;
		path += len;
	}
	return path;
}

static bool read_path(struct request *r, const char *path, const char *end,
		      const char *base)
{
	path = below_base(r, path, end, base);
	if (!path || path == end || *path != '/')
		return false;
	while (path < end) {
		const char *from = ++path;

		while (path < end && *path != '/')
			path++;
		if (from == end)
			break;
		if (!add_segment(r, from, (size_t)(path - from)))
			return false;
	}
	return true;
}

/* ---- the query ---- */

static const char *add_param(struct request *r, const char *s, size_t len)
{
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals ? (size_t)(equals - s) : len;
	char *name = decode(&r->arena, s, name_len, true), *value;

	value = equals ? decode(&r->arena, equals + 1, len - name_len - 1, true)
		       : arena_strdup(&r->arena, "");
	if (!name || !value)
		return "The query is not percent-encoded UTF-8.";
	/* The parameter is meant for a cache or a library. */
	if (*name == '_')
		return NULL;
	if (r->params == REQUEST_PARAMS_MAX)
		return "The query has too many parameters.";
	if (request_param(r, name))
		return "A parameter of the query is repeated.";
	r->param[r->params++] = (struct request_param){name, value};
	return NULL;
}

static void read_query(struct request *r, const char *s)
{
	if (strlen(s) > QUERY_MAX)
		r->bad_query = "The query is longer than 1000 bytes.";
	while (*s && !r->bad_query) {
		size_t len = strcspn(s, "&");

		if (len)
			r->bad_query = add_param(r, s, len);
		s += len;
		s += *s == '&';
	}
}

const char *request_param(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->params; i++)
		if (strcmp(r->param[i].name, name) == 0)
			return r->param[i].value;
	return NULL;
}

/* ---- the environment ---- */

/* The value of "NAME=value", or NULL. */
static const char *variable_value(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '='
		       ? entry + len + 1
		       : NULL;
}

/* Servers pass X-Name and X_Name as one variable, some of them twice: which of
 * the two counts would be a guess. */
static void read_header(struct request *r, const char *entry)
{
	for (size_t i = 0; i < COUNT(headers); i++) {
		const char *value = variable_value(entry, headers[i].variable);

		if (!value)
			continue;
		if (r->header[i])
			r->twice = headers[i].name;
		r->header[i] = value;
		return;
	}
}

void request_read_head(struct request *r, char *const *environment,
		       const char *base_path)
{
	const char *uri = NULL, *redirected = NULL, *v, *end;

	r->environment = environment;
	for (; *environment; environment++) {
		const char *entry = *environment;

		if ((v = variable_value(entry, "REQUEST_METHOD")))
			r->method = v;
		else if ((v = variable_value(entry, "REQUEST_URI")))
			uri = path_of(v);
		else if ((v = variable_value(entry,
					     "REDIRECT_HTTP_AUTHORIZATION")))
			redirected = v;
		else if ((v = variable_value(entry, "REMOTE_ADDR")))
			r->remote = v;
		else
			read_header(r, entry);
	}
	if (redirected && (!r->header[REQUEST_AUTHORIZATION] ||
			   !*r->header[REQUEST_AUTHORIZATION]))
		r->header[REQUEST_AUTHORIZATION] = redirected;
	if (!uri) {
		log_error("the web server passes no REQUEST_URI");
		r->no_path = true;
		return;
	}
	end = uri + strcspn(uri, "?#");
	r->no_path = !read_path(r, uri, end, base_path);
	if (*end == '?')
		read_query(r, end + 1);
}

bool request_is_forwarded(const struct request *r)
{
	/* Beginnings of names: X-Forwarded-For, X-Forwarded-Host, ... */
	static const char *const beginnings[] = {
		"HTTP_X_FORWARDED",  "HTTP_FORWARDED",
		"HTTP_VIA=",	     "HTTP_X_REAL_IP=",
		"HTTP_X_CLIENT_IP=", "HTTP_X_CLUSTER_CLIENT_IP=",
		"HTTP_CLIENT_IP=",   "HTTP_TRUE_CLIENT_IP=",
		"HTTP_CF_",	     "HTTP_FASTLY_CLIENT_IP=",
		"HTTP_CDN_LOOP=",    "HTTP_X_ORIGINAL_FORWARDED_FOR=",
	};

	for (char *const *e = r->environment; *e; e++)
		for (size_t i = 0; i < COUNT(beginnings); i++)
			if (strncmp(*e, beginnings[i], strlen(beginnings[i])) ==
			    0)
				return true;
	return false;
}

void request_read_body(struct request *r, struct gateway *g)
{
	char part[16384];
	size_t n;

	while (!r->body.overflow && (n = gateway_read(g, part, sizeof(part))))
		buf_add(&r->body, part, n);
}
