/* SPDX-License-Identifier: MIT */
/*
 * digest: the mail that tells an operator what needs a person: hooks that the
 * service disabled, deliveries that it gave up. A digest, one an hour at most,
 * sent outside of any transaction.
 */
#ifndef HOOKS_DIGEST_H
#define HOOKS_DIGEST_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* Sends the digest if there is one and its hour has come. That a mail could
 * not be sent is logged, and no error. `stop` is asked while it waits. */
enum err digest_run(struct store *s, bool (*stop)(void *arg), void *arg);

#endif
