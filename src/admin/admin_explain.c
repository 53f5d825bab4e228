/* SPDX-License-Identifier: MIT */
/*
 * admin_explain: hooks-admin config --explain: what keys mean, from their
 * table. All of them together are a configuration file in which every line is
 * a comment: examples/hooks.conf.
 */
#include "admin/admin_explain.h"

#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "base/nearest.h"
#include "outside/conf_row.h"

enum { COLUMNS = 80, TEXT_MAX = 4096 };

static const char *const preamble[] = {
	"The configuration of vyte-hooks, which all its programs read, as "
	"`hooks-admin config --explain` prints it. It is looked for in this "
	"order: -c FILE, $HOOKS_CONFIG, and the files that `hooks-admin "
	"--help` "
	"names. `hooks-admin config` checks it and prints what is in effect.",
	"Each key stands here as a comment, with its default; take the # away "
	"to set it. Durations take s, m, h and d, also put together (1d12h); "
	"sizes take k (1024), m and g; "
	"the words of a list are separated by blanks or commas. Keep the file "
	"from others when it holds a password: chmod 640.",
};

/* Up to a blank, but for those in `...`. */
static size_t word_length(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (s[n] != ' ' || quoted); n++)
		quoted ^= s[n] == '`';
	return n;
}

/* As many words a line as fit after `mark`. */
static void put_lines(struct buf *out, const char *mark, const char *text)
{
	size_t begin = out->len, n;

	buf_puts(out, mark);
	for (; *text; text += n + (text[n] == ' ')) {
		n = word_length(text);
		if (out->len - begin + n > COLUMNS) {
			out->data[out->len - 1] = '\n';
			begin = out->len;
			buf_puts(out, mark);
		}
		buf_add(out, text, n);
		buf_putc(out, ' ');
	}
	out->data[out->len - 1] = '\n';
}

static void put_preamble(struct buf *out)
{
	for (size_t i = 0; i < sizeof(preamble) / sizeof(preamble[0]); i++) {
		buf_puts(out, i ? "#\n" : "");
		put_lines(out, "# ", preamble[i]);
	}
}

/* The meaning, then what may stand there. */
static void put_row(struct buf *out, const char *mark, const struct conf_row *k)
{
	struct buf text;
	size_t described;

	buf_init(&text, TEXT_MAX);
	buf_puts(&text, k->meaning);
	buf_putc(&text, ' ');
	described = text.len;
	conf_value_describe(k->type, &text, &k->range);
	if (k->empty)
		buf_printf(&text, "%sEmpty: %s.",
			   text.len > described ? " " : "", k->empty);
	put_lines(out, mark, text.data);
	buf_release(&text);
}

static const char *initial(const struct conf_row *k)
{
	return k->initial ? k->initial : "";
}

/* ---- as JSON ---- */

static void put_bound(struct jtree *v, const char *name,
		      const struct conf_row *k, int64_t bound)
{
	struct buf text;

	if (!conf_value_is_bounded(k->type)) {
		jtree_put_null(v, name);
		return;
	}
	buf_init(&text, TEXT_MAX);
	conf_value_bound(k->type, &text, bound);
	jtree_put_string(v, name, text.data);
	buf_release(&text);
}

static void put_values(struct jtree *v, const struct conf_row *k)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	conf_value_describe(k->type, &text, &k->range);
	jtree_put_string(v, "values", text.len ? text.data : NULL);
	buf_release(&text);
}

static struct jtree *row_view(const struct conf_row *k)
{
	struct jtree *v = jtree_object();

	jtree_put_string(v, "section", k->section);
	jtree_put_string(v, "key", k->name);
	jtree_put_string(v, "type", conf_value_type(k->type));
	put_bound(v, "minimum", k, k->range.min);
	put_bound(v, "maximum", k, k->range.max);
	put_values(v, k);
	jtree_put_string(v, "default", initial(k));
	jtree_put_string(v, "empty", k->empty);
	jtree_put_string(v, "meaning", k->meaning);
	return v;
}

/* ---- all of them ---- */

static void explain_all(struct admin *a)
{
	struct jtree *all = a->json ? jtree_array() : NULL;
	const char *section = "";

	if (!a->json)
		put_preamble(&a->out);
	for (size_t i = 0; i < conf_row_count; i++) {
		const struct conf_row *k = &conf_rows[i];

		if (a->json) {
			jtree_add(all, row_view(k));
			continue;
		}
		if (strcmp(k->section, section) != 0)
			buf_printf(&a->out, "\n[%s]", k->section);
		section = k->section;
		buf_putc(&a->out, '\n');
		put_row(&a->out, "# ", k);
		buf_printf(&a->out, "#%s =%s%s\n", k->name,
			   *initial(k) ? " " : "", initial(k));
	}
	if (a->json)
		admin_json(a, all);
}

/* ---- one ---- */

/* "key" and "section.key" name one; no two sections share a key. */
static bool is_named(const struct conf_row *k, const char *word)
{
	size_t n = strlen(k->section);

	if (strcmp(word, k->name) == 0)
		return true;
	return strncmp(word, k->section, n) == 0 && word[n] == '.' &&
	       strcmp(word + n + 1, k->name) == 0;
}

static enum err unknown_key(const char *word)
{
	const char *dot = strrchr(word, '.');
	struct nearest n;

	nearest_init(&n, dot ? dot + 1 : word);
	for (size_t i = 0; i < conf_row_count; i++)
		nearest_try(&n, conf_rows[i].name);
	log_error("no such key: %s%s%s%s", word, n.best ? " (nearest: " : "",
		  n.best ? n.best : "", n.best ? ")" : "");
	return ERR_NOT_FOUND;
}

static enum err explain_one(struct admin *a, const char *word)
{
	const struct conf_row *k = NULL;

	for (size_t i = 0; i < conf_row_count && !k; i++)
		if (is_named(&conf_rows[i], word))
			k = &conf_rows[i];
	if (!k)
		return unknown_key(word);
	if (a->json) {
		admin_json(a, row_view(k));
		return ERR_OK;
	}
	buf_printf(&a->out, "[%s] %s\n", k->section, k->name);
	put_row(&a->out, "", k);
	buf_printf(&a->out, "Default: %s\n",
		   k->initial ? k->initial : k->empty);
	return ERR_OK;
}

enum err admin_explain(struct admin *a)
{
	if (a->args)
		return explain_one(a, a->arg[0]);
	explain_all(a);
	return ERR_OK;
}
