/*
 * hooks-send: the sender, started by cron. Takes the lock, looks whether the
 * database is there, starts the workers, and watches them: time, signals,
 * progress, and the last line.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chores.h"
#include "clock.h"
#include "fanout.h"
#include "http.h"
#include "log.h"
#include "options.h"
#include "outage.h"
#include "sender.h"
#include "store.h"
#include "store_fanout.h"
#include "store_lane.h"
#include "store_secret.h"
#include "store_sender.h"
#include "text.h"

enum {
	TICK_MS = 250,
	KEEPER_MS = 10000,     /* between looks for chores that are due */
	KEEPER_STOP_MS = 1000, /* for the statement it is at */
	KEEPER_ONCE_MS = 15000 /* and if the database hangs */
};

struct run {
	struct options o;
	struct conf conf;
	struct policy policy;
	struct lock lock;
	struct store store;
	bool holds_lock;
	int64_t began, end; /* monotonic */
	int64_t until;	    /* database time, with --once */
	unsigned workers;
	pid_t pid[OPTIONS_WORKERS_MAX];
	unsigned running;
	pid_t keeper;	     /* does the chores; 0: none */
	int64_t next_keeper; /* monotonic */
	struct ledger_count *count; /* shared with the workers */
	bool stopping;
	enum err result;
	int64_t next_progress;
	uint64_t shown; /* delivered, when progress was shown last */
	bool line_open; /* a progress line stands on the terminal */
};

static uint64_t load(const atomic_uint_fast64_t *v)
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

static enum ledger_wish wish(void *arg)
{
	const struct run *r = arg;

	if (told_to_stop)
		return LEDGER_STOP;
	if (!r->o.once && clock_monotonic() >= r->end)
		return LEDGER_FINISH;
	return LEDGER_GO_ON;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_stop};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t none;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Opens the lock file itself: its owner's byte must go when it dies. */
static enum err work(struct run *r, unsigned worker)
{
	struct sender_plan plan = {
		.conf = &r->conf,
		.policy = &r->policy,
		.worker = worker,
		.workers = r->workers,
		.once = r->o.once,
		.until = r->until,
		.wish = wish,
		.arg = r,
		.count = r->count,
	};
	struct lock lock;
	enum err e;

	lock_close(&r->lock);
	e = lock_open(&lock, &r->conf, !r->o.once);
	if (e)
		return e;
	plan.lock = &lock;
	e = sender_run(&plan);
	lock_close(&lock);
	return e;
}

/* The parent's death must not leave children behind that nobody stops. */
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
		_exit(err_exit(work(r, worker)));
	r->pid[worker] = pid;
	r->running++;
}

/* ---- the process that does the chores ---- */

static bool keeper_must_stop(void *arg)
{
	const struct run *r = arg;

	return r->stopping || wish(arg) != LEDGER_GO_ON;
}

static uint64_t attempts(void *arg)
{
	const struct run *r = arg;

	return load(&r->count->delivered) + load(&r->count->failed) +
	       load(&r->count->retried);
}

static void keep(struct run *r)
{
	struct chores_plan plan = {.conf = &r->conf,
				   .once = r->o.once,
				   .stop = keeper_must_stop,
				   .attempts = attempts,
				   .arg = r};

	lock_close(&r->lock);
	chores_run(&plan);
}

/* Lives only while there is something to do; without it the run only does
 * less. */
static void heed_chores(struct run *r)
{
	int64_t now = clock_monotonic();
	pid_t pid;

	if (r->keeper && waitpid(r->keeper, NULL, WNOHANG) == r->keeper)
		r->keeper = 0;
	if (r->keeper || now < r->next_keeper || keeper_must_stop(r))
		return;
	r->next_keeper = r->o.once ? INT64_MAX : now + KEEPER_MS;
	pid = start_child();
	if (!pid) {
		keep(r);
		_exit(0);
	}
	r->keeper = pid > 0 ? pid : 0;
}

