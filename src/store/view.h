/* SPDX-License-Identifier: MIT */
/*
 * view: stored things as JSON, with members in a fixed order. The API answers
 * with these, and operational notifications carry them.
 *
 * The caller frees the results with jtree_free(), unless a jtree_put or
 * jtree_add took them.
 */
#ifndef HOOKS_VIEW_H
#define HOOKS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id;
struct jtree;
struct store_attempt;
struct store_delivery;
struct store_hook;
struct store_notification;
struct store_org;

/* The text shown in place of a header's hidden value, or of a URL's query. */
#define VIEW_HIDDEN "***"

void view_put_id(struct jtree *object, const char *name, const struct id *id);
/* TIME_NONE becomes null. */
void view_put_time(struct jtree *object, const char *name, int64_t ms);
/* What a publisher said about time; what was not said is left out. */
void view_put_when(struct jtree *object, int64_t deliver_at, int64_t expires_at,
		   const char *replace_key);

struct jtree *view_org(const struct store_org *org);
/* `open`: with the values of its headers, and the query of its URL. */
struct jtree *view_hook(const struct store_hook *hook, bool open);
/* With its resource, if that was read. */
struct jtree *view_notification(const struct store_notification *n);
struct jtree *view_delivery(const struct store_delivery *d);
struct jtree *view_deliveries(const struct store_delivery *list, size_t n);
/* Bytes that are not text are given as base64, with a mark that says so. */
struct jtree *view_attempt(const struct store_attempt *a);
struct jtree *view_attempts(const struct store_attempt *list, size_t n);

struct store_action;
/* An action or a wildcard without what may be done with it. */
struct jtree *view_action_named(const char *name, const char *description,
				bool own);
/* A listed action. */
struct jtree *view_action(const struct store_action *a);

#endif
