/* SPDX-License-Identifier: MIT */
/*
 * poller: which of many sockets has something to do, with epoll. It asks the
 * kernel as little as can be: a kept connection stays registered from its
 * first request to its end, though in between nobody wants to hear of it.
 */
#ifndef HOOKS_POLLER_H
#define HOOKS_POLLER_H

#include <stddef.h>
#include <stdint.h>

enum { POLLER_IN = 1, POLLER_OUT = 2 }; /* readable, writable: bits */
enum { POLLER_EVENTS_MAX = 64 };

struct poller_event {
	int fd;
	unsigned ready; /* of what is wanted; an error counts as all of it */
};

struct poller;

/* Never NULL. One thread uses it, but for poller_wake. */
struct poller *poller_new(void);
void poller_free(struct poller *w);

/* A socket that will be reported by poller_closed() before it is closed. Only
 * such a one stays registered while nothing is wanted of it. */
void poller_opened(struct poller *w, int fd);
void poller_closed(struct poller *w, int fd);

/* What to wait for on this socket from now on; 0: nothing. */
void poller_want(struct poller *w, int fd, unsigned want);

/* Waits at most so long, < 0: for ever. Returns how many events there are,
 * at most POLLER_EVENTS_MAX. */
size_t poller_wait(struct poller *w, int64_t ms, struct poller_event *events);
/* From any thread: ends a wait, or the next one. */
void poller_wake(struct poller *w);

#endif
