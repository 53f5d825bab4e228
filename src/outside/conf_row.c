/* SPDX-License-Identifier: MIT */
/*
 * conf_row: the table of keys. After a change, `make texts` writes the files in
 * the tree again that repeat it.
 */
#include "outside/conf_row.h"

#include <string.h>

#include "base/nearest.h"
#include "outside/conf.h"

#define AT(field) offsetof(struct conf, field)
#define DAY INT64_C(86400000)
#define MANY INT64_C(1000000000)

/* A row should look like a row. */
/* clang-format off */
const struct conf_row conf_rows[] = {
	{"database", "socket", CONF_STRING, AT(database.socket),
	 .empty = "the client library's",
	 .meaning = "The unix socket of MySQL or MariaDB. When it is set, "
		"`host` and `port` are not used."},
	{"database", "host", CONF_STRING, AT(database.host),
	 .initial = "localhost",
	 .meaning = "The server's name or address. The name `localhost` "
		"means a unix socket, unless `tls_ca` is set; every other one "
		"means a connection by TCP."},
	{"database", "port", CONF_UINT, AT(database.port), {1, 65535}, "3306",
	 .meaning = "The server's port, for connections by TCP."},
	{"database", "user", CONF_STRING, AT(database.user),
	 .empty = "none",
	 .meaning = "The account in the database. The examples "
		"`database.sql` and `grants.sql` make accounts with few "
		"rights."},
	{"database", "password", CONF_SECRET, AT(database.password),
	 .empty = "none",
	 .meaning = "The account's password, without quotes. One that has a "
		"blank and a `;` after it must stand in a file of its own, "
		"because a comment would begin there. A configuration that "
		"has a password and that everybody can read is refused, as is "
		"one that everybody can write."},
	{"database", "password_file", CONF_STRING, AT(database.password_file),
	 .empty = "none",
	 .meaning = "A file whose first line is the password, in place of "
		"`password`. The two exclude each other. A file that "
		"everybody can read or write is refused."},
	{"database", "name", CONF_STRING, AT(database.name),
	 .initial = "vyte_hooks",
	 .meaning = "The database that holds the tables."},
	{"database", "tls_ca", CONF_STRING, AT(database.tls_ca),
	 .empty = "none",
	 .meaning = "A file with the certificate authority of the server. "
		"When it is set, the connection is made by TCP and must use "
		"TLS, with a certificate that this authority has signed for "
		"the name or the address in `host`. It excludes `socket`."},

	{"api", "base_path", CONF_STRING, AT(api.base_path),
	 .empty = "none",
	 .meaning = "The path below which the service lies, such as "
		"`/booking`. It is taken off before a request is routed, and "
		"put before the path in `Location` and `Link`."},
	{"api", "actions", CONF_STRING, AT(api.actions), .initial = "listed",
	 .meaning = "Which actions may be published, and named by hooks: "
		"`listed`, those of the catalogue, which "
		"`hooks-admin action` fills for all organizations, and "
		"`/v2/actions` for one, with at most 1000; or `any`, all that "
		"are well formed."},
	{"api", "max_body", CONF_SIZE, AT(api.max_body),
	 {1024, 16 * 1024 * 1024 - 1}, "120k",
	 .meaning = "The longest body that a request may have. By default "
		"Apache's mod_fcgid answers 500 to a body over 128k. A batch "
		"is at most 1 MiB long, unless its first member alone is "
		"longer."},
	{"api", "max_hooks", CONF_UINT, AT(api.max_hooks), {1, 1000000},
	 "1000",
	 .meaning = "How many hooks an organization may have."},
	{"api", "max_due", CONF_UINT, AT(api.max_due), {1, MANY}, "1000000",
	 .meaning = "How many deliveries of an organization may wait. Beyond "
		"it, publishing by HTTP is answered with 429 and "
		"`Retry-After`, and rows inserted with SQL are rejected. "
		"Held deliveries do not count."},
	{"api", "max_stored", CONF_SIZE, AT(api.max_stored),
	 {1024, INT64_C(1024) << 30}, "10g",
	 .meaning = "How many bytes of payloads and answers an organization may "
		"have in the database. From half of it on answers are kept "
		"without headers and body. Beyond it publishing by HTTP is "
		"answered with 429 and `Retry-After`, and rows inserted "
		"with SQL are rejected, until retention, or "
		"`DELETE /v2/deliveries?until=`, has removed some."},
	{"api", "page_size", CONF_UINT, AT(api.page_size), {1, 1000}, "100",
	 .meaning = "How many entries a list has when the request has no "
		"`?limit=`."},
	{"api", "max_requests", CONF_UINT, AT(api.max_requests), {1, MANY},
	 "10000",
	 .meaning = "After this many requests a process of `hooks.fcgi` starts "
		"itself again."},
	{"api", "kick", CONF_BOOL, AT(api.kick), .initial = "yes",
	 .meaning = "Whether a request that leaves something to send starts a "
		"run of the sender when none is alive, at most one in 10 s; "
		"it goes on until 15 s after its last delivery. The run has "
		"this configuration and this program's user. Nothing is "
		"started where cron's sender is another user's or another "
		"machine's."},
	{"api", "metrics_allow", CONF_LIST, AT(api.metrics_allow),
	 .initial = "", .empty = "none",
	 .meaning = "The networks whose clients may read `/metrics` without a "
		"key, when no header of the request says that it was forwarded "
		"for somebody else. Not every proxy adds such a header: behind "
		"one, do not name the proxy's address."},

	{"sender", "linger", CONF_DURATION, AT(sender.linger), {0, DAY}, "60s",
	 .meaning = "How long a run of `hooks-send` delivers what becomes due. "
		"After that it goes on until the next run is there to take "
		"over, for 10 s at most; so it should be the time between two "
		"starts by cron."},
	{"sender", "concurrency", CONF_UINT, AT(sender.concurrency), {1, 4096},
	 "256",
	 .meaning = "How many requests may be in flight at the same time. "
		"There are fewer where the process may not open so many "
		"files."},
	{"sender", "hook_concurrency", CONF_UINT, AT(sender.hook_concurrency),
	 {1, 1024}, "32",
	 .meaning = "How many of these requests may be for the same hook."},
	{"sender", "workers", CONF_UINT, AT(sender.workers), {0, 64}, "0",
	 .meaning = "How many processes deliver. The number 0 stands for one "
		"for each processor core that the sender may use, at most 4, "
		"and at most a third of the connections that its account in "
		"the database may have."},
	{"sender", "connect_timeout", CONF_DURATION, AT(sender.connect_timeout),
	 {100, 300000}, "5s",
	 .meaning = "The time within which a connection must be made. A "
		"shorter `timeout` shortens it too."},
	{"sender", "timeout", CONF_DURATION, AT(sender.timeout), {100, 600000},
	 "15s",
	 .meaning = "The time for the whole of an attempt, connecting "
		"included."},
	{"sender", "retry_schedule", CONF_SCHEDULE, AT(sender.retry_schedule),
	 {0, 30 * DAY}, "5s 5m 30m 2h 5h 10h 14h 20h 24h", "no second attempt",
	 "The waits after the first, the second and further attempts that "
		"failed. The delivery has failed when the attempt after the "
		"last wait fails too: with the default, after a little more "
		"than three days."},
	{"sender", "retry_jitter", CONF_FRACTION, AT(sender.retry_jitter),
	 {0, 1}, "0.2",
	 .meaning = "Up to this share of a wait is added at random, so that "
		"deliveries that failed together do not come back together."},
	{"sender", "disable_after", CONF_DURATION, AT(sender.disable_after),
	 {1000, 365 * DAY}, "5d",
	 .meaning = "A hook is disabled when every attempt has failed for this "
		"long, at least five of them. A long time in which nothing was "
		"tried does not count."},
	{"sender", "lease", CONF_DURATION, AT(sender.lease), {1000, DAY}, "60s",
	 .meaning = "How long a sender owns a hook's queue without renewing "
		"that. When a sender has died, it takes this long until "
		"another one goes on. It must be at least `timeout` and 5 "
		"seconds more, and the same for all senders of a database."},
	{"sender", "response_limit", CONF_SIZE, AT(sender.response_limit),
	 {0, 1024 * 1024}, "16k",
	 .meaning = "How much of a receiver's answer is kept with the "
		"attempt, of headers and of the body each. Of an answer that "
		"delivered at most 2k are kept, of both together. When an "
		"organization has kept 64 times `response_limit` within a "
		"second, a worker keeps 512 bytes of each answer that comes "
		"in the rest of it."},
	{"sender", "ca_file", CONF_STRING, AT(sender.ca_file),
	 .empty = "the system's",
	 .meaning = "A file with the certificate authorities to trust."},
	{"sender", "bind_address", CONF_STRING, AT(sender.bind_address),
	 .empty = "none",
	 .meaning = "The address of this host that requests leave from, for "
		"receivers that let in certain addresses only. With an IPv4 "
		"address only IPv4 is used, with an IPv6 one only IPv6."},
	{"sender", "user_agent", CONF_STRING, AT(sender.user_agent),
	 .empty = "vyte-hooks/VERSION",
	 .meaning = "The `User-Agent` header of the requests."},
	{"sender", "poll", CONF_DURATION, AT(sender.poll), {10, 60000},
	 "250ms",
	 .meaning = "How long a sender without work may leave unseen what is "
		"published with SQL. It asks the database once in so long, "
		"with one statement, and more often while something comes. "
		"More is for hosts that count the statements of an account."},
	{"sender", "state_dir", CONF_STRING, AT(sender.state_dir),
	 .empty = "the installation's var/lib/vyte-hooks if that belongs to "
		"the sender's user, else .vyte-hooks in the user's home "
		"directory; in a bundle its folder var",
	 .meaning = "The folder for files that outlive a run of the sender: the "
		"lock that keeps a second sender of the same database from "
		"working on this host, notes of its reports and of the "
		"database's latest state, and the FIFO with which publishers "
		"wake it; for the API, the table of each organization's "
		"share. It must belong to the sender's user "
		"alone, with mode 0700; it is made if missing."},

	{"targets", "allow_http", CONF_BOOL, AT(targets.allow_http),
	 .initial = "no",
	 .meaning = "Whether a `target_url` may begin with `http://`. This is "
		"for trials only."},
	{"targets", "allow_networks", CONF_LIST, AT(targets.allow_networks),
	 .empty = "none",
	 .meaning = "The networks that deliveries may go to although they are "
		"private or special, such as `10.1.0.0/16`. All others of that "
		"kind are refused at every connection."},
	{"targets", "deny_networks", CONF_LIST, AT(targets.deny_networks),
	 .empty = "none",
	 .meaning = "The networks that deliveries never go to. It wins over "
		"`allow_networks`."},
	{"targets", "ports", CONF_LIST, AT(targets.ports),
	 .empty = "any",
	 .meaning = "The ports that deliveries may go to: numbers, or two "
		"numbers with a `-` between them."},
	{"targets", "own_ports", CONF_LIST, AT(targets.own_ports),
	 .initial = "80 443", .empty = "none",
	 .meaning = "The ports on which this host's own public addresses may "
		"be reached. What answers there may be meant for visitors from "
		"this host alone, so only the status of its answers is kept, "
		"unless `allow_networks` has the address."},
	{"targets", "own_addresses", CONF_LIST, AT(targets.own_addresses),
	 .initial = "auto",
	 .meaning = "This host's own addresses: `auto` stands for those of its "
		"interfaces, and addresses that are named come in addition, "
		"such as the public one of a host that others reach through "
		"address translation. After a `=`, as in `= 192.0.2.1`, only "
		"the named addresses count. Where the interfaces cannot be "
		"asked, the sender refuses to start until all are named in "
		"this way."},

	{"retention", "deliveries", CONF_DURATION, AT(retention.deliveries),
	 {1000, 3650 * DAY}, "30d",
	 .meaning = "How long a delivery is kept after it finished, and the "
		"counts by the hour for plots. Counts by the minute are kept "
		"for two days. The sender removes old rows bit by bit; "
		"`hooks-admin purge` does it at once."},
	{"retention", "notifications", CONF_DURATION,
	 AT(retention.notifications), {1000, 3650 * DAY}, "30d",
	 .meaning = "How long a notification is kept that no delivery needs. "
		"It is kept at least as long as its idempotency key."},
	{"retention", "held", CONF_DURATION, AT(retention.held),
	 {1000, 3650 * DAY}, "30d",
	 .meaning = "A delivery that was held for this long fails with the "
		"reason `held_too_long`, and hooks of the action `delivery.failed` "
		"are told."},
	{"retention", "idempotency", CONF_DURATION, AT(retention.idempotency),
	 {1000, 365 * DAY}, "24h",
	 .meaning = "How long an idempotency key is remembered."},

	{"notify", "mail_to", CONF_LIST, AT(notify.mail_to),
	 .empty = "nobody",
	 .meaning = "The addresses that get a mail when the service has "
		"disabled a hook or given up deliveries. It is a digest, at "
		"most one an hour."},
	{"notify", "mail_from", CONF_STRING, AT(notify.mail_from),
	 .empty = "vyte-hooks at this host's name",
	 .meaning = "The address that the mail comes from."},
	{"notify", "smtp", CONF_STRING, AT(notify.smtp),
	 .initial = "smtp://localhost:25",
	 .meaning = "The mail server, as a URL of `smtp://` (TLS is used if it "
		"is offered) or `smtps://`, without a user or a password. A "
		"mail that it does not accept is repeated with the next one."},

	{"secrets", "key_file", CONF_STRING, AT(secrets.key_file),
	 .empty = "none",
	 .meaning = "A file of exactly 32 random bytes, made for example with "
		"`head -c 32 /dev/urandom`, with which the hooks' secrets and "
		"the values of their `headers` are encrypted in the database "
		"(AES-256-GCM). Without it they "
		"are stored as they are. Secrets that were stored before it "
		"was set are read as they are until "
		"`hooks-admin secret rewrite` encrypts them. A file that "
		"everybody can read or write is refused. When the file is lost, so are "
		"the secrets: hooks whose secret cannot be read get nothing "
		"until they have a new one."},
};

/* clang-format on */

enum { ROWS = sizeof(conf_rows) / sizeof(conf_rows[0]) };

const size_t conf_row_count = ROWS;

_Static_assert((int)ROWS <= (int)CONF_KEY_MAX, "conf.line is too short");

const struct conf_row *conf_row_find(const char *section, const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(conf_rows[i].section, section) == 0 &&
		    strcmp(conf_rows[i].name, name) == 0)
			return &conf_rows[i];
	return NULL;
}

bool conf_row_is_section(const char *section)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(conf_rows[i].section, section) == 0)
			return true;
	return false;
}

const char *conf_row_like(const char *section, const char *name)
{
	bool known = conf_row_is_section(section);
	struct nearest n;

	nearest_init(&n, known ? name : section);
	for (size_t i = 0; i < ROWS; i++) {
		const struct conf_row *k = &conf_rows[i];

		if (!known)
			nearest_try(&n, k->section);
		else if (strcmp(k->section, section) == 0)
			nearest_try(&n, k->name);
	}
	return n.best;
}
