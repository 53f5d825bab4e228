/*
 * notice: what may be published, whichever way it comes: by HTTP, with
 * hooks-admin, or as a row that an application inserted.
 *
 * Each rule is NULL or true when kept; else there is a sentence for the
 * person, without the field's name in front.
 */
#ifndef HOOKS_NOTICE_H
#define HOOKS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOTICE_WHY_SIZE = 160 };

/* An action that a user may publish. */
const char *notice_action(const char *action);
/* 24 hex digits. */
const char *notice_user(const char *user);
/* One JSON object of at most `max` bytes, by the rules of jscan. */
bool notice_resource(const char *resource, size_t len, size_t max,
		     char why[NOTICE_WHY_SIZE]);

#endif
