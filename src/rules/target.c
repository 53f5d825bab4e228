/* SPDX-License-Identifier: MIT */
/*
 * target: the address rule: which addresses and ports may be connected.
 * IPv4 is open except for a list; IPv6 is closed except for global unicast
 * less a list, so that every way of hiding an IPv4 address in an IPv6 one
 * (mapped, compatible, NAT64, 6to4, Teredo) is refused.
 */
#include "rules/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct target_net refused4[] = {
	{AF_INET, 8, {0}},		   /* this network */
	{AF_INET, 8, {10}},		   /* private */
	{AF_INET, 10, {100, 64}},	   /* carrier-grade NAT */
	{AF_INET, 8, {127}},		   /* loopback */
	{AF_INET, 16, {169, 254}},	   /* link-local, cloud metadata */
	{AF_INET, 12, {172, 16}},	   /* private */
	{AF_INET, 24, {192, 0, 0}},	   /* IETF protocols */
	{AF_INET, 24, {192, 0, 2}},	   /* documentation */
	{AF_INET, 24, {192, 31, 196}},	   /* AS112 */
	{AF_INET, 24, {192, 52, 193}},	   /* AMT */
	{AF_INET, 24, {192, 88, 99}},	   /* 6to4 relays */
	{AF_INET, 16, {192, 168}},	   /* private */
	{AF_INET, 24, {192, 175, 48}},	   /* AS112 */
	{AF_INET, 15, {198, 18}},	   /* benchmarks */
	{AF_INET, 24, {198, 51, 100}},	   /* documentation */
	{AF_INET, 24, {203, 0, 113}},	   /* documentation */
	{AF_INET, 4, {224}},		   /* multicast */
	{AF_INET, 4, {240}},		   /* reserved, broadcast */
	{AF_INET, 32, {168, 63, 129, 16}}, /* a cloud's host agent */
};

static const struct target_net global6 = {AF_INET6, 3, {0x20}};

static const struct target_net refused6[] = {
	{AF_INET6, 23, {0x20, 0x01}},			/* IETF, Teredo */
	{AF_INET6, 32, {0x20, 0x01, 0x0d, 0xb8}},	/* documentation */
	{AF_INET6, 16, {0x20, 0x02}},			/* 6to4 */
	{AF_INET6, 48, {0x26, 0x20, 0, 0x4f, 0x80, 0}}, /* AS112 */
	{AF_INET6, 20, {0x3f, 0xff}},			/* documentation */
};

/* IPv6 blocks that contain an IPv4 address, and its offset. */
static const struct {
	struct target_net net;
	size_t at;
} carriers[] = {
	{{AF_INET6, 96, {[10] = 0xff, [11] = 0xff}}, 12}, /* mapped */
	{{AF_INET6, 96, {0}}, 12},			  /* compatible */
	{{AF_INET6, 96, {0, 0x64, 0xff, 0x9b}}, 12},	  /* NAT64 */
	{{AF_INET6, 16, {0x20, 0x02}}, 2},		  /* 6to4 */
};

/* An address and its port, taken out of a sockaddr. */
struct place {
	int family;
	unsigned char b[16];
	uint16_t port;
};

