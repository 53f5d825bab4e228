/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor_queue: the checks of the tables' contents: keys, rows of
 * applications, what waits, bytes stored, states of hooks, the last run of a
 * sender.
 */
#include "admin/admin_doctor.h"
#include "base/text.h"
#include "rules/standing.h"
#include "store/store_due.h"
#include "store/store_fanout.h"
#include "store/store_hook.h"
#include "store/store_outbox.h"
#include "store/store_sender.h"
#include "store/store_start.h"
#include "store/store_status.h"
#include "store/store_stored.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

/* ---- keys ---- */

/* Public ids hold keys up to ID_SERIAL_MAX, and only the service makes rows of
 * notifications: this takes centuries. */
static enum err check_keys(struct doctor *d)
{
	unsigned long long most = ID_SERIAL_MAX;
	uint64_t newest = 0;
	enum err e = store_fanout_newest(&d->a->store, &newest);

	if (e)
		return e;
	doctor_say(d, newest > most / 10 * 9 ? VERDICT_WARN : VERDICT_OK, 0,
		   "keys", "%llu of %llu notifications%s",
		   (unsigned long long)newest, most,
		   newest > most / 10 * 9
			   ? ": somebody has inserted one with a high key; "
			     "beyond the last one nothing can be published"
			   : "");
	return ERR_OK;
}

static enum err check_outbox(struct doctor *d)
{
	uint64_t counter;
	enum err e = store_outbox_counter(&d->a->store, &counter);

	if (e)
		return e;
	if (counter >= STORE_OUTBOX_KEY_FAR)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "outbox",
			   "an application has used up its keys with SET "
			   "insert_id, and publishing with SQL fails: set the "
			   "counter back, as doc/publish.md says");
	else
		doctor_say(d, VERDICT_OK, 0, "outbox", "%s",
			   counter ? "its keys are AUTO_INCREMENT, so an "
				     "application may use them up "
				     "(doc/publish.md)"
				   : "no application can choose a key");
	return ERR_OK;
}

/* An application or an attacker made them: either way somebody waits in vain.
 */
static enum err check_rejected(struct doctor *d)
{
	struct store *s = &d->a->store;
	struct store_rejected *newest;
	struct store_status status;
	char time[TEXT_TIME_SIZE];
	size_t n;
	enum err e = store_status_read(s, &status);

	if (!e)
		e = store_status_rejected(s, 1, &d->a->arena, &newest, &n);
	if (e)
		return e;
	if (!n || s->now - newest->created_at > DAY) {
		doctor_say(d, VERDICT_OK, 0, "rejected",
			   "no notification within a day");
		return ERR_OK;
	}
	text_time(time, newest->created_at);
	doctor_say(d, VERDICT_WARN, 0, "rejected",
		   "%llu notifications are rejected, the last one at %s (%s): "
		   "hooks-admin status shows which",
		   (unsigned long long)status.rejected, time, newest->reason);
	return ERR_OK;
}

/* ---- how much waits ---- */

/* Beyond the limit publishing is refused, and scheduled notifications wait. */
static enum err check_waiting(struct doctor *d)
{
	unsigned long long limit = d->a->conf.api.max_due;
	struct store_due_most *most;
	char id[ID_TEXT_SIZE];
	size_t n;
	enum err e = store_due_most(&d->a->store, &d->a->arena, 1, &most, &n);

	if (e)
		return e;
	if (!n || most->waiting < limit) {
		doctor_say(d, VERDICT_OK, 0, "waiting",
			   "no organization has %llu deliveries waiting",
			   limit);
		return ERR_OK;
	}
	id_format(id, &most->organization);
	doctor_say(
		d, VERDICT_WARN, 0, "waiting",
		"%s has %llu deliveries waiting, and the limit is %llu: it "
		"cannot publish, and %llu scheduled notifications whose time "
		"has come wait for room; see [api] max_due",
		id, (unsigned long long)most->waiting, limit,
		(unsigned long long)most->scheduled);
	return ERR_OK;
}

/* ---- how much is stored ---- */

static enum err check_stored(struct doctor *d)
{
	uint64_t limit = d->a->conf.api.max_stored, used;
	struct store_stored *most;
	char id[ID_TEXT_SIZE], size[TEXT_SIZE_SIZE];
	size_t n;
	enum err e =
		store_stored_most(&d->a->store, &d->a->arena, 1, &most, &n);

