/* SPDX-License-Identifier: MIT */
/*
 * address: networks, ports and addresses as configurations write them, three
 * words in one input; and the rule for the address that is connected, against
 * another statement of it.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "rules/target.h"

struct address {
	struct sockaddr_storage ss;
	int family;
	unsigned char b[16];
	bool mapped; /* an IPv4 address in an IPv6 one */
};

static bool address_parse(const char *s, uint16_t port, struct address *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};

	*a = (struct address){.family = AF_INET};
	if (inet_pton(AF_INET, s, a->b) == 1) {
		memcpy(&in.sin_addr, a->b, sizeof(in.sin_addr));
		memcpy(&a->ss, &in, sizeof(in));
		return true;
	}
	a->family = AF_INET6;
	if (inet_pton(AF_INET6, s, a->b) != 1)
		return false;
	memcpy(&in6.sin6_addr, a->b, sizeof(in6.sin6_addr));
	memcpy(&a->ss, &in6, sizeof(in6));
	a->mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
	return true;
}

/* ---- networks and ports ---- */

static bool bit(const unsigned char *b, unsigned i)
{
	return b[i / 8] >> (7 - i % 8) & 1;
}

static bool holds(const struct target_net *net, int family,
		  const unsigned char *b)
{
	for (unsigned i = 0; net->family == family && i < net->bits; i++)
		if (bit(net->b, i) != bit(b, i))
			return false;
	return net->family == family;
}

static void check_net(const struct target_net *net)
{
	char base[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
	unsigned all = net->family == AF_INET ? 32 : 128;
	struct target_net again;
	struct address a;

	CHECK(net->bits <= all);
	for (unsigned i = net->bits; i < all; i++)
		CHECK(!bit(net->b, i));
	CHECK(inet_ntop(net->family, net->b, base, sizeof(base)));
	snprintf(text, sizeof(text), "%s/%u", base, net->bits);
	CHECK(target_net_parse(text, &again));
	CHECK(again.family == net->family && again.bits == net->bits);
	CHECK(memcmp(again.b, net->b, sizeof(again.b)) == 0);
	CHECK(address_parse(base, 1, &a));
	CHECK(target_nets_hold(net, 1, base) == !a.mapped);
}

static void check_ports(const struct target_ports *p)
{
	struct target_ports again;
	char text[16];

	CHECK(p->lo && p->lo <= p->hi);
	snprintf(text, sizeof(text), "%u-%u", p->lo, p->hi);
	CHECK(target_ports_parse(text, &again));
	CHECK(again.lo == p->lo && again.hi == p->hi);
}

/* ---- addresses ---- */

/* Some of what must never be reached, said in another way. */
static bool is_private(const struct address *a)
{
	struct in6_addr v6;

	memcpy(&v6, a->b, sizeof(v6));
	if (a->family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&v6) ||
		       IN6_IS_ADDR_UNSPECIFIED(&v6) ||
		       IN6_IS_ADDR_LINKLOCAL(&v6) ||
		       IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_V4COMPAT(&v6) ||
		       IN6_IS_ADDR_MULTICAST(&v6) || (a->b[0] & 0xfe) == 0xfc;
	return a->b[0] == 0 || a->b[0] == 10 || a->b[0] == 127 ||
	       a->b[0] >= 224 || (a->b[0] == 169 && a->b[1] == 254) ||
	       (a->b[0] == 192 && a->b[1] == 168) ||
	       (a->b[0] == 100 && (a->b[1] & 0xc0) == 64) ||
	       (a->b[0] == 198 && (a->b[1] & 0xfe) == 18) ||
	       (a->b[0] == 172 && a->b[1] >= 16 && a->b[1] <= 31);
}

static void check_address(const char *text, const struct address *a,
			  struct target_net *net)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->ss;
	const struct target_policy plain = {.allow_http = false};
	struct target_policy allow = {.allow = net, .allow_count = 1};
	struct target_policy deny = {.deny = net, .deny_count = 1};
	bool in_net = holds(net, a->family, a->b);
	bool ok = target_address_ok(sa, &plain, false);

	CHECK(!ok || !is_private(a));
	CHECK(!target_address_ok(sa, &plain, true)); /* own_ports: none */
	CHECK(target_address_ok(sa, &allow, true) == in_net);
	CHECK(target_address_ok(sa, &allow, false) == (in_net || ok));
	CHECK(!target_address_ok(sa, &deny, false) || (ok && !in_net));
	deny.allow = net;
	deny.allow_count = 1;
	CHECK(!in_net || !target_address_ok(sa, &deny, false));
	if (!a->mapped)
		CHECK(target_nets_hold(net, 1, text) == in_net);
	else if (net->family == AF_INET)
		CHECK(target_nets_hold(net, 1, text) ==
		      holds(net, AF_INET, a->b + 12));
}

static void check_port(const struct address *a, uint16_t port,
		       struct target_ports *ports)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->ss;
	const struct target_policy any = {.allow_http = false};
	const struct target_policy some = {.ports = ports, .port_count = 1};
	const struct target_policy own = {.own_ports = ports,
					  .own_port_count = 1};
	bool ok = target_address_ok(sa, &any, false) && port >= ports->lo &&
		  port <= ports->hi;

	CHECK(target_address_ok(sa, &some, false) == ok);
	CHECK(target_address_ok(sa, &own, true) == ok);
}

/* Cuts the next word off. */
static char *word(char **s)
{
	char *from = *s + strspn(*s, " ");
	size_t n = strcspn(from, " ");

	*s = from + n + (from[n] == ' ');
	from[n] = '\0';
	return from;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { PORT = 8000 };
	char *line = fuzz_text(data, size), *rest = line;
	const char *cidr = word(&rest), *text = word(&rest);
	const char *range = word(&rest);
	struct target_net net = {.family = AF_INET};
	struct target_ports ports = {1, UINT16_MAX};
	struct address a;

	if (target_net_parse(cidr, &net))
		check_net(&net);
	if (target_ports_parse(range, &ports))
		check_ports(&ports);
	if (address_parse(text, PORT, &a)) {
		check_address(text, &a, &net);
		check_port(&a, PORT, &ports);
	} else {
		CHECK(!target_nets_hold(&net, 1, text));
	}
	free(line);
	return 0;
}
