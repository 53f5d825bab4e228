/* SPDX-License-Identifier: MIT */
/*
 * A receiver to copy from: a CGI program in C with libcrypto and SQLite.
 *
 * verify() and inbox_judge() are all that an application needs; verify()
 * follows Standard Webhooks. The rest answers 204 to a genuine request and 400
 * to any other. WEBHOOK_SECRET_FILE names a file that holds the hook's secret
 * (whsec_...), and WEBHOOK_DATABASE the database: a file, made when it is
 * missing, in a folder that the program may write to.
 *
 *     cc -O2 -Wall -o receive.cgi receive.c -lcrypto -lsqlite3
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sqlite3.h>

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

/* ---- what has arrived ---- */

/* For another request's transaction. */
enum { BUSY_MS = 5000 };

/* An application has both tables among its own. */
static const char inbox_tables[] =
	"CREATE TABLE IF NOT EXISTS webhook_ids (id TEXT PRIMARY KEY);"
	"CREATE TABLE IF NOT EXISTS webhook_latest ("
	"thing TEXT PRIMARY KEY, occurred_at TEXT NOT NULL)";

static const char insert_id[] =
	"INSERT OR IGNORE INTO webhook_ids (id) VALUES (?1)";

/* As texts the times compare as they should. */
static const char update_latest[] =
	"INSERT INTO webhook_latest (thing, occurred_at) VALUES (?1, ?2) "
	"ON CONFLICT (thing) DO UPDATE SET occurred_at = excluded.occurred_at "
	"WHERE excluded.occurred_at >= webhook_latest.occurred_at";

/* A body is one message or an array of them; of another form, it has none. */
static const char messages_of[] =
	"SELECT json_extract(value, '$.resource._id'), "
	"json_extract(value, '$.occurred_at'), value FROM json_each(CASE "
	"WHEN NOT json_valid(?1) THEN '[]' "
	"WHEN json_type(?1) = 'array' THEN ?1 "
	"ELSE '[' || ?1 || ']' END) WHERE type = 'object'";

/* Runs a statement; the number of rows that it changed, or -1. */
static int changes(sqlite3 *db, const char *sql, const char *first,
		   const char *second)
{
	sqlite3_stmt *stmt = NULL;
	int n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_bind_text(stmt, 1, first, -1, NULL) == SQLITE_OK &&
	    (!second ||
	     sqlite3_bind_text(stmt, 2, second, -1, NULL) == SQLITE_OK) &&
	    sqlite3_step(stmt) == SQLITE_DONE)
		n = sqlite3_changes(db);
	sqlite3_finalize(stmt);
	return n;
}

/* What an application does with a message, in the transaction. */
static bool work(sqlite3 *db, const char *message)
{
	(void)db;
	(void)message;
	return true;
}

/* 1 when the message is news and the work was done, 0 when it is older. */
static int take_message(sqlite3 *db, sqlite3_stmt *message)
{
	const char *thing = (const char *)sqlite3_column_text(message, 0);
	const char *when = (const char *)sqlite3_column_text(message, 1);
	int news = 1;

	if (thing && when)
		news = changes(db, update_latest, thing, when);
	if (news == 1 &&
	    !work(db, (const char *)sqlite3_column_text(message, 2)))
		return -1;
	return news;
}

/* A batch counts as outdated when all its members are. */
static const char *take_messages(sqlite3 *db, const char *body, size_t len)
{
	sqlite3_stmt *message = NULL;
	int count = 0, news = 0, one = 0, rc = SQLITE_OK;

	sqlite3_prepare_v2(db, messages_of, -1, &message, NULL);
	sqlite3_bind_text(message, 1, body, (int)len, NULL);
	while (one >= 0 && (rc = sqlite3_step(message)) == SQLITE_ROW) {
		one = take_message(db, message);
		count++;
		news += one > 0;
	}
	sqlite3_finalize(message);
	if (rc != SQLITE_DONE) /* or the work failed */
		return NULL;
	return count && !news ? "outdated" : "received";
}

/*
 * "received", or why there was nothing to do: "repeated", "outdated". NULL when
 * it could not be kept: it must be sent again. All in one transaction.
 */
static const char *inbox_judge(sqlite3 *db, const char *id, const char *body,
			       size_t len)
{
	const char *word = NULL;
	int is_new;

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return NULL;
	is_new = changes(db, insert_id, id, NULL);
	if (is_new == 1)
		word = take_messages(db, body, len);
	else if (is_new == 0)
		word = "repeated";
	if (word && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return word;
	fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return NULL;
}

/* ---- the CGI program ---- */

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

/* The database with its tables; NULL when there is none. */
static sqlite3 *open_database(void)
{
	const char *name = variable("WEBHOOK_DATABASE");
	sqlite3 *db = NULL;

	/* An empty name would be a database that ends with the program. */
	if (!*name || sqlite3_open(name, &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, BUSY_MS) != SQLITE_OK ||
	    sqlite3_exec(db, inbox_tables, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "no database %s: %s\n", name,
			sqlite3_errmsg(db));
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

/* The status of the answer. */
static const char *take(const char *body, size_t len)
{
	const char *id = variable("HTTP_WEBHOOK_ID");
	char secret[SECRET_MAX + 3];
	const char *word;
	sqlite3 *db;

	read_secret(secret, sizeof(secret));
	if (!verify(secret, id, variable("HTTP_WEBHOOK_TIMESTAMP"),
		    variable("HTTP_WEBHOOK_SIGNATURE"), body, len))
		return "400 Bad Request";
	/*
	 * A delivery may arrive twice, or after a later one. Work that takes
	 * long belongs after the answer.
	 */
	db = open_database();
	word = db ? inbox_judge(db, id, body, len) : NULL;
	sqlite3_close(db);
	if (!word)
		return "500 Internal Server Error"; /* and it is sent again */
	fprintf(stderr, "%s %s\n", word, id);
	return "204 No Content";
}

int main(void)
{
	size_t len = 0;
	char *body = read_body(&len);

	printf("Status: %s\r\n\r\n",
	       body ? take(body, len) : "400 Bad Request");
	free(body);
	return 0;
}
