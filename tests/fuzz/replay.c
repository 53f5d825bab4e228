/* SPDX-License-Identifier: MIT */
/*
 * replay: runs one target on inputs that are kept, where there is no
 * libFuzzer, and prints TAP. A target ends the process when something does
 * not hold: the last line in front of that names the input.
 *
 * Without arguments the inputs are the lines of corpus/TARGET, then the files
 * of tests/unit/TARGET where that is a folder, both below the environment's
 * `srcdir`, which make sets. An argument is a file that is one input, such as
 * one that `make fuzz` has left.
 */
#include "fuzz.h"

#include <dirent.h>

#include "base/buf.h"

enum { INPUT_MAX = 1024 * 1024, PATH_SIZE = 4096 };

static unsigned tests;

/* The memory is as large as the input. */
static void run(const struct buf *input)
{
	uint8_t *exact = xmemdup(input->data, input->len);

	LLVMFuzzerTestOneInput(exact, input->len);
	free(exact);
}

static void told(const char *path, unsigned inputs)
{
	printf("%s %u - %s: %u inputs\n", inputs ? "ok" : "not ok", ++tests,
	       path, inputs);
}

/* ---- one file, one input ---- */

static bool replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	struct buf b;
	size_t n;

	if (!f)
		return false;
	printf("# %s\n", path);
	buf_init(&b, INPUT_MAX);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add_cut(&b, piece, n);
	fclose(f);
	run(&b);
	buf_release(&b);
	return true;
}

static unsigned replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	unsigned inputs = 0;

	if (!dir)
		return 0;
	while ((e = readdir(dir))) {
		char name[PATH_SIZE + 256];

		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && replay_file(name))
			inputs++;
	}
	closedir(dir);
	return inputs;
}

/* ---- one file, one input a line ---- */

/* Up to three octal digits after "\0". */
static char octal(const char **s)
{
	unsigned v = 0;

	for (int i = 0; i < 3 && **s >= '0' && **s <= '7'; i++)
		v = v * 8 + (unsigned)(*(*s)++ - '0');
	return (char)v;
}

/* The little of `printf %b` that is needed, so that a shell reads it too. */
static void unescape(struct buf *out, const char *s)
{
	while (*s && *s != '\n') {
		if (*s != '\\') {
			buf_putc(out, *s++);
			continue;
		}
		s += 2;
		switch (s[-1]) {
		case '\\':
			buf_putc(out, '\\');
			break;
		case 'n':
			buf_putc(out, '\n');
			break;
		case 'r':
			buf_putc(out, '\r');
			break;
		case 't':
			buf_putc(out, '\t');
			break;
		default:
			CHECK(s[-1] == '0');
			buf_putc(out, octal(&s));
		}
	}
}

static unsigned replay_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned number = 0, inputs = 0;
	char *line = NULL;
	size_t room = 0;
	struct buf b;

	if (!f)
		return 0;
	buf_init(&b, INPUT_MAX);
	while (getline(&line, &room, f) >= 0) {
		number++;
		if (*line == '#' || *line == '\n')
			continue;
		printf("# %s:%u\n", path, number);
		buf_clear(&b);
		unescape(&b, line);
		run(&b);
		inputs++;
	}
	free(line);
	buf_release(&b);
	fclose(f);
	return inputs;
}

/* ---- all of them ---- */

static void replay_all(const char *target)
{
	const char *srcdir = getenv("srcdir");
	char path[PATH_SIZE];
	unsigned inputs;

	if (!srcdir)
		srcdir = ".";
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir, target);
	told(path, replay_lines(path));
	snprintf(path, sizeof(path), "%s/tests/unit/%s", srcdir, target);
	inputs = replay_folder(path);
	if (inputs)
		told(path, inputs);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	/* The last message must be there when the process ends. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		told(argv[i], replay_file(argv[i]));
	if (argc == 1)
		replay_all(slash ? slash + 1 : argv[0]);
	printf("1..%u\n", tests);
	return 0;
}