static unsigned family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool net_has(const struct target_net *net, int family,
		    const unsigned char *b)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (net->family != family || memcmp(net->b, b, whole) != 0)
		return false;
	return !rest || (net->b[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool nets_have(const struct target_net *nets, size_t n, int family,
		      const unsigned char *b)
{
	for (size_t i = 0; i < n; i++)
		if (net_has(&nets[i], family, b))
			return true;
	return false;
}

bool target_nets_hold(const struct target_net *nets, size_t n,
		      const char *address)
{
	unsigned char b[16];

	if (inet_pton(AF_INET, address, b) == 1)
		return nets_have(nets, n, AF_INET, b);
	if (inet_pton(AF_INET6, address, b) != 1)
		return false;
	if (net_has(&carriers[0].net, AF_INET6, b)) /* mapped */
		return nets_have(nets, n, AF_INET, b + carriers[0].at);
	return nets_have(nets, n, AF_INET6, b);
}

static bool ports_have(const struct target_ports *ports, size_t n,
		       uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (port >= ports[i].lo && port <= ports[i].hi)
			return true;
	return false;
}

/* Bits after the prefix must be zero. */
static bool net_is_clean(const struct target_net *net)
{
	for (unsigned i = net->bits; i < family_bits(net->family); i++)
		if (net->b[i / 8] & (0x80u >> i % 8))
			return false;
	return true;
}

bool target_net_parse(const char *cidr, struct target_net *out)
{
	struct target_net net = {.family = strchr(cidr, ':') ? AF_INET6
							     : AF_INET};
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(cidr, '/');
	size_t len = slash ? (size_t)(slash - cidr) : strlen(cidr);
	uint64_t bits = family_bits(net.family);

	if (len >= sizeof(address))
		return false;
	memcpy(address, cidr, len);
	address[len] = '\0';
	if (inet_pton(net.family, address, net.b) != 1)
		return false;
	if (slash && !text_uint(slash + 1, bits, &bits))
		return false;
	net.bits = (unsigned)bits;
	if (!net_is_clean(&net))
		return false;
	*out = net;
	return true;
}

static bool port_parse(const char *s, uint16_t *out)
{
	uint64_t v;

	if (!text_uint(s, UINT16_MAX, &v) || !v)
		return false;
	*out = (uint16_t)v;
	return true;
}

bool target_ports_parse(const char *s, struct target_ports *out)
{
	const char *dash = strchr(s, '-');
	struct target_ports p;
	char lo[8];

	if (!dash) {
		if (!port_parse(s, &p.lo))
			return false;
		p.hi = p.lo;
	} else {
		if ((size_t)(dash - s) >= sizeof(lo))
			return false;
		memcpy(lo, s, (size_t)(dash - s));
		lo[dash - s] = '\0';
		if (!port_parse(lo, &p.lo) || !port_parse(dash + 1, &p.hi) ||
		    p.lo > p.hi)
			return false;
	}
	*out = p;
	return true;
}

static bool place_of(const struct sockaddr *sa, struct place *p)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*p = (struct place){.family = sa->sa_family};
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(p->b, &in.sin_addr, sizeof(in.sin_addr));
		p->port = ntohs(in.sin_port);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(p->b, &in6.sin6_addr, sizeof(in6.sin6_addr));
		p->port = ntohs(in6.sin6_port);
		return true;
	}
	return false;
}

/* An IPv4 network that is denied stays so inside an IPv6 address, even when
 * the IPv6 block around it is allowed. */
static bool denied(const struct place *p, const struct target_policy *policy)
{
	if (nets_have(policy->deny, policy->deny_count, p->family, p->b))
		return true;
	for (size_t i = 0; i < COUNT(carriers); i++)
		if (net_has(&carriers[i].net, p->family, p->b) &&
		    nets_have(policy->deny, policy->deny_count, AF_INET,
			      p->b + carriers[i].at))
			return true;
	return false;
}

static bool public_address(const struct place *p)
{
	if (p->family == AF_INET)
		return !nets_have(refused4, COUNT(refused4), AF_INET, p->b);
	return net_has(&global6, AF_INET6, p->b) &&
	       !nets_have(refused6, COUNT(refused6), AF_INET6, p->b);
}

bool target_nets_hold_address(const struct target_net *nets, size_t n,
			      const struct sockaddr *address)
{
	struct place p;

	return place_of(address, &p) && nets_have(nets, n, p.family, p.b);
}

bool target_address_ok(const struct sockaddr *sa,
		       const struct target_policy *policy, bool is_own_address)
{
	struct place p;

	if (!place_of(sa, &p) || denied(&p, policy))
		return false;
	if (policy->port_count &&
	    !ports_have(policy->ports, policy->port_count, p.port))
		return false;
	if (nets_have(policy->allow, policy->allow_count, p.family, p.b))
		return true;
	if (is_own_address &&
	    !ports_have(policy->own_ports, policy->own_port_count, p.port))
		return false;
	return public_address(&p);
}
