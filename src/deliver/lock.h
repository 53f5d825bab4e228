/* SPDX-License-Identifier: MIT */
/*
 * lock: the lock file of a host's senders. Its first byte is locked by the
 * sender that may take new work; every owner of leases locks one more byte, at
 * a random place, for as long as it lives. So the next sender can tell which
 * owners in the database are dead, across reboots and PID namespaces.
 */
#ifndef HOOKS_LOCK_H
#define HOOKS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/conf.h"
#include "outside/state_dir.h"

enum {
	LOCK_OWNER_SIZE = 64, /* "host-01234567:0123456789abcdef" and NUL */
	LOCK_HOST_SIZE = 65
};

struct lock {
	int fd; /* -1: none */
	struct state_dir state;
	char host[LOCK_HOST_SIZE];    /* this machine's name */
	char prefix[LOCK_OWNER_SIZE]; /* of all owners of this file */
};

/* Opens the file in the state folder. When it cannot be had: ERR_CONFIG,
 * logged, if it is needed; otherwise the lock has no file (fd -1), and only the
 * names are set. lock_close() is due in every case. */
enum err lock_open(struct lock *l, const struct conf *conf, bool needed);
void lock_close(struct lock *l);

/* What a program that is no sender sees of the folder's lock file. */
struct lock_look {
	bool taken; /* a sender takes new work now, or will in a moment */
	char host[LOCK_HOST_SIZE];
	/* As `prefix`, when it is free; "": there is no file. */
	char place[LOCK_OWNER_SIZE];
};

/* Looks into an open folder; makes and changes nothing. */
void lock_look(struct state_dir *dir, struct lock_look *out);

/* Takes the first byte; false: another sender holds it. */
bool lock_try(struct lock *l);
/* Releases the first byte; the file stays open. */
void lock_give_up(struct lock *l);
/* Whether another sender holds the first byte. */
bool lock_taken(const struct lock *l);
/* Shows the one that holds the first byte, or does not show it any more, that
 * somebody waits for it. */
void lock_queue(struct lock *l, bool waits);
/* Whether somebody does. */
bool lock_wanted(struct lock *l);

/* Makes a new owner's name and locks its byte until this `l` is closed. Without
 * an open file the name has another prefix, so that nobody takes it for dead.
 */
void lock_owner(struct lock *l, char owner[LOCK_OWNER_SIZE]);
/* Whether an owner with this lock's prefix is alive; `arg` is the lock. */
bool lock_alive(void *arg, const char *owner);

#endif
