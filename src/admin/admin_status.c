/* SPDX-License-Identifier: MIT */
/*
 * admin_status: hooks-admin status: one line for each figure, its name and its
 * value separated by a tab, then the newest rejected notifications.
 */
#include "admin/admin.h"
#include "base/text.h"
#include "rules/standing.h"
#include "store/store_due.h"
#include "store/store_hook.h"
#include "store/store_sender.h"
#include "store/store_start.h"
#include "store/store_status.h"
#include "store/store_stored.h"
#include "store/view.h"

enum { EXAMPLES = 10 }; /* of rejected notifications, and of organizations */

struct report {
	struct store_status status;
	struct store_sender *senders;
	struct store_rejected *rejected;
	struct store_stored *stored; /* most first */
	struct store_due_most *most; /* most first */
	size_t sender_count, rejected_count, stored_count, most_count;
	uint64_t hooks[STANDING_MAX];
	uint64_t max_stored, max_due;
	struct store_start start;
	int64_t now;
};

static const struct admin_figure figures[] = {
	{"due", "due", offsetof(struct store_status, due)},
	{"held", "held", offsetof(struct store_status, held)},
	{"rejected", "rejected", offsetof(struct store_status, rejected)},
	{"in flight", "inFlight", offsetof(struct store_status, in_flight)},
	{"failed", "failed", offsetof(struct store_status, failed)},
	{"waiting", "waiting", offsetof(struct store_status, waiting)},
	{"queued", "queued", offsetof(struct store_status, queued)},
	{"scheduled", "scheduled", offsetof(struct store_status, scheduled)},
	{"cancelled", "cancelled", offsetof(struct store_status, cancelled)},
	{"replaced", "replaced", offsetof(struct store_status, replaced)},
	{"expired", "expired", offsetof(struct store_status, expired)},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static enum err read_report(struct admin *a, struct report *r)
{
	enum err e = store_status_read(&a->store, &r->status);

	r->now = a->store.now;
	if (!e)
		e = store_status_expired(&a->store, &r->status.expired);
	if (!e)
		e = store_sender_list(&a->store, &a->arena, &r->senders,
				      &r->sender_count);
	if (!e)
		e = store_start_read(&a->store, "", "", &r->start);
	if (!e)
		e = store_status_rejected(&a->store, EXAMPLES, &a->arena,
					  &r->rejected, &r->rejected_count);
	if (!e)
		e = store_stored_most(&a->store, &a->arena, EXAMPLES,
				      &r->stored, &r->stored_count);
	if (!e)
		e = store_due_most(&a->store, &a->arena, EXAMPLES, &r->most,
				   &r->most_count);
	if (!e)
		e = store_hook_standings(&a->store, r->hooks);
	r->max_stored = a->conf.api.max_stored;
	r->max_due = a->conf.api.max_due;
	return e;
}

/* ---- plain ---- */

static void print_sender(struct buf *out, const struct store_sender *s)
{
	char begin[TEXT_TIME_SIZE], end[TEXT_TIME_SIZE];

	text_time(begin, s->started_at);
	text_time(end, s->ended_at == TIME_NONE ? s->seen_at : s->ended_at);
	buf_printf(out,
		   "last sender run\t%s\t%s\t%s %s\tdelivered %llu, failed "
		   "%llu, retried %llu\n",
		   begin, s->host, s->ended_at == TIME_NONE ? "seen" : "ended",
		   end, (unsigned long long)s->delivered,
		   (unsigned long long)s->failed,
		   (unsigned long long)s->retried);
}

/* Says what to check when cron does not seem to start senders. */
static void print_life(struct buf *out, const struct report *r)
{
	if (store_start_is_lost(&r->start))
		buf_printf(
			out,
			"sender\tlost\ta request started one %lld s ago that "
			"has not reported: does the host kill it? "
			"hooks-admin doctor says more\n",
			(long long)(r->now - r->start.at) / 1000);
	else if (!r->sender_count)
		buf_puts(out, "sender\tnever\tno sender has ever run: add the "
			      "line of examples/crontab\n");
	else if (store_sender_alive(&r->senders[0], r->now))
		buf_puts(out, "sender\talive\n");
	else
		buf_printf(out,
			   "sender\tsilent\tno sign of life for %lld s: does "
			   "cron run, and is the line of examples/crontab "
			   "there?\n",
			   (long long)(r->now - r->senders[0].seen_at) / 1000);
}

/* An application wrote the action: it must not break the line. */
static void print_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, *s);
	}
}

static void print_rejected(struct buf *out, const struct store_rejected *r)
{
	char id[ID_TEXT_SIZE], organization[ID_TEXT_SIZE];

	id_format(id, &r->id);
	id_format(organization, &r->organization);
	buf_printf(out, "rejected notification\t%s\t%s\t", id, organization);
	print_escaped(out, r->action);
	buf_putc(out, '\t');
	print_escaped(out, r->reason);
	buf_putc(out, '\n');
}

static uint64_t used(const struct store_stored *s)
{
	return s->payloads + s->answers;
}

/* Lists organizations whose answers are no longer kept. */
static void print_stored(struct buf *out, const struct report *r)
{
	for (size_t i = 0; i < r->stored_count; i++) {
		const struct store_stored *s = &r->stored[i];
		char id[ID_TEXT_SIZE];

		if (used(s) < r->max_stored / 2)
			continue;
		id_format(id, &s->organization);
		buf_printf(out, "stored of %s\t%llu of %llu bytes\n", id,
			   (unsigned long long)used(s),
			   (unsigned long long)r->max_stored);
	}
}

