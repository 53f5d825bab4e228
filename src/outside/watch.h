/*
 * watch: which of many sockets has something to do, with epoll. It asks the
 * kernel as little as can be: a kept connection stays registered from its
 * first request to its end, though in between nobody wants to hear of it.
 */
#ifndef HOOKS_WATCH_H
#define HOOKS_WATCH_H

#include <stddef.h>
#include <stdint.h>

enum { WATCH_IN = 1, WATCH_OUT = 2 }; /* readable, writable: bits */
enum { WATCH_EVENTS_MAX = 64 };

struct watch_event {
	int fd;
	unsigned ready; /* of what is wanted; an error counts as all of it */
};

struct watch;

/* Never NULL. One thread uses it, but for watch_wake. */
struct watch *watch_new(void);
void watch_free(struct watch *w);

/* A socket that will be reported by watch_closed() before it is closed. Only
 * such a one stays registered while nothing is wanted of it. */
void watch_opened(struct watch *w, int fd);
void watch_closed(struct watch *w, int fd);

/* What to wait for on this socket from now on; 0: nothing. */
void watch_want(struct watch *w, int fd, unsigned want);

/* Waits at most so long, < 0: for ever. Returns how many events there are,
 * at most WATCH_EVENTS_MAX. */
size_t watch_wait(struct watch *w, int64_t ms, struct watch_event *events);
/* From any thread: ends a wait, or the next one. */
void watch_wake(struct watch *w);

#endif
