/* SPDX-License-Identifier: MIT */
/*
 * db_secure: protects the connection to the server, and the password first of
 * all. The two client libraries have different names for the same wishes, and
 * MariaDB's sends a password to any server that asks for it unless it is told
 * not to.
 */
#include "outside/db_driver.h"

#ifdef MARIADB_PACKAGE_VERSION

/* Ways to prove that the password is known which do not show it. The last two
 * encrypt it, with TLS or with a key of the server's. (With
 * MYSQL_OPT_SSL_ENFORCE alone the library takes every connection for TLS, and
 * then they send it as it is: MYSQL_OPT_SSL_VERIFY_SERVER_CERT is always set
 * with it.) */
static const char ways[] = "mysql_native_password,client_ed25519,parsec,"
			   "caching_sha2_password,sha256_password";

static void set_ways(MYSQL *my)
{
	mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH, ways);
}

static void force_tls(MYSQL *my)
{
	my_bool on = 1;

	mysql_options(my, MYSQL_OPT_SSL_ENFORCE, &on);
	mysql_options(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

#else

static void set_ways(MYSQL *my)
{
	bool off = false;

	mysql_options(my, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &off);
}

static void force_tls(MYSQL *my)
{
	unsigned mode = SSL_MODE_VERIFY_IDENTITY;

	mysql_options(my, MYSQL_OPT_SSL_MODE, &mode);
}

#endif

void db_secure(MYSQL *my, const char *tls_ca)
{
	/* `localhost`, too, would be a socket, which has no TLS. */
	unsigned protocol = MYSQL_PROTOCOL_TCP;

	set_ways(my);
	if (!*tls_ca)
		return;
	mysql_ssl_set(my, NULL, NULL, tls_ca, NULL, NULL);
	force_tls(my);
	mysql_options(my, MYSQL_OPT_PROTOCOL, &protocol);
}

const char *db_cipher(const struct db *db)
{
	return db->my ? mysql_get_ssl_cipher(db->my) : NULL;
}
