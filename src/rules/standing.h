/* SPDX-License-Identifier: MIT */
/*
 * standing: how a hook stands, from its row and its lane's. Pure.
 */
#ifndef HOOKS_STANDING_H
#define HOOKS_STANDING_H

#include <stdbool.h>
#include <stdint.h>

enum standing_is {
	STANDING_HEALTHY,
	STANDING_RETRYING,  /* something failed, and nothing has arrived since
			     */
	STANDING_SUSPENDED, /* the target is taken for dead */
	STANDING_BLOCKED,   /* in order: the first delivery waits */
	STANDING_PUT_OFF,   /* the target has asked for time */
	STANDING_DISABLED,
	STANDING_MAX
};

/* Times are the database's, in ms, or TIME_NONE. */
struct standing_facts {
	bool enabled, ordered;
	int64_t now;
	int64_t updated_at;
	int64_t failing_since, suspended_until; /* of the lane */
	bool put_off;				/* of the lane */
};

struct standing {
	enum standing_is is;
	int64_t since, until; /* nothing is sent before `until`; TIME_NONE */
};

struct standing standing_of(const struct standing_facts *f);

/* As the API calls it. */
const char *standing_name(enum standing_is is);
/* The reason, where no attempt tells one; NULL: healthy. */
const char *standing_reason(enum standing_is is);
/* "3 healthy, 1 suspended": how many hooks stand in which way. "none" */
enum { STANDING_COUNTS_SIZE = STANDING_MAX * 32 };
void standing_counts(char out[STANDING_COUNTS_SIZE],
		     const uint64_t count[STANDING_MAX]);
/* Whether there is such a name. */
bool standing_is_name(const char *name);

#endif
