/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor_db: the checks that ask the database.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin_doctor.h"
#include "base/clock.h"
#include "base/self.h"
#include "base/text.h"
#include "rules/worker_count.h"
#include "store/store_blocker.h"
#include "store/store_schema.h"
#include "store/store_secret.h"
#include "store/store_settings.h"

enum {
	PACKET_MIN = 16 * 1024 * 1024, /* MariaDB's default */
	WAIT_MIN_S = 60,
	CONNECTIONS_MIN = 10,
	CLOCK_WARN_MS = 2000,
	CLOCK_FAIL_MS = 60000, /* receivers usually allow five minutes */
	SECOND = 1000
};

/* ---- version and settings ---- */

/* "10.11.6-MariaDB" is MariaDB, "8.0.36" is MySQL. */
static void check_server_version(struct doctor *d,
				 const struct store_settings *s)
{
	bool maria = strstr(s->version, "MariaDB") != NULL;
	unsigned long major, minor;
	const char *p = s->version;
	char *end;

	if (strncmp(p, "5.5.5-", 6) == 0) /* MariaDB for old replicas */
		p += 6;
	major = strtoul(p, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (major * 1000 + minor < (maria ? 10003 : 5007))
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "database version",
			   "%s: at least MariaDB 10.3 or MySQL 5.7 is needed",
			   s->version);
	else
		doctor_say(d, VERDICT_OK, 0, "database version", "%s",
			   s->version);
}

static void check_binlog(struct doctor *d, const struct store_settings *s)
{
	if (strcmp(s->log_bin, "ON") == 0 &&
	    strcmp(s->binlog_format, "STATEMENT") == 0)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "binlog_format",
			   "STATEMENT: every write fails with error 1665; set "
			   "it to ROW or MIXED");
	else
		doctor_say(d, VERDICT_OK, 0, "binlog_format", "%s%s",
			   s->binlog_format,
			   strcmp(s->log_bin, "ON") == 0 ? "" : " (no binlog)");
	if (strcmp(s->read_only, "ON") == 0)
		doctor_say(d, VERDICT_WARN, 0, "read_only",
			   "ON: is this a replica? Nothing can be written with "
			   "a plain account");
}

static void check_isolation(struct doctor *d, const struct store_settings *s)
{
	if (strcmp(s->isolation, "READ-COMMITTED") == 0)
		doctor_say(d, VERDICT_OK, 0, "isolation", "%s", s->isolation);
	else
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "isolation",
			   "%s, although READ-COMMITTED was set: check for a "
			   "proxy that does not keep a session's settings",
			   s->isolation);
}

static void check_packet(struct doctor *d, const struct store_settings *s)
{
	unsigned long long packet = s->max_allowed_packet;
	unsigned long long body = d->a->conf.api.max_body;

	if (packet < 2 * body)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "max_allowed_packet",
			   "%llu bytes are too few for [api] max_body = "
			   "%llu: set it to 16M or more",
			   packet, body);
	else if (packet < PACKET_MIN)
		doctor_say(d, VERDICT_WARN, 0, "max_allowed_packet",
			   "%llu bytes: set it to 16M or more, or long answers "
			   "of receivers may not be kept",
			   packet);
	else
		doctor_say(d, VERDICT_OK, 0, "max_allowed_packet", "%llu bytes",
			   packet);
}

static void check_limits(struct doctor *d, const struct store_settings *s)
{
	unsigned long long most = store_settings_connections(s);

	doctor_say(d, s->wait_timeout < WAIT_MIN_S ? VERDICT_WARN : VERDICT_OK,
		   0, "wait_timeout", "%llu s%s",
		   (unsigned long long)s->wait_timeout,
		   s->wait_timeout < WAIT_MIN_S
			   ? ": connections are opened again all the time; set "
			     "it to 60 s or more"
			   : "");
	doctor_say(d, most < CONNECTIONS_MIN ? VERDICT_WARN : VERDICT_OK, 0,
		   "max_connections", "%llu%s", most,
		   most < CONNECTIONS_MIN
			   ? ": each worker of the sender and each process of "
			     "hooks.fcgi needs one, a run's chores another; "
			     "keep [sender] workers and the web server's "
			     "processes below it"
			   : "");
	if (s->flush_log_at_trx_commit == 1)
		doctor_say(d, VERDICT_OK, 0, "innodb_flush_log_at_trx_commit",
			   "1");
	else
		doctor_say(d, VERDICT_WARN, 0, "innodb_flush_log_at_trx_commit",
			   "%llu: notifications of the last second may be lost "
			   "when the machine stops; set it to 1",
			   (unsigned long long)s->flush_log_at_trx_commit);
}

