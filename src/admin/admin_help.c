/* SPDX-License-Identifier: MIT */
/*
 * admin_help: the table of commands, as text.
 */
#include "admin/admin_help.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/admin_command.h"

enum { OPTION_SIZE = 40, OPTION_COLUMNS = 21 };

static void put_line(struct buf *out, const struct admin_command *c)
{
	buf_printf(out, "  %s%s%s\n      %s\n", c->name, *c->usage ? " " : "",
		   c->usage, c->meaning);
}

void admin_help_all(struct buf *out)
{
	buf_puts(out, "usage: hooks-admin [-c FILE] [--json] COMMAND\n\n");
	for (size_t i = 0; i < admin_command_count; i++)
		put_line(out, &admin_commands[i]);
	buf_puts(out,
		 "\n"
		 "  -c FILE    the configuration; else $HOOKS_CONFIG,\n"
		 "             else " SYSCONFDIR "/vyte-hooks/hooks.conf,\n"
		 "             else ../etc/hooks.conf seen from the "
		 "program\n"
		 "  --json     print JSON\n"
		 "  --help     this text, or a command's page\n"
		 "  --version  the program's version\n"
		 "\n"
		 "Exit status: 0 done, 64 usage, 65 bad data, 69 no such "
		 "thing,\n"
		 "75 database unreachable (try again), "
		 "78 configuration.\n");
}

static void put_option_line(struct buf *out,
			    const struct admin_command_option *o)
{
	char text[OPTION_SIZE];

	snprintf(text, sizeof(text), "--%s%s%s", o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	buf_printf(out, "  %-*s  %s\n", OPTION_COLUMNS, text, o->meaning);
}

void admin_help_page(struct buf *out, const struct admin_command *c)
{
	buf_printf(out, "usage: hooks-admin [-c FILE] [--json] %s%s%s\n\n%s\n",
		   c->name, *c->usage ? " " : "", c->usage, c->meaning);
	if (c->options)
		buf_putc(out, '\n');
	for (unsigned i = 0; i < ADMIN_OPTION_MAX; i++)
		if (c->options & 1U << i)
			put_option_line(out, &admin_command_options[i]);
	buf_printf(out, "\nexample: %s\n", c->example);
}

/* A word such as "key" is not a command, but the first word of several. */
static bool put_group(struct buf *out, const char *word)
{
	size_t n = strlen(word);
	bool any = false;

	for (size_t i = 0; i < admin_command_count; i++) {
		const struct admin_command *c = &admin_commands[i];

		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		put_line(out, c);
		any = true;
	}
	return any;
}

enum err admin_help(struct admin *a)
{
	const struct admin_command *c;
	int used;

	if (!a->args) {
		admin_help_all(&a->out);
		return ERR_OK;
	}
	c = admin_command_find(a->arg, a->args, &used);
	if (c && used == a->args)
		admin_help_page(&a->out, c);
	else if (a->args > 1 || !put_group(&a->out, a->arg[0]))
		return admin_command_unknown(a->arg, a->args);
	return ERR_OK;
}
