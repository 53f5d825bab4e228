/* SPDX-License-Identifier: MIT */
/*
 * sign: the published vector of Standard Webhooks, key forms, key sizes.
 */
#include "unit.h"

#include <string.h>

#include "outside/crypt.h"
#include "rules/sign.h"

static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char body[] = "{\"test\": 2432232314}";
static const char signature[] =
	"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

static bool parses(const char *s, struct sign_key *key)
{
	return sign_key_parse(s, strlen(s), key);
}

START_TEST(known_signature)
{
	struct sign_key key;
	struct buf out;

	buf_init(&out, 1000);
	ck_assert(parses(secret, &key));
	ck_assert_uint_eq(key.len, 24);
	sign_add(&out, &key, id, 1614265330, body, strlen(body));
	ck_assert_str_eq(out.data, signature);
	buf_release(&out);
}
END_TEST

START_TEST(two_keys_are_parted_by_one_space)
{
	struct sign_key a, b;
	struct buf out, second;

	buf_init(&out, 1000);
	buf_init(&second, 1000);
	ck_assert(parses(secret, &a));
	sign_key_new(&b);
	sign_add(&out, &a, id, 1614265330, body, strlen(body));
	sign_add(&out, &b, id, 1614265330, body, strlen(body));
	sign_add(&second, &b, id, 1614265330, body, strlen(body));
	ck_assert(strncmp(out.data, signature, strlen(signature)) == 0);
	ck_assert_int_eq(out.data[strlen(signature)], ' ');
	ck_assert_str_eq(out.data + strlen(signature) + 1, second.data);
	buf_release(&out);
	buf_release(&second);
}
END_TEST

/* Each part of the base string matters. */
START_TEST(every_part_is_signed)
{
	struct sign_key key;
	struct buf out;

	ck_assert(parses(secret, &key));
	buf_init(&out, 1000);
	sign_add(&out, &key, "msg_other", 1614265330, body, strlen(body));
	ck_assert_str_ne(out.data, signature);
	buf_clear(&out);
	sign_add(&out, &key, id, 1614265331, body, strlen(body));
	ck_assert_str_ne(out.data, signature);
	buf_clear(&out);
	sign_add(&out, &key, id, 1614265330, body, strlen(body) - 1);
	ck_assert_str_ne(out.data, signature);
	buf_release(&out);
}
END_TEST

START_TEST(sizes_24_to_64)
{
	unsigned char bytes[66] = {1, 2, 3};
	char text[6 + CRYPT_BASE64_SIZE(sizeof(bytes))];
	struct sign_key key;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		memcpy(text, "whsec_", 6);
		crypt_base64(text + 6, bytes, n);
		ck_assert_msg(parses(text, &key) == (n >= 24 && n <= 64),
			      "%zu bytes", n);
		if (n >= 24 && n <= 64)
			ck_assert_uint_eq(key.len, n);
	}
}
END_TEST

START_TEST(other_forms_are_refused)
{
	static const char *const wrong[] = {
		"",
		"whsec_",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
		"whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPB==",
	};
	struct sign_key key;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!parses(wrong[i], &key), "\"%s\" was read",
			      wrong[i]);
}
END_TEST

START_TEST(new_keys_have_a_written_form)
{
	struct sign_key a, b, again;
	char text[SIGN_SECRET_SIZE];

	sign_key_new(&a);
	sign_key_new(&b);
	ck_assert_uint_eq(a.len, 32);
	ck_assert(memcmp(a.b, b.b, a.len) != 0);
	sign_key_format(text, &a);
	ck_assert(parses(text, &again));
	ck_assert_uint_eq(again.len, a.len);
	ck_assert_mem_eq(again.b, a.b, a.len);
}
END_TEST

START_TEST(longest_key_fits_its_text)
{
	struct sign_key key = {.len = SIGN_KEY_MAX}, again;
	char text[SIGN_SECRET_SIZE];

	crypt_random(key.b, key.len);
	sign_key_format(text, &key);
	ck_assert_uint_eq(strlen(text), SIGN_SECRET_SIZE - 1);
	ck_assert(parses(text, &again));
	ck_assert_mem_eq(again.b, key.b, key.len);
}
END_TEST

Suite *suite_sign(void)
{
	Suite *s = suite_create("sign");
	TCase *t = tcase_create("sign");

	tcase_add_test(t, known_signature);
	tcase_add_test(t, two_keys_are_parted_by_one_space);
	tcase_add_test(t, every_part_is_signed);
	tcase_add_test(t, sizes_24_to_64);
	tcase_add_test(t, other_forms_are_refused);
	tcase_add_test(t, new_keys_have_a_written_form);
	tcase_add_test(t, longest_key_fits_its_text);
	suite_add_tcase(s, t);
	return s;
}
