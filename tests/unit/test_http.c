/* SPDX-License-Identifier: MIT */
/*
 * http: a request may be taken back until its first byte leaves. The receiver
 * is a socket of this process; everything else is tested with the programs.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/http.h"
#include "rules/outcome.h"

static const int64_t schedule[] = {1000};

static bool any_address(void *arg, const struct sockaddr *address)
{
	(void)arg;
	return address->sa_family == AF_INET;
}

static bool too_late(struct http_request *r)
{
	(void)r;
	return false;
}

static int receiver(char url[64])
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(fd >= 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, 64, "http://127.0.0.1:%u/hook", ntohs(at.sin_port));
	return fd;
}

START_TEST(what_comes_too_late_is_not_sent)
{
	const struct http_options o = {.concurrency = 1,
				       .connect_timeout_ms = 5000,
				       .timeout_ms = 5000,
				       .response_limit = 100,
				       .delivered_limit = 200,
				       .allow_http = true,
				       .ca_file = "",
				       .user_agent = "unit",
				       .bind_address = "",
				       .address_ok = any_address,
				       .may_send = too_late};
	const struct outcome_policy policy = {schedule, 1, 0, false};
	char url[64], byte;
	int listener = receiver(url), fd;
	struct http_request r = {.url = url, .body = "{}", .body_len = 2};
	struct outcome out;
	struct http *h;

	http_setup();
	h = http_new(&o);
	http_start(h, &r);
	while (!http_done(h))
		http_wait(h, 100);
	ck_assert_int_eq(r.attempt.error, ATTEMPT_STOPPED);
	ck_assert(!r.attempt.sent);
	outcome_judge(&r.attempt, &policy, 1, 0, 0, &out);
	ck_assert_int_eq(out.verdict, OUTCOME_RETURNED);
	http_request_release(&r);
	http_free(h);
	fd = accept(listener, NULL, NULL);
	ck_assert(fd >= 0);
	ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
	close(fd);
	close(listener);
}
END_TEST

Suite *suite_http(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");

	tcase_add_test(t, what_comes_too_late_is_not_sent);
	suite_add_tcase(s, t);
	return s;
}
