/* SPDX-License-Identifier: MIT */
/*
 * alert: notes in a round's transaction what a mail to the operator will have
 * to tell. Nothing, unless [notify] mail_to is set.
 */
#ifndef HOOKS_ALERT_H
#define HOOKS_ALERT_H

#include "base/err.h"

struct lane;
struct round;

/* The deliveries among what came back whose schedule came to its end. */
enum err alert_failed(struct round *r);
/* The lane's hook was switched off by the service. */
enum err alert_disabled(struct round *r, const struct lane *l);

#endif
