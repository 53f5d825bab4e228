/* SPDX-License-Identifier: MIT */
/*
 * id: the 24 hex digits that name a thing to the outside.
 *
 * An organization's or a key's id is random. The ids of rows that are made in
 * great numbers (hooks, notifications, deliveries, batches) are computed from
 * the row's creation time and its auto-increment key, so they need no column
 * and no second index, and the key can be read from the id.
 */
#ifndef HOOKS_ID_H
#define HOOKS_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ID_SIZE = 12,
	ID_TEXT_SIZE = 25 /* 24 digits and a NUL */
};

/* The greatest serial an id can hold: 1.1 million million rows. */
#define ID_SERIAL_MAX ((UINT64_C(1) << 40) - 1)

struct id {
	unsigned char b[ID_SIZE];
};

/* The kinds of rows with computed ids; the values are part of ids that
 * receivers have stored, so they never change. */
enum id_kind {
	ID_HOOK = 1,
	ID_NOTIFICATION,
	ID_DELIVERY,
	ID_BATCH,
};

/* Exactly 24 hex digits; upper case is read too. */
bool id_parse(const char *s, size_t len, struct id *out);
/* Lower-case digits and a NUL. */
void id_format(char out[ID_TEXT_SIZE], const struct id *id);
bool id_equal(const struct id *a, const struct id *b);

/* Four bytes of seconds, eight random ones. */
void id_new(struct id *id, int64_t now_ms);

/*
 * Computed: 4 bytes seconds of `created_ms`, 1 byte kind, 2 bytes site, 5
 * bytes serial, all big-endian. `site` (16 bits) is a random number of the
 * installation, so that two installations never use the same webhook-id. The
 * seconds tell apart two rows that got one key, which an old server may hand
 * out again after a restart. `serial` is at most ID_SERIAL_MAX.
 */
void id_make(struct id *id, enum id_kind kind, unsigned site,
	     int64_t created_ms, uint64_t serial);

/*
 * The inverse: false for another kind or site. `created_s` is in seconds;
 * the caller compares it with the row's.
 */
bool id_serial(const struct id *id, enum id_kind kind, unsigned site,
	       uint64_t *serial, int64_t *created_s);

#endif
