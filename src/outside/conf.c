/* SPDX-License-Identifier: MIT */
/*
 * conf: the table of keys, and what is done with it: defaults, reading (inih
 * calls us for each line), printing.
 */
#include "outside/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#include "base/log.h"
#include "base/mem.h"
#include "outside/conf_check.h"
#include "outside/conf_value.h"

#define AT(field) offsetof(struct conf, field)
#define DAY INT64_C(86400000)

/* A row should look like a row. */
/* clang-format off */
static const struct key {
	const char *section, *name, *initial;
	enum conf_type type;
	size_t at;
	struct conf_range range;
} keys[] = {
	{"database", "socket", "", CONF_STRING, AT(database.socket), {0, 0}},
	{"database", "host", "localhost", CONF_STRING, AT(database.host),
	 {0, 0}},
	{"database", "port", "3306", CONF_UINT, AT(database.port), {1, 65535}},
	{"database", "user", "", CONF_STRING, AT(database.user), {0, 0}},
	{"database", "password", "", CONF_SECRET, AT(database.password),
	 {0, 0}},
	{"database", "password_file", "", CONF_STRING,
	 AT(database.password_file), {0, 0}},
	{"database", "name", "vyte_hooks", CONF_STRING, AT(database.name),
	 {0, 0}},
	{"database", "tls_ca", "", CONF_STRING, AT(database.tls_ca), {0, 0}},

	{"api", "base_path", "", CONF_STRING, AT(api.base_path), {0, 0}},
	{"api", "max_body", "120k", CONF_SIZE, AT(api.max_body),
	 {1024, 16 * 1024 * 1024 - 1}},
	{"api", "max_hooks", "1000", CONF_UINT, AT(api.max_hooks),
	 {1, 1000000}},
	{"api", "max_due", "1000000", CONF_UINT, AT(api.max_due),
	 {1, INT64_C(1000000000)}},
	{"api", "page_size", "100", CONF_UINT, AT(api.page_size), {1, 1000}},
	{"api", "max_requests", "10000", CONF_UINT, AT(api.max_requests),
	 {1, INT64_C(1000000000)}},
	{"api", "metrics_allow", "127.0.0.0/8, ::1", CONF_LIST,
	 AT(api.metrics_allow), {0, 0}},

	{"sender", "linger", "55s", CONF_DURATION, AT(sender.linger), {0, DAY}},
	{"sender", "concurrency", "256", CONF_UINT, AT(sender.concurrency),
	 {1, 4096}},
	{"sender", "hook_concurrency", "32", CONF_UINT,
	 AT(sender.hook_concurrency), {1, 1024}},
	{"sender", "workers", "0", CONF_UINT, AT(sender.workers), {0, 64}},
	{"sender", "connect_timeout", "5s", CONF_DURATION,
	 AT(sender.connect_timeout), {100, 300000}},
	{"sender", "timeout", "15s", CONF_DURATION, AT(sender.timeout),
	 {100, 600000}},
	{"sender", "retry_schedule", "5s 5m 30m 2h 5h 10h 14h 20h 24h", CONF_SCHEDULE,
	 AT(sender.retry_schedule), {0, 30 * DAY}},
	{"sender", "retry_jitter", "0.2", CONF_FRACTION,
	 AT(sender.retry_jitter), {0, 1}},
	{"sender", "disable_after", "5d", CONF_DURATION,
	 AT(sender.disable_after), {1000, 365 * DAY}},
	{"sender", "lease", "60s", CONF_DURATION, AT(sender.lease),
	 {1000, DAY}},
	{"sender", "response_limit", "16k", CONF_SIZE,
	 AT(sender.response_limit), {0, 1024 * 1024}},
	{"sender", "ca_file", "", CONF_STRING, AT(sender.ca_file), {0, 0}},
	{"sender", "user_agent", "vyte-hooks/" PACKAGE_VERSION_TEXT, CONF_STRING,
	 AT(sender.user_agent), {0, 0}},
	{"sender", "lock_file", "", CONF_STRING, AT(sender.lock_file), {0, 0}},

	{"targets", "allow_http", "no", CONF_BOOL, AT(targets.allow_http),
	 {0, 0}},
	{"targets", "allow_networks", "", CONF_LIST, AT(targets.allow_networks),
	 {0, 0}},
	{"targets", "deny_networks", "", CONF_LIST, AT(targets.deny_networks),
	 {0, 0}},
	{"targets", "ports", "", CONF_LIST, AT(targets.ports), {0, 0}},
	{"targets", "own_ports", "80 443", CONF_LIST, AT(targets.own_ports),
	 {0, 0}},

	{"retention", "deliveries", "30d", CONF_DURATION,
	 AT(retention.deliveries), {1000, 3650 * DAY}},
	{"retention", "notifications", "30d", CONF_DURATION,
	 AT(retention.notifications), {1000, 3650 * DAY}},
	{"retention", "held", "30d", CONF_DURATION, AT(retention.held),
	 {1000, 3650 * DAY}},
	{"retention", "idempotency", "24h", CONF_DURATION,
	 AT(retention.idempotency), {1000, 365 * DAY}},

	{"notify", "mail_to", "", CONF_LIST, AT(notify.mail_to), {0, 0}},
	{"notify", "mail_from", "", CONF_STRING, AT(notify.mail_from), {0, 0}},
	{"notify", "smtp", "smtp://localhost:25", CONF_STRING, AT(notify.smtp),
	 {0, 0}},

	{"secrets", "key_file", "", CONF_STRING, AT(secrets.key_file), {0, 0}},
};

