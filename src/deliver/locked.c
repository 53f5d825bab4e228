/* SPDX-License-Identifier: MIT */
/*
 * locked: a short list; when it is full, its oldest entry is asked again early.
 */
#include "deliver/locked.h"

#include <string.h>

#include "base/clock.h"
#include "outside/db.h"

enum {
	LOCKED_FIRST_MS = 1000,
	LOCKED_LONGEST_MS = 30000,
	LOCKED_LASTING = 3 /* tries: 7 s */
};

bool locked_holds_up(const struct db *db, enum err e)
{
	return e == ERR_INTERNAL || (e == ERR_TEMP && db_locked(db));
}

static size_t find_org(const struct locked *l, const struct id *organization)
{
	size_t i = 0;

	while (i < l->count && !id_equal(&l->org[i].organization, organization))
		i++;
	return i;
}

static void remove_org(struct locked *l, size_t i)
{
	l->count--;
	memmove(&l->org[i], &l->org[i + 1], (l->count - i) * sizeof(*l->org));
}

bool locked_has(const struct locked *l, const struct id *organization)
{
	return find_org(l, organization) < l->count;
}

size_t locked_due(const struct locked *l, struct id *orgs)
{
	int64_t now = clock_monotonic();
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		if (now >= l->org[i].ask_at)
			orgs[n++] = l->org[i].organization;
	return n;
}

bool locked_any(const struct locked *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->org[i].refused)
			return true;
	return false;
}

size_t locked_lasting(const struct locked *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += !l->org[i].refused && l->org[i].tries > LOCKED_LASTING;
	return n;
}

static int64_t locked_pause(unsigned tries)
{
	int64_t ms = LOCKED_FIRST_MS;

	while (tries-- && ms < LOCKED_LONGEST_MS)
		ms *= 2;
	return ms < LOCKED_LONGEST_MS ? ms : LOCKED_LONGEST_MS;
}

void locked_put(struct locked *l, const struct id *organization, bool refused)
{
	size_t i = find_org(l, organization);

	if (i == LOCKED_MAX) {
		remove_org(l, 0);
		i--;
	}
	if (i == l->count)
		l->org[l->count++] =
			(struct locked_org){.organization = *organization};
	l->org[i].refused = refused;
	l->refused |= refused;
	l->org[i].ask_at = clock_monotonic() + locked_pause(l->org[i].tries++);
}

void locked_end(struct locked *l, const struct id *organization)
{
	size_t i = find_org(l, organization);

	if (i < l->count)
		remove_org(l, i);
}
