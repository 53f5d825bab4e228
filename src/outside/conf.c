/* SPDX-License-Identifier: MIT */
/*
 * conf: the uses of the table of keys: defaults, reading (inih calls us for
 * each line), printing.
 */
#include "outside/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#include "base/log.h"
#include "outside/conf_check.h"
#include "outside/conf_file.h"
#include "outside/conf_retired.h"
#include "outside/conf_row.h"
#include "outside/conf_value.h"
#include "outside/crypt.h"

static void *slot(struct conf *c, const struct conf_row *k)
{
	return (char *)c + k->at;
}

static const void *value_of(const struct conf *c, const struct conf_row *k)
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
	char *value; /* in that line, if it is too long for inih; else NULL */
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

/* The row of a key that only an earlier version had, or -1. */
static int find_retired(const char *section, const char *name)
{
	for (int i = 0; conf_retired[i].section; i++)
		if (strcmp(conf_retired[i].section, section) == 0 &&
		    strcmp(conf_retired[i].name, name) == 0)
			return i;
	return -1;
}

static bool is_section(const char *section)
{
	if (conf_row_is_section(section))
		return true;
	for (int i = 0; conf_retired[i].section; i++)
		if (strcmp(conf_retired[i].section, section) == 0)
			return true;
	return false;
}

static void set_known(struct reader *r, const struct conf_row *k,
		      const char *value)
{
	unsigned *line = &r->c->line[k - conf_rows];
	const char *why = *line ? "is set twice"
				: conf_value_parse(k->type, slot(r->c, k),
						   value, &k->range);

	*line = r->line;
	if (!why)
		return;
	complain(r->c, r->line, k->section, k->name, why);
	r->failed = true;
}

static void complain_unknown(const struct reader *r, const char *section,
			     const char *name)
{
	const char *like = conf_row_like(section, name);
	char why[128];

	snprintf(why, sizeof(why), "%s%s%s%s",
		 is_section(section) ? "is not a known key"
				     : "stands in an unknown section",
		 like ? " (nearest: " : "", like ? like : "", like ? ")" : "");
	complain(r->c, r->line, section, name, why);
}

/* inih calls this for each key; 0 stops it. */
static int set(void *arg, const char *section, const char *name,
	       const char *value)
{
	struct reader *r = arg;
	const struct conf_row *k = conf_row_find(section, name);
	int retired = k ? -1 : find_retired(section, name);

	if (k) {
		set_known(r, k, r->value ? r->value : value);
	} else if (retired >= 0) {
		r->c->retired[retired] = r->line;
	} else {
		complain_unknown(r, section, name);
		r->failed = true;
	}
	return !r->failed;
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
		return true; /* one complaint is enough */
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
	r->unknown = is_section(name) ? 0 : r->line;
	return true;
}

/* Cuts off a comment at its end, and the blanks around it, as inih does. */
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

/* A line longer than inih's own 200 bytes is split: inih gets the key, and
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
	const struct conf_row *k = conf_row_find(section, key);

	return k ? c->line[k - conf_rows] : 0;
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

static void set_defaults(struct conf *c)
{
	for (size_t i = 0; i < conf_row_count; i++) {
		const struct conf_row *k = &conf_rows[i];

		conf_value_parse(k->type, slot(c, k),
				 k->initial ? k->initial : "", &k->range);
	}
}

static FILE *load_open(const struct conf *c, struct stat *st)
{
	FILE *in = fopen(c->file, "re");

	if (in && fstat(fileno(in), st) == 0)
		return in;
	log_error("%s: %s%s", c->file, strerror(errno),
		  errno == ENOENT ? ": begin with examples/hooks.conf; "
				    "-c or HOOKS_CONFIG names another"
				  : "");
	if (in)
		fclose(in);
	return NULL;
}

static enum err check_file(const struct conf *c, const char *why)
{
	if (!why)
		return ERR_OK;
	log_error("%s: %s", c->file, why);
	return ERR_CONFIG;
}

enum err conf_load(struct conf *c, const char *file)
{
	struct stat st;
	bool beside;
	enum err e;
	FILE *in;

	*c = (struct conf){.file = conf_file_find(file, &beside)};
	set_defaults(c);
	in = load_open(c, &st);
	if (!in)
		return ERR_CONFIG;
	e = check_file(c, conf_file_refuse(&st, beside));
	if (!e)
		e = read_file(c, in);
	fclose(in);
	return e ? e : conf_check(c, &st);
}

bool conf_warn(const struct conf *c)
{
	bool any = false;

	for (int i = 0; conf_retired[i].section; i++) {
		if (!c->retired[i])
			continue;
		log_warn("%s:%u: [%s] %s is a key of an earlier version and "
			 "has no effect: %s",
			 c->file, c->retired[i], conf_retired[i].section,
			 conf_retired[i].name, conf_retired[i].instead);
		any = true;
	}
	return any;
}

void conf_release(struct conf *c)
{
	for (size_t i = 0; i < conf_row_count; i++)
		conf_value_release(conf_rows[i].type, slot(c, &conf_rows[i]));
	free(c->file);
	c->file = NULL;
	crypt_wipe(c->secrets.key, sizeof(c->secrets.key));
}

void conf_each(const struct conf *c,
	       void (*each)(void *arg, const char *section, const char *key,
			    const char *value),
	       void *arg)
{
	struct buf text;

	buf_init(&text, 64 * 1024);
	for (size_t i = 0; i < conf_row_count; i++) {
		buf_clear(&text);
		conf_value_format(conf_rows[i].type, &text,
				  value_of(c, &conf_rows[i]));
		each(arg, conf_rows[i].section, conf_rows[i].name, text.data);
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
