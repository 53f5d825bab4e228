/* SPDX-License-Identifier: MIT */
/*
 * store: organizations, keys, and the figures of status.
 */
#include "dbtest.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_key.h"
#include "store/store_lane.h"
#include "store/store_org.h"
#include "store/store_schema.h"
#include "store/store_sender.h"
#include "store/store_status.h"

static struct store store;
static struct arena arena;

static void setup(void)
{
	struct store_migration m = {.steps = store_schema_steps,
				    .count = store_schema_step_count,
				    .empty = STORE_SCHEMA_EMPTY};

	dbtest_fresh("hooks_store");
	assert_ok(store_migrate(dbtest_conf(), &m));
	store_init(&store, dbtest_conf(), DB_ADMIN);
	assert_ok(store_connect(&store));
	arena_init(&arena);
}

static void teardown(void)
{
	store_release(&store);
	arena_release(&arena);
}

static void run(const char *sql)
{
	assert_ok(db_exec_text(store.db, sql));
}

/* ---- organizations ---- */

START_TEST(an_organization_comes_back)
{
	struct store_org made, found;

	assert_ok(store_org_create(&store, "Zürich & Söhne", &made));
	assert_ok(store_org_find(&store, &made.id, &found));
	ck_assert(id_equal(&made.id, &found.id));
	ck_assert_str_eq(found.name, "Zürich & Söhne");
	ck_assert_int_eq(found.created_at, made.created_at);
	ck_assert_int_eq(found.updated_at, made.updated_at);
	found.id.b[11] ^= 1;
	assert_err(store_org_find(&store, &found.id, &made), ERR_NOT_FOUND);
}
END_TEST

START_TEST(the_longest_name)
{
	struct store_org made, found;
	char name[STORE_NAME_SIZE] = "";

	for (unsigned i = 0; i < VALID_NAME_MAX; i++)
		memcpy(name + 4 * i, "\xf0\x9f\xaa\x9d", 5); /* a hook */
	assert_ok(store_org_create(&store, name, &made));
	assert_ok(store_org_find(&store, &made.id, &found));
	ck_assert_str_eq(found.name, name);
}
END_TEST

START_TEST(organizations_are_listed_by_age)
{
	struct store_org first, second, *list;
	size_t n;

	assert_ok(store_org_list(&store, &arena, &list, &n));
	ck_assert_uint_eq(n, 0);
	assert_ok(store_org_create(&store, "b", &first));
	assert_ok(store_org_create(&store, "a", &second));
	run("UPDATE vh_organizations SET created_at = created_at - "
	    "INTERVAL 1 DAY WHERE name = 'b'");
	assert_ok(store_org_list(&store, &arena, &list, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].name, "b");
	ck_assert_str_eq(list[1].name, "a");
}
END_TEST

/* ---- keys ---- */

static enum err find(const char *text, struct store_key *out)
{
	unsigned char hash[CRYPT_HASH_SIZE];

	store_key_hash(hash, text, strlen(text));
	return store_key_find(&store, hash, out);
}

START_TEST(a_key_opens_its_organization)
{
	struct store_org org, neighbour;
	struct store_key made, found;
	char text[STORE_KEY_TEXT_SIZE];

	assert_ok(store_org_create(&store, "Demo", &org));
	assert_ok(store_org_create(&store, "Neighbour", &neighbour));
	for (unsigned role = 0; role < ROLE_ADMIN; role++) {
		assert_ok(store_key_create(&store, &org.id,
					   (enum store_role)role, "cron", text,
					   &made));
		assert_ok(find(text, &found));
		ck_assert(id_equal(&found.id, &made.id));
		ck_assert(id_equal(&found.org.id, &org.id));
		ck_assert_str_eq(found.org.name, "Demo");
		ck_assert_str_eq(found.name, "cron");
		ck_assert_int_eq(found.org.created_at, org.created_at);
		ck_assert_int_eq(found.org.updated_at, org.updated_at);
		ck_assert_uint_eq(found.role, role);
		ck_assert_int_eq(found.last_used_at, TIME_NONE);
		ck_assert_int_ge(found.now, made.created_at);
		ck_assert_int_lt(found.now - made.created_at, 60000);
	}
}
END_TEST

