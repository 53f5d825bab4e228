/* SPDX-License-Identifier: MIT */
/*
 * A receiver to copy from: a CGI program in C with libcrypto.
 *
 * verify() is all that an application needs; it follows Standard Webhooks.
 * The rest answers 204 to a genuine request and 400 to any other.
 * WEBHOOK_SECRET_FILE names a file that holds the hook's secret (whsec_...).
 *
 *     cc -O2 -Wall -o receive.cgi receive.c -lcrypto
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
	/* A captured request must be of no use after a few minutes. */
	TOLERANCE_SECONDS = 300,
	KEY_MIN = 24, /* bytes, of Standard Webhooks */
	KEY_MAX = 64,
	SECRET_MAX = 94,	   /* "whsec_" and 88 digits of base64 */
	BODY_MAX = 2 * 1024 * 1024 /* a batch is at most 1 MiB */
};

/* The key in "whsec_BASE64"; its length, or 0 when it is not one. */
static int read_key(const char *secret, unsigned char key[KEY_MAX + 2])
{
	int len, n;

	if (strncmp(secret, "whsec_", 6) == 0)
		secret += 6;
	len = (int)strcspn(secret, "\r\n");
	if (!len || len % 4 || len > SECRET_MAX - 6)
		return 0;
	n = EVP_DecodeBlock(key, (const unsigned char *)secret, len);
	if (secret[len - 1] == '=') /* counted as bytes of zero */
		n -= secret[len - 2] == '=' ? 2 : 1;
	return n >= KEY_MIN && n <= KEY_MAX ? n : 0;
}

/* Whether the text is a number of seconds, and not too far from now. */
static bool is_recent(const char *timestamp)
{
	size_t digits = strspn(timestamp, "0123456789");
	long long age;

	if (digits == 0 || digits > 12 || timestamp[digits])
		return false;
	age = (long long)time(NULL) - strtoll(timestamp, NULL, 10);
	return age <= TOLERANCE_SECONDS && age >= -TOLERANCE_SECONDS;
}

/* The signature "v1,BASE64" as the sender makes it. */
static bool sign(const unsigned char *key, int key_len, const char *id,
		 const char *timestamp, const char *body, size_t len,
		 char out[64])
{
	size_t head = strlen(id) + strlen(timestamp) + 2;
	unsigned char *text = malloc(head + len + 1);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!text)
		return false;
	snprintf((char *)text, head + 1, "%s.%s.", id, timestamp);
	memcpy(text + head, body, len);
	HMAC(EVP_sha256(), key, key_len, text, head + len, mac, &n);
	free(text);
	memcpy(out, "v1,", 3);
	return n == 32 && EVP_EncodeBlock((unsigned char *)out + 3, mac, 32);
}

/* Whether `body`, the bytes as received, is genuine. */
static bool verify(const char *secret, const char *id, const char *timestamp,
		   const char *signatures, const char *body, size_t len)
{
	unsigned char key[KEY_MAX + 2];
	int key_len = read_key(secret, key);
	char expected[64];

	if (!key_len || !is_recent(timestamp) ||
	    !sign(key, key_len, id, timestamp, body, len, expected))
		return false;
	/* While a secret is replaced, each valid one has a signature. */
	while (*signatures) {
		size_t n = strcspn(signatures, " ");

		if (n == strlen(expected) &&
		    CRYPTO_memcmp(signatures, expected, n) == 0)
			return true;
		signatures += n;
		signatures += strspn(signatures, " ");
	}
	return false;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* The secret, or an empty text, with which no request is genuine. */
static void read_secret(char *secret, size_t size)
{
	FILE *file = fopen(variable("WEBHOOK_SECRET_FILE"), "r");

	if (!file || !fgets(secret, (int)size, file))
		*secret = '\0';
	if (file)
		fclose(file);
}

/* The body as received; NULL when it is incomplete or too long. */
static char *read_body(size_t *len)
{
	long long n = strtoll(variable("CONTENT_LENGTH"), NULL, 10);
	char *body;

	if (n < 0 || n > BODY_MAX)
		return NULL;
	body = malloc((size_t)n + 1);
	*len = (size_t)n;
	if (body && fread(body, 1, *len, stdin) == *len)
		return body;
	free(body);
	return NULL;
}

int main(void)
{
	const char *id = variable("HTTP_WEBHOOK_ID");
	char secret[SECRET_MAX + 3];
	size_t len = 0;
	char *body = read_body(&len);
	bool genuine;

	read_secret(secret, sizeof(secret));
	genuine = body && verify(secret, id, variable("HTTP_WEBHOOK_TIMESTAMP"),
				 variable("HTTP_WEBHOOK_SIGNATURE"), body, len);
	if (genuine) {
		/*
		 * A delivery may arrive twice. Write `id` into a table with a
		 * unique key, in the transaction that does the work; when it
		 * exists already, answer 204 and do nothing. Work that takes
		 * long belongs after the answer.
		 */
		fprintf(stderr, "received %s\n", id);
	}
	free(body);
	printf("Status: %s\r\n\r\n",
	       genuine ? "204 No Content" : "400 Bad Request");
	return 0;
}
