/* SPDX-License-Identifier: MIT */
/*
 * crypt: published vectors, and base64 that accepts one form only.
 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "outside/crypt.h"

static void check_hex(const unsigned char *bytes, const char *expected)
{
	char hex[2 * CRYPT_HASH_SIZE + 1];

	text_hex(hex, bytes, CRYPT_HASH_SIZE);
	ck_assert_str_eq(hex, expected);
}

/* FIPS 180-2, appendix B, and the empty text. */
START_TEST(sha256)
{
	unsigned char hash[CRYPT_HASH_SIZE];

	crypt_sha256(hash, "abc", 3);
	check_hex(hash, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	crypt_sha256(hash, "", 0);
	check_hex(hash, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
}
END_TEST

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block). */
START_TEST(hmac)
{
	unsigned char mac[CRYPT_HASH_SIZE], key[131];
	const struct crypt_part hi[] = {{"Hi There", 8}};
	const struct crypt_part jefe[] = {
		{"what do ya want ", 16}, {"", 0}, {"for nothing?", 12}};
	const struct crypt_part large[] = {
		{"Test Using Larger Than Block-Size Key - Hash Key First", 54}};

	memset(key, 0x0b, 20);
	crypt_hmac_sha256(mac, key, 20, hi, 1);
	check_hex(mac, "b0344c61d8db38535ca8afceaf0bf12b"
		       "881dc200c9833da726e9376c2e32cff7");
	crypt_hmac_sha256(mac, "Jefe", 4, jefe, 3);
	check_hex(mac, "5bdcc146bf60754e6a042426089575c7"
		       "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	crypt_hmac_sha256(mac, key, sizeof(key), large, 1);
	check_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f"
		       "8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

/* RFC 4648, section 10. */
static const struct {
	const char *plain, *coded;
} vectors[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
};

START_TEST(base64)
{
	const char *plain = vectors[_i].plain, *coded = vectors[_i].coded;
	char text[CRYPT_BASE64_SIZE(6)], bytes[6];
	size_t n = 99;

	crypt_base64(text, plain, strlen(plain));
	ck_assert_str_eq(text, coded);
	ck_assert(
		crypt_unbase64(bytes, sizeof(bytes), &n, coded, strlen(coded)));
	ck_assert_uint_eq(n, strlen(plain));
	ck_assert_mem_eq(bytes, plain, n);
}
END_TEST

START_TEST(base64_in_one_form_only)
{
	static const char *const wrong[] = {
		"Z",
		"Zg",
		"Zg=",
		"Zg===",
		"=",
		"====",
		"Z===",
		"Zh==",
		"Zm9=",
		" Zm8=",
		"Zm8= ",
		"Zm8=\n",
		"Zm\n8",
		"Zm9v\n",
		"Zm9vZ===",
		"Zm==Zm9v",
		"Zm9vYg==Zm9v",
		"Zm_v",
		"Zm-v",
		"Zm*v",
		"\xff\xff\xff\xff",
	};
	unsigned char bytes[64];
	size_t n = 99;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!crypt_unbase64(bytes, sizeof(bytes), &n,
					      wrong[i], strlen(wrong[i])),
			      "\"%s\" was read", wrong[i]);
	ck_assert_uint_eq(n, 99);
}
END_TEST

START_TEST(base64_respects_its_room)
{
	unsigned char bytes[5] = {9, 9, 9, 9, 9};
	size_t n;

	ck_assert(!crypt_unbase64(bytes, 4, &n, "Zm9vYmE=", 8));
	ck_assert_uint_eq(bytes[0], 9);
	ck_assert(crypt_unbase64(bytes, 5, &n, "Zm9vYmE=", 8));
	ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(base64_of_every_length)
{
	unsigned char bytes[144], again[sizeof(bytes)];
	char text[CRYPT_BASE64_SIZE(sizeof(bytes))];
	size_t n;

	crypt_random(bytes, sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		crypt_base64(text, bytes, len);
		ck_assert_uint_lt(strlen(text), CRYPT_BASE64_SIZE(len));
		ck_assert(crypt_unbase64(again, sizeof(again), &n, text,
					 strlen(text)));
		ck_assert_uint_eq(n, len);
		ck_assert(memcmp(again, bytes, len) == 0);
	}
}
END_TEST

START_TEST(randomness)
{
	unsigned char a[32], b[32];
	double low = 1, high = 0;

	crypt_random(a, sizeof(a));
	crypt_random(b, sizeof(b));
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	for (int i = 0; i < 1000; i++) {
		double f = crypt_random_fraction();

		ck_assert(f >= 0 && f < 1);
		low = f < low ? f : low;
		high = f > high ? f : high;
	}
	ck_assert(low < 0.1 && high > 0.9);
}
END_TEST

Suite *suite_crypt(void)
{
	Suite *s = suite_create("crypt");
	TCase *t = tcase_create("crypt");

	tcase_add_test(t, sha256);
	tcase_add_test(t, hmac);
	tcase_add_loop_test(t, base64, 0, (int)COUNT(vectors));
	tcase_add_test(t, base64_in_one_form_only);
	tcase_add_test(t, base64_respects_its_room);
	tcase_add_test(t, base64_of_every_length);
	tcase_add_test(t, randomness);
	suite_add_tcase(s, t);
	return s;
}
