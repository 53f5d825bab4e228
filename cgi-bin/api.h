/* SPDX-License-Identifier: MIT */
/*
 * api: the handlers that the table in route.c names, one file for each
 * resource, or one thing done to it. Each makes the answer, or returns an error
 * as call.h says.
 */
#ifndef HOOKS_API_H
#define HOOKS_API_H

#include "base/err.h"

struct call;
struct id;

/* api_hook.c */
enum err api_hook_create(struct call *c);
enum err api_hook_list(struct call *c);
enum err api_hook_get(struct call *c);
enum err api_hook_update(struct call *c);
enum err api_hook_delete(struct call *c);
enum err api_hook_enable(struct call *c);
enum err api_hook_disable(struct call *c);

/* api_ping.c */
enum err api_ping(struct call *c);

/* api_resume.c */
enum err api_resume(struct call *c);

/* api_replay.c */
enum err api_replay(struct call *c);

/* api_secret.c */
enum err api_secret_get(struct call *c);
enum err api_secret_rotate(struct call *c);

/* api_publish.c */
enum err api_publish(struct call *c);

/* api_notification.c */
enum err api_notification_list(struct call *c);
enum err api_notification_get(struct call *c);
enum err api_notification_cancel(struct call *c);
enum err api_notification_cancel_key(struct call *c);

/* api_remove.c */
enum err api_delivery_remove(struct call *c);

/* api_delivery.c */
enum err api_delivery_list(struct call *c);
enum err api_delivery_get(struct call *c);
enum err api_delivery_redeliver(struct call *c);
/* Not a route: answers 202 with a delivery that waits to be sent. */
enum err api_delivery_accepted(struct call *c, const struct id *id);

/* api_erase.c */
enum err api_erase(struct call *c);

/* api_run.c */
enum err api_run(struct call *c);

/* api_org.c */
enum err api_org_test(struct call *c);
enum err api_org_get(struct call *c);

/* api_action.c */
enum err api_action_list(struct call *c);
enum err api_action_put(struct call *c);
enum err api_action_delete(struct call *c);

/* api_openapi.c */
enum err api_openapi_yaml(struct call *c);
enum err api_openapi_json(struct call *c);

/* api_stats.c */
enum err api_stats(struct call *c);

/* api_metrics.c */
enum err api_metrics(struct call *c);

/* api_health.c */
enum err api_health(struct call *c);

#endif
