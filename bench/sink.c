/* SPDX-License-Identifier: MIT */
/*
 * sink: the least a receiver can do, for measuring senders: reads POST
 * requests on kept connections and answers each with an empty 200, at once,
 * late, byte by byte, or never.
 *
 * Usage: sink [-c PEM] [-d MS] [-m hang|drip] [-n N] [-t] PORT
 *   -c  HTTPS, with the certificate and the key in this file
 *   -d  answers after so long
 *   -m  hang: never answers; drip: one byte a second
 *   -n  prints "N in S s" when N more requests have come since the first
 *   -t  prints the microseconds since the time that a body names as "sent"
 *       (CLOCK_MONOTONIC), one line a request
 * Prints "requests N, at once N" when it is told to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum {
	FD_MAX = 4096,
	BUFFER = 64 * 1024,
	EVENTS = 256,
	QUEUE = FD_MAX * 2, /* answers that wait, one a connection */
	DRIP_MS = 1000
};

enum mode { MODE_ANSWER, MODE_HANG, MODE_DRIP };

struct peer {
	SSL *ssl; /* NULL: HTTP */
	char *data;
	size_t len;
	size_t said; /* bytes of the answer, when it drips */
	uint64_t life;
	bool waits;
};

/* The wait is the same for all, so the first in is the first out. */
struct waiting {
	int64_t at; /* us */
	int fd;
	uint64_t life;
};

static const char answer[] = "HTTP/1.1 200 OK\r\n"
			     "Content-Length: 0\r\n\r\n";

static struct peer peers[FD_MAX];
static struct waiting queue[QUEUE];
static size_t queue_first, queue_len;
static enum mode mode;
static int64_t delay_us;
static SSL_CTX *tls;
static bool print_times;
static uint64_t requests, lives, count_to;
static uint64_t open_requests, most_open;
static int64_t first_at;
static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- connections ---- */

static void drop(int fd)
{
	if (peers[fd].waits)
		open_requests--;
	SSL_free(peers[fd].ssl);
	free(peers[fd].data);
	peers[fd] = (struct peer){0};
	close(fd);
}

static bool say(int fd, const char *s, size_t n)
{
	if (peers[fd].ssl)
		return SSL_write(peers[fd].ssl, s, (int)n) == (int)n;
	return write(fd, s, n) == (ssize_t)n;
}

/* Bytes read; 0: nothing for now; -1: the end. */
static ssize_t hear(int fd)
{
	struct peer *p = &peers[fd];
	size_t room = BUFFER - p->len;
	ssize_t n;

	if (p->ssl) {
		int got = SSL_read(p->ssl, p->data + p->len, (int)room);
		int why = got > 0 ? 0 : SSL_get_error(p->ssl, got);

		if (got > 0)
			return got;
		return why == SSL_ERROR_WANT_READ ? 0 : -1;
	}
	n = read(fd, p->data + p->len, room);
	if (n > 0)
		return n;
	return n < 0 && errno == EAGAIN ? 0 : -1;
}

/* ---- answers that wait ---- */

static void put_off(int fd, int64_t us)
{
	if (queue_len == QUEUE)
		return;
	queue[(queue_first + queue_len++) % QUEUE] = (struct waiting){
		.at = now_us() + us, .fd = fd, .life = peers[fd].life};
}

static void finish(int fd)
{
	peers[fd].waits = false;
	peers[fd].said = 0;
	open_requests--;
}

static void speak_late(int fd)
{
	struct peer *p = &peers[fd];
	bool good = mode == MODE_DRIP ? say(fd, answer + p->said++, 1)
				      : say(fd, answer, sizeof(answer) - 1);

	if (!good)
		drop(fd);
	else if (mode == MODE_DRIP && p->said < sizeof(answer) - 1)
		put_off(fd, delay_us);
	else
		finish(fd);
}

/* Milliseconds until the next one, -1 when there is none. */
static int heed_queue(void)
{
	while (queue_len) {
		struct waiting *w = &queue[queue_first];
		int64_t left = w->at - now_us();

		if (left > 0)
			return (int)(left / 1000) + 1;
		queue_first = (queue_first + 1) % QUEUE;
		queue_len--;
		if (peers[w->fd].life == w->life)
			speak_late(w->fd);
	}
	return -1;
}

/* ---- requests ---- */

