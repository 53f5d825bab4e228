/* SPDX-License-Identifier: MIT */
/*
 * alert: notes, in a round's transaction, the events that a mail will report to
 * the operator. It notes nothing unless [notify] mail_to is set.
 */
#ifndef HOOKS_ALERT_H
#define HOOKS_ALERT_H

#include <stdint.h>

#include "base/err.h"

struct lane;
struct round;

/* Notes the deliveries of returned parcels that exhausted their schedule. */
enum err alert_failed(struct round *r);
/* Notes deliveries of a hook that are held from now on. */
enum err alert_held(struct round *r, uint64_t hook, uint64_t count);
/* Notes that the service disabled the lane's hook. */
enum err alert_disabled(struct round *r, const struct lane *l);

#endif
