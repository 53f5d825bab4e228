/* SPDX-License-Identifier: MIT */
/*
 * conf_check: rules that no row of the table of keys can express: keys that
 * must agree, files that must be there and private.
 */
#include "outside/conf_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "outside/conf.h"
#include "outside/conf_file.h"
#include "outside/conf_key.h"
#include "outside/conf_mail.h"
#include "outside/crypt.h"

static enum err check_secrecy(const struct conf *c, const struct stat *st)
{
	if (*c->database.password && (st->st_mode & S_IROTH))
		return conf_reject(c, "database", "password",
				   "stands in a file that everybody can read "
				   "(chmod o-r it)");
	return ERR_OK;
}

/* Its first line, without the line end. */
static const char *read_password(FILE *in, char *line, int size)
{
	const char *why;
	struct stat st;

	if (fstat(fileno(in), &st) != 0)
		return strerror(errno);
	why = conf_file_refuse_secret(&st);
	if (why)
		return why;
	if (!fgets(line, size, in))
		return "is empty";
	line[strcspn(line, "\r\n")] = '\0';
	return NULL;
}

static enum err read_password_file(struct conf *c)
{
	const char *path = c->database.password_file, *why;
	char line[512];
	FILE *in;

	if (!*path)
		return ERR_OK;
	if (*c->database.password)
		return conf_reject(c, "database", "password_file",
				   "and password are both set");
	in = fopen(path, "re");
	why = in ? read_password(in, line, sizeof(line)) : strerror(errno);
	if (in)
		fclose(in);
	if (why)
		return conf_reject(c, "database", "password_file", why);
	free(c->database.password);
	c->database.password = xstrdup(line);
	crypt_wipe(line, sizeof(line));
	return ERR_OK;
}

static enum err check_readable(const struct conf *c, const char *path,
			       const char *section, const char *key)
{
	if (*path && access(path, R_OK) != 0)
		return conf_reject(c, section, key, strerror(errno));
	return ERR_OK;
}

static enum err check_actions(const struct conf *c)
{
	if (conf_any_action(c) || strcmp(c->api.actions, "listed") == 0)
		return ERR_OK;
	return conf_reject(c, "api", "actions", "must be listed or any");
}

/* On a socket there is no TLS, and no name that a certificate could be for. */
static enum err check_tls(const struct conf *c)
{
	if (*c->database.tls_ca && *c->database.socket)
		return conf_reject(c, "database", "tls_ca",
				   "and socket are both set: on a unix socket "
				   "there is no TLS");
	return check_readable(c, c->database.tls_ca, "database", "tls_ca");
}

static enum err check_base_path(const struct conf *c)
{
	const char *p = c->api.base_path;
	size_t n = strlen(p);

	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f || strchr("?#%\\\"<>", p[i]))
			return conf_reject(c, "api", "base_path",
					   "has a character that a path "
					   "cannot hold");
	if (n && (p[0] != '/' || p[n - 1] == '/' || strstr(p, "//")))
		return conf_reject(c, "api", "base_path",
				   "must begin with a slash, end with none "
				   "and have no two in a row");
	return ERR_OK;
}

/*
 * A lease must outlive the worst attempt, or a second sender takes over what
 * the first is still sending: `timeout` holds connect and answer; 5 s more for
 * recording the outcome and for clocks that differ.
 */
static enum err check_lease(const struct conf *c)
{
	enum { MARGIN_MS = 5000 };

	if (c->sender.connect_timeout > c->sender.timeout)
		return conf_reject(c, "sender", "connect_timeout",
				   "is longer than timeout");
	if (c->sender.lease >= c->sender.timeout + MARGIN_MS)
		return ERR_OK;
	if (!conf_is_set(c, "sender", "lease"))
		return conf_reject(c, "sender", "timeout",
				   "is too long: lease must be at least "
				   "timeout plus 5s");
	return conf_reject(c, "sender", "lease",
			   "is too short: it must be at least timeout "
			   "plus 5s");
}

/* The whole attempt includes connecting: a shorter timeout shortens
 * connect_timeout. */
static void derive(struct conf *c)
{
	if (!*c->sender.user_agent) {
		free(c->sender.user_agent);
		c->sender.user_agent =
			xstrdup("vyte-hooks/" PACKAGE_VERSION_TEXT);
	}
	if (!conf_is_set(c, "sender", "connect_timeout") &&
	    c->sender.connect_timeout > c->sender.timeout)
		c->sender.connect_timeout = c->sender.timeout;
}

/* The text goes unchanged into the head of each request. */
static enum err check_agent(const struct conf *c)
{
	for (const char *p = c->sender.user_agent; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			return conf_reject(c, "sender", "user_agent",
					   "has a character that is not "
					   "printable ASCII");
	return ERR_OK;
}

/* A relative one would be another folder for each way of being started. */
static enum err check_absolute(const struct conf *c)
{
	if (*c->sender.state_dir && *c->sender.state_dir != '/')
		return conf_reject(c, "sender", "state_dir",
				   "does not begin with a slash");
	return ERR_OK;
}

static enum err check_notify(const struct conf *c)
{
	const char *why = conf_mail_server(c->notify.smtp);

	if (why)
		return conf_reject(c, "notify", "smtp", why);
	if (*c->notify.mail_from)
		why = conf_mail_address(c->notify.mail_from);
	if (why)
		return conf_reject(c, "notify", "mail_from", why);
	for (size_t i = 0; i < c->notify.mail_to.count && !why; i++)
		why = conf_mail_address(c->notify.mail_to.word[i]);
	return why ? conf_reject(c, "notify", "mail_to", why) : ERR_OK;
}

static enum err read_key_file(struct conf *c)
{
	const char *why;

	if (!*c->secrets.key_file)
		return ERR_OK;
	why = conf_key_read(c->secrets.key_file, c->secrets.key);
	if (why)
		return conf_reject(c, "secrets", "key_file", why);
	c->secrets.has_key = true;
	return ERR_OK;
}

enum err conf_check(struct conf *c, const struct stat *st)
{
	enum err e = check_secrecy(c, st);

	derive(c);
	if (!e)
		e = read_password_file(c);
	if (!e)
		e = check_base_path(c);
	if (!e)
		e = check_actions(c);
	if (!e)
		e = check_lease(c);
	if (!e)
		e = check_agent(c);
	if (!e)
		e = check_tls(c);
	if (!e)
		e = check_absolute(c);
	if (!e)
		e = check_notify(c);
	if (!e)
		e = read_key_file(c);
	return e;
}

/* Whether a socket of this family can have the address. */
static bool can_bind(int family, const struct sockaddr *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, address, size) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

static enum err check_bind_address(const struct conf *c)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const char *address = c->sender.bind_address;
	bool ok;

	if (!*address)
		return ERR_OK;
	if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
		ok = can_bind(AF_INET, (const void *)&in, sizeof(in));
	else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
		ok = can_bind(AF_INET6, (const void *)&in6, sizeof(in6));
	else
		return conf_reject(c, "sender", "bind_address",
				   "is not an address such as 192.0.2.1");
	return ok ? ERR_OK
		  : conf_reject(c, "sender", "bind_address", strerror(errno));
}

enum err conf_check_sender(const struct conf *c)
{
	enum err e = check_bind_address(c);

	return e ? e
		 : check_readable(c, c->sender.ca_file, "sender", "ca_file");
}
