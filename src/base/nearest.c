/* SPDX-License-Identifier: MIT */
/*
 * nearest: Levenshtein's distance, one row of his table at a time.
 */
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { LETTERS_MAX = 63 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned nearest_distance(const char *a, const char *b)
{
	unsigned row[LETTERS_MAX + 1];
	size_t n = strnlen(b, LETTERS_MAX);

	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < LETTERS_MAX && a[i]; i++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 0; j < n; j++) {
			unsigned above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1,
					   diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[n];
}

/* A word of which more than a third is wrong was not mistyped. */
void nearest_init(struct nearest *n, const char *wanted)
{
	*n = (struct nearest){
		.wanted = wanted,
		.distance = (unsigned)strnlen(wanted, LETTERS_MAX) / 3 + 1,
	};
}

void nearest_try(struct nearest *n, const char *word)
{
	unsigned distance = nearest_distance(n->wanted, word);

	if (distance >= n->distance)
		return;
	n->best = word;
	n->distance = distance;
}
