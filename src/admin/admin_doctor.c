/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor: hooks-admin doctor: one line for each check, and the exit
 * status of the first one that failed. After a failure it goes on with the
 * checks that do not depend on it.
 */
#include "admin/admin_doctor.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "outside/state_dir.h"
#include "outside/wakeup.h"
#include "store/policy.h"

enum {
	TEXT_SIZE = 1024,
	USER_SIZE = 64,
	/* The longest body that Apache's mod_fcgid accepts by default, which
	 * applies with .htaccess. examples/apache-mod_fcgid.conf sets more
	 * than max_body can be, and the other samples have no limit. */
	FCGID_DEFAULT = 131072,
	FCGID_SAMPLE = 33554432
};

static const char *const verdicts[] = {"ok", "warn", "FAIL"};

/* Keeps one line, whatever the text of a server or a file contains. */
static void put_text(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_putc(out, (unsigned char)*s < ' ' ? ' ' : *s);
}

void doctor_say(struct doctor *d, enum verdict verdict, enum err e,
		const char *check, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	struct jtree *v;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (verdict == VERDICT_FAIL && !d->worst)
		d->worst = e;
	if (!d->checks) {
		buf_printf(&d->a->out, "%s\t%s\t", verdicts[verdict], check);
		put_text(&d->a->out, text);
		buf_putc(&d->a->out, '\n');
		return;
	}
	v = jtree_object();
	jtree_put_string(v, "verdict", verdicts[verdict]);
	jtree_put_string(v, "check", check);
	jtree_put_string(v, "text", text);
	jtree_add(d->checks, v);
}

/* ---- the configuration ---- */

static bool check_conf(struct doctor *d)
{
	struct conf *c = &d->a->conf;
	struct policy policy = {0};
	enum err e = conf_load(c, d->a->config);

	if (!e) {
		e = policy_load(&policy, c);
		policy_release(&policy);
	}
	if (e) {
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "configuration",
			   "%s: standard error names the fault", c->file);
		return false;
	}
	if (conf_warn(c))
		doctor_say(d, VERDICT_WARN, 0, "configuration",
			   "%s has keys of an earlier version: standard error "
			   "names them",
			   c->file);
	else
		doctor_say(d, VERDICT_OK, 0, "configuration", "%s", c->file);
	return true;
}

static void check_ca_file(struct doctor *d)
{
	const char *path = d->a->conf.sender.ca_file;

	if (*path && access(path, R_OK) != 0)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "certificates",
			   "[sender] ca_file %s: %s: nothing can be delivered "
			   "over https",
			   path, strerror(errno));
	else
		doctor_say(d, VERDICT_OK, 0, "certificates", "%s",
			   *path ? path : "the system's");
}

static void check_own_addresses(struct doctor *d)
{
	struct policy policy;
	enum err e = policy_load(&policy, &d->a->conf);

	if (!e)
		e = policy_find_own(&policy, &d->a->conf);
	if (e)
		doctor_say(d, VERDICT_FAIL, e, "own addresses",
			   "cannot be found out: name them all in [targets] "
			   "own_addresses, as in \"= 192.0.2.1\"; until then "
			   "nothing is delivered");
	else
		doctor_say(d, VERDICT_OK, 0, "own addresses", "%s%s",
			   policy.own_alone ? "those in own_addresses"
					    : "those of the interfaces",
			   policy.own_count && !policy.own_alone
				   ? " and those in own_addresses"
				   : "");
	policy_release(&policy);
}

static void check_key_file(struct doctor *d)
{
	const char *path = d->a->conf.secrets.key_file;

	if (*path)
		doctor_say(d, VERDICT_OK, 0, "key file", "%s", path);
	else
		doctor_say(d, VERDICT_OK, 0, "key file",
			   "none: secrets are stored unencrypted");
}

/* It is looked at as this user, who need not be the sender's. */
static void check_state_dir(struct doctor *d)
{
	struct state_dir s;
	enum err e = state_dir_open(&s, &d->a->conf, false);
	const char *path = s.path ? s.path : "none";

	if (!e)
		doctor_say(d, VERDICT_OK, 0, "state folder", "%s", path);
	else if (s.missing)
		doctor_say(d, VERDICT_OK, 0, "state folder",
			   "%s: the first run of hooks-send makes it", path);
	else if (s.foreign)
		doctor_say(d, VERDICT_WARN, 0, "state folder",
			   "%s %s: hooks-send runs as that user only", path,
			   s.why);
	else
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "state folder",
			   "%s: %s: [sender] state_dir names another", path,
			   s.why);
	state_dir_close(&s);
}

/* Through a proxy on this host that adds no header of its own, every visitor
 * comes from here. */
