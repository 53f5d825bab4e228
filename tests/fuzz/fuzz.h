/* SPDX-License-Identifier: MIT */
/*
 * fuzz: the common part of the targets. A target is a file with one function
 * that takes any bytes and checks what must hold for all of them; libFuzzer
 * calls it with inputs that it makes up (`make fuzz`), replay.c with the inputs
 * in corpus/ (`make check`).
 */
#ifndef HOOKS_FUZZ_H
#define HOOKS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Unlike assert(3) it is always compiled. It ends the process, which a fuzzer
 * notices. */
#define CHECK(what) ((what) ? (void)0 : fuzz_broken(#what, __FILE__, __LINE__))

static inline _Noreturn void fuzz_broken(const char *what, const char *file,
					 int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes with a NUL after them and no byte more, so that a sanitizer sees
 * any step further; free() it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *s = xmalloc(size + 1);

	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#endif
