/* SPDX-License-Identifier: MIT */
/*
 * admin: complaints about the command line's words, and printing.
 */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/shown.h"
#include "store/store_org.h"

enum err admin_usage(const char *complaint, const char *about)
{
	log_error("%s%s%s (try hooks-admin --help)", complaint,
		  *about ? ": " : "", about);
	return ERR_USAGE;
}

enum err admin_invalid(const char *what, const char *why)
{
	log_error("%s %s", what, why);
	return ERR_INVALID;
}

enum err admin_missing(const char *thing, const char *text)
{
	log_error("no such %s: %s", thing, text);
	return ERR_NOT_FOUND;
}

enum err admin_id(const char *thing, const char *text, struct id *out)
{
	if (!id_parse(text, strlen(text), out))
		return admin_missing(thing, text);
	return ERR_OK;
}

enum err admin_org(struct admin *a, const char *text, struct id *out)
{
	struct store_org org;
	enum err e = admin_id("organization", text, &org.id);

	if (e)
		return e;
	e = store_org_find(&a->store, &org.id, &org);
	if (e == ERR_NOT_FOUND)
		return admin_missing("organization", text);
	if (!e)
		*out = org.id;
	return e;
}

void admin_json(struct admin *a, struct jtree *v)
{
	jtree_write(&a->out, v);
	buf_putc(&a->out, '\n');
	jtree_free(v);
}

static uint64_t figure_of(const struct admin_figure *f, const void *of)
{
	return *(const uint64_t *)(const void *)((const char *)of + f->at);
}

void admin_put_lines(struct buf *out, const struct admin_figure *list, size_t n,
		     const void *of)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\t%llu\n", list[i].name,
			   (unsigned long long)figure_of(&list[i], of));
}

void admin_put_members(struct jtree *v, const struct admin_figure *list,
		       size_t n, const void *of)
{
	for (size_t i = 0; i < n; i++)
		jtree_put_int(v, list[i].member,
			      (int64_t)figure_of(&list[i], of));
}

void admin_figures(struct admin *a, const struct admin_figure *list, size_t n,
		   const void *of)
{
	struct jtree *v;

	if (!a->json) {
		admin_put_lines(&a->out, list, n, of);
		return;
	}
	v = jtree_object();
	admin_put_members(v, list, n, of);
	admin_json(a, v);
}

void admin_print(struct admin *a, const char *name, const char *text)
{
	struct jtree *v;

	if (!a->json) {
		buf_printf(&a->out, "%s\n", text);
		return;
	}
	v = jtree_object();
	jtree_put_string(v, name, text);
	admin_json(a, v);
}

/* A command whose output could not be written must not look like a success. */
static enum err write_out(const struct buf *b)
{
	if (b->overflow) {
		log_error("the output is too long");
		return ERR_INTERNAL;
	}
	if (fwrite(b->data, 1, b->len, stdout) != b->len ||
	    fflush(stdout) != 0) {
		log_error("cannot write to standard output: %m");
		return ERR_INTERNAL;
	}
	return ERR_OK;
}

enum err admin_flush(struct admin *a)
{
	enum { LONGEST = 6 }; /* what one byte may become */
	struct buf safe;
	enum err e;

	if (a->out.overflow || (a->exact && !isatty(STDOUT_FILENO))) {
		e = write_out(&a->out);
	} else {
		buf_init(&safe, LONGEST * a->out.len + 1);
		shown_add(&safe, a->out.data, a->out.len);
		e = write_out(&safe);
		buf_release(&safe);
	}
	buf_clear(&a->out);
	return e;
}
