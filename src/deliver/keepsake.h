/* SPDX-License-Identifier: MIT */
/*
 * keepsake: the last turns that a worker wrote, which the database must still
 * know after it was away. Each worker has a slot in a file of the state folder
 * that is mapped into all of them: so the others of its run know it, and the
 * next run, however this one ended.
 */
#ifndef HOOKS_KEEPSAKE_H
#define HOOKS_KEEPSAKE_H

#include <stdbool.h>
#include <stdint.h>

struct state_dir;
struct keepsake;

enum { KEEPSAKE_SLOTS = 64, KEEPSAKE_TAKES = 64 };

struct keepsake_turns {
	uint64_t lane, turn; /* written by the last round; lane 0: none yet */
	int64_t written_at;  /* database time */
	uint64_t taken[KEEPSAKE_TAKES]; /* turns that lanes had when taken */
};

/* Without such a file it is kept in memory, for this run. NULL: not even
 * that, which the calls below accept. It stays until the program ends. */
struct keepsake *keepsake_open(struct state_dir *dir);

/* `worker`: below KEEPSAKE_SLOTS, else nothing is kept. */
void keepsake_write(struct keepsake *k, unsigned worker,
		    const struct keepsake_turns *turns);
/* False: there is none, or somebody writes it at the moment. */
bool keepsake_read(const struct keepsake *k, unsigned worker,
		   struct keepsake_turns *out);

/* The database cannot be reached at the moment. */
void keepsake_note_away(struct keepsake *k);
/* Whether that was so within the last minutes, in this run or the one before.
 */
bool keepsake_was_away(struct keepsake *k);

/* Whether no worker has reported a database that went back for a minute: then
 * the caller does. */
bool keepsake_may_tell(struct keepsake *k);

#endif
