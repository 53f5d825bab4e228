/* SPDX-License-Identifier: MIT */
/*
 * http_easy: the options that are the same for each request.
 */
#include "outside/http_easy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "outside/http.h"
#include "outside/http_link.h"

enum { DNS_CACHE_S = 60 };

void http_must(bool ok, const char *what)
{
	if (ok)
		return;
	log_error("libcurl refused: %s", what);
	exit(err_exit(ERR_INTERNAL));
}

/* Addresses of the other family would have no way from there. */
static void set_own_end(CURL *e, const char *address)
{
	char name[HTTP_LINK_IP_SIZE + sizeof("host!")];

	if (!*address)
		return;
	snprintf(name, sizeof(name), "host!%s", address);
	SET(e, INTERFACE, name);
	SET(e, IPRESOLVE,
	    (long)(strchr(address, ':') ? CURL_IPRESOLVE_V6
					: CURL_IPRESOLVE_V4));
}

static void set_transport(CURL *e, const struct http_options *o)
{
	SET(e, PROTOCOLS_STR, o->allow_http ? "http,https" : "https");
	SET(e, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(e, FOLLOWLOCATION, 0L);
	SET(e, PROXY, "");
	SET(e, NOPROXY, "*");
	SET(e, NETRC, (long)CURL_NETRC_IGNORED);
	SET(e, NOSIGNAL, 1L);
	/* One silent name server stopped the whole loop for 9 s when a
	 * transfer was ended during its look-up. */
	SET(e, QUICK_EXIT, 1L);
	SET(e, DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
	set_own_end(e, o->bind_address);
	SET(e, CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	SET(e, TIMEOUT_MS, (long)o->timeout_ms);
}

static void set_tls(CURL *e, const struct http_options *o)
{
	SET(e, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(e, SSL_VERIFYPEER, 1L);
	SET(e, SSL_VERIFYHOST, 2L);
	/* Debian's default also reads a directory at every handshake: 20 ms
	 * of CPU each. The bundle alone is read once and kept. */
	SET(e, CAPATH, NULL);
	if (*o->ca_file)
		SET(e, CAINFO, o->ca_file);
}

/*
 * One handle for each request. Using them again would save 2 to 3 us of CPU,
 * but libcurl before 8.2 keeps a pointer in them to a header that it has freed,
 * and an answer whose first header line begins with a blank is then written
 * there (curl's issue 11101).
 */
CURL *http_easy_new(const struct http_options *o)
{
	CURL *e = curl_easy_init();

	http_must(e != NULL, "easy handle");
	set_transport(e, o);
	set_tls(e, o);
	SET(e, POST, 1L);
	return e;
}
