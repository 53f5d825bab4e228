/* SPDX-License-Identifier: MIT */
/*
 * target: the URL rule in every spelling that somebody might try, and the
 * parts of a URL.
 */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "rules/target.h"

static const struct target_policy plain;

static bool passes(const char *url, const struct target_policy *policy)
{
	char why[200] = "";
	bool ok = target_url_check(url, strlen(url), policy, why, sizeof(why));

	ck_assert_int_eq(ok, !why[0]);
	return ok;
}

static const char *const accepted[] = {
	"https://www.toto.com/hooks?id=123",
	"https://www.toto.com",
	"https://www.toto.com/",
	"https://www.toto.com./hooks",
	"https://www.toto.com?x=1",
	"https://WWW.Toto.Com:8443/a/b?c=d&e=%20",
	"HTTPS://www.toto.com/",
	"https://a_b.toto.com/",
	"https://xn--mnchen-3ya.de/",
	"https://8.8.8.8/",
	"https://8.8.8.8:8443/x",
	"https://134744072/",
	"https://0x08080808/",
	"https://010.010.010.010/",
	"https://8.8.2056/",
	"https://[2606:4700:4700::1111]/",
	"https://[2606:4700:4700::1111]:8443/x",
	"https://localhost.toto.com/",
	"https://local.com/",
	"https://mylocalhost.com/",
	"https://notinternal.com/",
	"https://10.example.com/",
	"https://1e100.net/",
	"https://toto.com/@me:you",
	"https://toto.com/?u=a@b.c",
	"https://toto.com/#part",
	"https://toto.com/%C3%A9?q=%00",
};

START_TEST(accepted_url)
{
	ck_assert_msg(passes(accepted[_i], &plain), "%s was refused",
		      accepted[_i]);
}
END_TEST

static const char *const refused[] = {
	/* not absolute https */
	"",
	"/hooks",
	"//www.toto.com/",
	"www.toto.com",
	"toto",
	"https",
	"https:",
	"https:/",
	"https://",
	"https:///",
	"https:///www.toto.com/",
	"https:/www.toto.com/",
	"https:www.toto.com",
	"https://:443/",
	"https://?",
	"https://#",
	"http://www.toto.com/",
	"ftp://www.toto.com/",
	"file:///etc/passwd",
	"gopher://www.toto.com/",
	"javascript:alert(1)",
	"httpss://www.toto.com/",
	" https://toto.com/",
	"https://toto.com/ ",
	"data:,https://toto.com/",
	/* bytes */
	"https://toto.com/a b",
	"https://toto.com/a\tb",
	"https://toto.com/a\r\nX: y",
	"https://toto.com/\x7f",
	"https://toto.com/\x01",
	"https://toto.com\\@evil.com/",
	"https://toto.com/a\\b",
	"https:\\\\toto.com/",
	"https://m\xc3\xbcnchen.de/",
	"https://toto.com/caf\xc3\xa9",
	"https://toto.com/\xff",
	"https://toto\343\200\202com/",
	"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
	/* user info */
	"https://user@toto.com/",
	"https://user:pass@toto.com/",
	"https://@toto.com/",
	"https://:@toto.com/",
	"https://toto.com@127.0.0.1/",
	"https://a@b@toto.com/",
	/* hosts that are none */
	"https://toto..com/",
	"https://.toto.com/",
	"https://toto.com../",
	"https://./",
	"https://../",
	"https://to*to.com/",
	"https://to,to.com/",
	"https://toto!.com/",
	"https://(toto).com/",
	"https://toto.com:0/",
	"https://toto.com:65536/",
	"https://toto.com:x/",
	"https://toto.com:-1/",
	"https://toto.com:+1/",
	/* internal names */
	"https://localhost/",
	"https://LOCALHOST/",
	"https://localhost./",
	"https://intranet/",
	"https://intranet:8443/",
	"https://a.localhost/",
	"https://a.b.LocalHost./",
	"https://printer.local/",
	"https://metadata.google.internal/",
	"https://x.home.arpa/",
	"https://home.arpa/",
	"https://x.onion/",
	"https://local./",
	"https://toto.com.5/",
	"https://toto.0x7f/",
	"https://toto.0x/",
	"https://toto.123./",
	"https://256.256.256.256/",
	"https://1.2.3.4.5/",
	/* addresses, in every spelling */
	"https://127.0.0.1/",
	"https://127.0.0.1./",
	"https://127.1/",
	"https://127.0.1/",
	"https://127.1./",
	"https://2130706433/",
	"https://2130706433./",
	"https://0x7f000001/",
	"https://0X7F000001/",
	"https://0x7f.0.0.1/",
	"https://0x7f.1/",
	"https://0177.0.0.1/",
	"https://0177.1/",
	"https://017700000001/",
	"https://00000177.1/",
	"https://0/",
	"https://0.0.0.0/",
	"https://00/",
	"https://0x0/",
	"https://10.0.0.1:8443/",
	"https://167772161/",
	"https://10.1/",
	"https://169.254.169.254/latest/meta-data/",
	"https://2852039166/",
	"https://0xa9fea9fe/",
	"https://0xa9.254.43518/",
	"https://192.168.1.1/",
	"https://192.168.257/",
	"https://3232235777/",
	"https://172.16.0.1/",
	"https://100.64.0.1/",
	"https://255.255.255.255",
	"https://4294967295/",
	"https://4294967296/",
	"https://224.0.0.1/",
	"https://168.63.129.16/",
	"https://08.8.8.8/",
	"https://127.0.0.09/",
	"https://%31%32%37.0.0.1/",
	"https://127%2e0%2e0%2e1/",
	"https://%6cocalhost/",
	"https://toto.com%2f@127.0.0.1/",
	"https://toto.com%00.evil.com/",
	"https://127.0.0.1%00.toto.com/",
	"https://[::1]/",
	"https://[::]/",
	"https://[0:0:0:0:0:0:0:1]/",
	"https://[::ffff:127.0.0.1]/",
	"https://[::ffff:7f00:1]/",
	"https://[::ffff:8.8.8.8]/",
	"https://[::127.0.0.1]/",
	"https://[64:ff9b::127.0.0.1]/",
	"https://[2002:7f00:1::]/",
	"https://[2001:0:1::1]/",
	"https://[2001:db8::1]/",
	"https://[fe80::1]/",
	"https://[fe80::1%25eth0]/",
	"https://[fe80::1%eth0]/",
	"https://[2606:4700:4700::1111%25eth0]/",
	"https://[fd00::1]/",
	"https://[ff02::1]/",
	"https://[fec0::1]/",
	"https://[127.0.0.1]/",
	"https://[::1/",
	"https://::1/",
	"https://[::1]x/",
	"https://[]/",
	"https://[v1.a]/",
	"https://[2606:4700:4700::1111].com/",
};

