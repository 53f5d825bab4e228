/* SPDX-License-Identifier: MIT */
/*
 * http: a receiver on this machine that answers with any bytes and closes.
 * The attempt ends at once with the facts known so far, no more is kept than
 * allowed, the request was sent once, and the outcome is within its bounds.
 */
#include "fuzz.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/http.h"
#include "rules/outcome.h"
#include "rules/retry.h"

enum { KEPT = 60, SHOT = 2000 };

/* The receiver: one connection at a time. */
static struct {
	int listener, fd; /* fd: -1 while nobody is connected */
	struct sockaddr_in address;
	unsigned requests;
	const uint8_t *answer;
	size_t len;
} receiver = {.fd = -1};

static void receiver_open(void)
{
	socklen_t len = sizeof(receiver.address);
	struct sockaddr *sa = (struct sockaddr *)&receiver.address;

	receiver.address.sin_family = AF_INET;
	receiver.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	receiver.listener =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK(receiver.listener >= 0);
	CHECK(bind(receiver.listener, sa, len) == 0);
	CHECK(listen(receiver.listener, 8) == 0);
	CHECK(getsockname(receiver.listener, sa, &len) == 0);
}

/* The answer and nothing after it, once the request has come. */
static void receiver_answer(void)
{
	char request[SHOT];
	ssize_t n = read(receiver.fd, request, sizeof(request) - 1);

	if (n <= 0)
		return;
	request[n] = '\0';
	CHECK(strncmp(request, "POST /hook HTTP/1.1\r\n", 21) == 0);
	receiver.requests++;
	while (receiver.len) {
		n = write(receiver.fd, receiver.answer, receiver.len);
		if (n < 0)
			break; /* it is not read on */
		receiver.answer += n;
		receiver.len -= (size_t)n;
	}
	shutdown(receiver.fd, SHUT_WR);
}

static void receiver_step(void)
{
	if (receiver.fd < 0)
		receiver.fd = accept4(receiver.listener, NULL, NULL,
				      SOCK_NONBLOCK | SOCK_CLOEXEC);
	else
		receiver_answer();
}

/* Without lingering, or ports would run out. */
static void receiver_close(void)
{
	const struct linger at_once = {.l_onoff = 1};

	if (receiver.fd < 0)
		return;
	setsockopt(receiver.fd, SOL_SOCKET, SO_LINGER, &at_once,
		   sizeof(at_once));
	close(receiver.fd);
	receiver.fd = -1;
}

/* ---- the sender ---- */

static bool only_receiver(void *arg, const struct sockaddr *sa)
{
	(void)arg;
	return sa->sa_family == AF_INET;
}

static struct http *open_http(void)
{
	const struct http_options options = {
		.concurrency = 1,
		.connect_timeout_ms = 60000,
		.timeout_ms = 60000,
		.response_limit = KEPT,
		.delivered_limit = 2 * KEPT,
		.allow_http = true,
		.ca_file = "",
		.user_agent = "fuzz",
		.bind_address = "",
		.address_ok = only_receiver,
	};

	signal(SIGPIPE, SIG_IGN);
	http_setup();
	receiver_open();
	return http_new(&options);
}

static void post(struct http *h, struct http_request *r)
{
	http_start(h, r);
	while (!http_done(h)) {
		http_wait(h, 0);
		receiver_step();
	}
	receiver_close();
}

/* ---- the result ---- */

static void check_outcome(const struct attempt *a)
{
	static const int64_t schedule[] = {5000, 300000};
	const struct outcome_policy policy = {schedule, COUNT(schedule), 0.2,
					      false};
	bool complete = a->error == ATTEMPT_NONE;
	bool fine = complete && a->status >= 200 && a->status <= 299;
	struct outcome o;

	outcome_judge(a, &policy, 1, 0.5, INT64_C(784111777000), &o);
	CHECK((o.verdict == OUTCOME_DELIVERED) == fine);
	CHECK((o.verdict == OUTCOME_GONE) == (complete && a->status == 410));
	CHECK(o.answered == complete && o.maybe_duplicate == !complete);
	CHECK(!o.connection_level && o.counts);
	CHECK(o.delay_ms >= 0 && o.delay_ms <= RETRY_AFTER_MAX);
	CHECK(o.lane_delay_ms >= 0 && o.lane_delay_ms <= RETRY_AFTER_MAX);
	CHECK(!o.lane_delay_ms || a->retry_after);
}

/* In this order; chunks have something between them, and the lines after the
 * last one get a proper end. */
static bool is_part(const struct buf *b, const uint8_t *data, size_t size)
{
	const char *p = b->data;

	for (size_t i = 0; i < size; i++) {
		p += strspn(p, "\r\n");
		if (p < b->data + b->len && data[i] == (uint8_t)*p)
			p++;
	}
	p += strspn(p, "\r\n");
	return p == b->data + b->len;
}

static void check(const struct attempt *a, const uint8_t *data, size_t size)
{
	const char *v = a->retry_after;

	CHECK(a->sent && receiver.requests == 1);
	CHECK(a->error == ATTEMPT_NONE || a->error == ATTEMPT_CLOSED ||
	      a->error == ATTEMPT_PROTOCOL);
	CHECK(a->status <= 999);
	CHECK(a->status >= 100 || a->error != ATTEMPT_NONE);
	CHECK(a->headers.len <= KEPT && a->body.len <= KEPT);
	CHECK(!v || (!strchr(v, '\n') && *v != ' ' && *v != '\t'));
	CHECK(!v || memmem(data, size, v, strlen(v)));
	CHECK(is_part(&a->body, data, size) &&
	      is_part(&a->headers, data, size));
	check_outcome(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http *h;
	struct http_request r = {.body = "{}", .body_len = 2};
	char url[64];

	if (!h)
		h = open_http();
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hook",
		 ntohs(receiver.address.sin_port));
	r.url = url;
	receiver.answer = data;
	receiver.len = size;
	receiver.requests = 0;
	post(h, &r);
	check(&r.attempt, data, size);
	http_request_release(&r);
	return 0;
}
