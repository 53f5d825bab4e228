/* SPDX-License-Identifier: MIT */
/*
 * view: stored things as JSON, members in the contract's order. The API
 * answers with these, and operational notifications carry them.
 *
 * Everything made here is freed with jtree_free(), or taken by a jtree_put or
 * jtree_add.
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

/* What stands in place of a header's value that is not to be seen. */
#define VIEW_HIDDEN "***"

void view_put_id(struct jtree *object, const char *name, const struct id *id);
/* TIME_NONE becomes null. */
void view_put_time(struct jtree *object, const char *name, int64_t ms);

struct jtree *view_org(const struct store_org *org);
/* `open`: with the values of its headers. */
struct jtree *view_hook(const struct store_hook *hook, bool open);
/* With its resource where it was read. */
struct jtree *view_notification(const struct store_notification *n);
struct jtree *view_delivery(const struct store_delivery *d);
/* Bytes that are no text go as base64, and say so. */
struct jtree *view_attempt(const struct store_attempt *a);
struct jtree *view_attempts(const struct store_attempt *list, size_t n);

#endif
