/* SPDX-License-Identifier: MIT */
/*
 * admin_restored: hooks-admin restored: the database is an earlier one, from a
 * dump or a replica that was behind. Deliveries that are pending in it may have
 * been sent.
 */
#include "admin/admin.h"
#include "store/store_due.h"
#include "store/store_lane.h"

static enum err doubt_all(struct admin *a)
{
	uint64_t place = 0;
	int64_t now;
	enum err e = store_now(&a->store, &now);

	do
		e = e ? e : store_lane_doubt(&a->store, now, &place);
	while (!e && place);
	return e;
}

enum err admin_restored(struct admin *a)
{
	uint64_t pending;
	struct jtree *v;
	enum err e = doubt_all(a);

	if (!e)
		e = store_due_pending(&a->store, &pending);
	if (e)
		return e;
	if (!a->json) {
		buf_printf(&a->out, "%llu\n", (unsigned long long)pending);
		return ERR_OK;
	}
	v = jtree_object();
	jtree_put_int(v, "pending", (int64_t)pending);
	admin_json(a, v);
	return ERR_OK;
}
