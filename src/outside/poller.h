/* SPDX-License-Identifier: MIT */
/*
 * poller: finds, with epoll, those of many sockets that are ready. It makes as
 * few system calls as possible: a kept connection stays registered from its
 * first request to its end, though nobody asks for its events in between.
 */
#ifndef HOOKS_POLLER_H
#define HOOKS_POLLER_H

#include <stddef.h>
#include <stdint.h>

enum { POLLER_IN = 1, POLLER_OUT = 2 }; /* readable, writable: bits */
enum { POLLER_EVENTS_MAX = 64 };

struct poller_event {
	int fd;
	unsigned ready; /* the wanted bits; an error counts as all of them */
};

struct poller;

/* Never NULL. Only one thread may use it; poller_wake is the exception. */
struct poller *poller_new(void);
void poller_free(struct poller *p);

/* A socket that will be reported by poller_closed() before it is closed. Only
 * such a socket stays registered while no event of it is wanted. */
void poller_opened(struct poller *p, int fd);
void poller_closed(struct poller *p, int fd);

/* The events to wait for on this socket from now on; 0: none. */
void poller_want(struct poller *p, int fd, unsigned want);

/* Waits at most `ms`, < 0: for ever. Returns the number of events, at most
 * POLLER_EVENTS_MAX. */
size_t poller_wait(struct poller *p, int64_t ms, struct poller_event *events);
/* May be called from any thread: ends the current wait, or the next one. */
void poller_wake(struct poller *p);

#endif
