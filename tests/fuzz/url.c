/* SPDX-License-Identifier: MIT */
/*
 * url: target_url. An accepted URL is printable, has no user, and names no
 * host that is refused; its parts, put together again, are accepted and have
 * the same parts, so that the URL that was checked is the one that is used.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include "rules/target.h"

/* An address stays refused however it is written. */
static struct target_net everything[] = {{AF_INET, 0, {0}}, {AF_INET6, 0, {0}}};
static struct target_net private_net[] = {{AF_INET, 8, {10}}};

static const struct target_policy strict = {.allow_http = false};
static const struct target_policy loose = {
	.allow_http = true, .allow = private_net, .allow_count = 1};
static const struct target_policy none = {
	.allow_http = true, .deny = everything, .deny_count = 2};

static bool allowed(const char *url, size_t len,
		    const struct target_policy *policy)
{
	char why[300] = "";
	bool ok = target_url_check(url, len, policy, why, sizeof(why));

	CHECK(ok == !*why);
	return ok;
}

/* ---- an accepted URL ---- */

static void check_text(const char *url)
{
	const char *host = strstr(url, "://");

	CHECK(strlen(url) <= TARGET_URL_MAX && host);
	for (const char *c = url; *c; c++)
		CHECK(*c > ' ' && *c < 0x7f && *c != '\\');
	host += 3;
	CHECK(!memchr(host, '@', strcspn(host, "/?#")));
}

static void check_literal(const struct target *t,
			  const struct target_policy *policy)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	char inner[INET6_ADDRSTRLEN + 1] = "";

	if (*t->host != '[') {
		CHECK(inet_pton(AF_INET, t->host, &in.sin_addr) == 1);
		memcpy(&ss, &in, sizeof(in));
	} else {
		CHECK(strlen(t->host) < sizeof(inner));
		memcpy(inner, t->host + 1, strlen(t->host) - 2);
		CHECK(inet_pton(AF_INET6, inner, &in6.sin6_addr) == 1);
		memcpy(&ss, &in6, sizeof(in6));
	}
	CHECK(target_address_ok((const struct sockaddr *)&ss, policy, false));
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* With a policy that allows no network. */
static void check_public_name(const char *host)
{
	static const char *const internal[] = {
		".localhost", ".local",	     ".internal", ".home.arpa",
		".onion",     ".localhost.", ".local.",	  ".internal.",
		".onion.",    ".home.arpa.",
	};
	const char *last = strrchr(host, '.');

	CHECK(last && last != host);
	for (size_t i = 0; i < COUNT(internal); i++)
		CHECK(!ends_with(host, internal[i]));
	CHECK(strspn(last, ".0123456789") != strlen(last) || !last[1]);
}

static void check_parts(const struct target *t,
			const struct target_policy *policy)
{
	CHECK(strcmp(t->scheme, "https") == 0 ||
	      (policy->allow_http && strcmp(t->scheme, "http") == 0));
	CHECK(t->port && *t->host && *t->path == '/');
	for (const char *c = t->host; *c; c++)
		CHECK(*c < 'A' || *c > 'Z');
	if (t->literal)
		check_literal(t, policy);
	else if (!policy->allow_count)
		check_public_name(t->host);
}

static void check_repeat(const struct target *t, struct arena *a,
			 const struct target_policy *policy)
{
	char *url = arena_printf(a, "%s://%s:%u%s", t->scheme, t->host, t->port,
				 t->path);
	struct target again;

	if (strlen(url) > TARGET_URL_MAX)
		return; /* its port was not written before */
	CHECK(allowed(url, strlen(url), policy));
	CHECK(target_split(url, a, &again));
	CHECK(strcmp(again.scheme, t->scheme) == 0 && again.port == t->port);
	CHECK(strcmp(again.host, t->host) == 0 && again.literal == t->literal);
	CHECK(strcmp(again.path, t->path) == 0);
}

static void check(const char *url, const struct target_policy *policy)
{
	struct arena a;
	struct target t;

	arena_init(&a);
	check_text(url);
	CHECK(target_split(url, &a, &t));
	check_parts(&t, policy);
	check_repeat(&t, &a, policy);
	if (t.literal)
		CHECK(!allowed(url, strlen(url), &none));
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data; /* no NUL at its end */
	char *url = fuzz_text(data, size);

	if (allowed(s, size, &strict)) {
		check(url, &strict);
		CHECK(allowed(s, size, &loose));
	}
	if (allowed(s, size, &loose))
		check(url, &loose);
	free(url);
	return 0;
}
