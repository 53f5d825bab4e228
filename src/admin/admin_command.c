/* SPDX-License-Identifier: MIT */
/*
 * admin_command: the table, and finding a row by the words of a command line.
 */
#include "admin/admin_command.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin_help.h"
#include "base/nearest.h"
#include "rules/valid.h"

#define OPTION(o) (1U << (o))

enum { NAME_SIZE = 120 };

/* clang-format off */
const struct admin_command admin_commands[] = {
	{"migrate", "[--dry-run]",
	 "Create or update the tables; print the steps taken.",
	 "hooks-admin migrate",
	 0, 0, OPTION(ADMIN_DRY_RUN), NEEDS_CONF, admin_migrate},
	{"config", "[--explain [KEY]]",
	 "Check the configuration and print the values in effect, or explain keys.",
	 "hooks-admin config --explain timeout",
	 0, 1, OPTION(ADMIN_EXPLAIN), DOES_ALL, admin_config},
	{"org create", "NAME",
	 "Create an organization; print its _id.",
	 "org=$(hooks-admin org create Demo)",
	 1, 1, 0, NEEDS_DATABASE, admin_org_create},
	{"org list", "",
	 "Print _id and name of each organization.",
	 "hooks-admin org list",
	 0, 0, 0, NEEDS_DATABASE, admin_org_list},
	{"org delete", "ORG --yes",
	 "Delete an organization with all its data; print how much that was.",
	 "hooks-admin org delete $org --yes",
	 1, 1, OPTION(ADMIN_YES), NEEDS_DATABASE, admin_org_delete},
	{"export", "ORG",
	 "Print all data of an organization, as lines of JSON.",
	 "hooks-admin export $org >organization.jsonl",
	 1, 1, 0, NEEDS_DATABASE, admin_export},
	{"erase", "ORG --user USER",
	 "Erase what was published about a user, and the user's hooks; print "
	 "how much.",
	 "hooks-admin erase $org --user ada@example.org",
	 1, 1, OPTION(ADMIN_USER), NEEDS_DATABASE, admin_erase_user},
	{"key create", "ORG|--admin [--role manage|publish|read|run] [--name TEXT]",
	 "Create an API key and print it; it cannot be shown again.",
	 "key=$(hooks-admin key create $org --role publish --name shop)",
	 0, 1, OPTION(ADMIN_ADMIN) | OPTION(ADMIN_ROLE) | OPTION(ADMIN_NAME),
	 NEEDS_DATABASE, admin_key_create},
	{"key list", "ORG|--admin",
	 "Print id, role, name, creation and last use of each key.",
	 "hooks-admin key list $org",
	 0, 1, OPTION(ADMIN_ADMIN), NEEDS_DATABASE, admin_key_list},
	{"key revoke", "KEYID",
	 "Make a key invalid for good.",
	 "hooks-admin key revoke $keyid",
	 1, 1, 0, NEEDS_DATABASE, admin_key_revoke},
	{"action list", "[--org ORG]",
	 "Print name and description of each action that can be published.",
	 "hooks-admin action list",
	 0, 0, OPTION(ADMIN_ORG), NEEDS_DATABASE, admin_action_list},
	{"action add", "NAME [--org ORG] [--description TEXT] [--example FILE]",
	 "Add an action to the catalogue, or change its description or example.",
	 "hooks-admin action add booking.confirmed --description 'A booking.'",
	 1, 1, OPTION(ADMIN_ORG) | OPTION(ADMIN_DESCRIPTION) |
	 OPTION(ADMIN_EXAMPLE), NEEDS_DATABASE, admin_action_add},
	{"action remove", "NAME [--org ORG]",
	 "Remove an action from the catalogue; hooks that name it stay.",
	 "hooks-admin action remove booking.confirmed",
	 1, 1, OPTION(ADMIN_ORG), NEEDS_DATABASE, admin_action_remove},
	{"hook create", "ORG URL ACTION",
	 "Create a hook with a secret of its own; print its _id.",
	 "hook=$(hooks-admin hook create $org https://www.example.com/ 'event.*')",
	 3, 3, 0, NEEDS_DATABASE, admin_hook_create},
	{"hook list", "ORG",
	 "Print _id, action, state and target_url of each hook.",
	 "hooks-admin hook list $org",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_list},
	{"hook enable", "ID",
	 "Let a hook get its deliveries, including those that were held.",
	 "hooks-admin hook enable $hook",
	 1, 1, 0, WAKES_SENDER, admin_hook_enable},
	{"hook disable", "ID",
	 "Hold a hook's deliveries.",
	 "hooks-admin hook disable $hook",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_disable},
	{"hook resume", "ID",
	 "Send all that waits for a hook now; print how many deliveries.",
	 "hooks-admin hook resume $hook",
	 1, 1, 0, WAKES_SENDER, admin_hook_resume},
	{"hook delete", "ID",
	 "Delete a hook and cancel its deliveries.",
	 "hooks-admin hook delete $hook",
	 1, 1, 0, NEEDS_DATABASE, admin_hook_delete},
	{"secret rewrite", "[--old-key-file FILE]",
	 "Store secrets and headers again as [secrets] now says; print how "
	 "many.",
	 "hooks-admin secret rewrite",
	 0, 0, OPTION(ADMIN_OLD_KEY_FILE), NEEDS_DATABASE,
	 admin_secret_rewrite},
	{"publish", "ORG ACTION [--user ID] [--idempotency-key K] [--occurred-at T] "
	 "[--deliver-at T] [--expires-at T] [--replace-key K] [FILE|-]",
	 "Publish the JSON object in FILE; print the notification's _id.",
	 "echo '{\"title\":\"Demo\"}' | hooks-admin publish $org event.created",
	 2, 3, OPTION(ADMIN_USER) | OPTION(ADMIN_IDEMPOTENCY_KEY) |
	 OPTION(ADMIN_OCCURRED_AT) | OPTION(ADMIN_DELIVER_AT) |
	 OPTION(ADMIN_EXPIRES_AT) | OPTION(ADMIN_REPLACE_KEY), WAKES_SENDER,
	 admin_publish},
	{"notification cancel", "ORG ID|--replace-key K",
	 "Cancel a notification that is scheduled.",
	 "hooks-admin notification cancel $org --replace-key reminder-4711",
	 1, 2, OPTION(ADMIN_REPLACE_KEY), NEEDS_DATABASE,
	 admin_notification_cancel},
	{"trigger", "--table TABLE --action NAME [--when EXPR] [--columns A,B,...] "
	 "[--on insert|update|delete] [--strict] [--user EXPR] "
	 "[--deliver-at EXPR] [--expires-at EXPR] [--replace-key EXPR] "
	 "[--cancels EXPR] --org ORG",
	 "Print SQL for a trigger that publishes from an application's table; "
	 "EXPR is SQL, with NEW.COLUMN and OLD.COLUMN.",
	 "hooks-admin trigger --table shop.orders --action event.confirmed \\\n"
	 "           --on update --when 'NEW.paid AND NOT OLD.paid' \\\n"
	 "           --org $org >trigger.sql",
	 0, 0, OPTION(ADMIN_TABLE) | OPTION(ADMIN_ACTION) |
	 OPTION(ADMIN_WHEN) | OPTION(ADMIN_COLUMNS) | OPTION(ADMIN_ON) |
	 OPTION(ADMIN_STRICT) | OPTION(ADMIN_USER) |
	 OPTION(ADMIN_DELIVER_AT) | OPTION(ADMIN_EXPIRES_AT) |
	 OPTION(ADMIN_REPLACE_KEY) | OPTION(ADMIN_CANCELS) |
	 OPTION(ADMIN_ORG), NEEDS_DATABASE, admin_trigger},
	{"status", "",
	 "Print the state of the queue.",
	 "hooks-admin status",
	 0, 0, 0, NEEDS_DATABASE, admin_status},
	{"doctor", "[URL]",
	 "Check the installation and the way to a target, a line for each check.",
	 "hooks-admin doctor https://www.example.com/",
	 0, 1, 0, DOES_ALL, admin_doctor},
	{"verify", "DELIVERY",
	 "Print a request as it would be sent now, and a curl command for it.",
	 "hooks-admin verify $delivery",
	 1, 1, 0, NEEDS_DATABASE, admin_verify},
	{"restored", "",
	 "Mark pending deliveries as possible duplicates; print how many.",
	 "hooks-admin restored",
	 0, 0, 0, NEEDS_DATABASE, admin_restored},
	{"purge", "[--dry-run]",
	 "Remove everything older than [retention] allows; print how much.",
	 "hooks-admin purge --dry-run",
	 0, 0, OPTION(ADMIN_DRY_RUN), NEEDS_DATABASE, admin_purge},
	{"help", "[COMMAND]",
	 "Print the page of a command, or all commands.",
	 "hooks-admin help key create",
	 0, 2, 0, DOES_ALL, admin_help},
};

