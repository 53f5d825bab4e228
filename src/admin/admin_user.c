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

static const struct {
	const char *name;
	size_t at;
} forgotten_figures[] = {
	{"notifications", offsetof(struct store_forgotten, notifications)},
	{"deliveries", offsetof(struct store_forgotten, deliveries)},
	{"answers", offsetof(struct store_forgotten, answers)},
	{"hooks", offsetof(struct store_forgotten, hooks)},
};

enum { FIGURES = sizeof(forgotten_figures) / sizeof(forgotten_figures[0]) };

static uint64_t forgotten_figure(const struct store_forgotten *n, size_t i)
{
	return *(const uint64_t *)(const void *)((const char *)n +
						 forgotten_figures[i].at);
}

static void answer_forgotten(struct admin *a, const struct store_forgotten *n)
{
	struct jtree *v;

	if (!a->json) {
		for (size_t i = 0; i < FIGURES; i++)
			buf_printf(&a->out, "%s\t%llu\n",
				   forgotten_figures[i].name,
				   (unsigned long long)forgotten_figure(n, i));
		return;
	}
	v = jtree_object();
	for (size_t i = 0; i < FIGURES; i++)
		jtree_put_int(v, forgotten_figures[i].name,
			      (int64_t)forgotten_figure(n, i));
	admin_json(a, v);
}

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
		answer_forgotten(a, &done);
	return e;
}