/* clang-format on */

#define KEYS (sizeof(keys) / sizeof(keys[0]))

_Static_assert(KEYS <= (size_t)CONF_KEY_MAX, "conf.line is too short");

static void *slot(struct conf *c, const struct key *k)
{
	return (char *)c + k->at;
}

static const void *value_of(const struct conf *c, const struct key *k)
{
	return (const char *)c + k->at;
}

/* ---- reading ---- */

struct reader {
	struct conf *c;
	FILE *in;
	unsigned line;	  /* of the last one read */
	unsigned unknown; /* of an unknown heading without a key so far */
	bool too_long, failed;
	int trouble; /* errno of the read that ended it */
	char text[8192];
	char *value; /* in it, when inih's own line cannot hold it; or NULL */
};

static enum err complain(const struct conf *c, unsigned line,
			 const char *section, const char *key, const char *why)
{
	if (line)
		log_error("%s:%u: [%s] %s %s", c->file, line, section, key,
			  why);
	else
		log_error("%s: [%s] %s %s", c->file, section, key, why);
	return ERR_CONFIG;
}

static const struct key *find(const char *section, const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].section, section) == 0 &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static bool known_section(const char *section)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].section, section) == 0)
			return true;
	return false;
}

/* inih calls this for each key; 0 stops it. */
static int set(void *arg, const char *section, const char *name,
	       const char *value)
{
	struct reader *r = arg;
	const struct key *k = find(section, name);
	const char *why;

	if (r->value)
		value = r->value;
	if (!k)
		why = known_section(section) ? "is not a known key"
					     : "stands in an unknown section";
	else if (r->c->line[k - keys])
		why = "is set twice";
	else
		why = conf_value_parse(k->type, slot(r->c, k), value,
				       &k->range);
	if (why) {
		complain(r->c, r->line, section, name, why);
		r->failed = true;
		return 0;
	}
	r->c->line[k - keys] = r->line;
	return 1;
}

static bool heading(const char *line, char *name, size_t room)
{
	size_t n = strcspn(++line, "]");

	if (n >= room || line[n] != ']')
		return false;
	memcpy(name, line, n);
	name[n] = '\0';
	return true;
}

static bool bad_heading(struct reader *r, unsigned line)
{
	log_error("%s:%u: not the heading of a known section", r->c->file,
		  line);
	r->failed = true;
	return false;
}

/* inih reports sections only by their keys, so one that is unknown and empty
 * would pass unseen; `line` is NULL at the end of the file. */
static bool heading_is_known(struct reader *r, const char *line)
{
	char name[32];

	if (r->failed)
		return true; /* said enough */
	if (line) {
		line += strspn(line, " \t");
		if (*line != '[')
			return true;
	}
	if (r->unknown)
		return bad_heading(r, r->unknown);
	if (!line)
		return true;
	if (!heading(line, name, sizeof(name)))
		return bad_heading(r, r->line);
	r->unknown = known_section(name) ? 0 : r->line;
	return true;
}

/* Without a comment behind it, and without blanks around, as inih does it. */
static char *trim(char *s)
{
	static const char blank[] = " \t\v\f\r\n";
	size_t n = 0;

	while (s[n] && !(s[n] == ';' && n && strchr(blank, s[n - 1])))
		n++;
	while (n && strchr(blank, s[n - 1]))
		n--;
	s[n] = '\0';
	return s + strspn(s, blank);
}

/* What is longer than inih's own 200 bytes goes past it: it gets the key, and
 * set() the value. A comment can be cut. */
