/* SPDX-License-Identifier: MIT */
/*
 * loop: the baseline of the sender: a bare curl_multi loop that posts the
 * same bytes to the same place over kept connections, and nothing else.
 *
 * Usage: loop URL COUNT CONCURRENCY BYTES [CA_FILE]
 * Prints "N in S s, R/s, CPU us each".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <curl/curl.h>

enum { CONCURRENCY_MAX = 1024 };

/* As long as a real one. */
#define SIGNATURE                                                              \
	"webhook-signature: v1,"                                               \
	"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

static size_t drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static CURL *make(const char *url, const char *ca, struct curl_slist *headers,
		  const char *body, long len)
{
	CURL *e = curl_easy_init();

	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, len);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	if (ca)
		curl_easy_setopt(e, CURLOPT_CAINFO, ca);
	return e;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Lines as long as the ones of a delivery. */
static struct curl_slist *header_lines(void)
{
	static const char *const lines[] = {
		"Content-Type: application/json",
		"Expect:",
		"Accept:",
		"webhook-id: 0123456789abcdef01234567-0123456789abcdef01234567",
		"webhook-timestamp: 1700000000",
		SIGNATURE,
		"webhook-attempt: 1",
		"webhook-notification: 0123456789abcdef01234567",
		"webhook-occurred-at: 2021-05-27T08:03:53.775Z",
	};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		list = curl_slist_append(list, lines[i]);
	return list;
}

static long run(CURLM *multi, CURL **easy, long places, long count)
{
	long started = 0, done = 0, good = 0, status;
	int running, left;

	for (; started < places && started < count; started++)
		curl_multi_add_handle(multi, easy[started]);
	while (done < count) {
		CURLMsg *m;

		curl_multi_perform(multi, &running);
		while ((m = curl_multi_info_read(multi, &left))) {
			CURL *e = m->easy_handle;

			done++;
			curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
			good += status == 200;
			curl_multi_remove_handle(multi, e);
			if (started < count) {
				started++;
				curl_multi_add_handle(multi, e);
			}
		}
		if (done < count)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	return good;
}

int main(int argc, char **argv)
{
	CURL *easy[CONCURRENCY_MAX];
	struct curl_slist *headers;
	double began, used;
	long count, places, bytes, good;
	char *body;
	CURLM *multi;

	if (argc < 5) {
		fprintf(stderr, "Usage: loop URL COUNT CONCURRENCY BYTES "
				"[CA_FILE]\n");
		return 64;
	}
	count = strtol(argv[2], NULL, 10);
	places = strtol(argv[3], NULL, 10);
	bytes = strtol(argv[4], NULL, 10);
	if (places < 1 || places > CONCURRENCY_MAX || bytes < 1)
		return 64;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	headers = header_lines();
	body = malloc((size_t)bytes);
	memset(body, 'x', (size_t)bytes);
	for (long i = 0; i < places; i++)
		easy[i] = make(argv[1], argc > 5 ? argv[5] : NULL, headers,
			       body, bytes);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, places);
	began = now();
	used = cpu();
	good = run(multi, easy, places, count);
	began = now() - began;
	used = cpu() - used;
	printf("%ld in %.3f s, %.0f/s, %.1f us each\n", good, began,
	       (double)good / began, used * 1e6 / (double)count);
	return good == count ? 0 : 1;
}
