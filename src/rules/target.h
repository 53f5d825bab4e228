/* SPDX-License-Identifier: MIT */
/*
 * target: where deliveries may go. The URL rule is applied when a hook is
 * created, the address rule whenever an address is about to be connected: a
 * public name that leads to a refused address passes the first and fails the
 * second. Source: the IANA special-purpose address registries.
 */
#ifndef HOOKS_TARGET_H
#define HOOKS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sockaddr;

/* The longest target_url, in bytes. */
enum { TARGET_URL_MAX = 2048 };

/* A CIDR block; `b` is in network order, bits after `bits` are zero. */
struct target_net {
	int family; /* AF_INET: 4 bytes of b, AF_INET6: 16 */
	unsigned bits;
	unsigned char b[16];
};

/* Ports from lo to hi, both included. */
struct target_ports {
	uint16_t lo, hi;
};

/* The [targets] section; the lists are borrowed. */
struct target_policy {
	bool allow_http;
	struct target_net *allow; /* exempt from the address guard */
	size_t allow_count;
	struct target_net *deny; /* wins over allow */
	size_t deny_count;
	struct target_ports *ports; /* none: any port */
	size_t port_count;
	/* The ports on which this host's own public addresses may be reached;
	 * an address in `allow` is exempt from that too. None: no port. */
	struct target_ports *own_ports;
	size_t own_port_count;
};

/* "10.0.0.0/8", "fd00::/8", or a single address. False also when bits are set
 * after the prefix, which is a slip of the pen. */
bool target_net_parse(const char *cidr, struct target_net *out);
/* Whether one of the networks holds the address, as text; an IPv4 address
 * in an IPv6 one (::ffff:192.0.2.1) counts as itself. */
bool target_nets_hold(const struct target_net *nets, size_t n,
		      const char *address);
/* The same for an address as it is connected to. */
bool target_nets_hold_address(const struct target_net *nets, size_t n,
			      const struct sockaddr *address);
/* "443" or "8000-8999"; port 0 does not exist. */
bool target_ports_parse(const char *s, struct target_ports *out);

/*
 * The URL rule. When it fails `why` gets a sentence for the person who wrote
 * the URL. `url` need not end with a NUL.
 */
bool target_url_check(const char *url, size_t len,
		      const struct target_policy *policy, char *why,
		      size_t why_size);

/*
 * The address rule, with the port in `sa`. `is_own_address`: one of this
 * host's. Families other than IPv4 and IPv6 are refused.
 */
bool target_address_ok(const struct sockaddr *sa,
		       const struct target_policy *policy, bool is_own_address);

/* A URL that passed the check, in the parts that a sender needs; in the
 * arena. */
struct target {
	const char *scheme; /* "https" or "http" */
	const char *host;   /* lower case; IPv4 as four numbers, IPv6 in [] */
	const char *path;   /* with the query, without the fragment */
	uint16_t port;	    /* the scheme's when the URL has none */
	bool literal;	    /* the host is an address, not a name */
};

/* False when the URL cannot be parsed; one that passed the check always can. */
bool target_split(const char *url, struct arena *arena, struct target *out);

#endif
