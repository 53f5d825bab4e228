/* SPDX-License-Identifier: MIT */
/*
 * id: ids as clients send them. A text that is read is 24 digits, written back
 * in lower case; any twelve bytes are an id; an id with a serial is computed
 * from it again.
 */
#include "fuzz.h"

#include <ctype.h>

#include "rules/id.h"

static void check_serial(const struct id *id)
{
	unsigned site = (unsigned)(id->b[5] << 8 | id->b[6]);
	struct id again = {.b = {0}};
	uint64_t serial;
	int64_t created_s;

	for (enum id_kind kind = ID_HOOK; kind <= ID_BATCH; kind++) {
		CHECK(!id_serial(id, kind, site ^ 1, &serial, &created_s));
		if (!id_serial(id, kind, site, &serial, &created_s))
			continue;
		CHECK(serial <= ID_SERIAL_MAX && created_s >= 0);
		CHECK(created_s <= UINT32_MAX);
		id_make(&again, kind, site, created_s * 1000, serial);
		CHECK(id_equal(id, &again));
	}
}

static void check(const struct id *id)
{
	char text[ID_TEXT_SIZE];
	struct id again;

	id_format(text, id);
	CHECK(strlen(text) == ID_TEXT_SIZE - 1);
	CHECK(id_parse(text, strlen(text), &again) && id_equal(id, &again));
	check_serial(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	char text[ID_TEXT_SIZE];
	struct id id;

	if (id_parse(s, size, &id)) {
		CHECK(size == ID_TEXT_SIZE - 1);
		id_format(text, &id);
		for (size_t i = 0; i < size; i++)
			CHECK(text[i] == tolower(data[i]));
		check(&id);
	}
	if (size == ID_SIZE) {
		memcpy(id.b, data, ID_SIZE);
		check(&id);
	}
	return 0;
}
