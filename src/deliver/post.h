/*
 * post: the two baskets between a sender's two threads. Parcels go to the
 * courier and come back to the ledger; nothing else is shared while both
 * run, so this is the only lock.
 */
#ifndef HOOKS_POST_H
#define HOOKS_POST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "deliver/lane.h"

struct http;

/* What the ledger wants of the courier. */
enum post_stop {
	POST_GO_ON,
	POST_NOTHING_NEW, /* what is under way may end by itself */
	POST_STOP_NOW	  /* and is cut off after a grace */
};

struct post {
	pthread_mutex_t lock;
	pthread_cond_t back_came;
	struct parcel_list out, back;
	size_t back_count;
	size_t awaited; /* the ledger sleeps until so many are back; 0: no */
	bool ended;	/* nothing more goes out */
	bool recalls;	/* some lane's `recall` was set */
	enum post_stop stop;
	struct http *http; /* woken when something goes out */
};

void post_init(struct post *p, struct http *http);
void post_release(struct post *p);

/* The ledger's side. */
void post_send(struct post *p, struct parcel_list *parcels);
/* Waits at most so long until `enough` parcels are back, or the one that
 * came first has waited `patience` ms; takes them, or of many a round number,
 * the rest with the next call. */
void post_collect(struct post *p, size_t enough, int64_t patience, int64_t ms,
		  struct parcel_list *parcels);
/* Tells the courier that lanes were recalled. */
void post_recall(struct post *p);
void post_stop(struct post *p, enum post_stop stop);
void post_end(struct post *p);

/* The courier's side. False when the post has ended and is empty. */
bool post_fetch(struct post *p, struct parcel_list *parcels);
enum post_stop post_stopping(struct post *p);
/* Whether lanes were recalled since it was last asked. */
bool post_recalls(struct post *p);
void post_return(struct post *p, struct parcel_list *parcels, size_t count);

#endif
