/* SPDX-License-Identifier: MIT */
/*
 * worker: sets the two threads up and waits for both.
 */
#include "deliver/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "deliver/courier.h"
#include "deliver/ledger.h"
#include "deliver/mailbox.h"
#include "deliver/watch.h"
#include "outside/http.h"

/* Part of the 5 s in which a sender promises to end after SIGTERM; a second of
 * them is for recording. */
enum { STOP_GRACE_MS = 3500 };

struct ledger_thread {
	struct plan plan;
	enum err result;
};

static void *run_ledger(void *arg)
{
	struct ledger_thread *t = arg;

	t->result = ledger_run(&t->plan);
	return NULL;
}

/* Only the main thread handles signals. */
static void worker_start(pthread_t *thread, struct ledger_thread *t)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(thread, NULL, run_ledger, t) != 0) {
		log_error("a thread could not be started");
		exit(err_exit(ERR_INTERNAL));
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Bytes. Most answers are of this kind, and nobody reads what they say. */
enum { DELIVERED_LIMIT = 2048 };

/* Failures, kept as [sender] response_limit allows, that an organization may
 * have in a second; after them the beginnings of answers are kept. */
enum { WHOLE_ANSWERS = 64 };

static struct http *open_http(const struct worker_plan *plan, size_t places)
{
	struct http_options o = {
		.concurrency = (unsigned)places,
		.connect_timeout_ms = plan->conf->sender.connect_timeout,
		.timeout_ms = plan->conf->sender.timeout,
		.response_limit = plan->conf->sender.response_limit,
		.delivered_limit = DELIVERED_LIMIT,
		.allow_http = plan->conf->targets.allow_http,
		.ca_file = plan->conf->sender.ca_file,
		.user_agent = plan->conf->sender.user_agent,
		.bind_address = plan->conf->sender.bind_address,
		.address_ok = policy_address_ok,
		.withheld = policy_withheld,
		.arg = plan->policy,
		.may_send = courier_may_send,
	};

	return http_new(&o);
}

/* Where few files may be open (hosting accounts), there are few requests: one
 * without a socket would count as its receiver's failure. Each may need its
 * connections and, while its name is looked up, a pipe. */
static size_t affordable(size_t wanted, unsigned workers)
{
	enum { OWN = 24, EACH = HTTP_SOCKETS + 2 };
	const rlim_t own = OWN + workers; /* each has a bell */
	size_t places = wanted ? wanted : 1;
	rlim_t want = own + EACH * (rlim_t)places;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= want)
		return places;
	files.rlim_cur = files.rlim_max < want ? files.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 &&
	    getrlimit(RLIMIT_NOFILE, &files) != 0)
		return places;
	if (files.rlim_cur < own + EACH)
		return 1;
	return (size_t)(files.rlim_cur - own) / EACH;
}

static void open_mailbox(const struct worker_plan *plan, struct mailbox *m,
			 struct http *http)
{
	const int ears[MAILBOX_EARS] = {
		[MAILBOX_BELL] = plan->watch->worker[plan->worker].bell,
		[MAILBOX_CALL] = plan->call,
	};

	mailbox_init(m, http, ears);
}

static struct plan orders_of(const struct worker_plan *plan,
			     struct mailbox *mailbox, size_t places)
{
	return (struct plan){
		.conf = plan->conf,
		.mailbox = mailbox,
		.owner = plan->owner,
		.host = plan->lock->host,
		.worker = plan->worker,
		.concurrency = places,
		.once = plan->once,
		.until = plan->until,
		.started_at = plan->started_at,
		.state = &plan->lock->state,
		.wish = plan->wish,
		.arg = plan->arg,
		.chores_due = plan->chores_due,
		.count = plan->count,
		.keepsake = plan->keepsake,
		.watch = plan->watch,
	};
}

enum err worker_run(const struct worker_plan *plan)
{
	const struct conf *conf = plan->conf;
	size_t places = affordable(conf->sender.concurrency / plan->workers,
				   plan->workers);
	struct ledger_thread ledger;
	struct courier_plan courier;
	struct http *http;
	struct mailbox mailbox;
	pthread_t thread;

	lock_owner(plan->lock, plan->owner);
	http = open_http(plan, places);
	open_mailbox(plan, &mailbox, http);
	ledger.plan = orders_of(plan, &mailbox, places);
	courier = (struct courier_plan){
		.http = http,
		.mailbox = &mailbox,
		.concurrency = places,
		.hook_concurrency = conf->sender.hook_concurrency,
		.once = plan->once,
		.policy = {.schedule = conf->sender.retry_schedule.delay,
			   .schedule_count = conf->sender.retry_schedule.count,
			   .jitter = conf->sender.retry_jitter},
		.answers_limit = WHOLE_ANSWERS * conf->sender.response_limit,
		.stop_ms = STOP_GRACE_MS,
	};
	worker_start(&thread, &ledger);
	courier_run(&courier);
	pthread_join(thread, NULL);
	mailbox_release(&mailbox);
	http_free(http);
	return ledger.result;
}

bool worker_crashed(int signal)
{
	return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS ||
	       signal == SIGILL || signal == SIGFPE;
}
