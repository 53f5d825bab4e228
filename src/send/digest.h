/* SPDX-License-Identifier: MIT */
/*
 * digest: the mail that tells an operator of events that need a person: hooks
 * that the service disabled, deliveries that failed for good. At most one mail
 * an hour, sent outside of any transaction.
 */
#ifndef HOOKS_DIGEST_H
#define HOOKS_DIGEST_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* Whether there is one, and it is due. */
enum err digest_due(struct store *s, bool *due);

/* Sends the digest if there is one and it is due. A mail that could not be sent
 * is logged, but is no error. `stop` is asked while it waits. */
enum err digest_run(struct store *s, bool (*stop)(void *arg), void *arg);

#endif