const struct admin_command_option admin_command_options[] = {
	[ADMIN_ACTION] = {"action", "NAME",
		"The action that is published; it is in the catalogue."},
	[ADMIN_ADMIN] = {"admin", NULL,
		"Keys of the role admin, which belong to no organization."},
	[ADMIN_CANCELS] = {"cancels", "EXPR",
		"Cancels the notification that is scheduled with this key."},
	[ADMIN_COLUMNS] = {"columns", "A,B,...",
		"The columns that are published; without it, all but BLOBs."},
	[ADMIN_DELIVER_AT] = {"deliver-at", "T",
		"Not before this time, such as 2021-05-27T08:00:00Z."},
	[ADMIN_DESCRIPTION] = {"description", "TEXT",
		"A sentence about the action, of at most 500 characters."},
	[ADMIN_EXAMPLE] = {"example", "FILE",
		"An example of the resource, a JSON object; - for standard input."},
	[ADMIN_EXPIRES_AT] = {"expires-at", "T",
		"No attempt begins after this time."},
	[ADMIN_DRY_RUN] = {"dry-run", NULL,
		"Print what would be done, and do nothing."},
	[ADMIN_EXPLAIN] = {"explain", NULL,
		"Print meaning, bounds and default of KEY, or of all keys."},
	[ADMIN_IDEMPOTENCY_KEY] = {"idempotency-key", "K",
		"Publish once, however often this is repeated."},
	[ADMIN_NAME] = {"name", "TEXT",
		"The name under which lists show the key."},
	[ADMIN_OCCURRED_AT] = {"occurred-at", "T",
		"When it happened; without it, when it is published."},
	[ADMIN_OLD_KEY_FILE] = {"old-key-file", "FILE",
		"The key file that secrets were encrypted with before."},
	[ADMIN_ON] = {"on", "EVENT",
		"insert (the default), update or delete."},
	[ADMIN_ORG] = {"org", "ORG",
		"The organization; of actions, its own and not the installation's."},
	[ADMIN_REPLACE_KEY] = {"replace-key", "K",
		"The key of a scheduled notification, which is replaced or cancelled."},
	[ADMIN_ROLE] = {"role", "ROLE",
		"manage (everything; the default), publish, read or run."},
	[ADMIN_STRICT] = {"strict", NULL,
		"If publishing fails, the application's statement fails, too."},
	[ADMIN_TABLE] = {"table", "TABLE",
		"The application's table, or DATABASE.TABLE."},
	[ADMIN_USER] = {"user", "ID",
		"The user whom it concerns: 1 to 64 bytes."},
	[ADMIN_WHEN] = {"when", "EXPR",
		"Only rows for which this is true."},
	[ADMIN_YES] = {"yes", NULL,
		"Really delete; without it, only print what would be deleted."},
};
/* clang-format on */

