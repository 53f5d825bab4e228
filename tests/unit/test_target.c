/* SPDX-License-Identifier: MIT */
/*
 * target: the address rule, at the edges of every refused block, and the
 * written forms of networks and ports.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/target.h"

static const struct target_policy plain;

static bool reachable(const char *address, uint16_t port,
		      const struct target_policy *policy, bool own)
{
	struct sockaddr_storage ss = {.ss_family = AF_INET};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};

	if (strchr(address, ':')) {
		ck_assert_int_eq(inet_pton(AF_INET6, address, &in6.sin6_addr),
				 1);
		memcpy(&ss, &in6, sizeof(in6));
	} else {
		ck_assert_int_eq(inet_pton(AF_INET, address, &in.sin_addr), 1);
		memcpy(&ss, &in, sizeof(in));
	}
	return target_address_ok((const struct sockaddr *)&ss, policy, own);
}

static const char *const refused[] = {
	"0.0.0.0",
	"0.255.255.255",
	"10.0.0.0",
	"10.255.255.255",
	"100.64.0.0",
	"100.127.255.255",
	"127.0.0.1",
	"127.255.255.255",
	"169.254.0.0",
	"169.254.169.254",
	"169.254.255.255",
	"172.16.0.0",
	"172.31.255.255",
	"192.0.0.0",
	"192.0.0.255",
	"192.0.2.1",
	"192.31.196.1",
	"192.52.193.1",
	"192.88.99.1",
	"192.168.0.0",
	"192.168.255.255",
	"192.175.48.1",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.1",
	"203.0.113.255",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"168.63.129.16",
	/* IPv6 that is not global unicast */
	"::",
	"::1",
	"fe80::1",
	"febf::1",
	"fec0::1",
	"fc00::1",
	"fd00::1",
	"fdff:ffff::1",
	"ff02::1",
	"100::1",
	"1fff:ffff::1",
	"4000::1",
	"5f00::1",
	"64:ff9b:1::1",
	/* blocks of it with a purpose of their own */
	"2001::1",
	"2001:1ff:ffff::1",
	"2001:db8::1",
	"2001:db8:ffff::1",
	"2620:4f:8000::1",
	"3fff::1",
	"3fff:fff::1",
	/* IPv4 in IPv6: mapped, compatible, NAT64, 6to4, Teredo; public IPv4
	 * inside is refused too, as the plain form is there for it */
	"::ffff:127.0.0.1",
	"::ffff:10.0.0.1",
	"::ffff:169.254.169.254",
	"::ffff:8.8.8.8",
	"::ffff:0:127.0.0.1",
	"::127.0.0.1",
	"::8.8.8.8",
	"64:ff9b::127.0.0.1",
	"64:ff9b::8.8.8.8",
	"2002:7f00:1::1",
	"2002:a00:1::1",
	"2002:808:808::1",
	"2001:0:4136:e378:8000:63bf::1",
	"2001:0:7f00:1::",
};

START_TEST(refused_address)
{
	ck_assert_msg(!reachable(refused[_i], 443, &plain, false),
		      "%s was let through", refused[_i]);
}
END_TEST

static const char *const accepted[] = {
	"1.1.1.1",	    "8.8.8.8",
	"9.255.255.255",    "11.0.0.0",
	"100.63.255.255",   "100.128.0.0",
	"126.255.255.255",  "128.0.0.0",
	"169.253.255.255",  "169.255.0.0",
	"172.15.255.255",   "172.32.0.0",
	"191.255.255.255",  "192.0.1.0",
	"192.0.3.0",	    "192.31.195.255",
	"192.31.197.0",	    "192.52.192.255",
	"192.52.194.0",	    "192.88.98.255",
	"192.88.100.0",	    "192.167.255.255",
	"192.169.0.0",	    "192.175.47.255",
	"192.175.49.0",	    "198.17.255.255",
	"198.20.0.0",	    "198.51.99.255",
	"198.51.101.0",	    "203.0.112.255",
	"203.0.114.0",	    "223.255.255.255",
	"168.63.129.15",    "168.63.129.17",
	"2000::1",	    "2001:200::1",
	"2001:db7:ffff::1", "2001:db9::1",
	"2003::1",	    "2606:4700:4700::1111",
	"2620:4f:7fff::1",  "2620:4f:8001::1",
	"2a00:1450::1",	    "3ffe:ffff::1",
	"3fff:1000::1",
};

