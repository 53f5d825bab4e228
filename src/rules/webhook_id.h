/* SPDX-License-Identifier: MIT */
/*
 * webhook_id: the header webhook-id: the notification's id, a hyphen, the
 * hook's id. So it is the same for all attempts of a delivery, also when a
 * database that went back has made the delivery anew. A batch has that of its
 * first member, with "-b" after it.
 */
#ifndef HOOKS_WEBHOOK_ID_H
#define HOOKS_WEBHOOK_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/id.h"

enum { WEBHOOK_ID_SIZE = 2 * (ID_TEXT_SIZE - 1) + sizeof("--b") };

struct webhook_id {
	struct id notification, hook;
	bool batch;
};

void webhook_id_format(char out[WEBHOOK_ID_SIZE], const struct webhook_id *w);
bool webhook_id_parse(const char *s, size_t len, struct webhook_id *out);

#endif
