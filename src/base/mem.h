/* SPDX-License-Identifier: MIT */
/*
 * mem: memory. Allocation does not fail in these programs: when the system
 * has none left, the process says so and ends (exit status 70), and the
 * database undoes the lease or the transaction that the process held.
 *
 * Everything that one request or one delivery needs lives in an arena that the
 * loop releases, so its users need no clean-up. In headers, *arena* says that a
 * value lives as long as the arena it was made in.
 */
#ifndef HOOKS_MEM_H
#define HOOKS_MEM_H

#include <stddef.h>

/* Never NULL; a size of 0 gives a pointer that may be freed. The caller frees
 * the memory with free(). */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
void *xmemdup(const void *p, size_t n);

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
};

void arena_init(struct arena *a);
/* Frees everything; the arena can be used again. */
void arena_release(struct arena *a);

/* Aligned for any type, never NULL, not cleared. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t n);
/* A copy with a NUL after it, which `n` does not count. */
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
