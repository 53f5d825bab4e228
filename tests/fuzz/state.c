/* SPDX-License-Identifier: MIT */
/*
 * state: the files in the sender's state folder, and the table of hooks.fcgi in
 * it, with anything in them. In every case nothing waits, a report is noted so
 * that it is not repeated, and a lock has an owner.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "deliver/keepsake.h"
#include "deliver/lasting.h"
#include "deliver/lock.h"
#include "deliver/outage.h"
#include "outside/conf.h"
#include "outside/crypt.h"
#include "outside/state_dir.h"
#include "rules/id.h"
#include "share.h"

enum { TABLE_SIZE = 512 * 1024, NOW_MS = 1000000 };

static char folder[] = "/tmp/vyte-hooks-state.XXXXXX";
static char none[] = "", file[] = "hooks.conf";
static struct conf conf;
static bool (*keep)(const char *text);

/* The other half of silent.c. */
void log_filter(bool (*asked)(const char *text))
{
	keep = asked;
}

/* ---- the folder ---- */

static const char *const files[] = {"outage", "locked", "lock", "turns",
				    "share1"};

static void remove_all(struct state_dir *dir)
{
	for (size_t i = 0; i < COUNT(files); i++)
		state_dir_remove(dir, files[i]);
	state_dir_name_after(dir, conf.file);
	state_dir_remove(dir, "said");
}

static void end(void)
{
	rmdir(folder);
}

static void begin(void)
{
	static bool begun;

	if (begun)
		return;
	begun = true;
	CHECK(mkdtemp(folder));
	conf.sender.state_dir = folder;
	conf.database.socket = conf.database.host = conf.database.name = none;
	conf.file = file;
	atexit(end);
}

/* The bytes again and again up to `least`. */
static void put(struct state_dir *dir, const char *what, const uint8_t *data,
		size_t size, size_t least)
{
	int fd = state_dir_file(dir, what, O_RDWR | O_CREAT | O_TRUNC);
	size_t n = 0;

	CHECK(fd >= 0);
	do {
		CHECK(write(fd, data, size) == (ssize_t)size);
		n += size;
	} while (size && n < least);
	close(fd);
}

static void put_all(const uint8_t *data, size_t size)
{
	struct state_dir dir;

	CHECK(!state_dir_open(&dir, &conf, false));
	for (size_t i = 0; i + 1 < COUNT(files); i++)
		put(&dir, files[i], data, size, 0);
	/* Of short inputs it would take too many writes. */
	put(&dir, "share1", data, size, size < 64 ? 0 : TABLE_SIZE);
	state_dir_name_after(&dir, conf.file);
	put(&dir, "said", data, size, 0);
	state_dir_close(&dir);
}

/* ---- what reads them ---- */

static void check_outages(struct state_dir *dir)
{
	for (enum outage o = 0; o < OUTAGE_MAX; o++) {
		(void)outage_note(dir, o, "away");
		CHECK(!outage_note(dir, o, "away"));
		outage_end(dir, o);
		CHECK(outage_note(dir, o, "away"));
		outage_end(dir, o);
	}
}

static void check_said(void)
{
	lasting_begin(&conf);
	(void)keep("a database refuses");
	CHECK(!keep("a database refuses"));
	lasting_end(false);
	lasting_end(true);
}

static void check_lock(const char *owner)
{
	char name[LOCK_OWNER_SIZE], other[LOCK_OWNER_SIZE];
	struct lock a, b;

	CHECK(!lock_open(&a, &conf, true) && !lock_open(&b, &conf, true));
	CHECK(!strcmp(a.prefix, b.prefix) && *a.prefix);
	lock_owner(&a, name);
	lock_owner(&b, other);
	CHECK(strcmp(name, other) != 0);
	CHECK(lock_alive(&a, other) && lock_alive(&b, name));
	(void)lock_alive(&a, owner);
	CHECK(lock_try(&a) && !lock_try(&b));
	lock_close(&a);
	CHECK(lock_try(&b) && !lock_alive(&b, name));
	lock_close(&b);
}

static void check_turns(struct state_dir *dir)
{
	struct keepsake_turns turns = {.lane = 1, .turn = 2}, out;
	struct keepsake *k = keepsake_open(dir);

	(void)keepsake_may_tell(k);
	CHECK(!k || !keepsake_may_tell(k));
	for (unsigned i = 0; i <= KEEPSAKE_SLOTS; i++)
		(void)keepsake_read(k, i, &out);
	keepsake_write(k, 3, &turns);
	CHECK(!k || (keepsake_read(k, 3, &out) && out.turn == 2));
}

static void check_share(const uint8_t *data, size_t size)
{
	unsigned char hash[CRYPT_HASH_SIZE] = {0};
	struct share *s = share_open(&conf);
	struct id id = {{0}};

	if (size)
		memcpy(hash, data, size < sizeof(hash) ? size : sizeof(hash));
	memcpy(id.b, hash, sizeof(id.b));
	(void)share_refuses(s, hash, NOW_MS);
	share_begin(s, hash, &id, NOW_MS);
	(void)share_refuses(s, hash, NOW_MS + 1);
	share_end(s, NOW_MS + 2);
	(void)share_refuses(s, hash, NOW_MS + 3);
	share_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct state_dir dir;

	begin();
	put_all(data, size);
	CHECK(!state_dir_open(&dir, &conf, false));
	check_outages(&dir);
	check_turns(&dir);
	check_said();
	check_lock(text);
	check_share(data, size);
	remove_all(&dir);
	state_dir_close(&dir);
	free(text);
	return 0;
}