START_TEST(accepted_address)
{
	ck_assert_msg(reachable(accepted[_i], 443, &plain, false),
		      "%s was refused", accepted[_i]);
}
END_TEST

START_TEST(allow_exempts_and_deny_wins)
{
	struct target_net allow[3], deny[1];
	const struct target_policy policy = {.allow = allow,
					     .allow_count = 3,
					     .deny = deny,
					     .deny_count = 1};

	ck_assert(target_net_parse("10.0.0.0/8", &allow[0]));
	ck_assert(target_net_parse("fd12::/16", &allow[1]));
	ck_assert(target_net_parse("127.0.0.1", &allow[2]));
	ck_assert(target_net_parse("10.1.0.0/16", &deny[0]));
	ck_assert(reachable("10.2.0.1", 80, &policy, false));
	ck_assert(!reachable("10.1.0.1", 80, &policy, false));
	ck_assert(reachable("fd12:3::1", 80, &policy, false));
	ck_assert(!reachable("fd13::1", 80, &policy, false));
	ck_assert(reachable("127.0.0.1", 80, &policy, false));
	ck_assert(!reachable("127.0.0.2", 80, &policy, false));
	ck_assert(!reachable("192.168.0.1", 80, &policy, false));
	ck_assert(!reachable("::ffff:10.2.0.1", 80, &policy, false));
	ck_assert(reachable("8.8.8.8", 80, &policy, false));
}
END_TEST

START_TEST(public_addresses_can_be_denied)
{
	struct target_net deny[2];
	const struct target_policy policy = {.deny = deny, .deny_count = 2};

	ck_assert(target_net_parse("8.8.8.0/24", &deny[0]));
	ck_assert(target_net_parse("2a00::/16", &deny[1]));
	ck_assert(!reachable("8.8.8.8", 443, &policy, false));
	ck_assert(reachable("8.8.9.8", 443, &policy, false));
	ck_assert(!reachable("2a00::1", 443, &policy, false));
	ck_assert(reachable("2a01::1", 443, &policy, false));
}
END_TEST

/* All of IPv6 allowed must not be a way around a denied IPv4 network. */
START_TEST(deny_looks_into_ipv6)
{
	static const char *const hidden[] = {"::ffff:10.1.2.3", "::10.1.2.3",
					     "64:ff9b::10.1.2.3",
					     "2002:a01:203::1"};
	struct target_net allow[1], deny[1];
	const struct target_policy policy = {.allow = allow,
					     .allow_count = 1,
					     .deny = deny,
					     .deny_count = 1};

	ck_assert(target_net_parse("::/0", &allow[0]));
	ck_assert(target_net_parse("10.0.0.0/8", &deny[0]));
	for (size_t i = 0; i < COUNT(hidden); i++)
		ck_assert_msg(!reachable(hidden[i], 443, &policy, false), "%s",
			      hidden[i]);
	ck_assert(reachable("::ffff:11.1.2.3", 443, &policy, false));
}
END_TEST

START_TEST(ports)
{
	struct target_ports list[2];
	const struct target_policy policy = {.ports = list, .port_count = 2};

	ck_assert(target_ports_parse("443", &list[0]));
	ck_assert(target_ports_parse("8000-8999", &list[1]));
	ck_assert(reachable("8.8.8.8", 443, &policy, false));
	ck_assert(reachable("2a00::1", 8000, &policy, false));
	ck_assert(reachable("8.8.8.8", 8999, &policy, false));
	ck_assert(!reachable("8.8.8.8", 9000, &policy, false));
	ck_assert(!reachable("2a00::1", 442, &policy, false));
}
END_TEST

