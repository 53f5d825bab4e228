/* SPDX-License-Identifier: MIT */
/*
 * action: one table of actions, one of wildcards.
 */
#include "rules/action.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct action catalogue[] = {
	{"event.created", "An event was created.", false, true},
	{"event.confirmed", "A date of an event was confirmed.", false, true},
	{"event.updated", "An event was changed.", false, true},
	{"event.cancelled", "An event was cancelled.", false, true},
	{"event.voted", "An invitee voted for dates of an event.", false, true},
	{"event.new_invitee", "Somebody was invited to an event.", false, true},
	{"user.joined", "A user joined the organization.", false, true},
	{"vyteme.updated", "A booking page was changed.", false, true},
	{ACTION_HOOK_DISABLED,
	 "A hook was disabled because its deliveries only failed or its "
	 "receiver answered 410; the resource is the hook.",
	 true, true},
	{ACTION_DELIVERY_FAILED,
	 "A delivery failed after its last attempt, or was held for too "
	 "long; the resource is the delivery.",
	 true, true},
	{ACTION_PING, "A test delivery to one hook, sent when asked for.", true,
	 false},
};

static const char *const wildcards[] = {"*", "event.*", "user.*", "vyteme.*"};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < COUNT(catalogue); i++)
		if (strcmp(catalogue[i].name, name) == 0)
			return &catalogue[i];
	return NULL;
}

static bool is_wildcard(const char *name)
{
	for (size_t i = 0; i < COUNT(wildcards); i++)
		if (strcmp(wildcards[i], name) == 0)
			return true;
	return false;
}

const struct action *action_catalogue(size_t *n)
{
	*n = COUNT(catalogue);
	return catalogue;
}

bool action_published(const char *action)
{
	const struct action *a = find_action(action);

	return a && !a->operational;
}

bool action_operational(const char *action)
{
	const struct action *a = find_action(action);

	return a && a->operational;
}

bool action_hookable(const char *action)
{
	const struct action *a = find_action(action);

	return a ? a->hookable : is_wildcard(action);
}
