/* SPDX-License-Identifier: MIT */
/*
 * keepsake: stores into a mapped file, without a lock: a sum shows that a slot
 * was read while somebody wrote it, or was left half written.
 */
#include "deliver/keepsake.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "outside/state_dir.h"

enum {
	TELL_AGAIN_MS = 60000,
	AWAY_MS = 120000 /* until the next run, as cron starts them */
};

struct keepsake_slot {
	struct keepsake_turns turns;
	uint64_t sum;
};

struct keepsake {
	_Atomic int64_t told_at, away_at; /* by the wall clock */
	struct keepsake_slot slot[KEEPSAKE_SLOTS];
};

/* Reserves the file's room on the disk: to store into a hole of the file when
 * the disk is full would end the program. */
static int open_turns(struct state_dir *dir)
{
	int fd = state_dir_file(dir, "turns", O_RDWR | O_CREAT);

	if (fd >= 0 && posix_fallocate(fd, 0, sizeof(struct keepsake)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct keepsake *keepsake_open(struct state_dir *dir)
{
	int fd = dir->fd >= 0 ? open_turns(dir) : -1;
	int how = fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
	void *k = mmap(NULL, sizeof(struct keepsake), PROT_READ | PROT_WRITE,
		       how, fd, 0);

	if (fd >= 0)
		close(fd);
	return k == MAP_FAILED ? NULL : k;
}

/* FNV-1a over whole numbers. The sum of zeros is not 0: an empty slot has no
 * valid sum. */
static uint64_t sum_of(const struct keepsake_turns *t)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	uint64_t numbers[sizeof(*t) / sizeof(uint64_t)];

	memcpy(numbers, t, sizeof(numbers));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sum = (sum ^ numbers[i]) * UINT64_C(0x100000001b3);
	return sum;
}

void keepsake_write(struct keepsake *k, unsigned worker,
		    const struct keepsake_turns *turns)
{
	if (!k || worker >= KEEPSAKE_SLOTS)
		return;
	k->slot[worker].turns = *turns;
	k->slot[worker].sum = sum_of(turns);
}

bool keepsake_read(const struct keepsake *k, unsigned worker,
		   struct keepsake_turns *out)
{
	struct keepsake_slot slot;

	if (!k || worker >= KEEPSAKE_SLOTS)
		return false;
	memcpy(&slot, &k->slot[worker], sizeof(slot));
	*out = slot.turns;
	return slot.turns.lane && slot.sum == sum_of(&slot.turns);
}

void keepsake_note_away(struct keepsake *k)
{
	if (k)
		atomic_store(&k->away_at, clock_wall());
}

bool keepsake_was_away(struct keepsake *k)
{
	int64_t ms = k ? clock_wall() - atomic_load(&k->away_at) : AWAY_MS;

	return ms >= 0 && ms < AWAY_MS;
}

bool keepsake_may_tell(struct keepsake *k)
{
	int64_t now = clock_wall(), told;

	if (!k)
		return true;
	told = atomic_load(&k->told_at);
	if (told <= now && told > now - TELL_AGAIN_MS)
		return false;
	return atomic_compare_exchange_strong(&k->told_at, &told, now);
}
