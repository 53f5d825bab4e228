/* SPDX-License-Identifier: MIT */
/*
 * conf_mail: addresses and mail servers.
 */
#include "outside/conf_mail.h"

#include <stdbool.h>
#include <string.h>

enum { ADDRESS_MAX = 254 }; /* RFC 5321, 4.5.3.1.3 */

static bool is_printable(const char *s, const char *but)
{
	for (; *s; s++)
		if (*s <= ' ' || *s >= 0x7f || strchr(but, *s))
			return false;
	return true;
}

const char *conf_mail_address(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at == s || !at[1] || strlen(s) > ADDRESS_MAX ||
	    !is_printable(s, "<>()[]\\,;:\"") || strchr(at + 1, '@'))
		return "is not an address such as me@example.com";
	return NULL;
}

const char *conf_mail_server(const char *url)
{
	size_t scheme = strncmp(url, "smtp://", 7) == 0	   ? 7
			: strncmp(url, "smtps://", 8) == 0 ? 8
							   : 0;

	if (!scheme || !url[scheme] || !is_printable(url, "\\\"<>"))
		return "is not a URL such as smtp://localhost:25";
	if (strchr(url, '@'))
		return "must not hold a user or a password: name a server that "
		       "takes this machine's mail";
	return NULL;
}