START_TEST(refused_url)
{
	ck_assert_msg(!passes(refused[_i], &plain), "%s was let through",
		      refused[_i]);
}
END_TEST

START_TEST(nul_is_a_control_character)
{
	static const char url[] = "https://toto.com/\0.evil";
	char why[200];

	ck_assert(!target_url_check(url, sizeof(url) - 1, &plain, why,
				    sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "control"));
}
END_TEST

START_TEST(at_most_2048_bytes)
{
	char url[TARGET_URL_MAX + 2], why[200];

	memset(url, 'a', sizeof(url));
	memcpy(url, "https://toto.com/", 17);
	ck_assert(target_url_check(url, TARGET_URL_MAX, &plain, why,
				   sizeof(why)));
	ck_assert(!target_url_check(url, TARGET_URL_MAX + 1, &plain, why,
				    sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "2048"));
}
END_TEST

START_TEST(names_at_most_253_bytes)
{
	char url[400] = "https://";

	for (int i = 0; i < 4; i++) {
		memset(url + strlen(url), 'a', 61);
		strncat(url, ".", 2);
	}
	ck_assert_uint_eq(strlen(url), 8 + 248);
	strncat(url, "hosts", 6);
	ck_assert(passes(url, &plain));
	strncat(url, "s", 2);
	ck_assert(!passes(url, &plain));
	memset(url, 0, sizeof(url));
	memcpy(url, "https://", 8);
	memset(url + 8, 'a', 63);
	memcpy(url + 71, ".com/", 5);
	ck_assert(passes(url, &plain));
	memcpy(url + 71, "a.com/", 6);
	ck_assert(!passes(url, &plain));
}
END_TEST

START_TEST(other_letters_are_told_about_xn)
{
	static const struct {
		const char *url, *word;
	} cases[] = {
		{"https://m\xc3\xbcnchen.de/", "xn--"},
		{"https://m\xc3\xbcnchen.de?x", "xn--"},
		{"https://toto.com/caf\xc3\xa9", "percent-encode"},
		{"http://toto.com/", "absolute https URL"},
		{"https://u@toto.com/", "user name"},
		{"https://intranet/", "internal"},
		{"https://10.0.0.1/", "address"},
		{"https://toto.com/\n", "control"},
	};
	char why[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert(!target_url_check(cases[i].url, strlen(cases[i].url),
					    &plain, why, sizeof(why)));
		ck_assert_msg(strstr(why, cases[i].word), "%s: %s",
			      cases[i].url, why);
	}
}
END_TEST

