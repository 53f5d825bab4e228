/* SPDX-License-Identifier: MIT */
/*
 * request: the head of a request taken apart, and its body up to a limit. An
 * input is an environment as a web server makes it, one variable a line, and
 * the body after an empty line. A decoded text that is encoded again, byte by
 * byte, is decoded to the same.
 */
#include "fuzz.h"

#include "base/text.h"
#include "gateway.h"
#include "request.h"

enum { VARIABLES_MAX = 64, BODY_MAX = 100, QUERY_MAX = 1000 };

/* In place of the web server: it hands the body out in odd pieces. */
struct gateway {
	const char *p;
	size_t left;
};

size_t gateway_read(struct gateway *g, void *p, size_t n)
{
	if (n > 7)
		n = 7;
	if (n > g->left)
		n = g->left;
	memcpy(p, g->p, n);
	g->p += n;
	g->left -= n;
	return n;
}

/* ---- the parsed request ---- */

static void check_decoded(const char *s)
{
	CHECK(text_is_utf8(s, strlen(s)));
}

static void check_headers(const struct request *r)
{
	for (size_t i = 0; i < REQUEST_HEADER_MAX; i++) {
		bool found = !r->header[i];

		for (char *const *e = r->environment; *e && !found; e++)
			found = r->header[i] > *e &&
				r->header[i] <= *e + strlen(*e);
		CHECK(found);
	}
}

/* The part before a NUL must not pass for the whole. */
static void check_nul(const struct request *r)
{
	const char *uri = "";

	for (char *const *e = r->environment; *e; e++)
		if (strncmp(*e, "REQUEST_URI=", 12) == 0)
			uri = *e + 12; /* the last one counts */
	if (*uri == '/' && memmem(uri, strcspn(uri, "#"), "%00", 3))
		CHECK(r->no_path || r->bad_query);
}

static void check(const struct request *r)
{
	CHECK(r->segments <= REQUEST_SEGMENTS_MAX);
	CHECK(r->params <= REQUEST_PARAMS_MAX);
	for (size_t i = 0; i < r->segments; i++)
		check_decoded(r->segment[i]);
	for (size_t i = 0; i < r->params; i++) {
		check_decoded(r->param[i].name);
		check_decoded(r->param[i].value);
		/* None is there twice. */
		CHECK(request_param(r, r->param[i].name) == r->param[i].value);
	}
	check_headers(r);
	check_nul(r);
	(void)request_is_forwarded(r);
}

/* ---- and back ---- */

static void encode(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_printf(out, "%%%02X", (unsigned char)*s);
}

static void write_path(struct buf *out, const struct request *r)
{
	for (size_t i = 0; i < r->segments; i++) {
		buf_putc(out, '/');
		encode(out, r->segment[i]);
	}
	/* One at the end makes no segment; an empty segment needs it. */
	buf_putc(out, '/');
}

static void write_query(struct buf *out, const struct request *r)
{
	for (size_t i = 0; i < r->params; i++) {
		buf_putc(out, i ? '&' : '?');
		encode(out, r->param[i].name);
		buf_putc(out, '=');
		encode(out, r->param[i].value);
	}
}

static void check_same(const struct request *r, const struct request *again)
{
	CHECK(!again->no_path && !again->bad_query);
	CHECK(again->segments == r->segments && again->params == r->params);
	for (size_t i = 0; i < r->segments; i++)
		CHECK(strcmp(r->segment[i], again->segment[i]) == 0);
	for (size_t i = 0; i < r->params; i++) {
		const char *value = request_param(again, r->param[i].name);

		CHECK(value && strcmp(value, r->param[i].value) == 0);
	}
}

static void check_repeat(const struct request *r, const char *prefix,
			 const char *base)
{
	struct request again;
	char *variables[2] = {NULL, NULL};
	struct buf uri;
	size_t path;

	buf_init(&uri, 64 * 1024);
	buf_printf(&uri, "REQUEST_URI=%s", prefix);
	write_path(&uri, r);
	path = uri.len;
	write_query(&uri, r);
	variables[0] = uri.data;
	request_init(&again, BODY_MAX);
	request_read_head(&again, variables, base);
	if (uri.len - path <= QUERY_MAX)
		check_same(r, &again);
	request_release(&again);
	buf_release(&uri);
}

static void check_body(struct request *r, const char *body, size_t len)
{
	struct gateway g = {body, len};

	request_read_body(r, &g);
	CHECK(r->body.overflow == (len > BODY_MAX));
	CHECK(r->body.len <= BODY_MAX && r->body.len <= len);
	CHECK(r->body.overflow || r->body.len == len);
	CHECK(memcmp(r->body.data, body, r->body.len) == 0);
}

/* ---- the input ---- */

/* Lines up to an empty one; returns the text after it. */
static char *split(char *s, char *variables[VARIABLES_MAX + 1])
{
	size_t n = 0;

	while (*s && *s != '\n' && n < VARIABLES_MAX) {
		variables[n++] = s;
		s += strcspn(s, "\n");
		if (*s)
			*s++ = '\0';
	}
	variables[n] = NULL;
	return s + (*s == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *body;
	char *variables[VARIABLES_MAX + 1];
	struct request r, based;

	body = split(text, variables);
	request_init(&r, BODY_MAX);
	request_read_head(&r, variables, "");
	check(&r);
	if (!r.no_path && !r.bad_query) {
		check_repeat(&r, "", "");
		check_repeat(&r, "/a%20b/c", "/a b/c");
		check_repeat(&r, "https://www.example.com", "");
	}
	request_init(&based, BODY_MAX);
	request_read_head(&based, variables, "/booking");
	check(&based);
	CHECK(based.no_path || !strcmp(r.segment[0], "booking"));
	check_body(&r, body, size - (size_t)(body - text));
	request_release(&based);
	request_release(&r);
	free(text);
	return 0;
}