/* The length of the first whole request, 0 when there is none yet. */
static size_t request_length(const char *s, size_t len)
{
	static const char name[] = "\r\nContent-Length:";
	const char *end = memmem(s, len, "\r\n\r\n", 4);
	const char *at;
	size_t head, body;

	if (!end)
		return 0;
	head = (size_t)(end - s) + 4;
	at = memmem(s, head, name, sizeof(name) - 1);
	body = at ? strtoul(at + sizeof(name) - 1, NULL, 10) : 0;
	return len >= head + body ? head + body : 0;
}

static void print_time(const char *s, size_t len)
{
	static const char name[] = "\"sent\":";
	const char *at = memmem(s, len, name, sizeof(name) - 1);

	if (at)
		printf("%lld\n",
		       (long long)(now_us() -
				   strtoll(at + sizeof(name) - 1, NULL, 10)));
	fflush(stdout);
}

static void count(void)
{
	if (!requests++)
		first_at = now_us();
	if (count_to && requests == count_to + 1) {
		printf("%llu in %.3f s\n", (unsigned long long)count_to,
		       (double)(now_us() - first_at) / 1e6);
		fflush(stdout);
	}
}

static bool react(int fd, const char *request, size_t len)
{
	count();
	if (print_times)
		print_time(request, len);
	if (mode == MODE_ANSWER && !delay_us)
		return say(fd, answer, sizeof(answer) - 1);
	peers[fd].waits = true;
	if (++open_requests > most_open)
		most_open = open_requests;
	if (mode != MODE_HANG)
		put_off(fd, delay_us);
	return true;
}

/* A TLS library may hold more than it gave, so it is asked until empty. */
static bool serve(int fd)
{
	struct peer *p = &peers[fd];
	size_t one;
	ssize_t n;

	do {
		n = hear(fd);
		if (n < 0)
			return false;
		p->len += (size_t)n;
		while ((one = request_length(p->data, p->len))) {
			if (!react(fd, p->data, one))
				return false;
			p->len -= one;
			memmove(p->data, p->data + one, p->len);
		}
	} while (n && p->ssl);
	return p->len < BUFFER;
}

static void accept_peer(int epoll, int listener)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;

	if (fd < 0)
		return;
	if (fd >= FD_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	peers[fd].data = malloc(BUFFER);
	peers[fd].life = ++lives;
	if (tls) {
		peers[fd].ssl = SSL_new(tls);
		SSL_set_fd(peers[fd].ssl, fd);
		SSL_set_accept_state(peers[fd].ssl);
	}
	ev.data.fd = fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* ---- the start ---- */

static int listen_on(unsigned short port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1024)) {
		perror("sink");
		exit(1);
	}
	return fd;
}

static void use_tls(const char *pem)
{
	tls = SSL_CTX_new(TLS_server_method());
	if (!tls || SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "sink: no certificate in %s\n", pem);
		exit(1);
	}
}

static bool set_option(int c)
{
	switch (c) {
	case 'c':
		use_tls(optarg);
		return true;
	case 'd':
		delay_us = strtoll(optarg, NULL, 10) * 1000;
		return true;
	case 'm':
		mode = strcmp(optarg, "drip") == 0 ? MODE_DRIP : MODE_HANG;
		return true;
	case 'n':
		count_to = strtoull(optarg, NULL, 10);
		return true;
	case 't':
		print_times = true;
		return true;
	default:
		return false;
	}
}

static void loop(int epoll, int listener)
{
	struct epoll_event got[EVENTS];

	while (!ended) {
		int n = epoll_wait(epoll, got, EVENTS, heed_queue());

		for (int i = 0; i < n; i++) {
			if (got[i].data.fd == listener)
				accept_peer(epoll, listener);
			else if (!serve(got[i].data.fd))
				drop(got[i].data.fd);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction end = {.sa_handler = on_end};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct epoll_event ev = {.events = EPOLLIN};
	int listener, epoll, c;

	while ((c = getopt(argc, argv, "c:d:m:n:t")) != -1)
		if (!set_option(c))
			return 64;
	if (optind + 1 != argc)
		return 64;
	if (mode == MODE_DRIP)
		delay_us = DRIP_MS * 1000;
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	listener = listen_on((unsigned short)strtoul(argv[optind], NULL, 10));
	epoll = epoll_create1(0);
	ev.data.fd = listener;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev);
	loop(epoll, listener);
	printf("requests %llu, at once %llu\n", (unsigned long long)requests,
	       (unsigned long long)most_open);
	return 0;
}
