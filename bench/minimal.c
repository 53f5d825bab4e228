/* SPDX-License-Identifier: MIT */
/*
 * minimal: the baseline of the API: a FastCGI program that runs the least
 * statements such a request needs, prepared, and answers the same few bytes
 * whatever they gave. No parsing, no checks, no JSON.
 *
 *   GET .../get/N     the key with its organization, hook N
 *   POST .../hook     the key; a hook, its secret and its lane; COMMIT
 *   POST .../publish  the key; a notification with the body as it is; COMMIT
 *
 * Environment: MINIMAL_SOCKET, MINIMAL_USER, MINIMAL_PASSWORD,
 * MINIMAL_DATABASE, and MINIMAL_KEY: the SHA-256 of an API key, in hex.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>
#include <mysql.h>

enum { HASH = 32, ORGANIZATION = 12, BODY_MAX = 64 * 1024, COLUMNS_MAX = 16 };

static MYSQL *my;
static MYSQL_STMT *key_select, *hook_select, *hook_insert, *lane_insert,
	*action_insert, *secret_insert, *notification_insert;
static unsigned char hash[HASH], organization[ORGANIZATION];
static unsigned long long number;
static char body[BODY_MAX];
static unsigned long hash_len = HASH, organization_len = ORGANIZATION, body_len;

static MYSQL_BIND hash_bind = {.buffer_type = MYSQL_TYPE_BLOB,
			       .buffer = hash,
			       .buffer_length = HASH,
			       .length = &hash_len};
static MYSQL_BIND organization_bind = {.buffer_type = MYSQL_TYPE_BLOB,
				       .buffer = organization,
				       .buffer_length = ORGANIZATION,
				       .length = &organization_len};
static MYSQL_BIND number_bind = {.buffer_type = MYSQL_TYPE_LONGLONG,
				 .buffer = &number,
				 .is_unsigned = 1};
static MYSQL_BIND body_bind = {.buffer_type = MYSQL_TYPE_STRING,
			       .buffer = body,
			       .buffer_length = BODY_MAX,
			       .length = &body_len};

static void give_up(const char *text)
{
	fprintf(stderr, "minimal: %s\n", text);
	exit(1);
}

static const char *setting(const char *name)
{
	const char *s = getenv(name);

	if (!s)
		give_up(name);
	return s;
}

static void read_hash(void)
{
	const char *text = setting("MINIMAL_KEY");

	for (size_t i = 0; i < HASH; i++) {
		char two[3] = {text[i * 2], text[i * 2 + 1], '\0'};

		hash[i] = (unsigned char)strtoul(two, NULL, 16);
	}
}

/* ---- statements ---- */

static MYSQL_STMT *prepare(const char *sql, MYSQL_BIND *binds)
{
	MYSQL_STMT *q = mysql_stmt_init(my);

	if (mysql_stmt_prepare(q, sql, strlen(sql)) ||
	    mysql_stmt_bind_param(q, binds))
		give_up(mysql_stmt_error(q));
	return q;
}

static void prepare_all(void)
{
	MYSQL_BIND two[] = {organization_bind, body_bind};

	key_select = prepare(
		"SELECT k.id, k.role, k.name, k.created_at, k.last_used_at, "
		"o.id, o.name, o.created_at, o.updated_at, UTC_TIMESTAMP(3) "
		"FROM vh_api_keys k JOIN vh_organizations o ON o.id = "
		"k.organization "
		"WHERE k.hash = ? AND k.revoked_at IS NULL",
		&hash_bind);
	hook_select =
		prepare("SELECT id, organization, target_url, action, "
			"description, headers, disabled_reason, scope, "
			"user, batch_size, rate_limit, ordered, enabled, "
			"created_at, updated_at FROM vh_hooks WHERE id = ? "
			"AND deleted_at IS NULL",
			&number_bind);
	hook_insert = prepare("INSERT INTO vh_hooks (organization, target_url, "
			      "action, created_at, updated_at) VALUES (?, "
			      "'https://www.toto.com/hooks?id=123', "
			      "'event.cancelled', UTC_TIMESTAMP(3), "
			      "UTC_TIMESTAMP(3))",
			      &organization_bind);
	lane_insert = prepare("INSERT INTO vh_lanes (hook_id) VALUES (?)",
			      &number_bind);
	action_insert = prepare("INSERT INTO vh_hook_actions (organization, "
				"name, hook_id, version, since) SELECT "
				"organization, action, id, version, "
				"UTC_TIMESTAMP(6) FROM vh_hooks WHERE id = ?",
				&number_bind);
	secret_insert = prepare("INSERT INTO vh_hook_secrets (hook_id, secret, "
				"created_at) VALUES (?, "
				"'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2"
				"Nzg5MDE=', UTC_TIMESTAMP(3))",
				&number_bind);
	notification_insert = prepare(
		"INSERT INTO vh_notifications (organization, action, resource) "
		"VALUES (?, 'event.cancelled', ?)",
		two);
}

