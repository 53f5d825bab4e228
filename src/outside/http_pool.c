/* SPDX-License-Identifier: MIT */
/*
 * http_pool: a share of libcurl's for each party, found by the party's name,
 * in the order of their last use.
 */
#include "outside/http_pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	BUCKETS = 256,
	/* Parties that use nothing at the moment and are remembered; each
	 * costs some 10 kB. */
	IDLE_MAX = 128
};

struct http_party {
	char *name;
	CURLSH *share;
	size_t requests, sockets;
	/* The next request of the same name makes another one; this one goes
	 * with its last request. */
	bool retired;
	struct http_party *next;	  /* in its bucket */
	struct http_party *newer, *older; /* by last use */
};

struct http_pool {
	struct http_party *bucket[BUCKETS];
	struct http_party *newest, *oldest;
	size_t limit, sockets, idle;
	size_t unplaced; /* requests that may open a socket yet */
};

struct http_pool *http_pool_new(size_t limit)
{
	struct http_pool *p = xcalloc(1, sizeof(*p));

	p->limit = limit;
	return p;
}

/* ---- the order of use ---- */

static void order_remove(struct http_pool *p, struct http_party *a)
{
	*(a->newer ? &a->newer->older : &p->newest) = a->older;
	*(a->older ? &a->older->newer : &p->oldest) = a->newer;
}

static void order_add(struct http_pool *p, struct http_party *a)
{
	a->newer = NULL;
	a->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = a;
	p->newest = a;
}

/* ---- parties ---- */

/* FNV-1a. */
static size_t party_bucket(const char *name)
{
	uint32_t hash = 2166136261;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return hash % BUCKETS;
}

static void pool_must(bool ok)
{
	if (ok)
		return;
	log_error("libcurl refused: share");
	exit(err_exit(ERR_INTERNAL));
}

static struct http_party *party_new(struct http_pool *p, const char *name)
{
	struct http_party *a = xcalloc(1, sizeof(*a));

	a->name = xstrdup(name);
	a->share = curl_share_init();
	pool_must(a->share &&
		  !curl_share_setopt(a->share, CURLSHOPT_SHARE,
				     CURL_LOCK_DATA_CONNECT) &&
		  !curl_share_setopt(a->share, CURLSHOPT_SHARE,
				     CURL_LOCK_DATA_SSL_SESSION));
	a->next = p->bucket[party_bucket(name)];
	p->bucket[party_bucket(name)] = a;
	order_add(p, a);
	p->idle++;
	return a;
}

static void hide(struct http_pool *p, struct http_party *a)
{
	struct http_party **at = &p->bucket[party_bucket(a->name)];

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	order_remove(p, a);
	a->retired = true;
}

/* Closes its connections, which are told to http_pool_closed(). */
static void party_free(struct http_party *a)
{
	curl_share_cleanup(a->share);
	free(a->name);
	free(a);
}

static void party_forget(struct http_pool *p, struct http_party *a)
{
	hide(p, a);
	p->idle--;
	party_free(a);
}

void http_pool_free(struct http_pool *p)
{
	while (p->oldest)
		party_forget(p, p->oldest);
	free(p);
}

/* ---- the limits ---- */

static struct http_party *longest_idle(const struct http_pool *p, bool open)
{
	struct http_party *a = p->oldest;

	while (a && (a->requests || (open && !a->sockets)))
		a = a->newer;
	return a;
}

/* Of those that have requests under way, one with connections beside. */
static struct http_party *most_spare(const struct http_pool *p)
{
	struct http_party *most = NULL;
	size_t spare = 0;

	for (struct http_party *a = p->oldest; a; a = a->newer) {
		if (a->sockets <= a->requests + spare)
			continue;
		spare = a->sockets - a->requests;
		most = a;
	}
	return most;
}

static bool is_full(const struct http_pool *p)
{
	return p->sockets + p->unplaced >= p->limit;
}

static void keep_limits(struct http_pool *p)
{
	struct http_party *a;

	while (p->idle > IDLE_MAX && (a = longest_idle(p, false)))
		party_forget(p, a);
	while (is_full(p) && (a = longest_idle(p, true)))
		party_forget(p, a);
	if (is_full(p) && (a = most_spare(p)))
		hide(p, a);
}

/* ---- requests ---- */

struct http_party *http_pool_enter(struct http_pool *p, const char *name)
{
	struct http_party *a;

	keep_limits(p);
	a = p->bucket[party_bucket(name)];
	while (a && strcmp(a->name, name) != 0)
		a = a->next;
	if (!a)
		a = party_new(p, name);
	if (!a->requests++)
		p->idle--;
	p->unplaced++;
	order_remove(p, a);
	order_add(p, a);
	return a;
}

void http_pool_placed(struct http_pool *p)
{
	p->unplaced--;
}

void http_pool_leave(struct http_pool *p, struct http_party *a)
{
	if (--a->requests)
		return;
	if (a->retired)
		party_free(a);
	else
		p->idle++;
}

CURLSH *http_party_share(const struct http_party *party)
{
	return party->share;
}

void http_pool_opened(struct http_pool *p, struct http_party *party)
{
	party->sockets++;
	p->sockets++;
}

void http_pool_closed(struct http_pool *p, struct http_party *party)
{
	party->sockets--;
	p->sockets--;
}
