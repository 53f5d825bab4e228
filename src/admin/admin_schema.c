/* SPDX-License-Identifier: MIT */
/*
 * admin_schema: hooks-admin migrate.
 */
#include <string.h>

#include "admin/admin.h"
#include "store/store_schema.h"

struct progress {
	struct admin *a;
	struct jtree *steps; /* used with --json */
};

static void note_step(void *arg, const struct store_schema_step *step)
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
		.steps = store_schema_steps,
		.count = store_schema_step_count,
		.empty = STORE_SCHEMA_EMPTY,
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
