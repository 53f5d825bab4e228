/* SPDX-License-Identifier: MIT */
/*
 * admin_notification: hooks-admin notification cancel.
 */
#include "admin/admin.h"
#include "base/log.h"
#include "deliver/intake.h"
#include "rules/publishable.h"
#include "store/store_notification.h"
#include "store/store_schedule.h"

/* `key`: of the notification; NULL: it has none. */
static enum err find_what(struct admin *a, struct store_schedule_cancel *what,
			  const char **key)
{
	struct store_notification n;
	const char *why;
	struct id id;
	enum err e;

	*key = what->replace_key = a->option[ADMIN_REPLACE_KEY];
	if ((a->args > 1) == (what->replace_key != NULL))
		return admin_usage("either ID or --replace-key K is needed",
				   "");
	why = what->replace_key ? publishable_replace_key(what->replace_key)
				: NULL;
	if (why)
		return admin_invalid("--replace-key", why);
	e = admin_org(a, a->arg[0], &what->organization);
	if (e || what->replace_key)
		return e;
	e = admin_id("notification", a->arg[1], &id);
	if (!e)
		e = store_notification_get(&a->store, &a->arena,
					   &what->organization, &id, &n);
	if (e)
		return e == ERR_NOT_FOUND
			       ? admin_missing("notification", a->arg[1])
			       : e;
	what->notification = n.key;
	*key = n.replace_key;
	return ERR_OK;
}

/* Rows that were inserted before are taken over first, if they may be about it.
 */
enum err admin_notification_cancel(struct admin *a)
{
	struct store_schedule_cancel what;
	const char *key;
	enum err e = find_what(a, &what, &key);

	if (e)
		return e;
	if (key)
		e = intake_settle(&a->store, &what.organization, key);
	if (!e)
		e = store_schedule_cancel(&a->store, &what);
	if (e == ERR_NOT_FOUND && what.replace_key)
		log_error("nothing is scheduled with this key");
	else if (e == ERR_NOT_FOUND)
		log_error("the notification is not scheduled");
	return e;
}
