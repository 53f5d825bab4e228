/* SPDX-License-Identifier: MIT */
/*
 * hook_headers: the `headers` of a hook: names and values that go with every
 * delivery, up to 16 of them, none that the service or the connection sets.
 */
#ifndef HOOKS_HOOK_HEADERS_H
#define HOOKS_HOOK_HEADERS_H

struct arena;
struct field_errors;
struct jtree;

/*
 * `v` is null or an object of strings. `current`: the headers stored so far,
 * JSON or NULL, whose value "***" keeps. What is wrong goes to `errors` under
 * `name`; otherwise `out` gets the JSON to store, *arena*, or NULL for none.
 */
void hook_headers_read(struct field_errors *errors, const char *name,
		       const struct jtree *v, const char *current,
		       struct arena *arena, const char **out);

#endif
