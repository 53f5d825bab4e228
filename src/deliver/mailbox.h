/* SPDX-License-Identifier: MIT */
/*
 * mailbox: the two lists between a sender's two threads. Parcels go to the
 * courier and come back to the ledger; nothing else is shared while both
 * run, so this is the only lock.
 */
#ifndef HOOKS_MAILBOX_H
#define HOOKS_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/parcel_list.h"

struct http;

/* What else may end the ledger's wait: descriptors that others write to. */
enum mailbox_ear {
	MAILBOX_BELL, /* another worker of the run */
	MAILBOX_CALL, /* a publisher */
	MAILBOX_EARS
};

/* The ledger's order to the courier. */
enum mailbox_stop {
	MAILBOX_GO_ON,
	MAILBOX_NOTHING_NEW, /* requests in flight may end by themselves */
	MAILBOX_STOP_NOW     /* they are cut off after a grace */
};

struct mailbox {
	pthread_mutex_t lock;
	int back_came;	       /* an eventfd: what the ledger sleeps on */
	int ear[MAILBOX_EARS]; /* -1: none */
	struct parcel_list out, back;
	size_t back_count;
	size_t awaited; /* the ledger sleeps until so many are back; 0: awake */
	bool ended;	/* no more parcels go out */
	bool recalls;	/* some lane's `recall` was set */
	enum mailbox_stop stop;
	struct http *http; /* woken when parcels go out */
};

/* `ears`: borrowed descriptors that do not block. */
void mailbox_init(struct mailbox *m, struct http *http,
		  const int ears[MAILBOX_EARS]);
void mailbox_release(struct mailbox *m);

/* The ledger's side. */
void mailbox_send(struct mailbox *m, struct parcel_list *parcels);
/* Waits at most `ms` for the first parcel, and from then on at most `patience`
 * ms until `enough` are back; takes them, or, of many, a power of two, and the
 * rest with the next call. An ear ends the first wait: returned are those that
 * had something to say, as bits of 1 << enum mailbox_ear. What was said before
 * the call counts too. */
unsigned mailbox_collect(struct mailbox *m, size_t enough, int64_t patience,
			 int64_t ms, struct parcel_list *parcels);
/* Tells the courier that lanes were recalled. */
void mailbox_recall(struct mailbox *m);
void mailbox_stop(struct mailbox *m, enum mailbox_stop stop);
void mailbox_end(struct mailbox *m);

/* The courier's side. False when the mailbox has ended and is empty. */
bool mailbox_fetch(struct mailbox *m, struct parcel_list *parcels);
enum mailbox_stop mailbox_stopping(struct mailbox *m);
/* Whether lanes were recalled since it was last asked. */
bool mailbox_recalls(struct mailbox *m);
void mailbox_return(struct mailbox *m, struct parcel_list *parcels,
		    size_t count);

#endif