	if (e)
		return e;
	used = n ? most->payloads + most->answers : 0;
	text_size_format(size, limit);
	if (used < limit / 2) {
		doctor_say(d, VERDICT_OK, 0, "storage",
			   "no organization has half of %s", size);
		return ERR_OK;
	}
	id_format(id, &most->organization);
	doctor_say(d, VERDICT_WARN, 0, "storage",
		   "%llu bytes of %s are used by %s: its answers are kept "
		   "without headers and body%s; see [api] max_stored and "
		   "[retention]",
		   (unsigned long long)used, size, id,
		   used < limit ? "" : ", and it cannot publish");
	return ERR_OK;
}

/* ---- hooks ---- */

/* A receiver that fails is its owner's affair; when most of them do, this host
 * may be cut off. */
static enum err check_hooks(struct doctor *d)
{
	uint64_t count[STANDING_MAX], failing = 0;
	char text[STANDING_COUNTS_SIZE];
	enum err e = store_hook_standings(&d->a->store, count);
	bool most;

	if (e)
		return e;
	for (int i = STANDING_RETRYING; i < STANDING_DISABLED; i++)
		failing += count[i];
	most = failing > 1 && failing > count[STANDING_HEALTHY];
	standing_counts(text, count);
	doctor_say(
		d, most ? VERDICT_WARN : VERDICT_OK, 0, "hooks", "%s%s", text,
		most ? ": most of them fail; can this host reach others?" : "");
	return ERR_OK;
}

/* ---- the senders ---- */

static void judge_age(struct doctor *d, const struct store_sender *s,
		      bool is_due)
{
	int64_t age = d->a->store.now - s->seen_at;

	if (store_sender_alive(s, d->a->store.now))
		doctor_say(d, VERDICT_OK, 0, "cron",
			   "a sender on %s %lld s ago", s->host,
			   (long long)age / SECOND);
	else
		doctor_say(d, is_due ? VERDICT_FAIL : VERDICT_WARN, ERR_CONFIG,
			   "cron",
			   "no sender for %lld minutes%s: check the line of "
			   "examples/crontab and the mails of cron",
			   (long long)age / MINUTE,
			   is_due ? ", and deliveries are due" : "");
}

static enum err check_cron(struct doctor *d)
{
	struct store_sender *senders;
	struct store_status status;
	size_t n;
	enum err e = store_status_read(&d->a->store, &status);

	if (!e)
		e = store_sender_list(&d->a->store, &d->a->arena, &senders, &n);
	if (e)
		return e;
	if (n)
		judge_age(d, &senders[0], status.oldest_due > MINUTE);
	else
		doctor_say(d,
			   status.oldest_due > MINUTE ? VERDICT_FAIL
						      : VERDICT_WARN,
			   ERR_CONFIG, "cron",
			   "no sender has ever run: add the line of "
			   "examples/crontab");
	return ERR_OK;
}

/* Hosts that forbid programs which outlive a request do not say so. */
static enum err check_kick(struct doctor *d)
{
	struct store_start start;
	enum err e = store_start_read(&d->a->store, "", "", &start);

	if (e)
		return e;
	if (store_start_is_lost(&start))
		doctor_say(d, VERDICT_WARN, ERR_CONFIG, "kick",
			   "a request started a sender %lld s ago, and %llu "
			   "before it, and none has reported: the host kills "
			   "or forbids it, or the API's database user lacks "
			   "the sender's rights; rely on cron, and set [api] "
			   "kick = no",
			   (long long)(start.now - start.at) / SECOND,
			   (unsigned long long)start.lost);
	else
		doctor_say(
			d, VERDICT_OK, 0, "kick", "%s",
			d->a->conf.api.kick
				? "a request starts a sender when none is "
				  "alive"
				: "off: only cron and /v2/run start senders");
	return ERR_OK;
}

/* ---- all of them ---- */

enum err doctor_queue(struct doctor *d)
{
	enum err e = check_keys(d);

	if (!e)
		e = check_outbox(d);
	if (!e)
		e = check_rejected(d);
	if (!e)
		e = check_waiting(d);
	if (!e)
		e = check_stored(d);
	if (!e)
		e = check_hooks(d);
	if (!e)
		e = check_cron(d);
	return e ? e : check_kick(d);
}
