/* SPDX-License-Identifier: MIT */
/*
 * lane: a lane's memory, its health and its token bucket.
 */
#include "deliver/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "outside/crypt.h"
#include "outside/jtree.h"
#include "rules/outcome.h"
#include "rules/retry.h"

/* ---- life ---- */

/* The hook's own headers as lines. */
static const struct http_header *header_lines(struct arena *arena,
					      const char *json)
{
	const struct http_header *first = NULL, **tail = &first;
	struct jtree *headers = json ? jtree_parse(json, strlen(json)) : NULL;
	struct jtree_iter it;
	const struct jtree *value;
	const char *name;

	if (!headers)
		return NULL;
	jtree_iter_init(&it, headers);
	while (jtree_iter_next(&it, &name, &value)) {
		struct http_header *node = arena_zalloc(arena, sizeof(*node));
		size_t n;
		const char *text = jtree_string(value, &n);

		node->line = n ? arena_printf(arena, "%s: %s", name, text)
			       : arena_printf(arena, "%s;", name);
		*tail = node;
		tail = &node->next;
	}
	jtree_free(headers);
	return first;
}

/* Enough for several batches at once. */
static size_t first_quota(unsigned batch_size)
{
	size_t quota = (size_t)batch_size * LANE_WINDOW_FIRST;

	if (quota < LANE_QUOTA_FIRST)
		return LANE_QUOTA_FIRST;
	return quota < LANE_QUOTA_MAX ? quota : LANE_QUOTA_MAX;
}

struct lane *lane_new(const struct store_lane *row,
		      const struct store_lane_hook *hook, int64_t now)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	arena_init(&l->facts.arena);
	l->ledger.row = *row;
	l->facts.hook = *hook;
	l->facts.ping = store_lane_kind(row->lane) == STORE_LANE_PING;
	if (hook->target_url)
		l->facts.hook.target_url =
			arena_strdup(&l->facts.arena, hook->target_url);
	l->facts.headers = header_lines(&l->facts.arena, hook->headers);
	l->facts.hook.headers = NULL;
	id_format(l->facts.organization, &hook->organization);
	l->shared.ahead = now - clock_monotonic();
	l->ledger.quota = first_quota(hook->batch_size);
	l->shared.window = !l->facts.ping && (row->failures || hook->ordered)
				   ? 1
				   : LANE_WINDOW_FIRST;
	l->ledger.row_bytes = 1024;
	l->ledger.keys = xcalloc(LANE_KEYS_MAX, sizeof(*l->ledger.keys));
	return l;
}

void lane_free(struct lane *l)
{
	crypt_wipe(l->facts.hook.key, sizeof(l->facts.hook.key));
	arena_release(&l->facts.arena);
	free(l->ledger.keys);
	free(l);
}

size_t lane_quota(const struct lane *l, const struct store_lane *row)
{
	if (!l->facts.ping && (l->facts.hook.ordered || row->failures ||
			       row->crashes >= LANE_CAREFUL))
		return 1;
	return l->ledger.quota;
}

size_t lane_room(const struct lane *l, const struct store_lane *row, size_t out)
{
	size_t quota = lane_quota(l, row), back = (quota + 1) / 2;

	if (back > LANE_PORTION)
		back = LANE_PORTION;
	if (!l->facts.ping && l->facts.hook.rate_limit) {
		size_t places = l->shared.window * l->facts.hook.batch_size;

		back = 1;
		quota = quota < places ? quota : places;
	}
	return out + back <= quota ? quota - out : 0;
}

void lane_adjust(struct lane *l, const struct outcome *o, size_t count)
{
	size_t first = first_quota(l->facts.hook.batch_size);

	if (o->timeout || o->pressed)
		l->ledger.quota /= 2;
	else if (o->answered)
		l->ledger.quota += count;
	if (l->ledger.quota < first)
		l->ledger.quota = first;
	if (l->ledger.quota > LANE_QUOTA_MAX)
		l->ledger.quota = LANE_QUOTA_MAX;
}

/* ---- health ---- */

static void suspend(struct store_lane *l, int64_t until, bool asked)
{
	if (l->suspended_until != TIME_NONE && l->suspended_until >= until)
		return;
	l->suspended_until = until;
	l->put_off = asked;
}

void lane_revive(struct store_lane *l)
{
	l->suspended_until = TIME_NONE;
	l->put_off = false;
}

