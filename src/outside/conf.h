/* SPDX-License-Identifier: MIT */
/*
 * conf: the configuration file, which all three programs read.
 *
 * The table of keys (conf_row) does the parsing, the checking, the unknown-key
 * errors and the printing of the effective values. Values are typed here once;
 * nobody else sees text.
 */
#ifndef HOOKS_CONF_H
#define HOOKS_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "outside/conf_key.h"

enum { CONF_SCHEDULE_MAX = 32, CONF_KEY_MAX = 64, CONF_RETIRED_MAX = 16 };

/* Words of a list, separated by blanks or commas. */
struct conf_list {
	char **word;
	size_t count;
};

struct conf_schedule {
	int64_t delay[CONF_SCHEDULE_MAX]; /* milliseconds */
	size_t count;
};

/* Durations are milliseconds, sizes bytes. Strings are never NULL; an empty
 * one means "not set". All borrowed until conf_release. */
struct conf {
	struct {
		char *socket, *host, *user, *password, *password_file, *name,
			*tls_ca;
		uint64_t port;
	} database;
	struct {
		char *base_path; /* "" or "/prefix", no slash at its end */
		uint64_t max_body, max_hooks, max_due, page_size, max_requests;
		bool kick;
		uint64_t max_stored;
		struct conf_list metrics_allow;
		char *actions; /* "listed" or "any" */
	} api;
	struct {
		int64_t linger, connect_timeout, timeout, disable_after, lease;
		int64_t poll;
		uint64_t concurrency, hook_concurrency, workers;
		uint64_t response_limit;
		struct conf_schedule retry_schedule;
		double retry_jitter;
		char *ca_file, *user_agent, *bind_address, *state_dir;
	} sender;
	struct {
		bool allow_http;
		struct conf_list allow_networks, deny_networks, ports,
			own_ports, own_addresses;
	} targets;
	struct {
		int64_t deliveries, notifications, held, idempotency;
	} retention;
	struct {
		struct conf_list mail_to; /* addresses */
		char *mail_from, *smtp;
	} notify;
	struct {
		char *key_file;
		bool has_key; /* the file is named, and this is in it: */
		unsigned char key[CONF_KEY_SIZE];
	} secrets;

	char *file;		     /* the file these values came from */
	unsigned line[CONF_KEY_MAX]; /* where a key was set, 0: nowhere */
	unsigned
		retired[CONF_RETIRED_MAX]; /* and a key of an earlier version */
};

/* Reads `file`, or the one that $HOOKS_CONFIG names, or the installed file, or
 * the one in the bundle that the program is in. ERR_CONFIG: the fault is in the
 * log, with file, line and key. conf_release() is due in every case.
 */
enum err conf_load(struct conf *c, const char *file);
void conf_release(struct conf *c);

/* Warns in the log of each key that only an earlier version had. Returns
 * whether there is any. conf_load() does not do it, because a program that cron
 * starts every minute should not say it every minute. */
bool conf_warn(const struct conf *c);

/* The key of [secrets] key_file, or NULL. */
static inline const unsigned char *conf_secrets_key(const struct conf *c)
{
	return c->secrets.has_key ? c->secrets.key : NULL;
}

/* Whether every well-formed action may be published and named. */
static inline bool conf_any_action(const struct conf *c)
{
	return strcmp(c->api.actions, "any") == 0;
}

/* Every key with its effective value, as a file that could be read again;
 * passwords left out. */
void conf_print(const struct conf *c, struct buf *out);
/* The same as a JSON-ready walk: calls `each` with section, key and value. */
void conf_each(const struct conf *c,
	       void (*each)(void *arg, const char *section, const char *key,
			    const char *value),
	       void *arg);

/* Checks the values that the sender alone needs: ERR_CONFIG when [sender]
 * ca_file cannot be read, or bind_address is not this host's. Every delivery,
 * or every one over HTTPS, would fail and use up its schedule. */
enum err conf_check_sender(const struct conf *c);

/* Whether the file has this key. */
bool conf_is_set(const struct conf *c, const char *section, const char *key);

/* For checks that need more than one row, or another module: logs that the
 * value of this key is wrong, with file and line. Returns ERR_CONFIG. */
enum err conf_reject(const struct conf *c, const char *section, const char *key,
		     const char *why);

#endif