_Static_assert(VALID_DESCRIPTION_MAX == 500, "--description says so");

enum { COMMANDS = sizeof(admin_commands) / sizeof(admin_commands[0]) };

const size_t admin_command_count = COMMANDS;

_Static_assert(sizeof(admin_command_options) /
			       sizeof(admin_command_options[0]) ==
		       ADMIN_OPTION_MAX,
	       "an option has no row");

const struct admin_command *admin_command_find(char *const *words, int count,
					       int *used)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = admin_commands[i].name;
		size_t first = strcspn(name, " ");
		int need = name[first] ? 2 : 1;

		if (count < need || strlen(words[0]) != first ||
		    strncmp(words[0], name, first) != 0)
			continue;
		if (need == 2 && strcmp(words[1], name + first + 1) != 0)
			continue;
		*used = need;
		return &admin_commands[i];
	}
	return NULL;
}

/* The nearest name, of one word or of two, since arguments may follow. */
static const char *like(const char *first, const char *both)
{
	struct nearest one, two;

	nearest_init(&one, first);
	nearest_init(&two, both);
	for (size_t i = 0; i < COMMANDS; i++) {
		nearest_try(&one, admin_commands[i].name);
		nearest_try(&two, admin_commands[i].name);
	}
	return two.best ? two.best : one.best;
}

enum err admin_command_unknown(char *const *words, int count)
{
	char both[NAME_SIZE], about[2 * NAME_SIZE];
	const char *best;

	if (count == 0)
		return admin_usage("no command given", "");
	snprintf(both, sizeof(both), "%s%s%s", words[0], count > 1 ? " " : "",
		 count > 1 ? words[1] : "");
	best = like(words[0], both);
	snprintf(about, sizeof(about), "%s%s%s", both,
		 best ? "; nearest: " : "", best ? best : "");
	return admin_usage("no such command", about);
}