START_TEST(http_when_allowed)
{
	const struct target_policy http = {.allow_http = true};

	ck_assert(passes("http://toto.com/", &http));
	ck_assert(passes("https://toto.com/", &http));
	ck_assert(!passes("http:/toto.com/", &http));
	ck_assert(!passes("ftp://toto.com/", &http));
	ck_assert(!passes("http://127.0.0.1/", &http));
}
END_TEST

/* With allow_networks the name rule falls, the literal rule does not. */
START_TEST(internal_names_with_allowed_networks)
{
	struct target_net allow[1];
	const struct target_policy policy = {.allow = allow, .allow_count = 1};

	ck_assert(target_net_parse("127.0.0.0/8", &allow[0]));
	ck_assert(passes("https://localhost/", &policy));
	ck_assert(passes("https://intranet:8443/", &policy));
	ck_assert(passes("https://printer.local/", &policy));
	ck_assert(passes("https://127.0.0.1:9999/", &policy));
	ck_assert(passes("https://127.1/", &policy));
	ck_assert(!passes("https://10.0.0.1/", &policy));
	ck_assert(!passes("https://[::1]/", &policy));
	ck_assert(!passes("https://user@localhost/", &policy));
	ck_assert(!passes("https://a..b/", &policy));
}
END_TEST

START_TEST(ports_at_creation)
{
	struct target_ports ports[1] = {{443, 443}};
	const struct target_policy policy = {.ports = ports, .port_count = 1};

	ck_assert(passes("https://toto.com/", &policy));
	ck_assert(passes("https://toto.com:443/", &policy));
	ck_assert(!passes("https://toto.com:8443/", &policy));
}
END_TEST

static const struct {
	const char *url, *scheme, *host, *path;
	unsigned port;
	bool literal;
} parts[] = {
	{"https://WWW.Toto.Com/Hooks?Id=1#x", "https", "www.toto.com",
	 "/Hooks?Id=1", 443, false},
	{"http://toto.com", "http", "toto.com", "/", 80, false},
	{"https://toto.com.:8443?a", "https", "toto.com.", "/?a", 8443, false},
	{"https://127.1/", "https", "127.0.0.1", "/", 443, true},
	{"https://[2A00::1]:444/", "https", "[2a00::1]", "/", 444, true},
};

START_TEST(parts_of_a_url)
{
	struct arena arena;
	struct target t;

	arena_init(&arena);
	ck_assert(target_split(parts[_i].url, &arena, &t));
	ck_assert_str_eq(t.scheme, parts[_i].scheme);
	ck_assert_str_eq(t.host, parts[_i].host);
	ck_assert_str_eq(t.path, parts[_i].path);
	ck_assert_uint_eq(t.port, parts[_i].port);
	ck_assert_int_eq(t.literal, parts[_i].literal);
	arena_release(&arena);
}
END_TEST

START_TEST(no_parts)
{
	struct arena arena;
	struct target t;

	arena_init(&arena);
	ck_assert(!target_split("", &arena, &t));
	ck_assert(!target_split("https://", &arena, &t));
	ck_assert(!target_split("https://toto.com:99999/", &arena, &t));
	arena_release(&arena);
}
END_TEST

Suite *suite_target_url(void)
{
	Suite *s = suite_create("target_url");
	TCase *t = tcase_create("url");

	tcase_add_loop_test(t, accepted_url, 0, (int)COUNT(accepted));
	tcase_add_loop_test(t, refused_url, 0, (int)COUNT(refused));
	tcase_add_test(t, nul_is_a_control_character);
	tcase_add_test(t, at_most_2048_bytes);
	tcase_add_test(t, names_at_most_253_bytes);
	tcase_add_test(t, other_letters_are_told_about_xn);
	tcase_add_test(t, http_when_allowed);
	tcase_add_test(t, internal_names_with_allowed_networks);
	tcase_add_test(t, ports_at_creation);
	tcase_add_loop_test(t, parts_of_a_url, 0, (int)COUNT(parts));
	tcase_add_test(t, no_parts);
	suite_add_tcase(s, t);
	return s;
}
