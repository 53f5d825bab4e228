/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor: the parts that the checks of `hooks-admin doctor` share.
 */
#ifndef HOOKS_ADMIN_DOCTOR_H
#define HOOKS_ADMIN_DOCTOR_H

#include "admin/admin.h"

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct doctor {
	struct admin *a;
	struct jtree *checks; /* used with --json */
	enum err worst;	      /* the error of the first check that failed */
	bool schema_fits;     /* so the store may be used */
};

/* Adds one line: the check, its verdict, the finding and the remedy. `e`: the
 * error that a FAIL turns into the exit status. */
void doctor_say(struct doctor *d, enum verdict verdict, enum err e,
		const char *check, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Checks the database, its settings, the schema, the clock, the senders. Leaves
 * the store open, to be released, if it could be opened. */
void doctor_database(struct doctor *d);
/* Checks the contents of the tables, in a store that is open. */
enum err doctor_queue(struct doctor *d);
/* Checks name, address and certificate of `url`, or of the newest hook. */
void doctor_target(struct doctor *d, const char *url);

#endif