/* Ends a suspension of a dead target, but not a longer one by Retry-After. */
static void revive(struct store_lane *l, int64_t now)
{
	if (l->failures && l->suspended_until != TIME_NONE &&
	    l->suspended_until - now <= retry_suspension(l->failures, 1))
		lane_revive(l);
	l->failures = 0;
}

void lane_learn(struct store_lane *draft, bool *failed, const struct outcome *o,
		int64_t now, double fraction)
{
	if (o->answered) {
		revive(draft, now);
		*failed = false;
	}
	if (o->connection_level) {
		draft->failures += *failed ? 0 : 1;
		*failed = true;
		suspend(draft,
			now + retry_suspension(draft->failures, fraction),
			false);
	}
	if (o->lane_delay_ms > 0)
		suspend(draft, now + o->lane_delay_ms, true);
}

static int64_t set_back(int64_t at, int64_t written_at, int64_t now)
{
	if (at <= now)
		return at; /* TIME_NONE, too */
	return at > written_at ? now + (at - written_at) : now;
}

/* The suspension began with a failure, and the last one was before the clock
 * was ahead. */
static bool is_older(const struct store_lane *row, int64_t now)
{
	return row->failing.last != TIME_NONE && row->failing.last <= now;
}

void lane_set_back(struct store_lane *row, int64_t now)
{
	int64_t then = row->written_at;

	if (!is_older(row, now))
		row->suspended_until =
			set_back(row->suspended_until, then, now);
	row->resumed_at = set_back(row->resumed_at, then, now);
	row->failing.since = set_back(row->failing.since, then, now);
	row->failing.last = set_back(row->failing.last, then, now);
	row->rate_at = set_back(row->rate_at, then, now);
}

void lane_bound(struct store_lane *row, int64_t longest, int64_t now)
{
	int64_t dead = retry_suspension(row->failures, 1);

	if (row->suspended_until > now + (longest > dead ? longest : dead))
		lane_revive(row);
}

/* ---- its rate ---- */

/* A hundredth less than the rate: a request that is delayed on its way must not
 * arrive in the same second as those that follow it. */
static double tokens_in(int64_t ms, unsigned rate)
{
	return (double)ms * rate * 0.99 / 1000;
}

static int64_t time_for(double tokens, unsigned rate)
{
	return (int64_t)(tokens * 1000 / (rate * 0.99)) + 1;
}

/* The number of tokens that are worth waiting for: those of a batch. */
static double worth(unsigned batch, unsigned rate)
{
	return batch < rate ? batch : rate;
}

double lane_tokens(struct store_lane *l, unsigned rate, int64_t now)
{
	if (l->rate_at == TIME_NONE) {
		l->rate_tokens = rate;
		l->rate_at = now;
	}
	if (l->rate_at - now > LANE_RATE_PAUSE_MAX) /* the clock went back */
		l->rate_at = now;
	if (now > l->rate_at) {
		l->rate_tokens += tokens_in(now - l->rate_at, rate);
		l->rate_at = now;
	}
	if (l->rate_tokens > rate)
		l->rate_tokens = rate;
	if (l->rate_tokens < -PARCEL_BATCH_MAX) /* nothing takes so many */
		l->rate_tokens = 0;
	return l->rate_tokens;
}

void lane_spend(struct store_lane *l, unsigned rate, unsigned batch, size_t n,
		int64_t now)
{
	double saved = l->rate_tokens - 1;
	double late = rate * 0.1; /* tokens of a late round are not saved */
	int64_t pause;

	if (batch > 1 && late < worth(batch, rate))
		late = worth(batch, rate);
	if (saved > late) {
		pause = now + time_for(saved, rate);
		l->rate_at = l->rate_at > pause ? l->rate_at : pause;
	}
	l->rate_tokens -= (double)n;
}

/* The time without new tokens begins when they have left. */
int64_t lane_late(struct store_lane *l, int64_t ms, int64_t before, int64_t now)
{
	if (ms <= before || l->rate_at == TIME_NONE)
		return before;
	l->rate_at += ms - before;
	if (l->rate_at > now + LANE_RATE_PAUSE_MAX)
		l->rate_at = now + LANE_RATE_PAUSE_MAX;
	return ms;
}

int64_t lane_rate_wait(const struct store_lane *l, unsigned rate,
		       unsigned batch, int64_t now)
{
	int64_t wait = time_for(worth(batch, rate) - l->rate_tokens, rate);

	return l->rate_at > now ? wait + l->rate_at - now : wait;
}
