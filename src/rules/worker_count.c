/* SPDX-License-Identifier: MIT */
/*
 * worker_count: the smallest of three.
 */
#include "rules/worker_count.h"

enum { MOST = 4, SHARE = 3 };

unsigned worker_count(unsigned cores, uint64_t connections)
{
	uint64_t n = cores < MOST ? cores : MOST;

	if (connections && connections / SHARE < n)
		n = connections / SHARE;
	return n ? (unsigned)n : 1;
}
