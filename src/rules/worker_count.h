/* SPDX-License-Identifier: MIT */
/*
 * worker_count: how many processes deliver when the operator leaves it to us.
 */
#ifndef HOOKS_WORKER_COUNT_H
#define HOOKS_WORKER_COUNT_H

#include <stdint.h>

/* One for each core that the process may use, but at most 4, because more have
 * never been quicker on one database, and at most a third of the connections
 * that the account may have: the rest is for the API and for people. At least
 * 1. `connections`: 0 when there is no limit. */
unsigned worker_count(unsigned cores, uint64_t connections);

#endif