static bool shorten(struct reader *r, char *line, size_t size)
{
	size_t n = strcspn(r->text, "=:");

	if (strchr("#;", r->text[strspn(r->text, " \t")])) {
		line[0] = '\0';
		return true;
	}
	if (!r->text[n] || n + sizeof("=x") > size)
		return false;
	memcpy(line, r->text, n);
	memcpy(line + n, "=x", sizeof("=x"));
	r->value = trim(r->text + n + 1);
	return true;
}

/* inih asks for a line: counted here, because it does not tell its own
 * count. */
static char *next_line(char *line, int size, void *arg)
{
	struct reader *r = arg;
	char *got = fgets(r->text, sizeof(r->text), r->in);
	size_t room = (size_t)size;

	r->value = NULL;
	if (!got) {
		r->trouble = errno; /* if it is one: a folder is read so */
		heading_is_known(r, NULL);
		return NULL;
	}
	r->line++;
	r->too_long = !strchr(r->text, '\n') && !feof(r->in);
	if (!r->too_long && strlen(r->text) < room)
		memcpy(line, r->text, strlen(r->text) + 1);
	else if (!r->too_long)
		r->too_long = !shorten(r, line, room);
	if (r->too_long)
		return NULL;
	return heading_is_known(r, line) ? line : NULL;
}

static enum err read_file(struct conf *c, FILE *in)
{
	struct reader r = {.c = c, .in = in};
	int bad = ini_parse_stream(next_line, &r, set, &r);

	if (r.failed)
		return ERR_CONFIG;
	if (ferror(in)) {
		log_error("%s: %s", c->file, strerror(r.trouble));
		return ERR_CONFIG;
	}
	if (r.too_long) {
		log_error("%s:%u: the line is too long", c->file, r.line);
		return ERR_CONFIG;
	}
	if (bad) {
		log_error("%s:%d: neither a [section], a key = value nor a "
			  "comment",
			  c->file, bad);
		return ERR_CONFIG;
	}
	return ERR_OK;
}

/* ---- what others find wrong ---- */

static unsigned line_of(const struct conf *c, const char *section,
			const char *key)
{
	const struct key *k = find(section, key);

	return k ? c->line[k - keys] : 0;
}

enum err conf_reject(const struct conf *c, const char *section, const char *key,
		     const char *why)
{
	return complain(c, line_of(c, section, key), section, key, why);
}

bool conf_is_set(const struct conf *c, const char *section, const char *key)
{
	return line_of(c, section, key) != 0;
}

/* ---- the public calls ---- */

static const char *which_file(const char *file)
{
	if (!file)
		file = getenv("HOOKS_CONFIG");
	return file && *file ? file : SYSCONFDIR "/vyte-hooks/hooks.conf";
}

enum err conf_load(struct conf *c, const char *file)
{
	struct stat st;
	enum err e;
	FILE *in;

	*c = (struct conf){.file = xstrdup(which_file(file))};
	for (size_t i = 0; i < KEYS; i++)
		conf_value_parse(keys[i].type, slot(c, &keys[i]),
				 keys[i].initial, &keys[i].range);
	in = fopen(c->file, "re");
	if (!in || fstat(fileno(in), &st) != 0) {
		log_error("%s: %s%s", c->file, strerror(errno),
			  errno == ENOENT ? ": begin with examples/hooks.conf; "
					    "-c or HOOKS_CONFIG names another"
					  : "");
		if (in)
			fclose(in);
		return ERR_CONFIG;
	}
	e = read_file(c, in);
	fclose(in);
	return e ? e : conf_check(c, &st);
}

void conf_release(struct conf *c)
{
	for (size_t i = 0; i < KEYS; i++)
		conf_value_release(keys[i].type, slot(c, &keys[i]));
	free(c->file);
	c->file = NULL;
}

void conf_each(const struct conf *c,
	       void (*each)(void *arg, const char *section, const char *key,
			    const char *value),
	       void *arg)
{
	struct buf text;

	buf_init(&text, 64 * 1024);
	for (size_t i = 0; i < KEYS; i++) {
		buf_clear(&text);
		conf_value_format(keys[i].type, &text, value_of(c, &keys[i]));
		each(arg, keys[i].section, keys[i].name, text.data);
	}
	buf_release(&text);
}

struct printer {
	struct buf *out;
	const char *section;
};

static void print_one(void *arg, const char *section, const char *key,
		      const char *value)
{
	struct printer *p = arg;

	if (!p->section || strcmp(p->section, section) != 0)
		buf_printf(p->out, "%s[%s]\n", p->section ? "\n" : "", section);
	p->section = section;
	buf_printf(p->out, "%s = %s\n", key, value);
}

void conf_print(const struct conf *c, struct buf *out)
{
	struct printer p = {.out = out};

	conf_each(c, print_one, &p);
}
