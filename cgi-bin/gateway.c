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
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

extern char **environ;

enum { LISTENER = 0 };

struct gateway {
	FCGX_Request fcgi;
	sigset_t waiting; /* the signal mask of ppoll() */
	bool cgi;
	bool taken;    /* CGI: the one request was taken */
	uint64_t left; /* announced bytes of the body, not read yet */
	bool broken;   /* the body ended earlier */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void set_signals(struct gateway *g)
{
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

/* ---- the next request ---- */

static enum gateway_event begin_request(struct gateway *g, const char *length)
{
	if (!length || !text_uint(length, UINT64_MAX, &g->left))
		g->left = 0;
	g->broken = false;
	return GATEWAY_REQUEST;
}

static enum gateway_event next_cgi(struct gateway *g)
{
	if (g->taken)
		return GATEWAY_END;
	g->taken = true;
	return begin_request(g, getenv("CONTENT_LENGTH"));
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
		n = n < 0 ? -errno : FCGX_Accept_r(&g->fcgi);
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

	if (n > g->left)
		n = g->left;
	if (!n)
		return 0;
	do
		got = read(STDIN_FILENO, p, n);
	while (got < 0 && errno == EINTR);
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
	ssize_t got = g->cgi ? read_cgi(g, p, n) : read_fcgi(g, p, n);

	if (got <= 0) {
		g->broken = g->broken || g->left;
		g->left = 0;
		return 0;
	}
	g->left -= (uint64_t)got < g->left ? (uint64_t)got : g->left;
	return (size_t)got;
}

bool gateway_broken(const struct gateway *g)
{
	return g->broken;
}

void gateway_write(struct gateway *g, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		int part = n > 65536 ? 65536 : (int)n;
		ssize_t put = g->cgi ? write(STDOUT_FILENO, at, (size_t)part)
				     : FCGX_PutStr(at, part, g->fcgi.out);

		if (put < 0 && g->cgi && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		at += put;
		n -= (size_t)put;
	}
}

void gateway_finish(struct gateway *g)
{
	char rest[4096];

	while (gateway_read(g, rest, sizeof(rest)))
		;
	if (!g->cgi)
		FCGX_Finish_r(&g->fcgi);
}
