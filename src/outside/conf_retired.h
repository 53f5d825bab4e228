/* SPDX-License-Identifier: MIT */
/*
 * conf_retired: the keys that only earlier versions had. A file that still has
 * one is read, and the key has no effect: nobody who upgrades has to change the
 * file in the same moment.
 */
#ifndef HOOKS_CONF_RETIRED_H
#define HOOKS_CONF_RETIRED_H

struct conf_retired {
	const char *section, *name;
	const char *instead; /* what to do now: "use state_dir" */
};

/* The last row has no section. */
extern const struct conf_retired conf_retired[];

#endif
