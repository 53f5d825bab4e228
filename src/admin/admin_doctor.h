/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor: what the checks of `hooks-admin doctor` share.
 */
#ifndef HOOKS_ADMIN_DOCTOR_H
#define HOOKS_ADMIN_DOCTOR_H

#include "admin/admin.h"

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct doctor {
	struct admin *a;
	struct jtree *checks; /* with --json */
	enum err worst;	      /* of the first check that failed */
	bool schema_fits;     /* so the store may be asked */
};

/* One line: what was checked, how it is, and what to do. `e`: what a FAIL
 * makes of the exit status. */
void doctor_say(struct doctor *d, enum verdict verdict, enum err e,
		const char *check, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The database, its settings, the schema, the clock, the senders. Leaves the
 * store open, to be released, if it could be opened. */
void doctor_database(struct doctor *d);
/* Name, address and certificate of `url`, or of the newest hook's. */
void doctor_target(struct doctor *d, const char *url);

#endif
