/*
 * admin: complaints about the command line's words, and printing.
 */
#include "admin.h"

#include <string.h>

#include "log.h"
#include "text.h"

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

void admin_json(struct admin *a, struct js *v)
{
	js_write(&a->out, v);
	buf_putc(&a->out, '\n');
	js_free(v);
}

void admin_print(struct admin *a, const char *name, const char *text)
{
	struct js *v;

	if (!a->json) {
		buf_printf(&a->out, "%s\n", text);
		return;
	}
	v = js_object();
	js_put_string(v, name, text);
	admin_json(a, v);
}

void admin_put_id(struct js *object, const char *name, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(text, id);
	js_put_string(object, name, text);
}

void admin_put_time(struct js *object, const char *name, int64_t ms)
{
	char text[TEXT_TIME_SIZE];

	if (ms == TIME_NONE) {
		js_put_null(object, name);
		return;
	}
	text_time(text, ms);
	js_put_string(object, name, text);
}
