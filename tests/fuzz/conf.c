/* SPDX-License-Identifier: MIT */
/*
 * conf: whole configuration files. One that is accepted, printed and read
 * again is accepted and prints the same; printed twice over it is refused. Its
 * password is never printed. One that is refused can be released like any
 * other.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/conf.h"

/* The parts of a line, without some. */
enum { LINE_MAX_BYTES = 8100, PRINTED_MAX = 256 * 1024 };

static enum err load(struct conf *c, const void *text, size_t len)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char path[64];
	enum err e;

	CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
	CHECK(!len || write(fd, text, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = conf_load(c, path);
	CHECK(e == ERR_OK || e == ERR_CONFIG);
	close(fd);
	return e;
}

static void print(const struct conf *c, struct buf *out)
{
	buf_init(out, PRINTED_MAX);
	conf_print(c, out);
	CHECK(!out->overflow);
}

/* Lines that are too long with the blanks of ours, and words that begin like a
 * comment: no network, port or address does. */
static bool is_odd(const char *s)
{
	if (strstr(s, " ;"))
		return true;
	for (; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (strcspn(s, "\n") > LINE_MAX_BYTES)
			return true;
	return false;
}

static void check(const struct conf *c)
{
	struct buf first, second;
	struct conf again;

	print(c, &first);
	CHECK(strstr(first.data, *c->database.password ? "password = ***\n"
						       : "password = \n"));
	/* A password that was read from a file would be there twice. */
	if (!*c->database.password_file && !is_odd(first.data)) {
		CHECK(!load(&again, first.data, first.len));
		print(&again, &second);
		CHECK(strcmp(first.data, second.data) == 0);
		conf_release(&again);
		/* Each key is there twice. */
		buf_add(&second, first.data, first.len);
		CHECK(load(&again, second.data, second.len));
		conf_release(&again);
		buf_release(&second);
	}
	buf_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf c;

	if (!load(&c, data, size))
		check(&c);
	conf_release(&c);
	return 0;
}
