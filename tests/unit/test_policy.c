/* SPDX-License-Identifier: MIT */
/* policy: the addresses that count as this host's own, and the consequence for
 * hooks. */
#include "unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "outside/conf.h"
#include "outside/conf_value.h"
#include "store/policy.h"

static bool may_reach(struct policy *p, const char *ip, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port)};

	ck_assert_int_eq(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	return policy_address_ok(p, (const struct sockaddr *)&in);
}

static void set(struct conf_list *list, const char *words)
{
	ck_assert_ptr_null(conf_value_parse(CONF_LIST, list, words, NULL));
}

static enum err load(struct policy *p, const char *own_addresses)
{
	static char file[] = "test.conf";
	struct conf conf = {.file = file};
	enum err e;

	set(&conf.targets.own_ports, "80 443");
	set(&conf.targets.own_addresses, own_addresses);
	e = policy_load(p, &conf);
	if (!e)
		e = policy_find_own(p, &conf);
	conf_value_release(CONF_LIST, &conf.targets.own_ports);
	conf_value_release(CONF_LIST, &conf.targets.own_addresses);
	return e;
}

START_TEST(named_addresses_are_own)
{
	struct policy p;

	ck_assert_int_eq(load(&p, "auto 93.184.216.34"), ERR_OK);
	ck_assert(!may_reach(&p, "93.184.216.34", 6379));
	ck_assert(may_reach(&p, "93.184.216.34", 443));
	ck_assert(may_reach(&p, "93.184.216.35", 6379));
	ck_assert_ptr_nonnull(p.interfaces);
	policy_release(&p);
}
END_TEST

START_TEST(alone_the_interfaces_do_not_count)
{
	struct policy p;

	ck_assert_int_eq(load(&p, "= 93.184.216.34"), ERR_OK);
	ck_assert_ptr_null(p.interfaces);
	ck_assert(!may_reach(&p, "93.184.216.34", 6379));
	policy_release(&p);
	ck_assert_int_eq(load(&p, "=93.184.216.34"), ERR_OK);
	ck_assert_ptr_null(p.interfaces);
	ck_assert(!may_reach(&p, "93.184.216.34", 6379));
	policy_release(&p);
}
END_TEST

START_TEST(of_own_addresses_answers_are_withheld)
{
	struct policy p;

	ck_assert_int_eq(load(&p, "= 93.184.216.34 2606:2800:220::1"), ERR_OK);
	ck_assert(policy_withheld(&p, "93.184.216.34"));
	ck_assert(policy_withheld(&p, "2606:2800:220::1"));
	ck_assert(policy_withheld(&p, "fe80::1%lo"));
	ck_assert(!policy_withheld(&p, "93.184.216.35"));
	p.target.allow = p.own;
	p.target.allow_count = 1;
	ck_assert(!policy_withheld(&p, "93.184.216.34"));
	ck_assert(policy_withheld(&p, "2606:2800:220::1"));
	policy_release(&p);
}
END_TEST

Suite *suite_policy(void)
{
	Suite *s = suite_create("policy");
	TCase *c = tcase_create("own addresses");

	tcase_add_test(c, named_addresses_are_own);
	tcase_add_test(c, alone_the_interfaces_do_not_count);
	tcase_add_test(c, of_own_addresses_answers_are_withheld);
	suite_add_tcase(s, c);
	return s;
}