START_TEST(a_key_that_belongs_to_none)
{
	const struct id nobody = {.b = {0}};
	struct store_key made, found, *list;
	char text[STORE_KEY_TEXT_SIZE];
	size_t n;

	assert_ok(
		store_key_create(&store, NULL, ROLE_ADMIN, "ops", text, &made));
	assert_ok(find(text, &found));
	ck_assert_uint_eq(found.role, ROLE_ADMIN);
	ck_assert(id_equal(&found.org.id, &nobody));
	ck_assert_str_eq(found.org.name, "");
	assert_ok(store_key_list(&store, NULL, &arena, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert(id_equal(&list[0].id, &made.id));
	assert_ok(store_key_revoke(&store, &made.id));
	assert_err(find(text, &found), ERR_NOT_FOUND);
}
END_TEST

START_TEST(only_the_very_key_opens)
{
	struct store_key made, found;
	struct store_org org;
	char text[STORE_KEY_TEXT_SIZE], other[STORE_KEY_TEXT_SIZE];

	assert_ok(store_org_create(&store, "Demo", &org));
	assert_ok(
		store_key_create(&store, &org.id, ROLE_READ, "", text, &made));
	assert_ok(
		store_key_create(&store, &org.id, ROLE_READ, "", other, &made));
	ck_assert_str_ne(text, other);
	ck_assert_uint_eq(strlen(text), STORE_KEY_TEXT_SIZE - 1);
	ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789_-"),
			  strlen(text));
	ck_assert_int_eq(strncmp(text, "vh_", 3), 0);
	assert_ok(find(text, &found));
	/* The table holds neither the key nor a part of it. */
	ck_assert_int_eq(dbtest_int(store.db,
				    "SELECT COUNT(*) FROM vh_api_keys WHERE "
				    "INSTR(CONCAT(id, hash, name), 'vh_')"),
			 0);
	text[10] = text[10] == 'a' ? 'b' : 'a';
	assert_err(find(text, &found), ERR_NOT_FOUND);
	assert_err(find("", &found), ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_key_of_nobody_is_not_made)
{
	struct store_key key = {.role = ROLE_RUN};
	char text[STORE_KEY_TEXT_SIZE] = "untouched";
	struct id nobody = {{1}};
	struct store_key *list;
	size_t n;

	assert_err(store_key_create(&store, &nobody, ROLE_READ, "", text, &key),
		   ERR_NOT_FOUND);
	ck_assert_str_eq(text, "untouched");
	ck_assert_uint_eq(key.role, ROLE_RUN);
	assert_err(store_key_list(&store, &nobody, &arena, &list, &n),
		   ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_revoked_key_opens_nothing)
{
	struct store_key made, found, *list;
	struct store_org org;
	char text[STORE_KEY_TEXT_SIZE], kept[STORE_KEY_TEXT_SIZE];
	size_t n;

	assert_ok(store_org_create(&store, "Demo", &org));
	assert_ok(store_key_create(&store, &org.id, ROLE_READ, "kept", kept,
				   &made));
	assert_ok(store_key_create(&store, &org.id, ROLE_MANAGE, "lost", text,
				   &made));
	assert_ok(store_key_list(&store, &org.id, &arena, &list, &n));
	ck_assert_uint_eq(n, 2);
	assert_ok(store_key_revoke(&store, &made.id));
	assert_err(find(text, &found), ERR_NOT_FOUND);
	assert_ok(find(kept, &found));
	assert_ok(store_key_list(&store, &org.id, &arena, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].name, "kept");
	assert_ok(store_key_revoke(&store, &made.id));
	made.id.b[11] ^= 1;
	assert_err(store_key_revoke(&store, &made.id), ERR_NOT_FOUND);
}
END_TEST

START_TEST(use_is_noted_once_a_minute)
{
	struct store_key made, first, again;
	struct store_org org;
	char text[STORE_KEY_TEXT_SIZE];

	assert_ok(store_org_create(&store, "Demo", &org));
	assert_ok(
		store_key_create(&store, &org.id, ROLE_READ, "", text, &made));
	assert_ok(find(text, &first));
	assert_ok(store_key_touch(&store, &first));
	assert_ok(find(text, &again));
	ck_assert_int_eq(again.last_used_at, first.now);
	again.now = first.now + 59999;
	assert_ok(store_key_touch(&store, &again));
	assert_ok(find(text, &again));
	ck_assert_int_eq(again.last_used_at, first.now);
	again.now = again.last_used_at + 60000;
	assert_ok(store_key_touch(&store, &again));
	assert_ok(find(text, &again));
	ck_assert_int_eq(again.last_used_at, first.now + 60000);
}
END_TEST

/* ---- status ---- */

#define HOOK                                                                   \
	"INSERT INTO vh_hooks (id, organization, target_url, action, "         \
	"enabled, "                                                            \
	"created_at, updated_at, deleted_at) VALUES "
#define NOW "UTC_TIMESTAMP(3)"
#define AGO(s) "UTC_TIMESTAMP(3) - INTERVAL " s " SECOND"
#define LATER "UTC_TIMESTAMP(3) + INTERVAL 1 HOUR"

/* Notification, hook, state, lane, due. */
#define DELIVERY(values)                                                       \
	"INSERT INTO vh_deliveries (created_at, organization, "                \
	"notification_id, "                                                    \
	"hook_id, state, lane, due_at) VALUES (" NOW ", 'o', " values ")"

static const char *const deliveries[] = {
	DELIVERY("1, 1, 'pending', 1, " AGO("90")),
	DELIVERY("2, 1, 'pending', 1, " AGO("10")),
	DELIVERY("3, 1, 'pending', 1, " LATER),
	DELIVERY("1, 2, 'pending', 2, " AGO("500")),
	DELIVERY("2, 2, 'pending', 2, " LATER),
	DELIVERY("3, 2, 'pending', 2 + " STORE_LANE_PING_SQL ", " AGO("20")),
	DELIVERY("1, 3, 'pending', 3, " AGO("900")),
	DELIVERY("4, 1, 'held', 1 + " STORE_LANE_HELD_SQL ", " AGO("800")),
	DELIVERY("5, 1, 'failed', 1 + " STORE_LANE_FAILED_SQL ", " AGO("700")),
	DELIVERY("6, 1, 'failed', 1 + " STORE_LANE_FAILED_SQL ", " AGO("600")),
	DELIVERY("7, 1, 'delivered', NULL, NULL"),
};

static void fill(void)
{
	/* 1 works, 2 is disabled, 3 is deleted. */
	run(HOOK "(1, 'o', 'u', '*', 1, " NOW ", " NOW ", NULL), "
		 "(2, 'o', 'u', '*', 0, " NOW ", " NOW ", NULL), "
		 "(3, 'o', 'u', '*', 1, " NOW ", " NOW ", " NOW ")");
	for (size_t i = 0; i < COUNT(deliveries); i++)
		assert_ok(db_exec_text(store.db, deliveries[i]));
	run("INSERT INTO vh_lanes (hook_id, next_at, owner, in_flight) VALUES "
	    "(1, " NOW ", 'a', REPEAT('x', 16)), "
	    "(2, " NOW ", NULL, REPEAT('x', 80)), "
	    "(3, " NOW ", 'a', NULL)");
	run("INSERT INTO vh_notifications (organization, action, resource, "
	    "state, reason) VALUES "
	    "('o', 'event.created', '{}', 'queued', NULL), "
	    "('o', 'event.created', '{}', 'fanned_out', NULL), "
	    "('o', 'event.created', '{}', 'unmatched', NULL), "
	    "('organization', 'event.crated', '{}', 'rejected', "
	    "'unknown action')");
}

START_TEST(the_figures)
{
	struct store_status s;

	assert_ok(store_status_read(&store, &s));
	ck_assert_uint_eq(s.due + s.waiting + s.held + s.in_flight + s.failed +
				  s.queued + s.rejected,
			  0);
	ck_assert_int_eq(s.oldest_due, 0);
	fill();
	assert_ok(store_status_read(&store, &s));
	ck_assert_uint_eq(s.due, 3);
	ck_assert_uint_eq(s.waiting, 1);
	ck_assert_uint_eq(s.held, 3);
	ck_assert_uint_eq(s.in_flight, 2);
	ck_assert_uint_eq(s.failed, 2);
	ck_assert_uint_eq(s.queued, 1);
	ck_assert_uint_eq(s.rejected, 1);
	ck_assert_int_ge(s.oldest_due, 90000);
	ck_assert_int_lt(s.oldest_due, 150000);
}
END_TEST

START_TEST(what_waits_for_fan_out_is_due)
{
	struct store_status s;

	fill();
	run("UPDATE vh_notifications SET created_at = " AGO("300"));
	assert_ok(store_status_read(&store, &s));
	ck_assert_int_ge(s.oldest_due, 300000);
	ck_assert_int_lt(s.oldest_due, 360000);
}
END_TEST

START_TEST(the_rejected_with_reasons)
{
	struct store_rejected *list;
	uint64_t key;
	int64_t second;
	size_t n;

	fill();
	assert_ok(store_status_rejected(&store, 10, &arena, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].action, "event.crated");
	ck_assert_str_eq(list[0].reason, "unknown action");
	ck_assert_mem_eq(list[0].organization.b, "organization", ID_SIZE);
	ck_assert(
		store_key(&store, &list[0].id, ID_NOTIFICATION, &key, &second));
	ck_assert_int_eq(dbtest_int(store.db, "SELECT id FROM vh_notifications "
					      "WHERE state = 'rejected'"),
			 (int64_t)key);
	run("UPDATE vh_notifications SET state = 'rejected', reason = 'x'");
	assert_ok(store_status_rejected(&store, 3, &arena, &list, &n));
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(the_senders)
{
	struct store_sender *list;
	size_t n;

	assert_ok(store_sender_list(&store, &arena, &list, &n));
	ck_assert_uint_eq(n, 0);
	run("INSERT INTO vh_senders (host, started_at, seen_at, ended_at, "
	    "delivered, failed, retried) VALUES "
	    "('old', " AGO("90") ", " AGO("60") ", " AGO(
		    "60") ", 1, 2, 3), "
			  "('new', " AGO("50") ", " AGO(
				  "1") ", NULL, 4, 5, 6)");
	assert_ok(store_sender_list(&store, &arena, &list, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].host, "new");
	ck_assert_int_eq(list[0].ended_at, TIME_NONE);
	ck_assert_uint_eq(list[0].delivered, 4);
	ck_assert_str_eq(list[1].host, "old");
	ck_assert_int_eq(list[1].ended_at, list[1].seen_at);
	ck_assert_uint_eq(list[1].retried, 3);
}
END_TEST

Suite *suite_store(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_organization_comes_back);
	tcase_add_test(t, the_longest_name);
	tcase_add_test(t, organizations_are_listed_by_age);
	tcase_add_test(t, a_key_opens_its_organization);
	tcase_add_test(t, a_key_that_belongs_to_none);
	tcase_add_test(t, only_the_very_key_opens);
	tcase_add_test(t, a_key_of_nobody_is_not_made);
	tcase_add_test(t, a_revoked_key_opens_nothing);
	tcase_add_test(t, use_is_noted_once_a_minute);
	tcase_add_test(t, the_figures);
	tcase_add_test(t, what_waits_for_fan_out_is_due);
	tcase_add_test(t, the_rejected_with_reasons);
	tcase_add_test(t, the_senders);
	suite_add_tcase(s, t);
	return s;
}
