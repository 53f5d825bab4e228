/* SPDX-License-Identifier: MIT */
/*
 * send_options: getopt_long(3) for hooks-send.
 */
#include "send/send_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "outside/conf.h"

static const char usage_text[] =
	"Usage: hooks-send [-c FILE] [--once | --linger DURATION | "
	"--idle DURATION]\n"
	"                  [--workers N] [--progress] [-v]\n"
	"\n"
	"Sends the deliveries that are due. Meant for a crontab line:\n"
	"  * * * * * hooks-send -c /path/hooks.conf\n"
	"\n"
	"  -c, --config FILE   configuration file\n"
	"      --once          make one attempt for all that is due now, then "
	"end\n"
	"      --linger TIME   deliver what becomes due for this long "
	"(default: as\n"
	"                      configured, 60s)\n"
	"      --idle TIME     end when nothing was delivered for this long, "
	"or when\n"
	"                      another sender is at work: for [api] kick\n"
	"      --workers N     processes (default, and 0: as configured, one "
	"for\n"
	"                      each core)\n"
	"      --progress      show a live line on the terminal\n"
	"  -v, --verbose       log more, and print a summary at the end\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version\n"
	"\n"
	"Exit status: 0 done, or another sender runs; 64 usage; 75 database\n"
	"unreachable (try again); 78 configuration.\n";

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"once", no_argument, NULL, 'o'},
	{"linger", required_argument, NULL, 'l'},
	{"idle", required_argument, NULL, 'i'},
	{"workers", required_argument, NULL, 'w'},
	{"progress", no_argument, NULL, 'p'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static enum err misuse(const char *why, const char *what)
{
	log_error("%s%s (see --help)", why, what);
	return ERR_USAGE;
}

static enum err set_option(struct send_options *o, int c)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return ERR_OK;
	case 'o':
		o->once = true;
		return ERR_OK;
	case 'l':
		return text_duration(optarg, &o->linger)
			       ? ERR_OK
			       : misuse("--linger: not a duration such as "
					"55s: ",
					optarg);
	case 'i':
		return text_duration(optarg, &o->idle) && o->idle > 0
			       ? ERR_OK
			       : misuse("--idle: not a duration such as 15s: ",
					optarg);
	case 'w':
		return text_uint(optarg, SEND_OPTIONS_WORKERS_MAX, &o->workers)
			       ? ERR_OK
			       : misuse("--workers: not a number from 0 to "
					"64: ",
					optarg);
	case 'p':
		o->progress = true;
		return ERR_OK;
	case 'v':
		o->verbose = true;
		return ERR_OK;
	case 'h':
		fputs(usage_text, stdout);
		exit(0);
	case 'V':
		puts("hooks-send " PACKAGE_VERSION_TEXT);
		exit(0);
	default: /* getopt has said why */
		return ERR_USAGE;
	}
}

enum err send_options_parse(struct send_options *o, int argc, char **argv)
{
	enum err e = ERR_OK;
	int c;

	*o = (struct send_options){.linger = -1, .idle = -1};
	while (!e &&
	       (c = getopt_long(argc, argv, "c:vhV", long_options, NULL)) != -1)
		e = set_option(o, c);
	if (!e && optind < argc)
		e = misuse("unexpected: ", argv[optind]);
	if (!e && o->once + (o->linger >= 0) + (o->idle >= 0) > 1)
		e = misuse("--once, --linger and --idle exclude each other",
			   "");
	return e;
}

bool send_options_crons(const struct send_options *o)
{
	return !o->once && !o->progress && !o->verbose && o->idle < 0;
}

int64_t send_options_linger(const struct send_options *o,
			    const struct conf *conf)
{
	return o->linger >= 0 ? o->linger : conf->sender.linger;
}

unsigned send_options_workers(const struct send_options *o,
			      const struct conf *conf)
{
	uint64_t n = o->workers ? o->workers : conf->sender.workers;

	return n > SEND_OPTIONS_WORKERS_MAX ? SEND_OPTIONS_WORKERS_MAX
					    : (unsigned)n;
}
