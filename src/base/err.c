/* SPDX-License-Identifier: MIT */
/*
 * err: one table gives each error its word and its exit status.
 */
#include "base/err.h"

static const struct {
	const char *name;
	int exit;
} table[ERR_MAX] = {
	[ERR_OK] = {"ok", 0},
	[ERR_USAGE] = {"usage", 64},
	[ERR_INVALID] = {"bad data", 65},
	[ERR_NOT_FOUND] = {"not found", 69},
	[ERR_CONFLICT] = {"conflict", 65},
	[ERR_LIMIT] = {"over a limit", 65},
	[ERR_TEMP] = {"temporary failure", 75},
	[ERR_CONFIG] = {"configuration", 78},
	[ERR_INTERNAL] = {"internal error", 70},
};

const char *err_name(enum err e)
{
	return e < ERR_MAX ? table[e].name : "unknown";
}

int err_exit(enum err e)
{
	return e < ERR_MAX ? table[e].exit : 70;
}
