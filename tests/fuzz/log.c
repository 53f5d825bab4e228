/* SPDX-License-Identifier: MIT */
/*
 * log: a message with a stranger's bytes in it is one line of printable ASCII
 * of bounded length, whatever they are: no line can be forged.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

enum { LINE_MAX_BYTES = 8192 };

/* What log_error puts on standard error. */
static size_t logged(const char *text, char line[LINE_MAX_BYTES])
{
	int ends[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	ssize_t n;

	CHECK(saved >= 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
	log_error("the client said \"%s\"", text);
	CHECK(dup2(saved, STDERR_FILENO) >= 0);
	n = read(ends[0], line, LINE_MAX_BYTES);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	CHECK(n > 0 && n < LINE_MAX_BYTES);
	return (size_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "hooks: the client said \"";
	char *text = fuzz_text(data, size);
	char line[LINE_MAX_BYTES];
	size_t n = logged(text, line);

	CHECK(n > sizeof(head) && memcmp(line, head, sizeof(head) - 1) == 0);
	CHECK(line[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++)
		CHECK(line[i] >= 0x20 && line[i] < 0x7f);
	free(text);
	return 0;
}
