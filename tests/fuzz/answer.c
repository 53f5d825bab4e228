/* SPDX-License-Identifier: MIT */
/*
 * answer: a receiver's answer on its way out through the API: any
 * bytes become JSON that is read back, the body byte for byte, as text or as
 * base64.
 */
#include "fuzz.h"

#include "base/text.h"
#include "outside/crypt.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/view.h"

static void check_body(const struct jtree *response, const char *s, size_t len)
{
	const char *encoding, *body;
	char *base64 = xmalloc(CRYPT_BASE64_SIZE(len));
	size_t n;

	encoding = jtree_string(jtree_get(response, "bodyEncoding"), NULL);
	body = jtree_string(jtree_get(response, "body"), &n);
	CHECK(encoding && body);
	crypt_base64(base64, s, len);
	if (strcmp(encoding, "utf-8") == 0)
		CHECK(n == len && memcmp(body, s, len) == 0);
	else
		CHECK(!text_is_utf8(s, len) && strcmp(body, base64) == 0);
	free(base64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	const struct store_attempt attempt = {
		.number = 1,
		.started_at = 0,
		.status = 200,
		.headers = s,
		.headers_len = size,
		.body = s,
		.body_len = size,
	};
	struct jtree *v = view_attempt(&attempt), *again;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	jtree_write(&b, v);
	CHECK(text_is_utf8(b.data, b.len) && !memchr(b.data, '\n', b.len));
	again = jtree_parse(b.data, b.len);
	CHECK(jtree_string(jtree_get(jtree_get(again, "response"), "headers"),
			   NULL));
	check_body(jtree_get(again, "response"), s, size);
	jtree_free(again);
	jtree_free(v);
	buf_release(&b);
	return 0;
}
