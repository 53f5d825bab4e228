/* SPDX-License-Identifier: MIT */
/*
 * admin_config: hooks-admin config: checks the configuration, prints the values
 * in effect, and explains the keys. Explaining needs no configuration, because
 * the person who asks may have a wrong one.
 */
#include <string.h>

#include "admin/admin.h"
#include "admin/admin_explain.h"
#include "store/policy.h"

struct sections {
	struct jtree *all, *section;
	const char *name;
};

static void put_key(void *arg, const char *section, const char *key,
		    const char *value)
{
	struct sections *s = arg;

	if (!s->section || strcmp(s->name, section) != 0) {
		s->section = jtree_object();
		s->name = section;
		jtree_put(s->all, section, s->section);
	}
	jtree_put_string(s->section, key, value);
}

static void print_config(struct admin *a)
{
	struct sections s = {0};

	if (!a->json) {
		conf_print(&a->conf, &a->out);
		return;
	}
	s.all = jtree_object();
	conf_each(&a->conf, put_key, &s);
	admin_json(a, s.all);
}

static enum err check_config(const struct conf *c)
{
	struct policy policy;
	/* Checks the words of its lists, which conf does not. */
	enum err e = policy_load(&policy, c);

	policy_release(&policy);
	return e ? e : conf_check_sender(c);
}

enum err admin_config(struct admin *a)
{
	enum err e;

	if (a->option[ADMIN_EXPLAIN])
		return admin_explain(a);
	if (a->args)
		return admin_usage("one word too many", a->arg[0]);
	e = conf_load(&a->conf, a->config);
	if (!e)
		e = check_config(&a->conf);
	if (!e) {
		conf_warn(&a->conf);
		print_config(a);
	}
	conf_release(&a->conf);
	return e;
}
