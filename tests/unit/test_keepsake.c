/* SPDX-License-Identifier: MIT */
/*
 * keepsake: slots in a mapped file.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver/keepsake.h"
#include "outside/state_dir.h"

static char folder[] = "/tmp/keepsake-XXXXXX";
static struct state_dir dir;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	dir = (struct state_dir){.name = "db"};
	dir.fd = open(folder, O_RDONLY | O_DIRECTORY);
}

static void teardown(void)
{
	char path[sizeof(folder) + 16];

	close(dir.fd);
	snprintf(path, sizeof(path), "%s/db.turns", folder);
	unlink(path);
	rmdir(folder);
	memcpy(strrchr(folder, '-'), "-XXXXXX", sizeof("-XXXXXX"));
}

static struct keepsake_turns some(uint64_t lane)
{
	return (struct keepsake_turns){
		.lane = lane, .turn = lane + 1, .taken = {[63] = lane + 2}};
}

START_TEST(others_read_what_one_wrote)
{
	struct keepsake_turns turns = some(7), read;
	struct keepsake *one = keepsake_open(&dir), *other;

	keepsake_write(one, 3, &turns);
	other = keepsake_open(&dir);
	ck_assert_ptr_ne(one, other);
	ck_assert(keepsake_read(other, 3, &read));
	ck_assert_mem_eq(&read, &turns, sizeof(read));
	turns = some(8);
	keepsake_write(one, 3, &turns);
	ck_assert(keepsake_read(other, 3, &read));
	ck_assert_uint_eq(read.lane, 8);
	ck_assert(!keepsake_read(other, 2, &read));
}
END_TEST

/* A sender may be killed, or its host be turned off, at any moment. */
START_TEST(half_of_it_is_nothing)
{
	struct keepsake_turns turns = some(7), read;
	struct keepsake *k = keepsake_open(&dir);
	uint64_t broken = 99;
	int fd = openat(dir.fd, "db.turns", O_RDWR);

	keepsake_write(k, 0, &turns);
	ck_assert_int_eq(pwrite(fd, &broken, sizeof(broken), 16), 8);
	close(fd);
	ck_assert(!keepsake_read(k, 0, &read));
	keepsake_write(k, 0, &turns);
	ck_assert(keepsake_read(k, 0, &read));
}
END_TEST

START_TEST(without_a_folder_it_lasts_for_a_run)
{
	struct state_dir none = {.fd = -1};
	struct keepsake_turns turns = some(7), read;
	struct keepsake *k = keepsake_open(&none);

	ck_assert_ptr_nonnull(k);
	keepsake_write(k, 0, &turns);
	ck_assert(keepsake_read(k, 0, &read));
	ck_assert(!keepsake_read(keepsake_open(&none), 0, &read));
	keepsake_write(k, KEEPSAKE_SLOTS, &turns);
	ck_assert(!keepsake_read(k, KEEPSAKE_SLOTS, &read));
	keepsake_write(NULL, 0, &turns);
	ck_assert(!keepsake_read(NULL, 0, &read));
}
END_TEST

START_TEST(one_tells)
{
	struct keepsake *one = keepsake_open(&dir);
	struct keepsake *other = keepsake_open(&dir);

	ck_assert(keepsake_may_tell(one));
	ck_assert(!keepsake_may_tell(other));
	ck_assert(!keepsake_may_tell(one));
	ck_assert(keepsake_may_tell(NULL));
}
END_TEST

START_TEST(the_next_run_knows_that_it_was_away)
{
	struct keepsake *k = keepsake_open(&dir);

	ck_assert(!keepsake_was_away(k));
	keepsake_note_away(k);
	ck_assert(keepsake_was_away(keepsake_open(&dir)));
	keepsake_note_away(NULL);
	ck_assert(!keepsake_was_away(NULL));
}
END_TEST

Suite *suite_keepsake(void)
{
	Suite *s = suite_create("keepsake");
	TCase *tc = tcase_create("keepsake");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, others_read_what_one_wrote);
	tcase_add_test(tc, half_of_it_is_nothing);
	tcase_add_test(tc, without_a_folder_it_lasts_for_a_run);
	tcase_add_test(tc, one_tells);
	tcase_add_test(tc, the_next_run_knows_that_it_was_away);
	suite_add_tcase(s, tc);
	return s;
}
