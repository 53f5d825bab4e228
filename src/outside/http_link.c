/* SPDX-License-Identifier: MIT */
/*
 * http_link: a table by number, and one by local port.
 */
#include "outside/http_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

static size_t port_bucket(int local_port)
{
	return (unsigned)local_port % HTTP_LINK_BUCKETS;
}

void http_links_release(struct http_links *t)
{
	for (size_t i = 0; i < t->size; i++)
		free(t->by_fd[i]);
	free(t->by_fd);
	*t = (struct http_links){0};
}

static void reserve_fd(struct http_links *t, size_t fd)
{
	size_t size = t->size ? t->size : 64;

	while (size <= fd)
		size *= 2;
	if (size == t->size)
		return;
	t->by_fd = xrealloc(t->by_fd, size * sizeof(struct http_link *));
	for (size_t i = t->size; i < size; i++)
		t->by_fd[i] = NULL;
	t->size = size;
}

void http_links_opened(struct http_links *t, int fd, const void *opener,
		       struct http_party *party)
{
	struct http_link *l = xcalloc(1, sizeof(*l));

	l->fd = fd;
	l->opener = opener;
	l->party = party;
	reserve_fd(t, (size_t)fd);
	t->by_fd[fd] = l;
	t->count++;
}

struct http_party *http_links_closed(struct http_links *t, int fd)
{
	struct http_link *l = (size_t)fd < t->size ? t->by_fd[fd] : NULL;
	struct http_link **at;
	struct http_party *party;

	if (!l)
		return NULL;
	at = &t->bucket[port_bucket(l->local_port)];
	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	t->by_fd[fd] = NULL;
	t->count--;
	party = l->party;
	free(l);
	return party;
}

/* Two connections may have one local port, to different places. */
struct http_link *http_links_find(const struct http_links *t,
				  const struct http_ends *ends)
{
	struct http_link *l = t->bucket[port_bucket(ends->local_port)];

	while (l && (l->local_port != ends->local_port ||
		     l->remote_port != ends->remote_port ||
		     strcmp(l->remote_ip, ends->remote_ip) != 0 ||
		     strcmp(l->local_ip, ends->local_ip) != 0))
		l = l->next;
	return l;
}

static int local_port(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return -1;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

/* One request may open several sockets, of which one connects first. */
static struct http_link *opened_for(const struct http_links *t,
				    const void *opener, int port)
{
	for (size_t i = 0; i < t->size; i++) {
		struct http_link *l = t->by_fd[i];

		if (l && l->opener == opener && local_port(l->fd) == port)
			return l;
	}
	return NULL;
}

struct http_link *http_links_connected(struct http_links *t, const void *opener,
				       const struct http_ends *ends)
{
	struct http_link *l = opened_for(t, opener, ends->local_port);
	bool v6 = strchr(ends->remote_ip, ':') != NULL;
	struct http_link **at;

	if (!l)
		return NULL;
	l->opener = NULL;
	snprintf(l->remote_ip, sizeof(l->remote_ip), "%s", ends->remote_ip);
	snprintf(l->local_ip, sizeof(l->local_ip), "%s", ends->local_ip);
	l->remote_port = ends->remote_port;
	l->local_port = ends->local_port;
	snprintf(l->remote, sizeof(l->remote), v6 ? "[%.45s]:%d" : "%.45s:%d",
		 ends->remote_ip, ends->remote_port);
	at = &t->bucket[port_bucket(l->local_port)];
	l->next = *at;
	*at = l;
	return l;
}

bool http_link_silent(const struct http_link *l)
{
	char byte;

	return recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}
