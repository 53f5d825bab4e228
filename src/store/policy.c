/* SPDX-License-Identifier: MIT */
/*
 * policy: from words of the configuration to networks and ports.
 */
#include "store/policy.h"

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
		e = load_nets(p, conf, "api", "metrics_allow",
			      &conf->api.metrics_allow, &p->metrics,
			      &p->metrics_count);
	return e;
}

void policy_release(struct policy *p)
{
	if (p->own)
		freeifaddrs(p->own);
	p->own = NULL;
	arena_release(&p->arena);
}

void policy_find_own(struct policy *p)
{
	if (!p->own && getifaddrs(&p->own) != 0)
		p->own = NULL;
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

bool policy_address_ok(void *arg, const struct sockaddr *address)
{
	const struct policy *p = arg;
	bool own = false;

	for (const struct ifaddrs *i = p->own; i && !own; i = i->ifa_next)
		own = i->ifa_addr && same_address(i->ifa_addr, address);
	return target_address_ok(address, &p->target, own);
}
