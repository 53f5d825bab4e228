/* SPDX-License-Identifier: MIT */
/*
 * store_look: all that a sender without work wants to know, asked at once: it
 * asks several times a second, and on some hosts each statement counts.
 */
#ifndef HOOKS_STORE_LOOK_H
#define HOOKS_STORE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

struct store_look {
	int64_t now; /* the database's clock */
	bool outbox; /* an application has published with SQL */
	bool queued; /* notifications wait for the fan-out */
	bool due;    /* others, which were scheduled, are due */
	/* When the next one of these will be; TIME_NONE: none will. */
	int64_t scheduled;
	int64_t lane; /* when the first lane is due; TIME_NONE: none will be */
	bool leased;  /* because its lease ends then: a sender is at work */
};

/* Whether a sender would find work now. */
bool store_look_finds(const struct store_look *l);

/* One statement, which reads one entry of each of four indexes. */
enum err store_look(struct store *s, struct store_look *out);

#endif
