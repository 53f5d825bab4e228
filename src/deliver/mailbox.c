/* SPDX-License-Identifier: MIT */
/*
 * mailbox: a mutex, two lists, and an eventfd, which the ledger waits for
 * together with its ears.
 */
#include "deliver/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "outside/http.h"

enum { PORTION_MIN = 32 };

void mailbox_init(struct mailbox *m, struct http *http,
		  const int ears[MAILBOX_EARS])
{
	*m = (struct mailbox){.http = http};
	memcpy(m->ear, ears, sizeof(m->ear));
	pthread_mutex_init(&m->lock, NULL);
	m->back_came = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->back_came >= 0)
		return;
	log_error("eventfd: %s", strerror(errno));
	exit(err_exit(ERR_INTERNAL));
}

void mailbox_release(struct mailbox *m)
{
	close(m->back_came);
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

/* Whether something was written there. */
static bool mailbox_hear(int fd)
{
	char bytes[4096];
	bool any = false;

	while (read(fd, bytes, sizeof(bytes)) > 0)
		any = true;
	return any;
}

/* Without the lock. */
static unsigned listen_until(struct mailbox *m, bool ears, int64_t when)
{
	struct pollfd fds[MAILBOX_EARS + 1];
	int64_t ms = when - clock_monotonic();
	unsigned heard = 0;

	for (unsigned i = 0; i < MAILBOX_EARS; i++)
		fds[i] = (struct pollfd){.fd = ears ? m->ear[i] : -1,
					 .events = POLLIN};
	fds[MAILBOX_EARS] =
		(struct pollfd){.fd = m->back_came, .events = POLLIN};
	if (poll(fds, MAILBOX_EARS + 1, ms > 0 ? (int)ms : 0) <= 0)
		return 0;
	if (fds[MAILBOX_EARS].revents)
		(void)mailbox_hear(m->back_came);
	for (unsigned i = 0; i < MAILBOX_EARS; i++) {
		if (fds[i].revents && mailbox_hear(m->ear[i]))
			heard |= 1U << i;
		else if (fds[i].revents & ~POLLIN)
			m->ear[i] = -1; /* it is broken */
	}
	return heard;
}

/* Waking a thread costs more than a delivery's share of a round, so it is
 * woken only when enough parcels are back. */
static unsigned wait_until(struct mailbox *m, size_t awaited, bool ears,
			   int64_t when)
{
	unsigned heard;

	m->awaited = awaited;
	pthread_mutex_unlock(&m->lock);
	heard = listen_until(m, ears, when);
	pthread_mutex_lock(&m->lock);
	return heard;
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

unsigned mailbox_collect(struct mailbox *m, size_t enough, int64_t patience,
			 int64_t ms, struct parcel_list *parcels)
{
	int64_t end = clock_monotonic() + ms;
	unsigned heard = 0;
	size_t n;

	pthread_mutex_lock(&m->lock);
	while (!m->back_count && !heard && clock_monotonic() < end)
		heard = wait_until(m, 1, true, end);
	end = clock_monotonic() + patience;
	while (m->back_count && m->back_count < enough &&
	       clock_monotonic() < end)
		(void)wait_until(m, enough, false, end);
	m->awaited = 0;
	n = portion(m->back_count);
	if (n)
		parcel_list_move(parcels, &m->back, n);
	m->back_count -= n;
	pthread_mutex_unlock(&m->lock);
	return heard;
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
	const uint64_t one = 1;

	if (!count)
		return;
	pthread_mutex_lock(&m->lock);
	parcel_list_join(&m->back, parcels);
	m->back_count += count;
	if (m->awaited && m->back_count >= m->awaited) {
		m->awaited = 0;
		if (write(m->back_came, &one, sizeof(one)) < 0)
			log_error("eventfd: %s", strerror(errno));
	}
	pthread_mutex_unlock(&m->lock);
}
