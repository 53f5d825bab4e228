/* SPDX-License-Identifier: MIT */
/*
 * parcel_list: doubly linked, through the parcels themselves.
 */
#include "deliver/parcel_list.h"

#include "deliver/parcel.h"

void parcel_list_add(struct parcel_list *l, struct parcel *p)
{
	p->next = NULL;
	p->previous = l->last;
	if (l->last)
		l->last->next = p;
	else
		l->first = p;
	l->last = p;
}

void parcel_list_remove(struct parcel_list *l, struct parcel *p)
{
	if (p->previous)
		p->previous->next = p->next;
	else
		l->first = p->next;
	if (p->next)
		p->next->previous = p->previous;
	else
		l->last = p->previous;
	p->next = p->previous = NULL;
}

struct parcel *parcel_list_pop(struct parcel_list *l)
{
	struct parcel *p = l->first;

	if (p)
		parcel_list_remove(l, p);
	return p;
}

void parcel_list_move(struct parcel_list *to, struct parcel_list *from,
		      size_t n)
{
	struct parcel_list some = *from;
	struct parcel *last = from->first;

	while (n > 1) {
		last = last->next;
		n--;
	}
	from->first = last->next;
	if (from->first)
		from->first->previous = NULL;
	else
		from->last = NULL;
	last->next = NULL;
	some.last = last;
	parcel_list_join(to, &some);
}

void parcel_list_join(struct parcel_list *to, struct parcel_list *from)
{
	if (!from->first)
		return;
	from->first->previous = to->last;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct parcel_list){0};
}
