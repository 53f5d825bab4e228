/* SPDX-License-Identifier: MIT */
/*
 * state_dir: the folder in which programs keep what outlives a run: the sender
 * its lock and notes of its reports and of the database's latest state, the API
 * its table of shares. It belongs to this user alone, since somebody else who
 * could write there could stop the sender.
 */
#ifndef HOOKS_STATE_DIR_H
#define HOOKS_STATE_DIR_H

#include <stdbool.h>

#include "base/err.h"

struct conf;

enum { STATE_DIR_NAME_SIZE = 16, STATE_DIR_WHY_SIZE = 128 };

struct state_dir {
	int fd;	    /* -1: closed */
	char *path; /* NULL: it is not known */
	/* What its files' names begin with: one for each database, so that
	 * several configurations may have one folder. */
	char name[STATE_DIR_NAME_SIZE];
	char why[STATE_DIR_WHY_SIZE]; /* of the last failure; no path */
	bool missing, foreign; /* the folder is not there; not this user's */
};

/*
 * Opens the folder: [sender] state_dir, or ../var in a bundle, or the folder
 * that was installed for this user, or .vyte-hooks in the home directory that
 * the password database names. `make`: makes it if it is missing.
 * ERR_CONFIG: it cannot be had, for the reason in `why`; `path` is set where
 * one was found. state_dir_close() is due in every case.
 */
enum err state_dir_open(struct state_dir *s, const struct conf *conf,
			bool make);
void state_dir_close(struct state_dir *s);

/* Names the files after this configuration file, not after its database, which
 * may not be known. */
void state_dir_name_after(struct state_dir *s, const char *conf_file);

/* Opens one of its files, NAME.WHAT, with these flags of open(2) and for this
 * user only: a regular file of ours that has no second name. -1: for the
 * reason in `why`. */
int state_dir_file(struct state_dir *s, const char *what, int flags);
void state_dir_remove(const struct state_dir *s, const char *what);

#endif