/* ---- who can read it ---- */

static bool is_local(const struct conf *c)
{
	return *c->database.socket || !strcmp(c->database.host, "localhost") ||
	       !strncmp(c->database.host, "127.", 4) ||
	       !strcmp(c->database.host, "::1");
}

static void check_encryption(struct doctor *d)
{
	const struct conf *c = &d->a->conf;
	const char *cipher = db_cipher(d->a->store.db);

	if (cipher)
		doctor_say(d, VERDICT_OK, 0, "encryption", "TLS, %s%s", cipher,
			   *c->database.tls_ca
				   ? ", with the right certificate"
				   : "; nobody checks whose certificate it is "
				     "(set [database] tls_ca)");
	else if (is_local(c))
		doctor_say(d, VERDICT_OK, 0, "encryption",
			   "none, on this host");
	else
		doctor_say(d, VERDICT_WARN, 0, "encryption",
			   "none: anybody on the way to %s can read and "
			   "change everything; set [database] tls_ca",
			   c->database.host);
}

static void check_workers(struct doctor *d, const struct store_settings *s)
{
	uint64_t configured = d->a->conf.sender.workers;
	uint64_t connections = store_settings_connections(s);
	unsigned cores = self_cores();

	if (!configured)
		doctor_say(d, VERDICT_OK, 0, "workers",
			   "%u, for %u cores and %llu connections",
			   worker_count(cores, connections), cores,
			   (unsigned long long)connections);
	else
		doctor_say(d,
			   configured * 2 > connections ? VERDICT_WARN
							: VERDICT_OK,
			   0, "workers", "%llu, as configured%s",
			   (unsigned long long)configured,
			   configured * 2 > connections
				   ? ": they take more than half of the "
				     "account's connections"
				   : "");
}

/* ---- Galera ---- */

static void check_member(struct doctor *d, const struct store_galera *g)
{
	bool whole = strcmp(g->status, "Primary") == 0;

	if (!whole || !g->ready)
		doctor_say(d, VERDICT_FAIL, ERR_TEMP, "galera",
			   "%s%s%s: this node refuses to serve (error 1047), "
			   "because it does not see most of the cluster: check "
			   "its network and the other nodes",
			   g->status, *g->state ? ", " : "", g->state);
	else if (strcmp(g->state, "Synced") != 0)
		doctor_say(d, VERDICT_WARN, 0, "galera",
			   "%s: this node is joining, or helping another node "
			   "to join; commits may wait",
			   g->state);
	else if (g->size == 2)
		doctor_say(d, VERDICT_WARN, 0, "galera",
			   "2 nodes: when one dies, the other stops too; add a "
			   "third, or an arbitrator (garbd)");
	else
		doctor_say(d, VERDICT_OK, 0, "galera",
			   "%llu nodes, %s; keys here are every %llu from "
			   "%llu; wsrep_sync_wait %llu; server_id %llu, which "
			   "must differ between nodes by its last 8 bits",
			   (unsigned long long)g->size, g->state,
			   (unsigned long long)g->step,
			   (unsigned long long)g->first,
			   (unsigned long long)g->sync_wait,
			   (unsigned long long)g->server_id);
}

/* Checks settings without which the nodes drift apart. */
static void check_cluster(struct doctor *d, const struct store_galera *g,
			  const struct store_settings *s)
{
	if (!g->on)
		return;
	check_member(d, g);
	if (strcmp(s->binlog_format, "ROW") != 0)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "galera binlog_format",
			   "%s: a cluster needs ROW", s->binlog_format);
	if (g->autoinc != 2)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG,
			   "galera innodb_autoinc_lock_mode",
			   "%llu: a cluster needs 2",
			   (unsigned long long)g->autoinc);
}

