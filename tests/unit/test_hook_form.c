/* SPDX-License-Identifier: MIT */
/*
 * hook_form: the members of a new hook and of a changed one, and their values
 * when they are left out or null.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "hook_form.h"
#include "outside/jtree.h"
#include "rules/sign.h"
#include "unit_call.h"

#define NEEDED "\"target_url\": \"https://example.com/a\", \"action\": \"*\""
#define USER "60af526954e6605aae0dad5a"

static struct unit_call u;
static struct store_hook current;
static struct hook_form form;

static void setup(void)
{
	unit_call_init(&u, NULL);
	current = (struct store_hook){
		.target_url = "http://10.0.0.1/", /* allowed once */
		.action = "event.*",
		.description = "old",
		.headers = "{\"X-Key\":\"secret\",\"X-Other\":\"o\"}",
		.batch_size = 7,
		.rate_limit = 8,
		.ordered = true,
		.enabled = true,
		.id.b = {1},
		.organization.b = {2},
	};
}

static void teardown(void)
{
	unit_call_release(&u);
}

/* A catalogue that has everything that is well formed. */
static enum err any_action(struct store *s, const struct id *org,
			   const char *name, char why[ACTION_WHY_SIZE])
{
	(void)s;
	(void)org;
	snprintf(why, ACTION_WHY_SIZE, "%s",
		 action_hookable(name) ? "" : "is not one");
	return ERR_OK;
}

static enum err read_form(const struct store_hook *hook, const char *members)
{
	char text[2000];
	struct jtree *v;
	enum err e;

	unit_call_release(&u);
	unit_call_init(&u, NULL);
	snprintf(text, sizeof(text), "{%s}", members);
	v = jtree_parse(text, strlen(text));
	ck_assert_msg(v, "%s", text);
	e = hook_form_read(&u.c, v, hook, any_action, &form);
	jtree_free(v);
	return e;
}

static void refused(const struct store_hook *hook, const char *members,
		    const char *pointer)
{
	char part[100];

	snprintf(part, sizeof(part), "[{\"pointer\":\"%s\",", pointer);
	ck_assert_msg(read_form(hook, members) == ERR_INVALID, "%s", members);
	unit_call_answered(&u, 400, part);
	/* One fault, one complaint. */
	ck_assert_msg(!strstr(u.response.body.data, "},{"), "%s",
		      u.response.body.data);
}

/* ---- a new one ---- */

START_TEST(a_new_hook)
{
	ck_assert_int_eq(read_form(NULL, NEEDED), ERR_OK);
	ck_assert_str_eq(form.hook.target_url, "https://example.com/a");
	ck_assert_str_eq(form.hook.action, "*");
	ck_assert_str_eq(form.hook.description, "");
	ck_assert_ptr_null(form.hook.headers);
	ck_assert_uint_eq(form.hook.batch_size, 1);
	ck_assert_uint_eq(form.hook.rate_limit, 0);
	ck_assert(form.hook.enabled);
	ck_assert(!form.hook.ordered && !form.hook.user);
	ck_assert_ptr_null(form.secret);
}
END_TEST

START_TEST(a_hook_with_every_member)
{
	ck_assert_int_eq(
		read_form(NULL, NEEDED
			  ", \"scope\": \"user\", \"user\": \"" USER
			  "\", \"description\": \"d\", "
			  "\"headers\": {\"X-A\": \"b\"}, \"batch_size\": 100, "
			  "\"rate_limit\": 5.0, \"ordered\": true, "
			  "\"secret\": null"),
		ERR_OK);
	ck_assert(form.hook.user && form.hook.ordered);
	ck_assert_str_eq(form.hook.user, USER);
	ck_assert_str_eq(form.hook.description, "d");
	ck_assert_str_eq(form.hook.headers, "{\"X-A\":\"b\"}");
	ck_assert_uint_eq(form.hook.batch_size, 100);
	ck_assert_uint_eq(form.hook.rate_limit, 5);
	/* Null asks for one that is made here. */
	ck_assert(sign_key_parse(form.secret, strlen(form.secret),
				 &(struct sign_key){0}));
}
END_TEST

START_TEST(members_it_needs)
{
	ck_assert_int_eq(read_form(NULL, ""), ERR_INVALID);
	unit_call_answered(&u, 400,
			   "[{\"pointer\":\"/target_url\",\"detail\":\"is "
			   "missing\"},{\"pointer\":\"/action\",\"detail\":"
			   "\"is missing\"}]");
}
END_TEST

START_TEST(members_of_a_change_only)
{
	static const char *const names[] = {
		"enabled",   "_id", "organization",  "createdAt",
		"updatedAt", "__v", "disabledReason"};
	char members[200], pointer[40];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(members, sizeof(members), NEEDED ", \"%s\": null",
			 names[i]);
		snprintf(pointer, sizeof(pointer), "/%s", names[i]);
		refused(NULL, members, pointer);
	}
}
END_TEST

