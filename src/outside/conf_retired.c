/* SPDX-License-Identifier: MIT */
/*
 * conf_retired: the table, in a file of its own: its test has another one.
 */
#include "outside/conf_retired.h"

#include <stddef.h>

#include "outside/conf.h"

const struct conf_retired conf_retired[] = {
	{"sender", "lock_file", "use state_dir"},
	{NULL, NULL, NULL},
};

_Static_assert(sizeof(conf_retired) / sizeof(conf_retired[0]) <=
		       (size_t)CONF_RETIRED_MAX,
	       "conf.retired is too short");
