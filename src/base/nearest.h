/* SPDX-License-Identifier: MIT */
/*
 * nearest: the word that somebody may have meant, for messages about a word
 * that does not exist.
 */
#ifndef HOOKS_NEAREST_H
#define HOOKS_NEAREST_H

struct nearest {
	const char *wanted; /* borrowed, as all words */
	const char *best;   /* NULL: none of the words is like it */
	unsigned distance;
};

void nearest_init(struct nearest *n, const char *wanted);
/* A word that exists. Of several that are equally near the first one stays. */
void nearest_try(struct nearest *n, const char *word);

/* How many letters must be added, removed or changed to make `b` of `a`. Of
 * words longer than 63 letters only the beginnings count. */
unsigned nearest_distance(const char *a, const char *b);

#endif