/* Whatever it is at can be cut off anywhere. */
static void end_keeper(struct run *r)
{
	bool wait = r->o.once && !r->stopping && !r->result;
	int64_t end = clock_monotonic() +
		      (wait ? KEEPER_ONCE_MS : KEEPER_STOP_MS);

	if (!r->keeper)
		return;
	if (!wait)
		kill(r->keeper, SIGTERM);
	while (waitpid(r->keeper, NULL, WNOHANG) == 0) {
		if (clock_monotonic() >= end)
			kill(r->keeper, SIGKILL);
		clock_sleep(2);
	}
	r->keeper = 0;
}

/* ---- before the workers ---- */

/* What was published before now belongs to this run, what is due later not. */
static enum err fan_out_all(struct run *r)
{
	struct fanout_count count;
	uint64_t newest;
	bool any;
	enum err e = store_fanout_newest(&r->store, &newest);

	any = !e && newest;
	/* Another sender may take a step's rows away: then there are others. */
	while (!e && any) {
		e = fanout_run(&r->store, newest, &count);
		if (!e)
			e = store_fanout_any(&r->store, newest, &any);
	}
	return e ? e : store_now(&r->store, &r->until);
}

static enum err bury_the_dead(struct run *r)
{
	size_t freed = 0;
	enum err e;

	if (r->lock.fd < 0)
		return ERR_OK;
	e = store_lane_bury(&r->store, r->lock.prefix, lock_alive, &r->lock,
			    &freed);
	if (!e && freed)
		log_info("%zu lanes taken over from a sender that died", freed);
	return e;
}

static enum err prepare(struct run *r)
{
	enum err e = store_connect(&r->store);

	if (e == ERR_TEMP)
		outage_note(r->lock.path, db_error_text(r->store.db));
	if (e)
		return e;
	outage_end(r->lock.path);
	e = store_secret_check(&r->store);
	if (!e)
		e = bury_the_dead(r);
	if (!e && r->o.once)
		e = fan_out_all(r);
	db_close(r->store.db);
	return e;
}

/* ---- while the workers run ---- */

static void show_progress(struct run *r)
{
	int64_t now = clock_monotonic();
	uint64_t delivered = load(&r->count->delivered);
	uint64_t due = 0, held = 0;
	int64_t at;

	if (!r->o.progress || !isatty(STDOUT_FILENO) || now < r->next_progress)
		return;
	if (store_now(&r->store, &at) ||
	    store_sender_left(&r->store, at, &due, &held))
		due = 0;
	printf("\rdelivered %llu, failed %llu, %llu/s, due %llu\033[K",
	       (unsigned long long)delivered,
	       (unsigned long long)load(&r->count->failed),
	       (unsigned long long)(delivered - r->shown),
	       (unsigned long long)due);
	fflush(stdout);
	r->line_open = true;
	r->shown = delivered;
	r->next_progress = now + 1000;
}

static void note_end(struct run *r, int status)
{
	r->running--;
	if (WIFSIGNALED(status)) {
		log_error("a worker died of signal %d", WTERMSIG(status));
		r->result = ERR_INTERNAL;
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
		note_end(r, status);
	}
}

static void pass_on_stop(struct run *r)
{
	for (unsigned i = 0; i < r->workers; i++)
		if (r->pid[i] > 0)
			kill(r->pid[i], SIGTERM);
	r->stopping = true;
}

/* At the end of the time the next sender may start, though this one still
 * waits for what is under way: leases make the overlap safe. */
static void heed_time(struct run *r)
{
	if (r->holds_lock &&
	    (r->stopping || (!r->o.once && clock_monotonic() >= r->end))) {
		lock_give_up(&r->lock);
		r->holds_lock = false;
	}
}

static int64_t tick(const struct run *r)
{
	int64_t left = r->end - clock_monotonic();

	if (r->o.once || !r->holds_lock || left > TICK_MS)
		return TICK_MS;
	return left > 0 ? left : 1;
}

static void watch(struct run *r, const sigset_t *signals)
{
	while (r->running) {
		int64_t ms = tick(r);
		struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
				      .tv_nsec = (long)(ms % 1000) * 1000000};
		int got;

		heed_chores(r);
		got = sigtimedwait(signals, NULL, &ts);
		if ((got == SIGTERM || got == SIGINT) && !r->stopping)
			pass_on_stop(r);
		reap(r);
		heed_time(r);
		if (r->running)
			show_progress(r);
	}
}