START_TEST(own_addresses)
{
	struct target_ports web[1] = {{443, 443}};
	struct target_net mine[1];
	struct target_policy policy = {.own_ports = web, .own_port_count = 1};

	ck_assert(reachable("8.8.8.8", 443, &policy, true));
	ck_assert(!reachable("8.8.8.8", 3306, &policy, true));
	ck_assert(reachable("8.8.8.8", 3306, &policy, false));
	ck_assert(!reachable("127.0.0.1", 443, &policy, true));
	ck_assert(!reachable("8.8.8.8", 443, &plain, true));
	ck_assert(target_net_parse("8.8.8.8/32", &mine[0]));
	policy.allow = mine;
	policy.allow_count = 1;
	ck_assert(reachable("8.8.8.8", 3306, &policy, true));
}
END_TEST

START_TEST(other_families_are_refused)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNIX};

	ck_assert(!target_address_ok((const struct sockaddr *)&ss, &plain,
				     false));
	ss.ss_family = AF_UNSPEC;
	ck_assert(!target_address_ok((const struct sockaddr *)&ss, &plain,
				     false));
}
END_TEST

START_TEST(network_forms)
{
	static const char *const wrong[] = {
		"",
		"/",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/-1",
		"10.0.0.1/8",
		"10/8",
		"10.0.0/24",
		"localhost",
		"fd00::/129",
		"fd00::1/8",
		":",
		"10.0.0.0/8 ",
		" 10.0.0.0/8",
		"10.0.0.0/8/8",
		"fe80::1%eth0",
		"1234:1234:1234:1234:1234:1234:1234:1234:1234",
		"0000000000000000000000000000000000000000000000000000/0",
	};
	struct target_net net;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!target_net_parse(wrong[i], &net), "\"%s\"",
			      wrong[i]);
	ck_assert(target_net_parse("0.0.0.0/0", &net));
	ck_assert_uint_eq(net.bits, 0);
	ck_assert(target_net_parse("::1", &net));
	ck_assert_int_eq(net.family, AF_INET6);
	ck_assert_uint_eq(net.bits, 128);
}
END_TEST

START_TEST(port_forms)
{
	static const char *const wrong[] = {
		"",	 "0",	"65536", "-",	  "80-",  "-80",
		"90-80", "80 ", "0-80",	 "1-2-3", "http", "000000080-90"};
	struct target_ports p;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!target_ports_parse(wrong[i], &p), "\"%s\"",
			      wrong[i]);
	ck_assert(target_ports_parse("1-65535", &p));
	ck_assert_uint_eq(p.lo, 1);
	ck_assert_uint_eq(p.hi, 65535);
}
END_TEST

START_TEST(addresses_as_text)
{
	static const char *const inside[] = {
		"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3",
		"fd00::",   "FD00:0::ffff",
	};
	static const char *const outside[] = {
		"11.0.0.0",   "9.255.255.255", "::ffff:11.1.2.3",
		"::10.1.2.3", "fe00::",	       "",
		"10.1",	      "10.1.2.3:80",   "10.1.2.3 ",
		"localhost",  "[fd00::1]",
	};
	struct target_net nets[2];

	ck_assert(target_net_parse("10.0.0.0/8", &nets[0]));
	ck_assert(target_net_parse("fd00::/8", &nets[1]));
	for (size_t i = 0; i < COUNT(inside); i++)
		ck_assert_msg(target_nets_hold(nets, 2, inside[i]), "%s",
			      inside[i]);
	for (size_t i = 0; i < COUNT(outside); i++)
		ck_assert_msg(!target_nets_hold(nets, 2, outside[i]), "%s",
			      outside[i]);
	ck_assert(!target_nets_hold(nets, 0, "10.0.0.1"));
}
END_TEST

Suite *suite_target(void)
{
	Suite *s = suite_create("target");
	TCase *t = tcase_create("address");

	tcase_add_loop_test(t, refused_address, 0, (int)COUNT(refused));
	tcase_add_loop_test(t, accepted_address, 0, (int)COUNT(accepted));
	tcase_add_test(t, allow_exempts_and_deny_wins);
	tcase_add_test(t, public_addresses_can_be_denied);
	tcase_add_test(t, deny_looks_into_ipv6);
	tcase_add_test(t, ports);
	tcase_add_test(t, own_addresses);
	tcase_add_test(t, other_families_are_refused);
	tcase_add_test(t, network_forms);
	tcase_add_test(t, addresses_as_text);
	tcase_add_test(t, port_forms);
	suite_add_tcase(s, t);
	return s;
}
