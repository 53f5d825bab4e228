/* SPDX-License-Identifier: MIT */
/*
 * mail: SMTP. With smtp:// TLS is used where the server offers it, and its
 * certificate is not checked, as is usual between mail servers; with smtps://
 * the certificate must be valid.
 */
#include "outside/mail.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

enum { CONNECT_MS = 4000, TIMEOUT_MS = 10000 };

struct upload {
	const struct mail *mail;
	size_t at;
};

static size_t on_read(char *out, size_t size, size_t count, void *arg)
{
	struct upload *u = arg;
	size_t left = u->mail->len - u->at;
	size_t n = size * count < left ? size * count : left;

	memcpy(out, u->mail->message + u->at, n);
	u->at += n;
	return n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
		       curl_off_t d)
{
	const struct mail *m = arg;

	(void)a, (void)b, (void)c, (void)d;
	return m->stop(m->arg);
}

/* No proxy and no .netrc is used: the environment plays no part. */
static void set_up(CURL *e, struct upload *u, struct curl_slist *to)
{
	const struct mail *m = u->mail;
	bool plain = strncmp(m->server, "smtp://", 7) == 0;

	curl_easy_setopt(e, CURLOPT_URL, m->server);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(e, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, plain ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, plain ? 0L : 2L);
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(e, CURLOPT_READDATA, u);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, m);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

bool mail_send(const struct mail *m, char *why, size_t size)
{
	char error[CURL_ERROR_SIZE] = "";
	struct upload u = {.mail = m};
	struct curl_slist *to = NULL;
	CURL *e = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;

	for (size_t i = 0; i < m->to_count; i++)
		to = curl_slist_append(to, m->to[i]);
	if (e && to) {
		set_up(e, &u, to);
		curl_easy_setopt(e, CURLOPT_ERRORBUFFER, error);
		code = curl_easy_perform(e);
	}
	snprintf(why, size, "%s", *error ? error : curl_easy_strerror(code));
	curl_slist_free_all(to);
	curl_easy_cleanup(e);
	return code == CURLE_OK;
}
