/* SPDX-License-Identifier: MIT */
/*
 * hooks-send: the sender, started by cron. It takes the lock, checks that the
 * database can be reached, starts the workers, and watches them: time, signals,
 * progress, and the last line.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/self.h"
#include "deliver/keepsake.h"
#include "deliver/lasting.h"
#include "deliver/outage.h"
#include "deliver/plan.h"
#include "deliver/watch.h"
#include "deliver/worker.h"
#include "outside/http.h"
#include "outside/wakeup.h"
#include "send/chores.h"
#include "send/send_options.h"
#include "send/send_prepare.h"
#include "send/send_report.h"
#include "send/send_turn.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_look.h"

enum {
	TICK_MS = 250,
	STOP_MS = 4800,	       /* of the 5 s that are promised after SIGTERM */
	CHORES_MS = 10000,     /* between checks for chores that are due */
	CHORES_STOP_MS = 1000, /* to finish its current statement */
	CHORES_ONCE_MS = 15000 /* with --once, if the database hangs */
};

/* Shared with the workers. */
struct send_common {
	struct plan_count count;
	struct watch watch;
	char owner[SEND_OPTIONS_WORKERS_MAX][LOCK_OWNER_SIZE]; /* their names */
};

struct run {
	struct send_options o;
	struct conf conf;
	struct policy policy;
	struct lock lock;
	struct store store;
	sigset_t signals; /* blocked and waited for */
	struct send_turn turn;
	bool out_of_turn; /* another sender had the turn to the end */
	int64_t began;	  /* monotonic */
	struct send_prepared prepared;
	unsigned workers;
	pid_t pid[SEND_OPTIONS_WORKERS_MAX];
	unsigned running;
	pid_t chores;	     /* the process for chores; 0: none */
	int64_t next_chores; /* monotonic */
	int call;	     /* what publishers write to; -1: nothing */
	struct send_common *common;
	struct plan_count *count; /* in it */
	struct keepsake *keepsake;
	int64_t stop_by; /* monotonic; 0: the run continues */
	enum err result;
	struct send_report report;
};

static uint64_t send_load(const atomic_uint_fast64_t *v)
{
	return atomic_load(v);
}

/* ---- a worker ---- */

static volatile sig_atomic_t told_to_stop;

static void on_stop(int signal)
{
	(void)signal;
	told_to_stop = 1;
}

static enum plan_wish wish(void *arg)
{
	const struct run *r = arg;

	if (told_to_stop)
		return PLAN_STOP;
	return atomic_load(&r->count->finish) ? PLAN_FINISH : PLAN_GO_ON;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_stop};
	sigset_t none;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Opens the lock file itself: its owner's byte must be free when it dies. */
static enum err send_work(struct run *r, unsigned worker)
{
	struct worker_plan plan = {
		.conf = &r->conf,
		.policy = &r->policy,
		.owner = r->common->owner[worker],
		.worker = worker,
		.workers = r->workers,
		.once = r->o.once,
		.until = r->prepared.until,
		.started_at = r->prepared.now,
		.wish = wish,
		.arg = r,
		.chores_due = chores_due,
		.count = r->count,
		.keepsake = r->keepsake,
		.watch = &r->common->watch,
		.call = r->call,
	};
	struct lock lock;
	enum err e;

	lock_close(&r->lock);
	e = lock_open(&lock, &r->conf, !r->o.once);
	if (e)
		return e;
	plan.lock = &lock;
	e = worker_run(&plan);
	lock_close(&lock);
	return e;
}

/* The death of the parent must not leave children that nobody stops. */
static pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	catch_signals();
	if (getppid() != parent)
		_exit(0);
	return 0;
}

static void start_worker(struct run *r, unsigned worker)
{
	pid_t pid = start_child();

	if (pid < 0) {
		log_error("a worker could not be started: %s", strerror(errno));
		r->result = ERR_INTERNAL;
		return;
	}
	if (!pid)
		_exit(err_exit(send_work(r, worker)));
	r->pid[worker] = pid;
	r->running++;
}

/* ---- the process that does the chores ---- */

static bool must_stop_chores(void *arg)
{
	const struct run *r = arg;

	return r->stop_by || wish(arg) != PLAN_GO_ON;
}

static uint64_t attempts(void *arg)
{
	const struct run *r = arg;

	return send_load(&r->count->delivered) + send_load(&r->count->failed) +
	       send_load(&r->count->retried);
}

static void do_chores(struct run *r)
{
	struct chores_plan plan = {.conf = &r->conf,
				   .once = r->o.once,
				   .stop = must_stop_chores,
				   .attempts = attempts,
				   .arg = r};

	lock_close(&r->lock);
	chores_run(&plan);
}

