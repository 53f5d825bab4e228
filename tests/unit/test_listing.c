/* SPDX-License-Identifier: MIT */
/*
 * listing: the query of a list, and the link to the next page.
 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "listing.h"
#include "unit_call.h"

#define ID "60af526954e6605aae0dad5a"

static struct unit_call u;
static struct listing l;

static bool is_state(const char *state)
{
	return strcmp(state, "fine") == 0;
}

static void setup(void)
{
	unit_call_init(&u, NULL);
}

static void teardown(void)
{
	unit_call_release(&u);
}

static void ask(const char *query)
{
	teardown();
	setup();
	u.conf.api.page_size = 50;
	unit_call_ask(&u, "GET",
		      arena_printf(&u.request.arena, "/v2/x?%s", query));
}

static enum err read_query(const char *query)
{
	ask(query);
	return listing_read(&u.c, is_state, &l);
}

START_TEST(an_empty_query)
{
	ck_assert_int_eq(read_query(""), ERR_OK);
	ck_assert_uint_eq(l.filter.limit, 50);
	ck_assert_str_eq(l.filter.action, "");
	ck_assert_str_eq(l.filter.state, "");
	ck_assert_int_eq(l.filter.since, TIME_NONE);
	ck_assert_int_eq(l.filter.until, TIME_NONE);
	ck_assert_ptr_null(l.filter.after);
	ck_assert_ptr_null(l.filter.hook);
}
END_TEST

START_TEST(a_query_with_every_parameter)
{
	ck_assert_int_eq(read_query("action=a&state=fine&limit=1000&after=" ID
				    "&since=2021-05-27T08:03:53.775Z"
				    "&until=2021-05-27T10:03:53.776%2B02:00"),
			 ERR_OK);
	ck_assert_uint_eq(l.filter.limit, 1000);
	ck_assert_str_eq(l.filter.action, "a");
	ck_assert_str_eq(l.filter.state, "fine");
	ck_assert_int_eq(l.filter.since, INT64_C(1622102633775));
	ck_assert_int_eq(l.filter.until, INT64_C(1622102633776));
	ck_assert_ptr_eq(l.filter.after, &l.after);
	ck_assert_uint_eq(l.after.b[0], 0x60);
}
END_TEST

START_TEST(bad_queries)
{
	static const struct {
		const char *query, *why;
	} table[] = {
		{"limit=0", "from 1 to 1000"},
		{"limit=1001", "from 1 to 1000"},
		{"limit=-1", "from 1 to 1000"},
		{"limit=", "from 1 to 1000"},
		{"limit=1e2", "from 1 to 1000"},
		{"state=", "state is unknown"},
		{"state=bad", "state is unknown"},
		{"since=", "since must be a time"},
		{"until=tomorrow", "until must be a time"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		ck_assert_msg(read_query(table[i].query) == ERR_INVALID, "%s",
			      table[i].query);
		unit_call_answered(&u, 400, table[i].why);
	}
	ck_assert_int_eq(read_query("after=x"), ERR_NOT_FOUND);
	ck_assert_int_eq(read_query("after="), ERR_NOT_FOUND);
}
END_TEST

START_TEST(the_next_page)
{
	const struct id after = {.b = {0xab}};

	u.conf.api.base_path = (char[]){"/base"};
	unit_call_ask(&u, "GET",
		      "/v2/x?state=a+b%26&after=" ID "&api_key=k&limit=%C3%A9");
	listing_link_next(&u.c, "/v2/x", &after);
	ck_assert_str_eq(u.response.head.data,
			 "Link: </base/v2/x?state=a%20b%26&limit=%C3%A9&"
			 "after=ab0000000000000000000000>; rel=\"next\"\r\n");
}
END_TEST

/* The longest query, with each byte encoded, goes back. */
START_TEST(the_longest_link)
{
	char query[1001];
	const struct id after = {.b = {1}};

	memset(query, ' ', 1000);
	memcpy(query, "a=", 2);
	for (size_t i = 2; i < 1000; i++)
		query[i] = '"';
	query[1000] = '\0';
	ask(query);
	listing_link_next(&u.c, "/v2/deliveries", &after);
	ck_assert_ptr_nonnull(strstr(u.response.head.data, "rel=\"next\""));
}
END_TEST

Suite *suite_listing(void)
{
	Suite *s = suite_create("listing");
	TCase *tc = tcase_create("listing");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_empty_query);
	tcase_add_test(tc, a_query_with_every_parameter);
	tcase_add_test(tc, bad_queries);
	tcase_add_test(tc, the_next_page);
	tcase_add_test(tc, the_longest_link);
	suite_add_tcase(s, tc);
	return s;
}
