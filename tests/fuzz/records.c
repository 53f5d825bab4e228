/* SPDX-License-Identifier: MIT */
/*
 * records: bytes on the socket of hooks.fcgi, where a web server should speak
 * FastCGI, but any process with the right to connect may send anything. Each
 * request is read and answered as hooks.fcgi does it; whole records are sent
 * back.
 *
 * libfcgi ends the process when a variable is said to be over 2 GiB long: here
 * another one begins. Only the web server may connect (doc/security.md).
 */
#include "fuzz.h"

#include <assert.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway.h"
#include "request.h"

enum {
	HEADER = 8, /* of a record */
	INPUT_MAX = 32 * 1024,
	BODY_MAX = 4096
};

static struct gateway *gateway;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_len;

/* libfcgi loses some memory with records that are wrong; it is one request's,
 * and the process is renewed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfcgi";
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

/* An abstract name, so that no file is left; the listener is descriptor 0. */
static void begin(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (gateway) {
		close(fd);
		return;
	}
	address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				  (size_t)snprintf(address.sun_path + 1, 80,
						   "vyte-hooks-records-%ld",
						   (long)getpid()) +
				  1);
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&address, address_len));
	CHECK(!listen(fd, 8) && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	close(fd);
	gateway = gateway_new();
	CHECK(!gateway_is_cgi(gateway));
}

/* ---- what libfcgi does not survive ---- */

static sigjmp_buf broken;

/* It would be the end of hooks.fcgi, and the web server would start another. */
_Noreturn void __assert_fail(const char *what, const char *path, unsigned line,
			     const char *function)
{
	const struct itimerval none = {0};

	(void)what;
	(void)path;
	(void)line;
	(void)function;
	setitimer(ITIMER_REAL, &none, NULL);
	siglongjmp(broken, 1);
}

/* ---- one connection ---- */

static int connect_and_send(const uint8_t *data, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 &&
	      !connect(fd, (struct sockaddr *)&address, address_len));
	CHECK(!size || send(fd, data, size, MSG_DONTWAIT) == (ssize_t)size);
	shutdown(fd, SHUT_WR);
	return fd;
}

static void answer(void)
{
	static const char text[] = "Status: 200\r\nContent-Length: 2\r\n\r\n{}";
	struct request r;

	request_init(&r, BODY_MAX);
	request_read_head(&r, gateway_environment(gateway), "");
	request_read_body(&r, gateway);
	CHECK(r.body.len <= BODY_MAX);
	gateway_write(gateway, text, sizeof(text) - 1);
	gateway_finish(gateway);
	request_release(&r);
}

/* Whatever came was read, and nobody waits. */
static void check_records(int fd)
{
	uint8_t got[INPUT_MAX * 4];
	size_t n = 0, at = 0;
	ssize_t part;

	while (n < sizeof(got) &&
	       (part = recv(fd, got + n, sizeof(got) - n, MSG_DONTWAIT)) > 0)
		n += (size_t)part;
	while (n - at >= HEADER) {
		size_t rest = ((size_t)got[at + 4] << 8 | got[at + 5]) +
			      got[at + 6] + HEADER;

		CHECK(got[at] == 1 && rest <= n - at);
		at += rest;
	}
	CHECK(at == n || n == sizeof(got));
}

static int client;

static void serve(const uint8_t *data, size_t size)
{
	int fd = client = connect_and_send(data, size);

	while (gateway_next(gateway, 0) == GATEWAY_REQUEST)
		answer();
	check_records(fd);
	close(fd);
	/* A connection that is kept is seen to have ended. */
	while (gateway_next(gateway, 0) == GATEWAY_REQUEST)
		answer();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	if (size > INPUT_MAX)
		return 0;
	if (sigsetjmp(broken, 1) == 0) {
		serve(data, size);
		return 0;
	}
	/* Both ends of the connection. */
	close(client);
	close(client + 1);
	gateway = gateway_new();
	return 0;
}
