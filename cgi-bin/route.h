/* SPDX-License-Identifier: MIT */
/*
 * route: the table of all routes, and the checks before a handler runs: the
 * address, the method, the key, its role, the size of the body.
 */
#ifndef HOOKS_ROUTE_H
#define HOOKS_ROUTE_H

struct call;
struct gateway;

/* Makes an answer in every case. */
void route_serve(struct call *c, struct gateway *g);

#endif
