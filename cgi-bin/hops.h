/* SPDX-License-Identifier: MIT */
/*
 * hops: publishing that goes in a circle. A hook may point at a service that
 * publishes what it gets, or at this one: then each delivery would become a
 * notification again, and with two such hooks twice as many each time.
 */
#ifndef HOOKS_HOPS_H
#define HOOKS_HOPS_H

#include "base/err.h"

struct call;

enum { HOPS_MAX = 5 }; /* installations that a request may come through */

/* `out`: the number of installations that the request has come through; 0 if it
 * is no delivery. ERR_INVALID with the answer made: 508 for a delivery of this
 * installation, or one that has come through HOPS_MAX; 400 for a webhook-hops
 * that is no number.
 */
enum err hops_read(struct call *c, unsigned *out);

#endif
