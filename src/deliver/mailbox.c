/* SPDX-License-Identifier: MIT */
/*
 * mailbox: a mutex, a condition on the monotonic clock, two lists.
 */
#include "deliver/mailbox.h"

#include <time.h>

#include "base/clock.h"
#include "outside/http.h"

enum { PORTION_MIN = 32 };

void mailbox_init(struct mailbox *p, struct http *http)
{
	pthread_condattr_t attr;

	*p = (struct mailbox){.http = http};
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->back_came, &attr);
	pthread_condattr_destroy(&attr);
}

void mailbox_release(struct mailbox *p)
{
	pthread_cond_destroy(&p->back_came);
	pthread_mutex_destroy(&p->lock);
}

void mailbox_send(struct mailbox *p, struct parcel_list *parcels)
{
	if (!parcels->first)
		return;
	pthread_mutex_lock(&p->lock);
	parcel_list_join(&p->out, parcels);
	pthread_mutex_unlock(&p->lock);
	http_wake(p->http);
}

void mailbox_recall(struct mailbox *p)
{
	pthread_mutex_lock(&p->lock);
	p->recalls = true;
	pthread_mutex_unlock(&p->lock);
	http_wake(p->http);
}

bool mailbox_recalls(struct mailbox *p)
{
	bool recalls;

	pthread_mutex_lock(&p->lock);
	recalls = p->recalls;
	p->recalls = false;
	pthread_mutex_unlock(&p->lock);
	return recalls;
}

void mailbox_stop(struct mailbox *p, enum mailbox_stop stop)
{
	pthread_mutex_lock(&p->lock);
	p->stop = stop;
	pthread_mutex_unlock(&p->lock);
	http_wake(p->http);
}

enum mailbox_stop mailbox_stopping(struct mailbox *p)
{
	enum mailbox_stop stop;

	pthread_mutex_lock(&p->lock);
	stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

void mailbox_end(struct mailbox *p)
{
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_mutex_unlock(&p->lock);
	http_wake(p->http);
}

/* Waking a thread costs more than a delivery's share of a round, so it is
 * woken only when enough parcels are back. True when the time ran out. */
static bool wait_until(struct mailbox *p, size_t awaited, int64_t when)
{
	struct timespec ts = {.tv_sec = (time_t)(when / 1000),
			      .tv_nsec = (long)(when % 1000) * 1000000};

	p->awaited = awaited;
	return pthread_cond_timedwait(&p->back_came, &p->lock, &ts) != 0;
}

/* A round of a power of two of rows is recorded by few, large statements
 * (db_sql.h); the rest waits for the next round. */
static size_t portion(size_t count)
{
	size_t n = PORTION_MIN;

	if (count < n)
		return count;
	while (n * 2 <= count)
		n *= 2;
	return n;
}

void mailbox_collect(struct mailbox *p, size_t enough, int64_t patience,
		     int64_t ms, struct parcel_list *parcels)
{
	int64_t end = clock_monotonic() + ms;
	bool over = ms <= 0;
	size_t n;

	pthread_mutex_lock(&p->lock);
	while (!p->back_count && !over)
		over = wait_until(p, 1, end);
	end = clock_monotonic() + patience;
	over = !p->back_count;
	while (p->back_count < enough && !over)
		over = wait_until(p, enough, end);
	p->awaited = 0;
	n = portion(p->back_count);
	if (n)
		parcel_list_move(parcels, &p->back, n);
	p->back_count -= n;
	pthread_mutex_unlock(&p->lock);
}

bool mailbox_fetch(struct mailbox *p, struct parcel_list *parcels)
{
	bool more;

	pthread_mutex_lock(&p->lock);
	parcel_list_join(parcels, &p->out);
	more = !p->ended || parcels->first;
	pthread_mutex_unlock(&p->lock);
	return more;
}

void mailbox_return(struct mailbox *p, struct parcel_list *parcels,
		    size_t count)
{
	if (!count)
		return;
	pthread_mutex_lock(&p->lock);
	parcel_list_join(&p->back, parcels);
	p->back_count += count;
	if (p->awaited && p->back_count >= p->awaited) {
		p->awaited = 0;
		pthread_cond_signal(&p->back_came);
	}
	pthread_mutex_unlock(&p->lock);
}
