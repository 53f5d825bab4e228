/* SPDX-License-Identifier: MIT */
/*
 * mail: hands one mail to a mail server, with libcurl.
 */
#ifndef HOOKS_MAIL_H
#define HOOKS_MAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Everything is ASCII without control characters except the text's line ends;
 * the caller makes sure of that. All borrowed. */
struct mail {
	const char *server; /* smtp:// or smtps:// */
	const char *from;   /* an address, as are all below */
	const char *const *to;
	size_t to_count;
	const char *message; /* with headers; lines end with \r\n */
	size_t len;
	bool (*stop)(void *arg); /* asked while it waits; true gives up */
	void *arg;
};

/* Ends within ten seconds. False: the server did not accept it; `why` says the
 * reason. */
bool mail_send(const struct mail *m, char *why, size_t size);

#endif
