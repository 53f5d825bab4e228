/* SPDX-License-Identifier: MIT */
/*
 * mail: hands one mail to a mail server, with libcurl.
 */
#ifndef HOOKS_MAIL_H
#define HOOKS_MAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Everything is ASCII without control characters but the text's line ends;
 * whoever fills it in sees to that. All borrowed. */
struct mail {
	const char *server; /* smtp:// or smtps:// */
	const char *from;   /* an address, as all that follow */
	const char *const *to;
	size_t to_count;
	const char *message; /* with headers; lines end with \r\n */
	size_t len;
	bool (*stop)(void *arg); /* asked while it waits; true gives up */
	void *arg;
};

/* Within ten seconds. False: the server did not take it, and why. */
bool mail_send(const struct mail *m, char *why, size_t size);

#endif
