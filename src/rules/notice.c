/*
 * notice: the catalogue, the scanner and the field rules, put together.
 */
#include "rules/notice.h"

#include <stdio.h>
#include <string.h>

#include "outside/jscan.h"
#include "rules/match.h"
#include "rules/valid.h"

const char *notice_action(const char *action)
{
	return match_published(action) ? NULL
				       : "is not an action that can be "
					 "published";
}

const char *notice_user(const char *user)
{
	return valid_user(user, strlen(user));
}

bool notice_resource(const char *resource, size_t len, size_t max,
		     char why[NOTICE_WHY_SIZE])
{
	struct jscan_error bad;

	if (len > max) {
		snprintf(why, NOTICE_WHY_SIZE, "is longer than %zu bytes", max);
		return false;
	}
	if (!jscan_check(resource, len, JSCAN_DEPTH_MAX, &bad)) {
		snprintf(why, NOTICE_WHY_SIZE, "line %u, column %u: %s",
			 bad.line, bad.column, bad.text);
		return false;
	}
	if (jscan_type(resource, len) != JSCAN_OBJECT) {
		snprintf(why, NOTICE_WHY_SIZE, "is not a JSON object");
		return false;
	}
	return true;
}
