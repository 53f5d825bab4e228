/* SPDX-License-Identifier: MIT */
/*
 * courier: a sender's network thread. It sends the parcels that the ledger
 * hands it, fairly: lanes take turns, each has a window that grows with success
 * and halves on a time-out, and while others have work, one organization has at
 * most half of the places. It knows no database and no calendar.
 */
#ifndef HOOKS_COURIER_H
#define HOOKS_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/outcome.h"

struct http;
struct http_request;
struct mailbox;

struct courier_plan {
	struct http *http;
	struct mailbox *mailbox;
	size_t concurrency, hook_concurrency;
	bool once; /* does not wait for lanes that are put off */
	struct outcome_policy policy;
	/* Bytes of its receivers' answers that an organization keeps in a
	 * second; of the ones that come later the beginning is kept. */
	uint64_t answers_limit;
	/* MAILBOX_STOP_NOW: how long requests in flight may go on, ms. */
	int64_t stop_ms;
};

/* For the options of `http`: whether the lease of the request's lane holds, and
 * nobody has called it back. */
bool courier_may_send(struct http_request *r);

/* Runs until the mailbox has ended and every parcel is handed back. */
void courier_run(const struct courier_plan *plan);

#endif
