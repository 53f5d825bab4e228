/* SPDX-License-Identifier: MIT */
/*
 * vault: stored secrets open again, and nothing else does.
 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "rules/vault.h"

static const unsigned char key[CRYPT_KEY_SIZE] =
	"thirty-two bytes, a NUL as last";
static const unsigned char other[CRYPT_KEY_SIZE] = "another one";
static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

START_TEST(without_a_key_it_is_stored_as_it_is)
{
	unsigned char stored[VAULT_SIZE];
	char out[SIGN_SECRET_SIZE];
	size_t n = vault_seal(stored, NULL, 7, secret);

	ck_assert_uint_eq(n, strlen(secret));
	ck_assert(memcmp(stored, secret, n) == 0);
	ck_assert(!vault_is_sealed(stored, n));
	ck_assert(vault_is_current(stored, n, NULL));
	ck_assert(!vault_is_current(stored, n, key));
	ck_assert(vault_open(out, key, 7, stored, n));
	ck_assert_str_eq(out, secret);
}
END_TEST

START_TEST(it_opens_with_its_key_and_hook_only)
{
	unsigned char stored[VAULT_SIZE];
	char out[SIGN_SECRET_SIZE];
	size_t n = vault_seal(stored, key, 7, secret);

	ck_assert(vault_is_sealed(stored, n));
	ck_assert(vault_is_current(stored, n, key));
	ck_assert(!vault_is_current(stored, n, other));
	ck_assert(!vault_is_current(stored, n, NULL));
	ck_assert(vault_open(out, key, 7, stored, n));
	ck_assert_str_eq(out, secret);
	ck_assert(!vault_open(out, key, 8, stored, n));
	ck_assert(!vault_open(out, other, 7, stored, n));
	ck_assert(!vault_open(out, NULL, 7, stored, n));
}
END_TEST

START_TEST(every_changed_bit_shows)
{
	unsigned char stored[VAULT_SIZE];
	char out[SIGN_SECRET_SIZE];
	size_t n = vault_seal(stored, key, 7, secret);

	for (size_t i = 0; i < 8 * n; i++) {
		stored[i / 8] ^= (unsigned char)(1U << i % 8);
		/* No mark: it is taken for one that is not encrypted. */
		if (vault_is_sealed(stored, n))
			ck_assert(!vault_open(out, key, 7, stored, n));
		stored[i / 8] ^= (unsigned char)(1U << i % 8);
	}
	ck_assert(vault_open(out, key, 7, stored, n));
}
END_TEST

START_TEST(any_length_is_survived)
{
	unsigned char stored[VAULT_SIZE + 100];
	char out[SIGN_SECRET_SIZE];

	vault_seal(stored, key, 7, secret);
	for (size_t n = 0; n < sizeof(stored); n++)
		if (n != VAULT_MARK_SIZE + CRYPT_SEAL_MORE + strlen(secret))
			ck_assert(!vault_open(out, key, 7, stored, n) || !n);
}
END_TEST

/* GCM specification, McGrew and Viega, test case 16, without the nonce that
 * is random here: opened, not sealed. */
START_TEST(published_vector)
{
	static const char hex[] =
		"cafebabefacedbaddecaf888"
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1"
		"aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		"76fc6ece0f4e1768cddf8853bb2d551b";
	static const char plain_hex[] =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a"
		"721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	unsigned char sealed[88], k[32], about[20], want[60], got[60];

	ck_assert(text_unhex(sealed, sizeof(sealed), hex, strlen(hex)));
	ck_assert(text_unhex(want, sizeof(want), plain_hex, strlen(plain_hex)));
	ck_assert(text_unhex(k, sizeof(k),
			     "feffe9928665731c6d6a8f9467308308"
			     "feffe9928665731c6d6a8f9467308308",
			     64));
	ck_assert(text_unhex(about, sizeof(about),
			     "feedfacedeadbeeffeedfacedeadbeefabaddad2", 40));
	ck_assert(crypt_open(got, k, &(struct crypt_part){about, 20},
			     &(struct crypt_part){sealed, sizeof(sealed)}));
	ck_assert(memcmp(got, want, sizeof(want)) == 0);
}
END_TEST

Suite *suite_vault(void)
{
	Suite *s = suite_create("vault");
	TCase *t = tcase_create("vault");

	tcase_add_test(t, without_a_key_it_is_stored_as_it_is);
	tcase_add_test(t, it_opens_with_its_key_and_hook_only);
	tcase_add_test(t, every_changed_bit_shows);
	tcase_add_test(t, any_length_is_survived);
	tcase_add_test(t, published_vector);
	suite_add_tcase(s, t);
	return s;
}
