/* SPDX-License-Identifier: MIT */
/*
 * poller: epoll, level-triggered, and a table of the registered sockets.
 */
#include "outside/poller.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

/* A registered socket, found by its number. */
struct spot {
	unsigned char wanted, registered;
	bool lasting; /* poller_closed() will be called */
};

struct poller {
	int epoll, wake;
	struct spot *spot;
	size_t count;
};

static void poller_must(bool ok, const char *what)
{
	if (ok)
		return;
	log_error("%s: %s", what, strerror(errno));
	exit(err_exit(ERR_INTERNAL));
}

struct poller *poller_new(void)
{
	struct poller *p = xcalloc(1, sizeof(*p));
	struct epoll_event e = {.events = EPOLLIN};

	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	poller_must(p->epoll >= 0, "epoll_create1");
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	poller_must(p->wake >= 0, "eventfd");
	e.data.fd = p->wake;
	poller_must(epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->wake, &e) == 0,
		    "epoll_ctl");
	return p;
}

void poller_free(struct poller *p)
{
	close(p->wake);
	close(p->epoll);
	free(p->spot);
	free(p);
}

static struct spot *spot_of(struct poller *p, int fd)
{
	size_t i = (size_t)fd, count = p->count ? p->count : 64;

	if (i < p->count)
		return &p->spot[i];
	while (count <= i)
		count *= 2;
	p->spot = xrealloc(p->spot, count * sizeof(*p->spot));
	memset(p->spot + p->count, 0, (count - p->count) * sizeof(*p->spot));
	p->count = count;
	return &p->spot[i];
}

void poller_opened(struct poller *p, int fd)
{
	*spot_of(p, fd) = (struct spot){.lasting = true};
}

/* The kernel itself forgets closed sockets. */
void poller_closed(struct poller *p, int fd)
{
	*spot_of(p, fd) = (struct spot){0};
}

static void set_interest(struct poller *p, int fd, struct spot *s,
			 unsigned bits)
{
	struct epoll_event e = {
		.events = (bits & POLLER_IN ? (unsigned)EPOLLIN : 0) |
			  (bits & POLLER_OUT ? (unsigned)EPOLLOUT : 0),
		.data.fd = fd,
	};
	int op = s->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (!bits)
		op = EPOLL_CTL_DEL;
	if (epoll_ctl(p->epoll, op, fd, &e) != 0 && bits)
		log_error("epoll_ctl: %s", strerror(errno));
	s->registered = (unsigned char)bits;
}

void poller_want(struct poller *p, int fd, unsigned want)
{
	struct spot *s = spot_of(p, fd);
	unsigned bits = want;

	s->wanted = (unsigned char)want;
	if (!want && s->lasting)
		bits = s->registered & POLLER_IN;
	if (bits != s->registered)
		set_interest(p, fd, s, bits);
}

/* An event that nobody asked for is a kept connection closed by its other
 * end; it would be reported again and again. */
static unsigned ready_bits(struct poller *p, const struct epoll_event *e)
{
	struct spot *s = spot_of(p, e->data.fd);

	if (!s->wanted)
		set_interest(p, e->data.fd, s, 0);
	if (e->events & (EPOLLERR | EPOLLHUP))
		return s->wanted;
	return s->wanted & ((e->events & EPOLLIN ? (unsigned)POLLER_IN : 0) |
			    (e->events & EPOLLOUT ? (unsigned)POLLER_OUT : 0));
}

size_t poller_wait(struct poller *p, int64_t ms, struct poller_event *events)
{
	struct epoll_event got[POLLER_EVENTS_MAX];
	int n = epoll_wait(p->epoll, got, POLLER_EVENTS_MAX, (int)ms);
	size_t count = 0;
	uint64_t wakes;

	for (int i = 0; i < n; i++) {
		int fd = got[i].data.fd;

		if (fd == p->wake) {
			poller_must(read(fd, &wakes, sizeof(wakes)) > 0,
				    "eventfd");
			continue;
		}
		events[count] = (struct poller_event){
			.fd = fd, .ready = ready_bits(p, &got[i])};
		count += events[count].ready != 0;
	}
	return count;
}

void poller_wake(struct poller *p)
{
	const uint64_t one = 1;

	poller_must(write(p->wake, &one, sizeof(one)) > 0, "eventfd");
}