static void connect_database(void)
{
	my = mysql_init(NULL);
	if (!mysql_real_connect(my, "localhost", setting("MINIMAL_USER"),
				setting("MINIMAL_PASSWORD"),
				setting("MINIMAL_DATABASE"), 0,
				setting("MINIMAL_SOCKET"), 0) ||
	    mysql_set_character_set(my, "utf8mb4") ||
	    mysql_query(my, "SET SESSION TRANSACTION ISOLATION LEVEL READ "
			    "COMMITTED"))
		give_up(mysql_error(my));
}

static void execute(MYSQL_STMT *q)
{
	if (mysql_stmt_execute(q))
		give_up(mysql_stmt_error(q));
}

/* Reads the one row, its columns into nowhere but the wanted one. */
static bool read_row(MYSQL_STMT *q, unsigned wanted, MYSQL_BIND *into)
{
	static char nowhere[COLUMNS_MAX][256];
	MYSQL_BIND binds[COLUMNS_MAX] = {0};
	bool found;

	execute(q);
	for (unsigned i = 0; i < mysql_stmt_field_count(q); i++)
		binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
					.buffer = nowhere[i],
					.buffer_length = sizeof(nowhere[i])};
	if (into)
		binds[wanted] = *into;
	mysql_stmt_bind_result(q, binds);
	mysql_stmt_store_result(q);
	found = mysql_stmt_fetch(q) != 1 && mysql_stmt_num_rows(q) == 1;
	mysql_stmt_free_result(q);
	return found;
}

static void run(const char *sql)
{
	if (mysql_query(my, sql))
		give_up(mysql_error(my));
}

/* ---- requests ---- */

static const char *serve(const char *uri, FCGX_Stream *in)
{
	const char *path = strrchr(uri, '/');
	int n = FCGX_GetStr(body, BODY_MAX, in);

	body_len = n > 0 ? (unsigned long)n : 0;
	if (!read_row(key_select, 5, &organization_bind))
		return "401 Unauthorized";
	if (strcmp(path, "/hook") == 0) {
		run("START TRANSACTION");
		execute(hook_insert);
		number = mysql_stmt_insert_id(hook_insert);
		execute(lane_insert);
		execute(action_insert);
		execute(secret_insert);
		run("COMMIT");
		return "201 Created";
	}
	if (strcmp(path, "/publish") == 0) {
		run("START TRANSACTION");
		execute(notification_insert);
		run("COMMIT");
		return "202 Accepted";
	}
	number = strtoull(path + 1, NULL, 10);
	return read_row(hook_select, 0, NULL) ? "200 OK" : "404 Not Found";
}

int main(void)
{
	FCGX_Request r;

	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	read_hash();
	connect_database();
	prepare_all();
	while (FCGX_Accept_r(&r) == 0) {
		const char *status =
			serve(FCGX_GetParam("REQUEST_URI", r.envp), r.in);

		FCGX_FPrintF(r.out,
			     "Status: %s\r\nContent-Type: application/json"
			     "\r\n\r\n{\"ok\":true}",
			     status);
		FCGX_Finish_r(&r);
	}
	mysql_close(my);
	return 0;
}
