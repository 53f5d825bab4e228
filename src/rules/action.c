/* SPDX-License-Identifier: MIT */
/*
 * action: a table of what the service publishes, and the grammar of names.
 */
#include "rules/action.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct action operationals[] = {
	{ACTION_HOOK_DISABLED,
	 "A hook was disabled because its deliveries only failed or its "
	 "receiver answered 410; the resource is the hook.",
	 true},
	{ACTION_DELIVERY_FAILED,
	 "A delivery failed after its last attempt, or was held for too "
	 "long; the resource is the delivery.",
	 true},
	{ACTION_PING, "A test delivery to one hook, sent when asked for.",
	 false},
};

static const char *const reserved[] = {"hook", "delivery", "ping"};

static const struct action *find_operational(const char *name)
{
	for (size_t i = 0; i < COUNT(operationals); i++)
		if (strcmp(operationals[i].name, name) == 0)
			return &operationals[i];
	return NULL;
}

const struct action *action_operationals(size_t *n)
{
	*n = COUNT(operationals);
	return operationals;
}

bool action_operational(const char *action)
{
	return find_operational(action) != NULL;
}

bool action_always_hookable(const char *name)
{
	const struct action *a = find_operational(name);

	return a ? a->hookable : strcmp(name, "*") == 0;
}

static bool is_label_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* No label is empty. */
static bool has_labels(const char *s, size_t len)
{
	bool in_label = false;

	for (size_t i = 0; i < len; i++) {
		if (!is_label_byte(s[i]) && (s[i] != '.' || !in_label))
			return false;
		in_label = s[i] != '.';
	}
	return in_label;
}

static bool is_reserved(const char *name)
{
	size_t n = strcspn(name, ".");

	for (size_t i = 0; i < COUNT(reserved); i++)
		if (strlen(reserved[i]) == n &&
		    memcmp(reserved[i], name, n) == 0)
			return true;
	return false;
}

const char *action_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len > ACTION_NAME_MAX)
		return "is longer than 64 bytes";
	if (!has_labels(name, len))
		return "is not an action: labels of A-Z a-z 0-9 _ - joined by "
		       "dots";
	if (is_reserved(name))
		return "is not an action that can be published: the service "
		       "keeps names that begin with hook, delivery or ping";
	return NULL;
}

bool action_wildcard(const char *name)
{
	size_t len = strlen(name);

	if (strcmp(name, "*") == 0)
		return true;
	return len > 2 && len <= ACTION_NAME_MAX &&
	       strcmp(name + len - 2, ".*") == 0 && has_labels(name, len - 2) &&
	       !is_reserved(name);
}

bool action_hookable(const char *name)
{
	return action_always_hookable(name) || action_wildcard(name) ||
	       !action_name_check(name);
}
