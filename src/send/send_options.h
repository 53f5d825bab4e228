/* SPDX-License-Identifier: MIT */
/*
 * send_options: the command line of hooks-send.
 */
#ifndef HOOKS_SEND_OPTIONS_H
#define HOOKS_SEND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { SEND_OPTIONS_WORKERS_MAX = 64 };

struct send_options {
	const char *config;
	bool once, progress, verbose;
	int64_t linger;	  /* -1: as configured */
	uint64_t workers; /* 0: as configured */
};

/* ERR_USAGE: reported on standard error. --help and --version end the program.
 */
enum err send_options_parse(struct send_options *o, int argc, char **argv);

#endif
