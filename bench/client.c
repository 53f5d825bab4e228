/* SPDX-License-Identifier: MIT */
/*
 * client: the least that can load a web server: keeps N connections busy
 * with one request each, until COUNT answers have come.
 *
 * Usage: client [-b BODY] [-c N] [-k KEY]... [-m METHOD] [-s STATUS]
 *               PORT PATH COUNT
 *   -b  request body          -c  connections (16)
 *   -k  value of Authorization; of several each request takes the next
 *   -m  method (GET)          -s  the status that counts as good (200)
 * Prints "N in S s, R/s, p50 N us, p99 N us, N bad", and the first answer
 * that was not good.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MAX = 256, KEYS_MAX = 64, BUFFER = 64 * 1024, HEAD_MAX = 2048 };

struct link {
	int fd;
	int64_t began; /* us */
	size_t len;
	char data[BUFFER];
};

static struct {
	const char *body, *method, *path, *key[KEYS_MAX];
	unsigned long links, keys, status, count;
	unsigned short port;
} plan = {.body = "", .method = "GET", .links = 16, .status = 200};

static struct link links[LINKS_MAX];
static uint32_t *times; /* us, one an answer */
static unsigned long sent, answered, bad;
static int epoll;

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void give_up(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- asking ---- */

static void ask(struct link *l)
{
	char text[HEAD_MAX + BUFFER];
	const char *key = plan.keys ? plan.key[sent % plan.keys] : "";
	int n = snprintf(text, sizeof(text),
			 "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			 "%s%s%sContent-Length: %zu\r\n\r\n%s",
			 plan.method, plan.path, *key ? "Authorization: " : "",
			 key, *key ? "\r\n" : "", strlen(plan.body), plan.body);

	sent++;
	l->len = 0;
	l->began = now_us();
	if (write(l->fd, text, (size_t)n) != n)
		give_up("write");
}

static void open_link(struct link *l)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(plan.port),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
	int on = 1;

	l->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(l->fd, (struct sockaddr *)&a, sizeof(a)))
		give_up("connect");
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &ev);
}

/* ---- answers ---- */

/* The value of a header of a head that ends with a NUL, or NULL. */
static const char *header(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = strstr(head, "\r\n"); s; s = strstr(s, "\r\n")) {
		s += 2;
		if (strncasecmp(s, name, n) == 0 && s[n] == ':')
			return s + n + 1 + strspn(s + n + 1, " ");
	}
	return NULL;
}

/* Whether the answer is complete; lighttpd sends a length or chunks. */
static bool complete(const struct link *l, const char *body)
{
	const char *length = header(l->data, "Content-Length");
	size_t have = l->len - (size_t)(body - l->data);

	if (length)
		return have >= strtoul(length, NULL, 10);
	if (header(l->data, "Transfer-Encoding"))
		return have >= 5 &&
		       memcmp(l->data + l->len - 5, "0\r\n\r\n", 5) == 0;
	return true; /* 204, 304 */
}

static void note(const struct link *l)
{
	times[answered++] = (uint32_t)(now_us() - l->began);
	if (strtoul(l->data + strlen("HTTP/1.1 "), NULL, 10) == plan.status)
		return;
	if (!bad++)
		fprintf(stderr, "client: %.*s\n", (int)l->len, l->data);
}

static void turn(struct link *l, bool closes)
{
	if (closes) {
		close(l->fd);
		open_link(l);
	}
	if (sent < plan.count)
		ask(l);
}

static void hear(struct link *l)
{
	ssize_t n = read(l->fd, l->data + l->len, BUFFER - 1 - l->len);
	const char *closes;
	char *end;

	if (n <= 0)
		give_up("the connection was closed");
	l->len += (size_t)n;
	l->data[l->len] = '\0';
	end = strstr(l->data, "\r\n\r\n");
	if (!end || !complete(l, end + 4))
		return;
	closes = header(l->data, "Connection");
	note(l);
	turn(l, closes && strncasecmp(closes, "close", 5) == 0);
}

/* ---- the run ---- */

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double run(void)
{
	struct epoll_event got[LINKS_MAX];
	int64_t began;

	for (size_t i = 0; i < plan.links; i++)
		open_link(&links[i]);
	began = now_us();
	for (size_t i = 0; i < plan.links && sent < plan.count; i++)
		ask(&links[i]);
	while (answered < plan.count) {
		int n = epoll_wait(epoll, got, LINKS_MAX, 10000);

		if (n <= 0)
			give_up("no answer");
		for (int i = 0; i < n; i++)
			hear(got[i].data.ptr);
	}
	return (double)(now_us() - began) / 1e6;
}

static bool set_option(int c)
{
	switch (c) {
	case 'b':
		plan.body = optarg;
		return strlen(optarg) < BUFFER;
	case 'c':
		plan.links = strtoul(optarg, NULL, 10);
		return plan.links > 0 && plan.links <= LINKS_MAX;
	case 'k':
		if (plan.keys == KEYS_MAX)
			return false;
		plan.key[plan.keys++] = optarg;
		return true;
	case 'm':
		plan.method = optarg;
		return true;
	case 's':
		plan.status = strtoul(optarg, NULL, 10);
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	double s;
	int c;

	while ((c = getopt(argc, argv, "b:c:k:m:s:")) != -1)
		if (!set_option(c))
			return 64;
	if (optind + 3 != argc)
		return 64;
	plan.port = (unsigned short)strtoul(argv[optind], NULL, 10);
	plan.path = argv[optind + 1];
	plan.count = strtoul(argv[optind + 2], NULL, 10);
	if (!plan.count)
		return 64;
	times = calloc(plan.count, sizeof(*times));
	epoll = epoll_create1(0);
	s = run();
	qsort(times, plan.count, sizeof(*times), by_time);
	printf("%lu in %.3f s, %.0f/s, p50 %u us, p99 %u us, %lu bad\n",
	       plan.count, s, (double)plan.count / s, times[plan.count / 2],
	       times[plan.count * 99 / 100], bad);
	return 0;
}
