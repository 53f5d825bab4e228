/* SPDX-License-Identifier: MIT */
/*
 * send_options: the command line of hooks-send.
 */
#ifndef HOOKS_SEND_OPTIONS_H
#define HOOKS_SEND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct conf;

enum { SEND_OPTIONS_WORKERS_MAX = 64 };

struct send_options {
	const char *config;
	bool once, progress, verbose;
	int64_t linger; /* -1: as configured */
	int64_t idle; /* -1: its time does not depend on what there is to do */
	uint64_t workers; /* 0: as configured */
};

/* ERR_USAGE: reported on standard error. --help and --version end the program.
 */
enum err send_options_parse(struct send_options *o, int argc, char **argv);
/* How long the run takes new work, at first; ms. */
int64_t send_options_time(const struct send_options *o,
			  const struct conf *conf);

#endif
