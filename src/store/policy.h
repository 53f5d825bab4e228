/* SPDX-License-Identifier: MIT */
/*
 * policy: the [targets] section of the configuration as a target_policy, with
 * this host's own addresses, which the policy treats separately; and the
 * networks that may read the metrics without a key.
 *
 * Own addresses are those of the interfaces and those that the operator names,
 * which the interfaces do not show: of a host that others reach through address
 * translation.
 */
#ifndef HOOKS_POLICY_H
#define HOOKS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "outside/conf.h"
#include "rules/target.h"

struct ifaddrs;

struct policy {
	struct target_policy target; /* lists live in the arena */
	struct target_net *metrics;  /* [api] metrics_allow */
	size_t metrics_count;
	struct arena arena;
	struct target_net *own; /* [targets] own_addresses, those named */
	size_t own_count;
	bool own_alone;		    /* they replace those of the interfaces */
	struct ifaddrs *interfaces; /* NULL: not looked up */
};

/* ERR_CONFIG: an entry is wrong; it is logged with file, line and key. The
 * caller must call policy_release() in every case. */
enum err policy_load(struct policy *p, const struct conf *conf);
void policy_release(struct policy *p);

/* Looks up the addresses of this host's interfaces, for the calls below.
 * ERR_CONFIG: they cannot be found out, and the configuration does not name
 * them; it is logged. Without them a hook could reach services that are for
 * this host alone, so the program must not go on. */
enum err policy_find_own(struct policy *p, const struct conf *conf);

/* The rule for an address that is about to be connected; `arg` is the policy.
 * The signature is the one that http asks for. */
bool policy_address_ok(void *arg, const struct sockaddr *address);
/* Whether this address, as text, is one of this host's own, and not allowed in
 * allow_networks: its pages may be for visitors from this host alone, as with
 * Apache's `Require local`, so its answers are not shown. */
bool policy_withheld(void *arg, const char *ip);

#endif
