/* SPDX-License-Identifier: MIT */
/*
 * digest: the text of the digest. All of it is our own ASCII, including the
 * reasons, except the hosts, which come from checked URLs: no text of a tenant
 * is in a header.
 */
#include "send/digest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "outside/crypt.h"
#include "outside/mail.h"
#include "rules/id.h"
#include "rules/target.h"
#include "store/store.h"
#include "store/store_alert.h"
#include "store/store_chore.h"

enum {
	ALERTS_MAX = 100, /* in one mail; the rest is in the next one */
	MESSAGE_MAX = 64 * 1024,
	HOLD_MS = 60000,
	HOUR_MS = 3600000,
	HOST_SIZE = 65,
	WHY_SIZE = 256
};

struct digest {
	struct store *s;
	struct arena arena;
	struct store_alert *alerts;
	size_t count;
	char host[HOST_SIZE];
	char from[HOST_SIZE + 20];
	struct buf message;
};

static const char chore[] = "mail";

/* ---- the text ---- */

/* The host's name is put into headers: cut at a character that no name has. */
static void find_names(struct digest *n)
{
	const char *from = n->s->conf->notify.mail_from;

	if (gethostname(n->host, sizeof(n->host)) != 0)
		n->host[0] = '\0';
	n->host[HOST_SIZE - 1] = '\0';
	n->host[strspn(n->host, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] =
		'\0';
	if (!n->host[0])
		snprintf(n->host, sizeof(n->host), "localhost");
	if (*from)
		snprintf(n->from, sizeof(n->from), "%s", from);
	else
		snprintf(n->from, sizeof(n->from), "vyte-hooks@%s", n->host);
}

static void put_headers(struct digest *n, const uint64_t *counts)
{
	const struct conf_list *to = &n->s->conf->notify.mail_to;
	char date[TEXT_MAIL_TIME_SIZE], random[33];
	unsigned char bytes[16];
	struct buf *out = &n->message;

	text_mail_time(date, clock_wall());
	crypt_random(bytes, sizeof(bytes));
	text_hex(random, bytes, sizeof(bytes));
	buf_printf(out, "Date: %s\r\nFrom: <%s>\r\nTo: ", date, n->from);
	for (size_t i = 0; i < to->count; i++)
		buf_printf(out, "%s<%s>", i ? ",\r\n " : "", to->word[i]);
	buf_printf(out,
		   "\r\nSubject: vyte-hooks on %s: %llu hooks disabled, %llu "
		   "deliveries failed, %llu held\r\n"
		   "Message-ID: <%s@%s>\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: text/plain; charset=us-ascii\r\n"
		   "Auto-Submitted: auto-generated\r\n\r\n",
		   n->host, (unsigned long long)counts[STORE_ALERT_DISABLED],
		   (unsigned long long)counts[STORE_ALERT_FAILED],
		   (unsigned long long)counts[STORE_ALERT_HELD], random,
		   n->host);
}

static void digest_put_text(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_putc(out, *s >= ' ' && *s < 0x7f ? *s : '?');
}

/* Names only the host: paths and queries of targets may contain tokens. */
static void put_alert(struct digest *n, const struct store_alert *a)
{
	char hook[ID_TEXT_SIZE], org[ID_TEXT_SIZE], when[TEXT_TIME_SIZE];
	struct buf *out = &n->message;
	struct target target;

	id_format(hook, &a->hook_id);
	id_format(org, &a->organization);
	text_time(when, a->first_at);
	buf_printf(out, "  %s  ", hook);
	if (target_split(a->target_url, &n->arena, &target))
		digest_put_text(out, target.host);
	buf_printf(out, "\r\n    of organization %s, %s%s", org,
		   a->count > 1 ? "since " : "", when);
	if (a->kind == STORE_ALERT_DISABLED) {
		buf_puts(out, "\r\n    ");
		digest_put_text(out, a->reason);
	} else {
		buf_printf(out, ": %llu", (unsigned long long)a->count);
	}
	buf_puts(out, "\r\n");
}

static void put_part(struct digest *n, enum store_alert_kind kind,
		     const char *title)
{
	bool any = false;

	for (size_t i = 0; i < n->count; i++) {
		const struct store_alert *a = &n->alerts[i];

		if (a->kind != kind || !a->target_url)
			continue;
		if (!any)
			buf_puts(&n->message, title);
		any = true;
		put_alert(n, a);
	}
}

/* False: everything that was to be reported is gone. */
static bool write_message(struct digest *n)
{
	uint64_t counts[STORE_ALERT_MAX] = {0}, all = 0;

	for (size_t i = 0; i < n->count; i++) {
		const struct store_alert *a = &n->alerts[i];

		if (!a->target_url)
			continue;
		all++;
		counts[a->kind] +=
			a->kind == STORE_ALERT_DISABLED ? 1 : a->count;
	}
	find_names(n);
	put_headers(n, counts);
	put_part(n, STORE_ALERT_DISABLED,
		 "Hooks that were disabled. Their deliveries are held until "
		 "somebody\r\nenables them: hooks-admin hook enable "
		 "ID\r\n\r\n");
	put_part(n, STORE_ALERT_FAILED,
		 "\r\nHooks with deliveries that failed at the last attempt "
		 "of their\r\nschedule:\r\n\r\n");
	put_part(n, STORE_ALERT_HELD,
		 "\r\nHooks with deliveries that are held, because the sender "
		 "crashed three times\r\nwhile sending them. They go again "
		 "when somebody asks for it:\r\n\r\n");
	buf_puts(&n->message, "\r\nhooks-admin status shows the state of "
			      "the queue.\r\n");
	return all > 0;
}

/* ---- sending ---- */

static bool digest_send(struct digest *n, bool (*stop)(void *arg), void *arg)
{
	const struct conf *c = n->s->conf;
	char why[WHY_SIZE];
	struct mail m = {
		.server = c->notify.smtp,
		.from = n->from,
		.to = (const char *const *)c->notify.mail_to.word,
		.to_count = c->notify.mail_to.count,
		.message = n->message.data,
		.len = n->message.len,
		.stop = stop,
		.arg = arg,
	};

	if (mail_send(&m, why, sizeof(why)))
		return true;
	if (!stop(arg))
		log_warn("a mail could not be sent: [notify] smtp: %s", why);
	return false;
}

/* No transaction is open while this waits for the mail server. `pause`: the
 * time until the next digest, ms. */
static enum err digest_tell(struct digest *n, bool (*stop)(void *arg),
			    void *arg, int64_t *pause)
{
	bool any = write_message(n);

	*pause = any ? HOUR_MS : 0;
	if (any && !digest_send(n, stop, arg)) {
		if (stop(arg))
			*pause = 0;
		return ERR_OK;
	}
	return store_alert_done(n->s, n->alerts, n->count);
}

enum err digest_due(struct store *s, bool *due)
{
	*due = false;
	return s->conf->notify.mail_to.count ? store_alert_due(s, chore, due)
					     : ERR_OK;
}

enum err digest_run(struct store *s, bool (*stop)(void *arg), void *arg)
{
	struct digest n = {.s = s};
	int64_t pause = 0;
	uint64_t place;
	bool mine = false;
	enum err e;

	if (!s->conf->notify.mail_to.count)
		return ERR_OK;
	arena_init(&n.arena);
	buf_init(&n.message, MESSAGE_MAX);
	e = store_chore_take(s, chore, HOLD_MS, &mine, &place);
	if (!e && mine)
		e = store_alert_list(s, &n.arena, ALERTS_MAX, &n.alerts,
				     &n.count);
	if (!e && n.count)
		e = digest_tell(&n, stop, arg, &pause);
	if (!e && mine)
		e = store_chore_write(s, chore, 0, pause);
	buf_release(&n.message);
	arena_release(&n.arena);
	return e;
}
