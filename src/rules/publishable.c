/* SPDX-License-Identifier: MIT */
/*
 * publishable: the form of names, the scanner and the rules for fields,
 * together.
 */
#include "rules/publishable.h"

#include <stdio.h>
#include <string.h>

#include "outside/jscan.h"
#include "rules/action.h"
#include "rules/valid.h"

const char *publishable_action(const char *action)
{
	return action_name_check(action);
}

const char *publishable_user(const char *user)
{
	return valid_user(user, strlen(user));
}

const char *publishable_time(int64_t at, int64_t now)
{
	const int64_t far = INT64_C(400) * 86400000;

	return at < now - far || at > now + far ? "is over 400 days away"
						: NULL;
}

const char *publishable_end(int64_t expires_at, int64_t deliver_at, int64_t now)
{
	if (expires_at <= now)
		return "is past";
	return expires_at <= deliver_at ? "is not after deliver_at" : NULL;
}

const char *publishable_replace_key(const char *key)
{
	return valid_replace_key(key, strlen(key));
}

bool publishable_resource(const char *resource, size_t len, size_t max,
			  char why[PUBLISHABLE_WHY_SIZE])
{
	struct jscan_error bad;

	if (len > max) {
		snprintf(why, PUBLISHABLE_WHY_SIZE, "is longer than %zu bytes",
			 max);
		return false;
	}
	if (!jscan_check(resource, len, JSCAN_DEPTH_MAX, &bad)) {
		snprintf(why, PUBLISHABLE_WHY_SIZE, "line %u, column %u: %s",
			 bad.line, bad.column, bad.text);
		return false;
	}
	if (jscan_type(resource, len) != JSCAN_OBJECT) {
		snprintf(why, PUBLISHABLE_WHY_SIZE, "is not a JSON object");
		return false;
	}
	return true;
}
