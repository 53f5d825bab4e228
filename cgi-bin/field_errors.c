/* SPDX-License-Identifier: MIT */
/*
 * field_errors: a list that becomes `errors` of a problem document. It is kept
 * as text: in a tree of json-c each of thousands of errors would take a
 * kilobyte.
 */
#include "field_errors.h"

#include <stdio.h>

#include "call.h"
#include "outside/jtree.h"

enum {
	/* Some 8000 errors. */
	LIST_ENOUGH = 512 * 1024,
	/* With the largest max_body one name alone may be 16 MiB long, and
	 * twice as long with each byte escaped. */
	LIST_MAX = 64 * 1024 * 1024
};

void field_errors_init(struct field_errors *f, const char *at)
{
	*f = (struct field_errors){.at = at};
	buf_init(&f->list, LIST_MAX);
}

static void add_token(struct buf *b, const char *name)
{
	buf_putc(b, '/');
	for (; *name; name++) {
		if (*name == '~')
			buf_puts(b, "~0");
		else if (*name == '/')
			buf_puts(b, "~1");
		else
			buf_putc(b, *name);
	}
}

void field_errors_add_inner(struct field_errors *f, const char *name,
			    const char *inner, const char *why)
{
	struct jtree *entry;
	struct buf b;

	if (f->list.len > LIST_ENOUGH) {
		f->left_out++;
		return;
	}
	buf_init(&b, LIST_MAX);
	buf_puts(&b, f->at);
	if (name)
		add_token(&b, name);
	if (inner)
		add_token(&b, inner);
	entry = jtree_object();
	jtree_put_string_len(entry, "pointer", b.data, b.len);
	jtree_put_string(entry, "detail", why);
	buf_putc(&f->list, f->count++ ? ',' : '[');
	jtree_write(&f->list, entry);
	jtree_free(entry);
	buf_release(&b);
}

void field_errors_add(struct field_errors *f, const char *name, const char *why)
{
	field_errors_add_inner(f, name, NULL, why);
}

enum err field_errors_answer(struct field_errors *f, struct call *c)
{
	char detail[200] = "Some members of the request are invalid; see "
			   "errors.";

	if (!f->count)
		return ERR_OK;
	if (f->left_out)
		snprintf(detail, sizeof(detail),
			 "%zu members of the request are invalid; see errors "
			 "for the first %zu.",
			 f->count + f->left_out, f->count);
	buf_putc(&f->list, ']');
	response_invalid(c->response, detail, &f->list);
	buf_release(&f->list);
	return ERR_INVALID;
}