/* ---- the end ---- */

static void print_summary(struct run *r)
{
	uint64_t due = 0, held = 0, retrying = load(&r->count->retried);
	int64_t now;

	if (!r->o.once && !r->o.progress && !r->o.verbose)
		return;
	if (r->o.once)
		now = r->until;
	else if (store_now(&r->store, &now))
		now = TIME_NONE;
	if (now != TIME_NONE && !store_sender_left(&r->store, now, &due, &held))
		retrying += r->o.once ? due : 0;
	printf("%sdelivered %llu, failed %llu, retrying %llu, held %llu in "
	       "%lld s\n",
	       r->line_open ? "\n" : "",
	       (unsigned long long)load(&r->count->delivered),
	       (unsigned long long)load(&r->count->failed),
	       (unsigned long long)retrying, (unsigned long long)held,
	       (long long)((clock_monotonic() - r->began + 500) / 1000));
	fflush(stdout);
}

static unsigned worker_count(const struct run *r)
{
	uint64_t n = r->o.workers ? r->o.workers : r->conf.sender.workers;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!n)
		n = cores > 0 ? (uint64_t)cores : 1;
	if (n > r->conf.sender.concurrency)
		n = r->conf.sender.concurrency;
	return n > OPTIONS_WORKERS_MAX ? OPTIONS_WORKERS_MAX : (unsigned)n;
}

static enum err run_workers(struct run *r)
{
	sigset_t signals;

	r->count = mmap(NULL, sizeof(*r->count), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->count == MAP_FAILED)
		return ERR_INTERNAL;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (unsigned i = 0; i < r->workers; i++)
		start_worker(r, i);
	watch(r, &signals);
	end_keeper(r);
	if (r->result == ERR_TEMP && !store_connect(&r->store))
		outage_end(r->lock.path); /* it is back by now */
	else if (r->result == ERR_TEMP)
		outage_note(r->lock.path, db_error_text(r->store.db));
	print_summary(r);
	return r->result;
}

/* Without it every delivery over HTTPS would fail, and use up its schedule. */
static enum err check_ca_file(const struct conf *c)
{
	if (*c->sender.ca_file && access(c->sender.ca_file, R_OK) != 0)
		return conf_reject(c, "sender", "ca_file", strerror(errno));
	return ERR_OK;
}

static enum err run(struct run *r)
{
	enum err e = policy_load(&r->policy, &r->conf);

	if (!e)
		e = check_ca_file(&r->conf);
	if (!e)
		e = lock_open(&r->lock, &r->conf, !r->o.once);
	if (e)
		return e;
	r->holds_lock = r->lock.fd >= 0 && lock_try(&r->lock);
	if (!r->o.once && !r->holds_lock)
		return ERR_OK; /* another one runs: all is well */
	if (r->o.once && r->holds_lock) {
		lock_give_up(&r->lock);
		r->holds_lock = false;
	}
	r->began = clock_monotonic();
	r->end = r->began +
		 (r->o.linger >= 0 ? r->o.linger : r->conf.sender.linger);
	r->workers = worker_count(r);
	policy_find_own(&r->policy);
	store_init(&r->store, &r->conf, DB_SENDER);
	e = prepare(r);
	if (!e)
		e = run_workers(r);
	store_release(&r->store);
	return e;
}

int main(int argc, char **argv)
{
	static struct run r;
	enum err e;

	log_open("hooks-send", LOG_LEVEL_WARN);
	r.until = TIME_NONE;
	r.lock.fd = -1;
	e = options_parse(&r.o, argc, argv);
	if (e)
		return err_exit(e);
	if (r.o.verbose)
		log_open("hooks-send", LOG_LEVEL_INFO);
	http_setup();
	e = conf_load(&r.conf, r.o.config);
	if (!e)
		e = run(&r);
	lock_close(&r.lock);
	policy_release(&r.policy);
	conf_release(&r.conf);
	return err_exit(e);
}