static void check_metrics(struct doctor *d)
{
	struct policy policy;
	bool here =
		!policy_load(&policy, &d->a->conf) &&
		(target_nets_hold(policy.metrics, policy.metrics_count,
				  "127.0.0.1") ||
		 target_nets_hold(policy.metrics, policy.metrics_count, "::1"));

	if (here)
		doctor_say(d, VERDICT_WARN, 0, "metrics",
			   "[api] metrics_allow names this host: behind a "
			   "proxy here that adds no X-Forwarded-For, anybody "
			   "can read /metrics");
	else
		doctor_say(d, VERDICT_OK, 0, "metrics", "%s",
			   policy.metrics_count
				   ? "for keys of the role admin, and for "
				     "[api] metrics_allow"
				   : "for keys of the role admin");
	policy_release(&policy);
}

/* The tables of hooks.fcgi, where its user is not the sender's, lie in a folder
 * in which everybody may write; their names say whose they should be. */
static bool is_occupied(const char *name, const char *end)
{
	static const char begin[] = "vyte-hooks-";
	char path[sizeof("/dev/shm/") + NAME_MAX];
	const char *digits = name + sizeof(begin) - 1;
	struct stat st;
	char *rest;

	if (strncmp(name, begin, sizeof(begin) - 1) != 0)
		return false;
	snprintf(path, sizeof(path), "/dev/shm/%s", name);
	return lstat(path, &st) == 0 &&
	       strtoull(digits, &rest, 10) != st.st_uid &&
	       strncmp(rest, end, strlen(end)) == 0;
}

static void check_shares(struct doctor *d)
{
	char end[STATE_DIR_NAME_SIZE + 3], found[NAME_MAX + 1] = "";
	struct state_dir s;
	struct dirent *entry;
	DIR *dir = opendir("/dev/shm");

	(void)state_dir_open(&s, &d->a->conf, false);
	snprintf(end, sizeof(end), "-%s-", s.name);
	state_dir_close(&s);
	while (dir && (entry = readdir(dir)))
		if (is_occupied(entry->d_name, end))
			snprintf(found, sizeof(found), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	if (*found)
		doctor_say(d, VERDICT_FAIL, ERR_CONFIG, "shares",
			   "/dev/shm/%s was made by another user, so that "
			   "nothing bounds what one organization takes of the "
			   "API: remove it",
			   found);
	else
		doctor_say(d, VERDICT_OK, 0, "shares",
			   "nobody occupies the table of hooks.fcgi");
}

/* A user without a name is shown by its number. */
static const char *user_name(uid_t uid, char text[USER_SIZE])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, USER_SIZE, "%s", user->pw_name);
	else
		snprintf(text, USER_SIZE, "user %lu", (unsigned long)uid);
	return text;
}

static void check_wakeup(struct doctor *d)
{
	const struct conf *c = &d->a->conf;
	char name[USER_SIZE], poll[TEXT_DURATION_SIZE];
	int64_t ago;
	uid_t user;

	text_duration_format(poll, c->sender.poll);
	if (wakeup_missed(c, &user, &ago))
		doctor_say(
			d, VERDICT_WARN, 0, "wake-up",
			"a program that runs as %s, such as hooks.fcgi, "
			"could not wake the sender, which is another user's, "
			"%lld minutes ago: what it publishes waits for the "
			"sender's next look ([sender] poll, %s), and starts "
			"none ([api] kick); let both run as one user",
			user_name(user, name), (long long)ago / 60000, poll);
	else
		doctor_say(d, VERDICT_OK, 0, "wake-up",
			   "publishers of the sender's user wake it");
}

static void check_web_server(struct doctor *d)
{
	unsigned long long body = d->a->conf.api.max_body;

	if (body > FCGID_DEFAULT)
		doctor_say(d, VERDICT_WARN, 0, "web server",
			   "[api] max_body is %llu, over the %d bytes that "
			   "mod_fcgid accepts by default: use "
			   "examples/apache-mod_fcgid.conf, which sets "
			   "FcgidMaxRequestLen %d",
			   body, FCGID_DEFAULT, FCGID_SAMPLE);
	else
		doctor_say(d, VERDICT_OK, 0, "web server",
			   "bodies of %llu bytes pass every sample", body);
}

/* ---- all checks ---- */

static void check_all(struct doctor *d)
{
	check_ca_file(d);
	check_key_file(d);
	check_own_addresses(d);
	check_state_dir(d);
	check_wakeup(d);
	doctor_database(d);
	doctor_target(d, d->a->args ? d->a->arg[0] : NULL);
	store_release(&d->a->store);
	check_metrics(d);
	check_shares(d);
	check_web_server(d);
}

/* Prints the lines itself, because output is not written after a failure. */
enum err admin_doctor(struct admin *a)
{
	struct doctor d = {.a = a, .checks = a->json ? jtree_array() : NULL};
	enum err e;

	if (check_conf(&d))
		check_all(&d);
	conf_release(&a->conf);
	if (d.checks)
		admin_json(a, d.checks);
	e = admin_flush(a);
	return e ? e : d.worst;
}
