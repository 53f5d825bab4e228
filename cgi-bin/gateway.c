/* SPDX-License-Identifier: MIT */
/*
 * gateway: libfcgi's reentrant interface, with our own waiting.
 *
 * libfcgi waits in accept(), which neither an idle time nor a signal that came
 * a moment before can end. So we wait in ppoll(), and the listening socket does
 * not block: another process may be faster.
 */
#include "gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

extern char **environ;

enum {
	LISTENER = 0,
	/* The longest that a client may keep a process. */
	HEAD_MS = 5000,
	BODY_MS = 10000,
	ANSWER_MS = 20000,
	DRAIN_MS = 500,
	DRAIN_MAX = 32 * 1024 * 1024,
	TICK_US = 50000
};

struct gateway {
	FCGX_Request fcgi;
	sigset_t waiting; /* the signal mask of ppoll() */
	bool cgi;
	bool taken;	    /* CGI: the one request was taken */
	bool open_end;	    /* CGI: the body ends where the input does */
	uint64_t announced; /* bytes of the body; 0: none, or not known */
	uint64_t left;	    /* of these, not read yet */
	int64_t until;	    /* monotonic: by then the body must be here */
	bool some;	    /* of the body was read */
	bool broken;	    /* the body ended earlier */
	bool deaf;	    /* nobody takes the answer */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void on_tick(int number)
{
	(void)number;
}

/* libfcgi reads and writes without a limit of time. After `ms` a signal
 * interrupts it, and again and again until it gives up, because a signal that
 * comes between two calls is lost. 0: no limit. */
static void set_time_limit(int64_t ms)
{
	const struct itimerval t = {
		.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000},
		.it_interval.tv_usec = ms ? TICK_US : 0};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void set_signals(struct gateway *g)
{
	const struct sigaction tick = {.sa_handler = on_tick};
	static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
	struct sigaction stop = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	sigprocmask(SIG_BLOCK, NULL, &g->waiting);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &stop, NULL);
		sigaddset(&block, numbers[i]);
		sigdelset(&g->waiting, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigaction(SIGALRM, &tick, NULL);
	signal(SIGPIPE, SIG_IGN);
}

struct gateway *gateway_new(void)
{
	struct gateway *g = xcalloc(1, sizeof(*g));

	g->cgi = FCGX_IsCGI();
	if (!g->cgi) {
		int flags = fcntl(LISTENER, F_GETFL);

		FCGX_Init();
		FCGX_InitRequest(&g->fcgi, LISTENER, FCGI_FAIL_ACCEPT_ON_INTR);
		fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK);
	}
	set_signals(g);
	return g;
}

void gateway_free(struct gateway *g)
{
	if (!g->cgi)
		FCGX_Free(&g->fcgi, 1);
	free(g);
}

bool gateway_is_cgi(const struct gateway *g)
{
	return g->cgi;
}

/* ---- the next request ---- */

static enum gateway_event begin_request(struct gateway *g, const char *length)
{
	if (!length || !text_uint(length, UINT64_MAX, &g->announced))
		g->announced = 0;
	g->left = g->announced;
	g->until = clock_monotonic() + BODY_MS;
	g->some = g->broken = g->deaf = false;
	return GATEWAY_REQUEST;
}

/* Apache passes a body that came in chunks without its length, as bytes that
 * end where the input ends. */
static enum gateway_event next_cgi(struct gateway *g)
{
	const char *length = getenv("CONTENT_LENGTH");
	const char *coding = getenv("HTTP_TRANSFER_ENCODING");

	if (g->taken)
		return GATEWAY_END;
	g->taken = true;
	g->open_end = !(length && *length) && coding && *coding;
	return begin_request(g, length);
}

bool gateway_is_kept(const struct gateway *g)
{
	return g->fcgi.ipcFd >= 0;
}

/* A server that keeps its connection sends the next request on it. */
static int waiting_for(const struct gateway *g)
{
	return gateway_is_kept(g) ? g->fcgi.ipcFd : LISTENER;
}

static bool transient(int number)
{
	return number == EAGAIN || number == EINTR || number == ECONNABORTED;
}

static int accept_request(struct gateway *g)
{
	int n;

	set_time_limit(HEAD_MS);
	n = FCGX_Accept_r(&g->fcgi);
	set_time_limit(0);
	return n;
}

enum gateway_event gateway_next(struct gateway *g, int64_t idle_ms)
{
	struct timespec idle = {.tv_sec = idle_ms / 1000,
				.tv_nsec = idle_ms % 1000 * 1000000};

