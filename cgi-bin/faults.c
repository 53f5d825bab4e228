/*
 * faults: a list that becomes `errors` of a problem document.
 */
#include "faults.h"

#include "buf.h"
#include "call.h"
#include "js.h"

enum { POINTER_MAX = 64 * 1024, FAULTS_MAX = 100 };

void faults_init(struct faults *f, const char *at)
{
	*f = (struct faults){.at = at};
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

void faults_add_inner(struct faults *f, const char *name, const char *inner,
		      const char *why)
{
	struct js *entry;
	struct buf b;

	if (!f->list)
		f->list = js_array();
	if (js_count(f->list) == FAULTS_MAX)
		return;
	buf_init(&b, POINTER_MAX);
	buf_puts(&b, f->at);
	if (name)
		add_token(&b, name);
	if (inner)
		add_token(&b, inner);
	entry = js_object();
	js_put_string_len(entry, "pointer", b.data, b.len);
	js_put_string(entry, "detail", why);
	js_add(f->list, entry);
	buf_release(&b);
}

void faults_add(struct faults *f, const char *name, const char *why)
{
	faults_add_inner(f, name, NULL, why);
}

enum err faults_answer(struct faults *f, struct call *c)
{
	if (!f->list)
		return ERR_OK;
	response_invalid(c->response, f->list);
	f->list = NULL;
	return ERR_INVALID;
}
