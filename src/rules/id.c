/* SPDX-License-Identifier: MIT */
/*
 * id: twelve bytes, laid out so that ids of one kind sort by age.
 */
#include "rules/id.h"

#include <string.h>

#include "base/text.h"
#include "outside/crypt.h"

enum { KIND_AT = 4, SITE_AT = 5, SERIAL_AT = 7, SERIAL_SIZE = 5 };

bool id_parse(const char *s, size_t len, struct id *out)
{
	return text_unhex(out->b, ID_SIZE, s, len);
}

void id_format(char out[ID_TEXT_SIZE], const struct id *id)
{
	text_hex(out, id->b, ID_SIZE);
}

bool id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_SIZE) == 0;
}

static void put_bytes(unsigned char *p, size_t n, uint64_t v)
{
	while (n--) {
		p[n] = (unsigned char)(v & 0xff);
		v >>= 8;
	}
}

static uint64_t get(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

void id_new(struct id *id, int64_t now_ms)
{
	crypt_random(id->b, ID_SIZE);
	put_bytes(id->b, KIND_AT, (uint64_t)(now_ms / 1000));
}

void id_make(struct id *id, enum id_kind kind, unsigned site,
	     int64_t created_ms, uint64_t serial)
{
	put_bytes(id->b, KIND_AT, (uint64_t)(created_ms / 1000));
	id->b[KIND_AT] = (unsigned char)kind;
	put_bytes(id->b + SITE_AT, SERIAL_AT - SITE_AT, site);
	put_bytes(id->b + SERIAL_AT, SERIAL_SIZE, serial);
}

bool id_serial(const struct id *id, enum id_kind kind, unsigned site,
	       uint64_t *serial, int64_t *created_s)
{
	if (id->b[KIND_AT] != (unsigned char)kind ||
	    get(id->b + SITE_AT, SERIAL_AT - SITE_AT) != (site & 0xffff))
		return false;
	*serial = get(id->b + SERIAL_AT, SERIAL_SIZE);
	*created_s = (int64_t)get(id->b, KIND_AT);
	return true;
}
