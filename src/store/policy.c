/* SPDX-License-Identifier: MIT */
/*
 * policy: from words of the configuration to networks and ports.
 */
#include "store/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static enum err reject(const struct conf *conf, const char *section,
		       const char *key, const char *word, const char *what)
{
	char why[160];

	snprintf(why, sizeof(why), "has \"%.60s\", which is not %s", word,
		 what);
	return conf_reject(conf, section, key, why);
}

static enum err load_nets(struct policy *p, const struct conf *conf,
			  const char *section, const char *key,
			  const struct conf_list *words,
			  struct target_net **nets, size_t *count)
{
	*nets = arena_zalloc(&p->arena, (words->count + 1) * sizeof(**nets));
	for (size_t i = 0; i < words->count; i++)
		if (!target_net_parse(words->word[i], &(*nets)[i]))
			return reject(conf, section, key, words->word[i],
				      "a network such as 10.0.0.0/8 or "
				      "fd00::/8");
	*count = words->count;
	return ERR_OK;
}

static enum err load_ports(struct policy *p, const struct conf *conf,
			   const char *key, const struct conf_list *words,
			   struct target_ports **ports, size_t *count)
{
	*ports = arena_zalloc(&p->arena, (words->count + 1) * sizeof(**ports));
	for (size_t i = 0; i < words->count; i++)
		if (!target_ports_parse(words->word[i], &(*ports)[i]))
			return reject(conf, "targets", key, words->word[i],
				      "a port such as 443 or 8000-8999");
	*count = words->count;
	return ERR_OK;
}

static enum err reject_own(const struct conf *conf, const char *why)
{
	return conf_reject(conf, "targets", "own_addresses", why);
}

/* "auto", "ADDRESS ..." in addition to it, or "= ADDRESS ..." in its place. */
static enum err load_own(struct policy *p, const struct conf *conf)
{
	const struct conf_list *words = &conf->targets.own_addresses;

	p->own = arena_zalloc(&p->arena, (words->count + 1) * sizeof(*p->own));
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->word[i];

		if (i == 0 && *word == '=') {
			p->own_alone = true;
			word++;
		}
		if (!*word || (strcmp(word, "auto") == 0 && !p->own_alone))
			continue;
		if (!target_net_parse(word, &p->own[p->own_count++]))
			return reject(conf, "targets", "own_addresses", word,
				      "an address such as 192.0.2.1");
	}
	if (p->own_alone && !p->own_count)
		return reject_own(conf, "has no address after the \"=\"");
	return ERR_OK;
}

enum err policy_load(struct policy *p, const struct conf *conf)
{
	struct target_policy *t = &p->target;
	enum err e;

	*p = (struct policy){.target.allow_http = conf->targets.allow_http};
	arena_init(&p->arena);
	e = load_nets(p, conf, "targets", "allow_networks",
		      &conf->targets.allow_networks, &t->allow,
		      &t->allow_count);
	if (!e)
		e = load_nets(p, conf, "targets", "deny_networks",
			      &conf->targets.deny_networks, &t->deny,
			      &t->deny_count);
	if (!e)
		e = load_ports(p, conf, "ports", &conf->targets.ports,
			       &t->ports, &t->port_count);
	if (!e)
		e = load_ports(p, conf, "own_ports", &conf->targets.own_ports,
			       &t->own_ports, &t->own_port_count);
	if (!e)
		e = load_own(p, conf);
	if (!e)
		e = load_nets(p, conf, "api", "metrics_allow",
			      &conf->api.metrics_allow, &p->metrics,
			      &p->metrics_count);
	return e;
}

void policy_release(struct policy *p)
{
	if (p->interfaces)
		freeifaddrs(p->interfaces);
	p->interfaces = NULL;
	arena_release(&p->arena);
}

/* It fails where the process may not ask the kernel: systemd's
 * RestrictAddressFamilies without AF_NETLINK, or a hardened container. */
enum err policy_find_own(struct policy *p, const struct conf *conf)
{
	char why[256];

	if (p->own_alone || p->interfaces || getifaddrs(&p->interfaces) == 0)
		return ERR_OK;
	p->interfaces = NULL;
	snprintf(why, sizeof(why),
		 "is auto, but this host's addresses cannot be found out (%s): "
		 "let the process use AF_NETLINK, or name them all: = ADDRESS "
		 "...",
		 strerror(errno));
	return reject_own(conf, why);
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) ==
		       0;
}

static bool is_own_address(const struct policy *p,
			   const struct sockaddr *address)
{
	if (target_nets_hold_address(p->own, p->own_count, address))
		return true;
	for (const struct ifaddrs *i = p->interfaces; i; i = i->ifa_next)
		if (i->ifa_addr && same_address(i->ifa_addr, address))
			return true;
	return false;
}

bool policy_address_ok(void *arg, const struct sockaddr *address)
{
	const struct policy *p = arg;

	return target_address_ok(address, &p->target,
				 is_own_address(p, address));
}

bool policy_withheld(void *arg, const char *ip)
{
	const struct policy *p = arg;
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address = (const void *)&in;

	if (inet_pton(AF_INET, ip, &in.sin_addr) != 1) {
		if (inet_pton(AF_INET6, ip, &in6.sin6_addr) != 1)
			return true; /* with a scope, such as fe80::1%eth0 */
		address = (const void *)&in6;
	}
	return is_own_address(p, address) &&
	       !target_nets_hold_address(p->target.allow, p->target.allow_count,
					 address);
}
