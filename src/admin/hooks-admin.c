/* SPDX-License-Identifier: MIT */
/*
 * hooks-admin: the operator's command. This file is the table of commands,
 * the reading of the command line, and the exit status.
 *
 * What a command needs (so many words, these options, the database) is
 * checked here from its row, so a command's function holds only its work.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"

#define OPTION(o) (1U << (o))

enum { OUT_MAX = 1024 * 1024 * 1024, LINE_SIZE = 120 };

/* clang-format off */
static const struct command {
	const char *name, *usage, *help;
	int min, max; /* words behind the name */
	unsigned options;
	enum need { DOES_ALL, NEEDS_CONF, NEEDS_DATABASE } need;
	enum err (*run)(struct admin *a);
} commands[] = {
	{"migrate", "[--dry-run]",
	 "make or update the tables; prints the steps done",
	 0, 0, OPTION(ADMIN_DRY_RUN), NEEDS_CONF, admin_migrate},
	{"config", "[--explain [KEY]]",
	 "check the configuration and print what is in effect, or explain keys",
	 0, 1, OPTION(ADMIN_EXPLAIN), DOES_ALL, admin_config},
	{"org create", "NAME",
	 "make an organization; prints its _id",
	 1, 1, 0, NEEDS_DATABASE, admin_org_create},
	{"org list", "",
	 "prints _id and name of each organization",
	 0, 0, 0, NEEDS_DATABASE, admin_org_list},
	{"org delete", "ORG --yes",
	 "remove an organization and all it has; prints how much",
	 1, 1, OPTION(ADMIN_YES), NEEDS_DATABASE, admin_org_delete},
	{"export", "ORG",
	 "print all that an organization has, as JSON lines",
	 1, 1, 0, NEEDS_DATABASE, admin_export},
	{"key create", "ORG [--role manage|publish|read|run] [--name TEXT]",
	 "make an API key; prints it, this once",
	 1, 1, OPTION(ADMIN_ROLE) | OPTION(ADMIN_NAME), NEEDS_DATABASE,
	 admin_key_create},
	{"key list", "ORG",
	 "prints id, role, name, created and last used of each key",
	 1, 1, 0, NEEDS_DATABASE, admin_key_list},
	{"key revoke", "KEYID",
	 "make a key invalid, for ever",
	 1, 1, 0, NEEDS_DATABASE, admin_key_revoke},
	{"hook create", "ORG URL ACTION",
	 "make a hook with a secret of its own; prints its _id",
	 3, 3, 0, NEEDS_DATABASE, admin_hook_create},
	{"hook list", "ORG",
	 "prints _id, action, state and target_url of each hook",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_list},
	{"hook enable", "ID",
	 "let a hook get its deliveries, held ones too",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_enable},
	{"hook disable", "ID",
	 "hold a hook's deliveries",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_disable},
	{"hook delete", "ID",
	 "delete a hook and cancel its deliveries",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_delete},
	{"secret rewrite", "[--old-key-file FILE]",
	 "store all secrets as [secrets] now says; prints how many",
	 0, 0, OPTION(ADMIN_OLD_KEY_FILE), NEEDS_DATABASE,
	 admin_secret_rewrite},
	{"publish", "ORG ACTION [--user ID] [--idempotency-key K] [FILE|-]",
	 "publish the JSON object in FILE; prints the notification's _id",
	 2, 3, OPTION(ADMIN_USER) | OPTION(ADMIN_IDEMPOTENCY_KEY), NEEDS_DATABASE,
	 admin_publish},
	{"status", "",
	 "prints how the queue stands",
	 0, 0, 0, NEEDS_DATABASE, admin_status},
	{"doctor", "[URL]",
	 "check the installation, one line a check, and the way to a target",
	 0, 1, 0, DOES_ALL, admin_doctor},
	{"verify", "DELIVERY",
	 "print a request as it would be sent now, and a curl line for it",
	 1, 1, 0, NEEDS_DATABASE, admin_verify},
	{"purge", "[--dry-run]",
	 "remove what [retention] keeps no longer; prints how much",
	 0, 0, OPTION(ADMIN_DRY_RUN), NEEDS_DATABASE, admin_purge},
};

static const char *const option_names[ADMIN_OPTION_MAX] = {
	[ADMIN_DRY_RUN] = "--dry-run",
	[ADMIN_EXPLAIN] = "--explain",
	[ADMIN_IDEMPOTENCY_KEY] = "--idempotency-key",
	[ADMIN_NAME] = "--name",
	[ADMIN_OLD_KEY_FILE] = "--old-key-file",
	[ADMIN_ROLE] = "--role",
	[ADMIN_USER] = "--user",
	[ADMIN_YES] = "--yes",
};

