/* SPDX-License-Identifier: MIT */
/*
 * route: the table of everything that can be asked, and what must hold before
 * a handler runs: the address, the method, the key, its role, the body's size.
 */
#ifndef HOOKS_ROUTE_H
#define HOOKS_ROUTE_H

struct call;
struct gateway;

/* Makes the answer, whatever happens. */
void route_serve(struct call *c, struct gateway *g);

#endif