/* Lists organizations that cannot publish, because too much waits. */
static void print_waiting(struct buf *out, const struct report *r)
{
	for (size_t i = 0; i < r->most_count; i++) {
		const struct store_due_most *m = &r->most[i];
		char id[ID_TEXT_SIZE];

		if (m->waiting < r->max_due)
			break;
		id_format(id, &m->organization);
		buf_printf(out,
			   "waiting of %s\t%llu of %llu deliveries, "
			   "%llu scheduled notifications wait for room\n",
			   id, (unsigned long long)m->waiting,
			   (unsigned long long)r->max_due,
			   (unsigned long long)m->scheduled);
	}
}

static void print_status(struct buf *out, const struct report *r)
{
	char hooks[STANDING_COUNTS_SIZE];

	admin_put_lines(out, figures, FIGURES, &r->status);
	buf_printf(out, "oldest due\t%llu s\n",
		   (unsigned long long)r->status.oldest_due / 1000);
	standing_counts(hooks, r->hooks);
	buf_printf(out, "hooks\t%s\n", hooks);
	for (size_t i = 0; i < r->sender_count; i++)
		print_sender(out, &r->senders[i]);
	if (!r->sender_count)
		buf_puts(out, "last sender run\tnever\n");
	print_life(out, r);
	print_waiting(out, r);
	print_stored(out, r);
	for (size_t i = 0; i < r->rejected_count; i++)
		print_rejected(out, &r->rejected[i]);
}

/* ---- JSON ---- */

static struct jtree *sender_jtree(const struct store_sender *s)
{
	struct jtree *v = jtree_object();

	jtree_put_string(v, "host", s->host);
	view_put_time(v, "startedAt", s->started_at);
	view_put_time(v, "seenAt", s->seen_at);
	view_put_time(v, "endedAt", s->ended_at);
	jtree_put_int(v, "delivered", (int64_t)s->delivered);
	jtree_put_int(v, "failed", (int64_t)s->failed);
	jtree_put_int(v, "retried", (int64_t)s->retried);
	return v;
}

static struct jtree *rejected_jtree(const struct store_rejected *r)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", &r->id);
	view_put_id(v, "organization", &r->organization);
	jtree_put_string(v, "action", r->action);
	jtree_put_string(v, "reason", r->reason);
	view_put_time(v, "createdAt", r->created_at);
	return v;
}

static struct jtree *stored_jtree(const struct store_stored *s, uint64_t limit)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "organization", &s->organization);
	jtree_put_int(v, "payloads", (int64_t)s->payloads);
	jtree_put_int(v, "answers", (int64_t)s->answers);
	jtree_put_int(v, "used", (int64_t)used(s));
	jtree_put_int(v, "limit", (int64_t)limit);
	return v;
}

static struct jtree *waiting_jtree(const struct report *r)
{
	struct jtree *list = jtree_array();

	for (size_t i = 0; i < r->most_count; i++) {
		const struct store_due_most *m = &r->most[i];
		struct jtree *v = jtree_object();

		view_put_id(v, "organization", &m->organization);
		jtree_put_int(v, "deliveries", (int64_t)m->waiting);
		jtree_put_int(v, "scheduledDue", (int64_t)m->scheduled);
		jtree_put_int(v, "limit", (int64_t)r->max_due);
		jtree_add(list, v);
	}
	return list;
}

static struct jtree *status_jtree(const struct report *r)
{
	struct jtree *v = jtree_object(), *hooks = jtree_object(),
		     *senders = jtree_array(), *rejected = jtree_array(),
		     *stored = jtree_array();

	admin_put_members(v, figures, FIGURES, &r->status);
	jtree_put_double(v, "oldestDueSeconds",
			 (double)r->status.oldest_due / 1000);
	for (size_t i = 0; i < STANDING_MAX; i++)
		jtree_put_int(hooks, standing_name(i), (int64_t)r->hooks[i]);
	jtree_put(v, "hooks", hooks);
	for (size_t i = 0; i < r->sender_count; i++)
		jtree_add(senders, sender_jtree(&r->senders[i]));
	for (size_t i = 0; i < r->rejected_count; i++)
		jtree_add(rejected, rejected_jtree(&r->rejected[i]));
	jtree_put(v, "senders", senders);
	jtree_put_bool(v, "senderAlive",
		       r->sender_count &&
			       store_sender_alive(&r->senders[0], r->now));
	jtree_put_bool(v, "startLost", store_start_is_lost(&r->start));
	jtree_put(v, "rejectedNotifications", rejected);
	for (size_t i = 0; i < r->stored_count; i++)
		jtree_add(stored, stored_jtree(&r->stored[i], r->max_stored));
	jtree_put(v, "stored", stored);
	jtree_put(v, "waitingMost", waiting_jtree(r));
	return v;
}

enum err admin_status(struct admin *a)
{
	struct report r;
	enum err e = read_report(a, &r);

	if (e)
		return e;
	if (a->json)
		admin_json(a, status_jtree(&r));
	else
		print_status(&a->out, &r);
	return ERR_OK;
}
