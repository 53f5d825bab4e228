/* SPDX-License-Identifier: MIT */
/*
 * turns: from the place to the last organization, then from the first to it.
 */
#include "deliver/turns.h"

enum err turns_find(const struct turns *t,
		    enum err (*next)(void *arg, const struct id *after,
				     struct id *out),
		    void *arg, size_t max, struct id *orgs, size_t *n)
{
	bool wrapped = !t->under_way;
	const struct id *after = wrapped ? NULL : &t->organization;
	size_t count = 0;
	enum err e = ERR_OK;

	while (!e && count < max) {
		e = next(arg, after, &orgs[count]);
		if (e == ERR_NOT_FOUND && !wrapped) {
			wrapped = true;
			after = NULL;
			e = ERR_OK;
			continue;
		}
		if (!e && count && id_equal(&orgs[count], &orgs[0]))
			break;
		if (!e)
			after = &orgs[count++];
	}
	*n = count;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void turns_took(struct turns *t, const struct id *organization)
{
	t->organization = *organization;
	t->under_way = true;
}
