/* SPDX-License-Identifier: MIT */
/*
 * admin_schema: hooks-admin migrate, config: what is done before there is a
 * database to work with.
 */
#include <string.h>

#include "admin/admin.h"
#include "store/policy.h"
#include "store/store_schema.h"

struct progress {
	struct admin *a;
	struct jtree *steps; /* with --json */
};

static void note_step(void *arg, const struct store_step *step)
{
	struct progress *p = arg;

	if (p->steps)
		jtree_add(p->steps,
			  jtree_new_string(step->name, strlen(step->name)));
	else
		buf_printf(&p->a->out, "%s\n", step->name);
}

enum err admin_migrate(struct admin *a)
{
	struct progress p = {.a = a, .steps = a->json ? jtree_array() : NULL};
	struct store_migration m = {
		.steps = store_steps,
		.count = store_step_count,
		.dry_run = a->option[ADMIN_DRY_RUN] != NULL,
		.each = note_step,
		.arg = &p,
	};
	enum err e = store_migrate(&a->conf, &m);
	struct jtree *v;

	if (e || !p.steps) {
		jtree_free(p.steps);
		return e;
	}
	v = jtree_object();
	jtree_put_int(v, "version", store_schema_version());
	jtree_put(v, "steps", p.steps);
	admin_json(a, v);
	return ERR_OK;
}

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

enum err admin_config(struct admin *a)
{
	struct sections s = {0};
	struct policy policy;
	/* The words of its lists, which nobody has looked at yet. */
	enum err e = policy_load(&policy, &a->conf);

	policy_release(&policy);
	if (!e)
		e = conf_check_sender(&a->conf);
	if (e)
		return e;
	if (!a->json) {
		conf_print(&a->conf, &a->out);
		return ERR_OK;
	}
	s.all = jtree_object();
	conf_each(&a->conf, put_key, &s);
	admin_json(a, s.all);
	return ERR_OK;
}