/* The process lives only while there is work for it, as the first worker sees
 * it; without it the run only does less. */
static void heed_chores(struct run *r)
{
	int64_t now = clock_monotonic();
	pid_t pid;

	if (r->chores && waitpid(r->chores, NULL, WNOHANG) == r->chores)
		r->chores = 0;
	if (r->chores || now < r->next_chores || must_stop_chores(r) ||
	    (!r->o.once && !atomic_exchange(&r->count->chores, false)))
		return;
	r->next_chores = r->o.once ? INT64_MAX : now + CHORES_MS;
	pid = start_child();
	if (!pid) {
		do_chores(r);
		_exit(0);
	}
	r->chores = pid > 0 ? pid : 0;
}

/* The chores can be interrupted anywhere. */
static void end_chores(struct run *r)
{
	bool wait = r->o.once && !r->stop_by && !r->result;
	int64_t end =
		clock_monotonic() + (wait ? CHORES_ONCE_MS : CHORES_STOP_MS);

	if (!r->chores)
		return;
	if (!wait)
		kill(r->chores, SIGTERM);
	while (waitpid(r->chores, NULL, WNOHANG) == 0) {
		if (clock_monotonic() >= end)
			kill(r->chores, SIGKILL);
		clock_sleep(2);
	}
	r->chores = 0;
}

/* ---- while the workers run ---- */

/* Lanes leased by a dead worker need not wait for the end of the lease. The
 * next owner is told if it has crashed: a delivery may be the reason. */
static void note_death(struct run *r, unsigned worker, int signal)
{
	if (signal == SIGKILL && r->stop_by) {
		log_warn("a worker did not end in time: its requests in "
			 "flight will be sent again");
		r->result = r->result ? r->result : ERR_TEMP;
		return;
	}
	log_warn("a worker died of signal %d", signal);
	r->result = ERR_INTERNAL;
	if (worker_crashed(signal))
		(void)store_lane_blame(&r->store, r->common->owner[worker]);
	(void)send_prepare_bury(&r->store, &r->lock);
	db_close(r->store.db);
}

static void note_end(struct run *r, unsigned worker, int status)
{
	r->running--;
	if (WIFSIGNALED(status)) {
		note_death(r, worker, WTERMSIG(status));
	} else if (WEXITSTATUS(status) == err_exit(ERR_TEMP)) {
		r->result = r->result ? r->result : ERR_TEMP;
	} else if (WEXITSTATUS(status) == err_exit(ERR_CONFIG)) {
		r->result = r->result ? r->result : ERR_CONFIG;
	} else if (WEXITSTATUS(status)) {
		r->result = ERR_INTERNAL;
	}
}

static void reap(struct run *r)
{
	for (unsigned i = 0; i < r->workers; i++) {
		int status;

		if (r->pid[i] <= 0 ||
		    waitpid(r->pid[i], &status, WNOHANG) != r->pid[i])
			continue;
		r->pid[i] = 0;
		note_end(r, i, status);
	}
}

static void signal_workers(struct run *r, int signal)
{
	for (unsigned i = 0; i < r->workers; i++)
		if (r->pid[i] > 0)
			kill(r->pid[i], signal);
}

static void pass_on_stop(struct run *r)
{
	r->stop_by = clock_monotonic() + STOP_MS;
	signal_workers(r, SIGTERM);
}

/* At the end of its time the next sender may start, although this one still
 * waits for requests in flight: leases make the overlap safe. */
static void heed_time(struct run *r)
{
	if (!r->stop_by && !send_turn_is_over(&r->turn, attempts(r)))
		return;
	atomic_store(&r->count->finish, true);
	send_turn_end(&r->turn);
}

static void watch(struct run *r, const sigset_t *signals)
{
	while (r->running) {
		int64_t ms = send_turn_tick(&r->turn, TICK_MS);
		struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
				      .tv_nsec = (long)(ms % 1000) * 1000000};
		int got;

		heed_chores(r);
		got = sigtimedwait(signals, NULL, &ts);
		if ((got == SIGTERM || got == SIGINT) && !r->stop_by)
			pass_on_stop(r);
		if (r->stop_by && clock_monotonic() >= r->stop_by)
			signal_workers(r, SIGKILL); /* the database hangs */
		reap(r);
		heed_time(r);
		if (r->running)
			send_report_progress(&r->report);
	}
}

/* ---- the end ---- */