START_TEST(bad_values)
{
	static const struct {
		const char *member, *pointer;
	} table[] = {
		{"\"scope\": 1", "/scope"},
		{"\"scope\": \"users\"", "/scope"},
		{"\"scope\": 1, \"user\": \"" USER "\"", "/scope"},
		{"\"user\": \"" USER "\"", "/user"},
		{"\"scope\": \"user\"", "/user"},
		{"\"scope\": \"user\", \"user\": null", "/user"},
		{"\"scope\": \"user\", \"user\": \"\"", "/user"},
		{"\"user\": \"\"", "/user"},
		{"\"description\": 1", "/description"},
		{"\"description\": \"a\\nb\\u0007\"", "/description"},
		{"\"batch_size\": 0", "/batch_size"},
		{"\"batch_size\": 101", "/batch_size"},
		{"\"rate_limit\": -1", "/rate_limit"},
		{"\"rate_limit\": \"1\"", "/rate_limit"},
		{"\"ordered\": 1", "/ordered"},
		{"\"secret\": \"whsec_\"", "/secret"},
		{"\"secret\": 5", "/secret"},
		{"\"headers\": []", "/headers"},
		{"\"headers\": {\"Host\": \"x\"}", "/headers/Host"},
		{"\"headers\": {\"X-A\": 1}", "/headers/X-A"},
		{"\"headers\": {\"X-A\": \"***\"}", "/headers/X-A"},
		{"\"headers\": {\"X-A\": \"1\", \"x-a\": \"1\"}",
		 "/headers/x-a"},
		{"\"colour\": 1", "/colour"},
	};
	char members[300];

	for (size_t i = 0; i < COUNT(table); i++) {
		snprintf(members, sizeof(members), NEEDED ", %s",
			 table[i].member);
		refused(NULL, members, table[i].pointer);
	}
	refused(NULL,
		"\"target_url\": \"http://example.com/\", "
		"\"action\": \"*\"",
		"/target_url");
	refused(NULL, "\"target_url\": null, \"action\": \"*\"", "/target_url");
	refused(NULL,
		"\"target_url\": \"https://example.com/\", "
		"\"action\": \"hook.*\"",
		"/action");
}
END_TEST

/* ---- a changed one ---- */

START_TEST(members_left_out_stay)
{
	ck_assert_int_eq(read_form(&current, ""), ERR_OK);
	ck_assert_str_eq(form.hook.target_url, current.target_url);
	ck_assert_str_eq(form.hook.description, "old");
	ck_assert_str_eq(form.hook.headers, current.headers);
	ck_assert_uint_eq(form.hook.batch_size, 7);
	ck_assert(form.hook.ordered && form.hook.enabled);
	ck_assert_ptr_null(form.secret);
}
END_TEST

START_TEST(null_resets)
{
	ck_assert_int_eq(
		read_form(&current,
			  "\"description\": null, \"headers\": null, "
			  "\"batch_size\": null, \"rate_limit\": null, "
			  "\"ordered\": null, \"scope\": null, "
			  "\"user\": null"),
		ERR_OK);
	ck_assert_str_eq(form.hook.description, "");
	ck_assert_ptr_null(form.hook.headers);
	ck_assert_uint_eq(form.hook.batch_size, 1);
	ck_assert_uint_eq(form.hook.rate_limit, 0);
	ck_assert(!form.hook.ordered);
	refused(&current, "\"action\": null", "/action");
}
END_TEST

START_TEST(a_hook_as_it_was_read)
{
	ck_assert_int_eq(
		read_form(&current,
			  "\"_id\": \"010000000000000000000000\", "
			  "\"organization\": \"020000000000000000000000\", "
			  "\"target_url\": \"http://10.0.0.1/\", "
			  "\"createdAt\": 1, \"updatedAt\": null, \"__v\": 0, "
			  "\"disabledReason\": \"x\", \"enabled\": false"),
		ERR_OK);
	ck_assert(!form.hook.enabled);
	ck_assert_str_eq(form.hook.target_url, current.target_url);
	refused(&current, "\"_id\": \"020000000000000000000000\"", "/_id");
	refused(&current, "\"organization\": null", "/organization");
	refused(&current, "\"target_url\": \"http://10.0.0.1/x\"",
		"/target_url");
}
END_TEST

START_TEST(hidden_headers_are_kept)
{
	ck_assert_int_eq(read_form(&current,
				   "\"headers\": {\"x-key\": \"***\", "
				   "\"X-New\": \"n\"}"),
			 ERR_OK);
	ck_assert_str_eq(form.hook.headers,
			 "{\"x-key\":\"secret\",\"X-New\":\"n\"}");
	refused(&current, "\"headers\": {\"X-New\": \"***\"}",
		"/headers/X-New");
}
END_TEST

START_TEST(scope_and_user_together)
{
	ck_assert_int_eq(read_form(&current, "\"user\": \"" USER
					     "\", \"scope\": \"user\""),
			 ERR_OK);
	current.user = "somebody";
	/* It has one already. */
	ck_assert_int_eq(read_form(&current, "\"scope\": \"user\""), ERR_OK);
	ck_assert_str_eq(form.hook.user, "somebody");
	refused(&current, "\"user\": null", "/user");
}
END_TEST

Suite *suite_hook_form(void)
{
	Suite *s = suite_create("hook_form");
	TCase *tc = tcase_create("hook_form");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_hook);
	tcase_add_test(tc, a_hook_with_every_member);
	tcase_add_test(tc, members_it_needs);
	tcase_add_test(tc, members_of_a_change_only);
	tcase_add_test(tc, bad_values);
	tcase_add_test(tc, members_left_out_stay);
	tcase_add_test(tc, null_resets);
	tcase_add_test(tc, a_hook_as_it_was_read);
	tcase_add_test(tc, hidden_headers_are_kept);
	tcase_add_test(tc, scope_and_user_together);
	suite_add_tcase(s, tc);
	return s;
}
