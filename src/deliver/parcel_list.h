/* SPDX-License-Identifier: MIT */
/*
 * parcel_list: parcels in order. A parcel is in one list at a time. A list
 * begins as all zeros and owns nothing.
 */
#ifndef HOOKS_PARCEL_LIST_H
#define HOOKS_PARCEL_LIST_H

#include <stddef.h>

struct parcel;

struct parcel_list {
	struct parcel *first, *last;
};

void parcel_list_add(struct parcel_list *l, struct parcel *p);
void parcel_list_remove(struct parcel_list *l, struct parcel *p);
/* Removes the first parcel; NULL: there is none. */
struct parcel *parcel_list_pop(struct parcel_list *l);
/* Moves the first n parcels to the end of `to`; `from` has at least n; n is not
 * 0. */
void parcel_list_move(struct parcel_list *to, struct parcel_list *from,
		      size_t n);
/* Moves all of `from` to the end of `to`. */
void parcel_list_join(struct parcel_list *to, struct parcel_list *from);

#endif