static enum err run_turn(struct run *r)
{
	r->call = r->o.once ? -1 : wakeup_listen(&r->lock.state);
	atomic_store(&r->count->finish, false);
	for (unsigned i = 0; i < r->workers; i++)
		start_worker(r, i);
	watch(r, &r->signals);
	end_chores(r);
	send_report_note(&r->report, &r->lock, r->prepared.now);
	if (r->call >= 0)
		close(r->call);
	return r->result;
}

/* What a request has left to send at the end of the turn, when it saw that a
 * sender was there, waits for no other. */
static bool run_goes_on(struct run *r)
{
	struct store_look look;

	if (r->o.once || r->stop_by || !send_turn_is_open(&r->turn))
		return false;
	return (send_turn_moved(&r->turn, attempts(r)) ||
		(!store_look(&r->store, &look) && store_look_finds(&look))) &&
	       send_turn_again(&r->turn);
}

static enum err run_workers(struct run *r)
{
	enum err e;

	r->common = mmap(NULL, sizeof(*r->common), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->common == MAP_FAILED) {
		log_error("no shared memory: %s", strerror(errno));
		return ERR_INTERNAL;
	}
	r->count = &r->common->count;
	r->report.count = r->count;
	watch_open(&r->common->watch, r->workers);
	do
		e = run_turn(r);
	while (!e && run_goes_on(r));
	send_report_end(&r->report);
	watch_close(&r->common->watch);
	return e;
}

static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

/* Its time counts from its start: while it waits it is late already, and the
 * next one would have to wait for longer, and so on. */
static bool wait_for_turn(struct run *r)
{
	int64_t linger = send_options_linger(&r->o, &r->conf);

	if (r->o.idle >= 0)
		return send_turn_seize(&r->turn, &r->lock, r->began + linger,
				       r->o.idle);
	return send_turn_wait(&r->turn, &r->lock, r->began + linger, !linger,
			      &r->signals);
}

static enum err send_run(struct run *r)
{
	enum err e = policy_load(&r->policy, &r->conf);

	if (!e)
		e = policy_find_own(&r->policy, &r->conf);
	if (!e)
		e = conf_check_sender(&r->conf);
	if (!e)
		e = lock_open(&r->lock, &r->conf, !r->o.once);
	if (e)
		return e;
	r->out_of_turn = !r->o.once && !wait_for_turn(r);
	if (r->out_of_turn)
		return ERR_OK; /* another sender is running: all is well */
	r->workers = send_options_workers(&r->o, &r->conf);
	r->keepsake = keepsake_open(&r->lock.state);
	store_init(&r->store, &r->conf, DB_SENDER);
	e = send_prepare_run(&r->store, &r->lock, &r->o, &r->workers,
			     &r->prepared);
	if (e == ERR_TEMP)
		keepsake_note_away(r->keepsake);
	if (r->workers > r->conf.sender.concurrency)
		r->workers = (unsigned)r->conf.sender.concurrency;
	r->report = (struct send_report){.options = &r->o,
					 .store = &r->store,
					 .began = r->began,
					 .until = r->prepared.until};
	if (!e)
		e = run_workers(r);
	if (!e && r->prepared.left) {
		log_warn("a lock that another client of the database holds "
			 "keeps some notifications back: the next run goes on");
		e = ERR_TEMP;
	}
	store_release(&r->store);
	return e;
}

/* Reports are held back only from cron, which mails them: a person is told each
 * time, and where nobody listens, they are left to the next run. */
static bool holds_back(const struct send_options *o)
{
	return send_options_crons(o) && log_is_heard();
}

int main(int argc, char **argv)
{
	static struct run r;
	enum err e;

	signal(SIGPIPE, SIG_IGN);  /* nobody may read the log any more */
	signal(SIGXFSZ, SIG_IGN);  /* files may be limited to no size */
	block_signals(&r.signals); /* so that an early one ends it well, too */
	umask(S_IRWXG | S_IRWXO);
	self_keep_secrets();
	log_open("hooks-send", LOG_LEVEL_WARN);
	r.began = clock_monotonic();
	r.lock.fd = r.lock.state.fd = -1;
	e = send_options_parse(&r.o, argc, argv);
	if (e)
		return err_exit(e);
	if (r.o.verbose)
		log_open("hooks-send", LOG_LEVEL_INFO);
	http_setup();
	if (holds_back(&r.o))
		lasting_begin(&r.conf);
	e = conf_load(&r.conf, r.o.config);
	if (!e && r.o.verbose)
		conf_warn(&r.conf);
	if (!e)
		e = send_run(&r);
	if (holds_back(&r.o) && !r.out_of_turn)
		lasting_end(e != ERR_OK);
	lock_close(&r.lock);
	policy_release(&r.policy);
	conf_release(&r.conf);
	return err_exit(e);
}