static enum err check_settings(struct doctor *d)
{
	struct store_galera g;
	struct store_settings s;
	enum err e = store_settings_read(&d->a->store, &d->a->arena, &s);

	if (!e)
		e = store_galera_read(&d->a->store, &d->a->arena, &g);
	if (e)
		return e;
	check_encryption(d);
	check_server_version(d, &s);
	check_binlog(d, &s);
	check_isolation(d, &s);
	check_packet(d, &s);
	check_limits(d, &s);
	check_workers(d, &s);
	check_cluster(d, &g, &s);
	return ERR_OK;
}

/* ---- the clock ---- */

static enum err check_clock(struct doctor *d)
{
	int64_t before = clock_wall(), after, theirs, apart;
	enum err e = store_now(&d->a->store, &theirs);

	if (e)
		return e;
	after = clock_wall();
	apart = theirs < before ? before - theirs : theirs - after;
	apart = apart > 0 ? apart : 0;
	if (apart < CLOCK_WARN_MS)
		doctor_say(d, VERDICT_OK, 0, "clock",
			   "%lld ms from the database's", (long long)apart);
	else
		doctor_say(d,
			   apart < CLOCK_FAIL_MS ? VERDICT_WARN : VERDICT_FAIL,
			   ERR_CONFIG, "clock",
			   "%lld s from the database's: one of them is wrong "
			   "(receivers refuse signatures of another time; use "
			   "NTP)",
			   (long long)apart / SECOND);
	return ERR_OK;
}

/* ---- transactions of others ---- */

static enum err check_transactions(struct doctor *d)
{
	enum { LONG_S = 30, LINES = 5 };
	char lines[LINES][STORE_BLOCKER_SIZE];
	size_t n;
	bool seen;
	enum err e = store_blocker_list(&d->a->store, LONG_S, lines, LINES, &n,
					&seen);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		doctor_say(
			d, VERDICT_WARN, 0, "transactions",
			"%s, and holds locks: deliveries that need them wait",
			lines[i]);
	if (!n)
		doctor_say(d, VERDICT_OK, 0, "transactions", "%s",
			   seen ? "none holds locks for half a minute"
				: "not seen without the right PROCESS");
	return ERR_OK;
}

/* ---- tables of others ---- */

static enum err check_strangers(struct doctor *d)
{
	char name[STORE_TABLE_NAME_SIZE];
	enum err e = store_schema_stranger(d->a->store.db, name);

	if (!e && *name)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "tables",
			   "%s is a table of another program: give vyte-hooks "
			   "a database of its own",
			   name);
	return e;
}

/* ---- all of them ---- */

/* The checks that do not depend on the schema and may explain why it is
 * missing. */
static enum err check_server(struct doctor *d)
{
	struct store *s = &d->a->store;
	enum err e;

	store_init_bare(s, &d->a->conf, DB_ADMIN);
	e = db_connect(s->db);
	if (!e)
		e = check_settings(d);
	if (!e)
		e = check_clock(d);
	if (!e)
		e = check_transactions(d);
	if (!e)
		e = check_strangers(d);
	if (e)
		doctor_say(d, VERDICT_FAIL, e, "database", "%s",
			   db_error_text(s->db));
	store_release(s);
	return e;
}

void doctor_database(struct doctor *d)
{
	enum err e = check_server(d);

	store_init(&d->a->store, &d->a->conf, DB_ADMIN);
	if (e)
		return;
	e = store_connect(&d->a->store);
	if (e) {
		doctor_say(d, VERDICT_FAIL, e, "schema",
			   "standard error names the fault");
		return;
	}
	d->schema_fits = true;
	doctor_say(d, VERDICT_OK, 0, "schema", "version %u",
		   store_schema_version());
	e = store_secret_check(&d->a->store);
	if (e == ERR_CONFIG)
		doctor_say(d, VERDICT_FAIL, e, "secrets",
			   "[secrets] key_file does not decrypt the stored "
			   "secrets: restore the right file");
	else if (!e)
		doctor_say(d, VERDICT_OK, 0, "secrets", "can be read");
	e = doctor_queue(d);
	if (e)
		doctor_say(d, VERDICT_FAIL, e, "cron", "%s",
			   db_error_text(d->a->store.db));
}
