/* SPDX-License-Identifier: MIT */
/*
 * headroom: how long a count is believed, and for how much.
 */
#include "unit.h"

#include "rules/headroom.h"

#define NOW INT64_C(1000000)

static const struct headroom_rule part = {.part = 16, .full_ms = 250};
static const struct headroom_rule strict = {.part = 16};

static struct id organization(unsigned char n)
{
	return (struct id){.b = {n}};
}

START_TEST(a_count_is_believed_for_a_part_of_the_room)
{
	struct headroom q = {0};
	struct id a = organization(1), b = organization(2);
	uint64_t room;

	ck_assert(!headroom_tells(&q, &a, &part, 1, NOW, &room));
	headroom_keep(&q, &a, 160, NOW);
	ck_assert(headroom_tells(&q, &a, &part, 10, NOW, &room));
	ck_assert_uint_eq(room, 160);
	ck_assert(!headroom_tells(&q, &a, &part, 11, NOW, &room));
	ck_assert(!headroom_tells(&q, &b, &part, 1, NOW, &room));
	headroom_added(&q, &a, 7);
	headroom_added(&q, &b, 7); /* not counted: nothing to note */
	ck_assert(headroom_tells(&q, &a, &part, 3, NOW, &room));
	ck_assert_uint_eq(room, 153);
	ck_assert(!headroom_tells(&q, &a, &part, 4, NOW, &room));
	headroom_keep(&q, &a, 153, NOW);
	ck_assert(headroom_tells(&q, &a, &part, 9, NOW, &room));
}
END_TEST

START_TEST(a_count_is_believed_for_five_seconds)
{
	struct headroom q = {0};
	struct id a = organization(1);
	uint64_t room;

	headroom_keep(&q, &a, 160, NOW);
	ck_assert(headroom_tells(&q, &a, &part, 1, NOW + 4999, &room));
	ck_assert(!headroom_tells(&q, &a, &part, 1, NOW + 5000, &room));
}
END_TEST

START_TEST(no_room_is_believed_as_the_rule_says)
{
	struct headroom q = {0};
	struct id a = organization(1);
	uint64_t room = 1;

	headroom_keep(&q, &a, 0, NOW);
	ck_assert(headroom_tells(&q, &a, &part, 1, NOW + 249, &room));
	ck_assert_uint_eq(room, 0);
	ck_assert(!headroom_tells(&q, &a, &part, 1, NOW + 250, &room));
	ck_assert(!headroom_tells(&q, &a, &strict, 1, NOW, &room));
	/* Too little room to be parted is counted each time. */
	headroom_keep(&q, &a, 15, NOW);
	ck_assert(!headroom_tells(&q, &a, &strict, 1, NOW, &room));
}
END_TEST

START_TEST(the_oldest_count_makes_room)
{
	struct headroom q = {0};
	struct id id;
	uint64_t room;

	for (unsigned i = 0; i <= HEADROOM_KEPT; i++) {
		id = organization((unsigned char)i);
		headroom_keep(&q, &id, 1000 + i, NOW);
	}
	id = organization(0);
	ck_assert(!headroom_tells(&q, &id, &part, 1, NOW, &room));
	for (unsigned i = 1; i <= HEADROOM_KEPT; i++) {
		id = organization((unsigned char)i);
		ck_assert(headroom_tells(&q, &id, &part, 1, NOW, &room));
		ck_assert_uint_eq(room, 1000 + i);
	}
}
END_TEST

START_TEST(removed_ones_make_room)
{
	struct headroom q = {0};
	struct id a = organization(1);
	uint64_t room;

	headroom_keep(&q, &a, 3, NOW);
	headroom_added(&q, &a, 3);
	ck_assert(headroom_tells(&q, &a, &part, 1, NOW, &room));
	ck_assert_uint_eq(room, 0);
	headroom_added(&q, &a, -4);
	headroom_tells(&q, &a, &part, 1, NOW, &room);
	ck_assert_uint_eq(room, 4);
}
END_TEST

Suite *suite_headroom(void)
{
	Suite *s = suite_create("headroom");
	TCase *t = tcase_create("headroom");

	tcase_add_test(t, removed_ones_make_room);
	tcase_add_test(t, a_count_is_believed_for_a_part_of_the_room);
	tcase_add_test(t, a_count_is_believed_for_five_seconds);
	tcase_add_test(t, no_room_is_believed_as_the_rule_says);
	tcase_add_test(t, the_oldest_count_makes_room);
	suite_add_tcase(s, t);
	return s;
}
