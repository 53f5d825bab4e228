/* SPDX-License-Identifier: MIT */
/*
 * hook_headers: the `headers` of a hook: names and values that are sent with
 * every delivery, up to 16, none of which the service or the connection sets.
 */
#ifndef HOOKS_HOOK_HEADERS_H
#define HOOKS_HOOK_HEADERS_H

struct arena;
struct field_errors;
struct jtree;

/*
 * `v` is null or an object of strings. `current`: the headers stored so far,
 * JSON or NULL, whose value is kept by "***". Faults are added to `errors`
 * under `name`; otherwise `out` gets the JSON to store, *arena*, or NULL for
 * none.
 */
void hook_headers_read(struct field_errors *errors, const char *name,
		       const struct jtree *v, const char *current,
		       struct arena *arena, const char **out);

#endif
