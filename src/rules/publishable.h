/* SPDX-License-Identifier: MIT */
/*
 * publishable: the rules for notifications, whichever way they come: by HTTP,
 * with hooks-admin, or as a row that an application inserted.
 *
 * Each function returns NULL or true when its rule is kept; otherwise it gives
 * a sentence for the person, without the field's name in front.
 */
#ifndef HOOKS_PUBLISHABLE_H
#define HOOKS_PUBLISHABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PUBLISHABLE_WHY_SIZE = 160 };

/* An action in the form of one; whether the catalogue has it, store_action.h
 * says. */
const char *publishable_action(const char *action);
/* As valid_user(). */
const char *publishable_user(const char *user);
/* A time that is at most 400 days from now; milliseconds. */
const char *publishable_time(int64_t at, int64_t now);
/* An end that lies after now and after `deliver_at` (TIME_NONE: at once). */
const char *publishable_end(int64_t expires_at, int64_t deliver_at,
			    int64_t now);
/* As valid_replace_key(). */
const char *publishable_replace_key(const char *key);
/* One JSON object of at most `max` bytes, by the rules of jscan. */
bool publishable_resource(const char *resource, size_t len, size_t max,
			  char why[PUBLISHABLE_WHY_SIZE]);

#endif