	if (g->cgi)
		return next_cgi(g);
	while (!stopped) {
		struct pollfd p = {.fd = waiting_for(g), .events = POLLIN};
		int n = ppoll(&p, 1, idle_ms < 0 ? NULL : &idle, &g->waiting);

		if (n == 0)
			return GATEWAY_IDLE;
		if (n < 0 && errno == EINTR)
			continue;
		n = n < 0 ? -errno : accept_request(g);
		if (n >= 0)
			return begin_request(g, FCGX_GetParam("CONTENT_LENGTH",
							      g->fcgi.envp));
		if (!transient(-n)) {
			log_error("the FastCGI socket failed: error %d", -n);
			break;
		}
	}
	return GATEWAY_END;
}

/* ---- the request ---- */

char *const *gateway_environment(const struct gateway *g)
{
	return g->cgi ? environ : g->fcgi.envp;
}

static ssize_t read_cgi(struct gateway *g, void *p, size_t n)
{
	ssize_t got;

	if (!g->open_end && n > g->left)
		n = g->left;
	if (!n)
		return 0;
	do
		got = read(STDIN_FILENO, p, n);
	while (got < 0 && errno == EINTR && clock_monotonic() < g->until);
	return got;
}

/* Under FastCGI the end of input counts, because a server may not know the
 * length beforehand; when it announces more than it sends, the client was cut
 * off. */
static ssize_t read_fcgi(struct gateway *g, void *p, size_t n)
{
	int got = FCGX_GetStr(p, n > 65536 ? 65536 : (int)n, g->fcgi.in);

	if (got <= 0 && FCGX_GetError(g->fcgi.in))
		g->broken = true;
	return got;
}

size_t gateway_read(struct gateway *g, void *p, size_t n)
{
	int64_t ms = g->until - clock_monotonic();
	ssize_t got = -1;

	if (ms > 0) {
		set_time_limit(ms);
		got = g->cgi ? read_cgi(g, p, n) : read_fcgi(g, p, n);
		set_time_limit(0);
	}
	if (got <= 0) {
		/* Where the end of the input is the body's, a client that was
		 * cut off looks the same. Half of a JSON text is refused
		 * anyway, but an empty body would do for some requests. */
		g->broken = g->broken || got < 0 || g->left ||
			    (g->open_end && !g->some);
		g->left = 0;
		return 0;
	}
	g->some = true;
	g->left -= (uint64_t)got < g->left ? (uint64_t)got : g->left;
	return (size_t)got;
}

uint64_t gateway_announced(const struct gateway *g)
{
	return g->announced;
}

void gateway_hurry(struct gateway *g, int64_t ms)
{
	int64_t now = clock_monotonic();

	if (g->until - now > ms)
		g->until = now + ms;
}

bool gateway_broken(const struct gateway *g)
{
	return g->broken;
}

void gateway_write(struct gateway *g, const void *p, size_t n)
{
	const char *at = p;

	set_time_limit(ANSWER_MS);
	while (n && !g->deaf) {
		int part = n > 65536 ? 65536 : (int)n;
		ssize_t put = g->cgi ? write(STDOUT_FILENO, at, (size_t)part)
				     : FCGX_PutStr(at, part, g->fcgi.out);

		g->deaf = put <= 0;
		if (!g->deaf) {
			at += put;
			n -= (size_t)put;
		}
	}
	set_time_limit(0);
}

/* Without it libfcgi would try again, for as long as before. */
static void hang_up(struct gateway *g, int ways)
{
	g->fcgi.keepConnection = 0;
	shutdown(g->fcgi.ipcFd, ways);
}

/* False: there is more, or it takes too long. */
static bool drain(struct gateway *g)
{
	char rest[16384];
	size_t n, sum = 0;

	g->broken = false;
	g->until = clock_monotonic() + DRAIN_MS;
	while (sum < DRAIN_MAX && (n = gateway_read(g, rest, sizeof(rest))))
		sum += n;
	return sum < DRAIN_MAX && !g->broken;
}

/* The answer ends where the output does: what is done after it must not keep
 * the client waiting. */
static void end_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	close(null >= 0 ? null : STDOUT_FILENO);
}

void gateway_finish(struct gateway *g)
{
	if (g->cgi) {
		drain(g);
		end_output();
		return;
	}
	/* The answer goes first: a client that still sends may be waiting for
	 * it. */
	set_time_limit(ANSWER_MS);
	if (g->deaf || FCGX_FFlush(g->fcgi.out) < 0)
		hang_up(g, SHUT_RDWR);
	else if (!drain(g))
		/* libfcgi would read on until the other side pauses. */
		hang_up(g, SHUT_RD);
	set_time_limit(ANSWER_MS);
	FCGX_Finish_r(&g->fcgi);
	set_time_limit(0);
}
