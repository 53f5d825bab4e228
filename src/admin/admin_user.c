/* SPDX-License-Identifier: MIT */
/*
 * admin_user: hooks-admin erase: a user's payloads, answers and hooks.
 */
#include <stddef.h>
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "deliver/intake.h"
#include "rules/valid.h"
#include "store/store_forget.h"

static const struct admin_figure figures[] = {
	{"notifications", "notifications",
	 offsetof(struct store_forgotten, notifications)},
	{"deliveries", "deliveries",
	 offsetof(struct store_forgotten, deliveries)},
	{"answers", "answers", offsetof(struct store_forgotten, answers)},
	{"hooks", "hooks", offsetof(struct store_forgotten, hooks)},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static enum err check_user_option(const struct admin *a)
{
	const char *user = a->option[ADMIN_USER], *why;

	if (!user)
		return admin_usage("--user USER is needed", "");
	why = valid_user(user, strlen(user));
	return why ? admin_invalid("--user", why) : ERR_OK;
}

/* Rows of the outbox that replace or cancel something do that first. */
enum err admin_erase_user(struct admin *a)
{
	struct store_forgotten done = {0};
	bool more = true;
	struct id org;
	enum err e = check_user_option(a);

	if (!e)
		e = admin_org(a, a->arg[0], &org);
	if (!e)
		e = intake_settle(&a->store, &org, NULL);
	while (!e && more)
		e = store_forget(&a->store, &org, a->option[ADMIN_USER],
				 INT64_MAX, &done, &more);
	if (e == ERR_TEMP)
		log_error("not all of it is erased: repeat the command");
	if (!e)
		admin_figures(a, figures, FIGURES, &done);
	return e;
}
