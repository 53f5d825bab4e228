/* SPDX-License-Identifier: MIT */
/*
 * mailbox: a mutex, a condition on the monotonic clock, two lists.
 */
#include "deliver/mailbox.h"

#include <time.h>

#include "base/clock.h"
#include "outside/http.h"

enum { PORTION_MIN = 32 };

void mailbox_init(struct mailbox *m, struct http *http)
{
	pthread_condattr_t attr;

	*m = (struct mailbox){.http = http};
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->back_came, &attr);
	pthread_condattr_destroy(&attr);
}

void mailbox_release(struct mailbox *m)
{
	pthread_cond_destroy(&m->back_came);
	pthread_mutex_destroy(&m->lock);
}

void mailbox_send(struct mailbox *m, struct parcel_list *parcels)
{
	if (!parcels->first)
		return;
	pthread_mutex_lock(&m->lock);
	parcel_list_join(&m->out, parcels);
	pthread_mutex_unlock(&m->lock);
	http_wake(m->http);
}

void mailbox_recall(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->recalls = true;
	pthread_mutex_unlock(&m->lock);
	http_wake(m->http);
}

bool mailbox_recalls(struct mailbox *m)
{
	bool recalls;

	pthread_mutex_lock(&m->lock);
	recalls = m->recalls;
	m->recalls = false;
	pthread_mutex_unlock(&m->lock);
	return recalls;
}

void mailbox_stop(struct mailbox *m, enum mailbox_stop stop)
{
	pthread_mutex_lock(&m->lock);
	m->stop = stop;
	pthread_mutex_unlock(&m->lock);
	http_wake(m->http);
}

enum mailbox_stop mailbox_stopping(struct mailbox *m)
{
	enum mailbox_stop stop;

	pthread_mutex_lock(&m->lock);
	stop = m->stop;
	pthread_mutex_unlock(&m->lock);
	return stop;
}

void mailbox_end(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->ended = true;
	pthread_mutex_unlock(&m->lock);
	http_wake(m->http);
}

/* Waking a thread costs more than a delivery's share of a round, so it is
 * woken only when enough parcels are back. True when the time ran out. */
static bool wait_until(struct mailbox *m, size_t awaited, int64_t when)
{
	struct timespec ts = {.tv_sec = (time_t)(when / 1000),
			      .tv_nsec = (long)(when % 1000) * 1000000};

	m->awaited = awaited;
	return pthread_cond_timedwait(&m->back_came, &m->lock, &ts) != 0;
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

void mailbox_collect(struct mailbox *m, size_t enough, int64_t patience,
		     int64_t ms, struct parcel_list *parcels)
{
	int64_t end = clock_monotonic() + ms;
	bool over = ms <= 0;
	size_t n;

	pthread_mutex_lock(&m->lock);
	while (!m->back_count && !over)
		over = wait_until(m, 1, end);
	end = clock_monotonic() + patience;
	over = !m->back_count;
	while (m->back_count < enough && !over)
		over = wait_until(m, enough, end);
	m->awaited = 0;
	n = portion(m->back_count);
	if (n)
		parcel_list_move(parcels, &m->back, n);
	m->back_count -= n;
	pthread_mutex_unlock(&m->lock);
}

bool mailbox_fetch(struct mailbox *m, struct parcel_list *parcels)
{
	bool more;

	pthread_mutex_lock(&m->lock);
	parcel_list_join(parcels, &m->out);
	more = !m->ended || parcels->first;
	pthread_mutex_unlock(&m->lock);
	return more;
}

void mailbox_return(struct mailbox *m, struct parcel_list *parcels,
		    size_t count)
{
	if (!count)
		return;
	pthread_mutex_lock(&m->lock);
	parcel_list_join(&m->back, parcels);
	m->back_count += count;
	if (m->awaited && m->back_count >= m->awaited) {
		m->awaited = 0;
		pthread_cond_signal(&m->back_came);
	}
	pthread_mutex_unlock(&m->lock);
}
