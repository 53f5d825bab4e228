/* SPDX-License-Identifier: MIT */
/*
 * api: the handlers that the table in route.c names, one file a resource.
 */
#ifndef HOOKS_API_H
#define HOOKS_API_H

#include "base/err.h"

struct call;

/* api_hook.c */
enum err api_hook_create(struct call *c);
enum err api_hook_list(struct call *c);
enum err api_hook_get(struct call *c);
enum err api_hook_update(struct call *c);
enum err api_hook_delete(struct call *c);
enum err api_hook_enable(struct call *c);
enum err api_hook_disable(struct call *c);

/* api_again.c */
enum err api_hook_ping(struct call *c);
enum err api_hook_replay(struct call *c);
enum err api_delivery_redeliver(struct call *c);

/* api_secret.c */
enum err api_secret_get(struct call *c);
enum err api_secret_rotate(struct call *c);

/* api_publish.c */
enum err api_publish(struct call *c);

/* api_past.c */
enum err api_notification_list(struct call *c);
enum err api_notification_get(struct call *c);
enum err api_delivery_list(struct call *c);
enum err api_delivery_get(struct call *c);

/* api_run.c */
enum err api_run(struct call *c);

/* api_org.c */
enum err api_org_test(struct call *c);
enum err api_org_actions(struct call *c);

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