/* Values of long options that are not a command's own. */
enum { GLOBAL_JSON = 256, GLOBAL_HELP, GLOBAL_VERSION };

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, ADMIN_DRY_RUN},
	{"explain", no_argument, NULL, ADMIN_EXPLAIN},
	{"idempotency-key", required_argument, NULL, ADMIN_IDEMPOTENCY_KEY},
	{"name", required_argument, NULL, ADMIN_NAME},
	{"old-key-file", required_argument, NULL, ADMIN_OLD_KEY_FILE},
	{"role", required_argument, NULL, ADMIN_ROLE},
	{"user", required_argument, NULL, ADMIN_USER},
	{"yes", no_argument, NULL, ADMIN_YES},
	{"json", no_argument, NULL, GLOBAL_JSON},
	{"help", no_argument, NULL, GLOBAL_HELP},
	{"version", no_argument, NULL, GLOBAL_VERSION},
	{NULL, 0, NULL, 0},
};
/* clang-format on */

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

struct line {
	const char *config;
	bool help, version;
};

/* ---- help ---- */

static void describe(struct buf *out, const struct command *c)
{
	buf_printf(out, "  %s%s%s\n      %s\n", c->name, *c->usage ? " " : "",
		   c->usage, c->help);
}

static void describe_all(struct buf *out)
{
	buf_puts(out, "usage: hooks-admin [-c FILE] [--json] COMMAND\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		describe(out, &commands[i]);
	buf_puts(out, "\n"
		      "  -c FILE    the configuration; else $HOOKS_CONFIG, "
		      "else " SYSCONFDIR "/vyte-hooks/hooks.conf,\n"
		      "             else ../etc/hooks.conf seen from the "
		      "program\n"
		      "  --json     print JSON\n"
		      "  --help     this text, or a command's line of it\n"
		      "  --version  the program's version\n"
		      "\n"
		      "Exit status: 0 done, 64 usage, 65 bad data, 69 no such "
		      "thing,\n"
		      "75 database unreachable (try again), "
		      "78 configuration.\n");
}

/* ---- the command line ---- */

static enum err read_options(int argc, char **argv, struct admin *a,
			     struct line *line)
{
	int got;

	while ((got = getopt_long(argc, argv, "c:", long_options, NULL)) >= 0) {
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

/* Takes as many words off `a` as the command's name has. */
static const struct command *find_command(struct admin *a)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i].name;
		size_t first = strcspn(name, " ");
		int words = name[first] ? 2 : 1;

		if (a->args < words || strlen(a->arg[0]) != first ||
		    strncmp(a->arg[0], name, first) != 0)
			continue;
		if (words == 2 && strcmp(a->arg[1], name + first + 1) != 0)
			continue;
		a->arg += words;
		a->args -= words;
		return &commands[i];
	}
	return NULL;
}

static enum err check_line(const struct command *c, const struct admin *a)
{
	for (unsigned i = 0; i < ADMIN_OPTION_MAX; i++)
		if (a->option[i] && !(c->options & OPTION(i)))
			return admin_usage("not an option of this command",
					   option_names[i]);
	if (a->args < c->min)
		return admin_usage("expected", c->usage);
	if (a->args > c->max)
		return admin_usage("one word too many", a->arg[c->max]);
	return ERR_OK;
}

static enum err unknown_command(const struct admin *a)
{
	char words[LINE_SIZE];

	if (a->args == 0)
		return admin_usage("no command given", "");
	snprintf(words, sizeof(words), "%s%s%s", a->arg[0],
		 a->args > 1 ? " " : "", a->args > 1 ? a->arg[1] : "");
	return admin_usage("no such command", words);
}

/* ---- running ---- */

static enum err run_with_store(const struct command *c, struct admin *a)
{
	enum err e;

	store_init(&a->store, &a->conf, DB_ADMIN);
	e = store_connect(&a->store);
	if (!e)
		e = c->run(a);
	else if (e == ERR_CONFIG)
		goto out; /* has been reported */
	if (e == ERR_TEMP || e == ERR_CONFIG)
		store_complain(a->store.db, &a->conf, e);
out:
	store_release(&a->store);
	return e;
}

static enum err run_command(const struct command *c, struct admin *a,
			    const struct line *line)
{
	enum err e;

	a->config = line->config;
	if (c->need == DOES_ALL)
		return c->run(a);
	e = conf_load(&a->conf, line->config);
	if (!e) {
		conf_warn(&a->conf);
		e = c->need == NEEDS_DATABASE ? run_with_store(c, a)
					      : c->run(a);
	}
	conf_release(&a->conf);
	return e;
}

static enum err dispatch(int argc, char **argv, struct admin *a)
{
	struct line line = {0};
	const struct command *c;
	enum err e = read_options(argc, argv, a, &line);

	if (e)
		return e;
	if (line.version) {
		buf_puts(&a->out, "hooks-admin " PACKAGE_VERSION_TEXT "\n");
		return ERR_OK;
	}
	c = find_command(a);
	if (line.help) {
		if (c)
			describe(&a->out, c);
		else
			describe_all(&a->out);
		return ERR_OK;
	}
	if (!c)
		return unknown_command(a);
	e = check_line(c, a);
	return e ? e : run_command(c, a, &line);
}

int main(int argc, char **argv)
{
	struct admin a = {0};
	enum err e;

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
