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

struct conf;

struct send_options {
	const char *config;
	bool once, progress, verbose;
	int64_t linger;	  /* -1: as configured */
	int64_t idle;	  /* -1: the run's time is not its deliveries' */
	uint64_t workers; /* 0: as configured */
};

/* ERR_USAGE: reported on standard error. --help and --version end the program.
 */
enum err send_options_parse(struct send_options *o, int argc, char **argv);

/* Whether it is a run as cron starts them. Neither is one that a person is
 * watching, nor one that a request has started when no sender was alive. */
bool send_options_crons(const struct send_options *o);

/* As far as options and configuration say. ms; 0: the number is left to us. */
int64_t send_options_linger(const struct send_options *o,
			    const struct conf *conf);
unsigned send_options_workers(const struct send_options *o,
			      const struct conf *conf);

#endif
