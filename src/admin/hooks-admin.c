/* SPDX-License-Identifier: MIT */
/*
 * hooks-admin: the operator's command. This file reads the command line and
 * gives the exit status.
 *
 * The needs of a command (number of words, options, the database) are checked
 * here by its row in the table of commands, so a command's function contains
 * only its work.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/admin.h"
#include "admin/admin_command.h"
#include "admin/admin_help.h"
#include "base/log.h"
#include "base/self.h"
#include "outside/wakeup.h"

enum { OUT_MAX = 1024 * 1024 * 1024, OPTION_SIZE = 40 };

/* The options of every command. */
enum { GLOBAL_JSON = ADMIN_OPTION_MAX, GLOBAL_HELP, GLOBAL_VERSION, OPTIONS };

static const char *const global_options[] = {"json", "help", "version"};

struct line {
	const char *config;
	bool help, version;
};

/* ---- the command line ---- */

/* As getopt_long(3) wants them; the last one stays empty. */
static void list_options(struct option list[OPTIONS + 1])
{
	memset(list, 0, (OPTIONS + 1) * sizeof(*list));
	for (int i = 0; i < OPTIONS; i++) {
		list[i].val = i;
		if (i >= ADMIN_OPTION_MAX) {
			list[i].name = global_options[i - ADMIN_OPTION_MAX];
			continue;
		}
		list[i].name = admin_command_options[i].name;
		if (admin_command_options[i].value)
			list[i].has_arg = required_argument;
	}
}

static enum err read_options(int argc, char **argv, struct admin *a,
			     struct line *line)
{
	struct option list[OPTIONS + 1];
	int got;

	list_options(list);
	while ((got = getopt_long(argc, argv, "c:", list, NULL)) >= 0) {
		if (got == 'c')
			line->config = optarg;
		else if (got == GLOBAL_JSON)
			a->json = true;
		else if (got == GLOBAL_HELP)
			line->help = true;
		else if (got == GLOBAL_VERSION)
			line->version = true;
		else if (got < ADMIN_OPTION_MAX)
			a->option[got] = optarg ? optarg : "";
		else
			return ERR_USAGE; /* getopt_long has said why */
	}
	a->arg = argv + optind;
	a->args = argc - optind;
	return ERR_OK;
}

static enum err unknown_option(enum admin_option o)
{
	char text[OPTION_SIZE];

	snprintf(text, sizeof(text), "--%s", admin_command_options[o].name);
	return admin_usage("not an option of this command", text);
}

static enum err check_line(const struct admin_command *c, const struct admin *a)
{
	for (unsigned i = 0; i < ADMIN_OPTION_MAX; i++)
		if (a->option[i] && !(c->options & 1U << i))
			return unknown_option(i);
	if (a->args < c->min)
		return admin_usage("expected", c->usage);
	if (a->args > c->max)
		return admin_usage("one word too many", a->arg[c->max]);
	return ERR_OK;
}

/* ---- running ---- */

static void wake_sender(const struct admin *a)
{
	struct wakeup w;

	wakeup_init(&w);
	wakeup_send(&w, &a->conf);
	wakeup_release(&w);
}

static enum err run_with_store(const struct admin_command *c, struct admin *a)
{
	bool connected;
	enum err e;

	store_init(&a->store, &a->conf, DB_ADMIN);
	e = store_connect(&a->store);
	connected = !e;
	if (connected)
		e = c->run(a);
	/* Faults of the configuration were reported on connecting. */
	if (e == ERR_TEMP || (e == ERR_CONFIG && connected))
		store_complain(a->store.db, &a->conf, e);
	store_release(&a->store);
	return e;
}

static enum err run_command(const struct admin_command *c, struct admin *a,
			    const struct line *line)
{
	enum err e;

	a->config = line->config;
	if (c->need == DOES_ALL)
		return c->run(a);
	e = conf_load(&a->conf, line->config);
	if (!e) {
		conf_warn(&a->conf);
		e = c->need >= NEEDS_DATABASE ? run_with_store(c, a)
					      : c->run(a);
	}
	if (!e && c->need == WAKES_SENDER)
		wake_sender(a);
	conf_release(&a->conf);
	return e;
}

static enum err dispatch(int argc, char **argv, struct admin *a)
{
	struct line line = {0};
	const struct admin_command *c;
	enum err e = read_options(argc, argv, a, &line);
	int used = 0;

	if (e)
		return e;
	if (line.version) {
		buf_puts(&a->out, "hooks-admin " PACKAGE_VERSION_TEXT "\n");
		return ERR_OK;
	}
	c = admin_command_find(a->arg, a->args, &used);
	if (line.help) {
		if (c)
			admin_help_page(&a->out, c);
		else
			admin_help_all(&a->out);
		return ERR_OK;
	}
	if (!c)
		return admin_command_unknown(a->arg, a->args);
	a->arg += used;
	a->args -= used;
	e = check_line(c, a);
	return e ? e : run_command(c, a, &line);
}

int main(int argc, char **argv)
{
	struct admin a = {0};
	enum err e;

	umask(S_IRWXG | S_IRWXO);
	self_keep_secrets();
	log_open("hooks-admin", LOG_LEVEL_WARN);
	arena_init(&a.arena);
	buf_init(&a.out, OUT_MAX);
	e = dispatch(argc, argv, &a);
	if (!e)
		e = admin_flush(&a);
	buf_release(&a.out);
	arena_release(&a.arena);
	return err_exit(e);
}
