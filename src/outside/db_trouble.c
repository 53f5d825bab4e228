/* SPDX-License-Identifier: MIT */
/*
 * db_trouble: the one place where the server's error numbers are given a
 * meaning.
 */
#include "outside/db_driver.h"

static const struct {
	unsigned number;
	enum db_trouble trouble;
} troubles[] = {
	{1205, TROUBLE_REPEAT},	   /* lock wait timeout */
	{1213, TROUBLE_REPEAT},	   /* deadlock; Galera: certification failed */
	{1020, TROUBLE_REPEAT},	   /* record has changed since last read */
	{1047, TROUBLE_REPEAT},	   /* Galera: node not ready */
	{1180, TROUBLE_REPEAT},	   /* error during commit */
	{1317, TROUBLE_REPEAT},	   /* somebody killed the query */
	{1969, TROUBLE_LATER},	   /* max_statement_time (MariaDB) */
	{3024, TROUBLE_LATER},	   /* max_execution_time (MySQL) */
	{1206, TROUBLE_REPEAT},	   /* the lock table is full */
	{2006, TROUBLE_RECONNECT}, /* server has gone away */
	{2013, TROUBLE_RECONNECT}, /* lost connection during query */
	{2055, TROUBLE_RECONNECT}, /* lost connection, with errno */
	{4031, TROUBLE_RECONNECT}, /* closed for inactivity (MySQL 8) */
	{1927, TROUBLE_RECONNECT}, /* connection was killed */
	{1053, TROUBLE_RECONNECT}, /* shutdown in progress */
	{1243, TROUBLE_RECONNECT}, /* statement unknown: a proxy moved us */
	{1158, TROUBLE_RECONNECT}, /* error reading a packet */
	{1159, TROUBLE_RECONNECT}, /* time-out reading a packet */
	{1160, TROUBLE_RECONNECT}, /* error writing a packet */
	{1161, TROUBLE_RECONNECT}, /* time-out writing a packet */
	{2012, TROUBLE_RECONNECT}, /* error in the handshake */
	{2027, TROUBLE_RECONNECT}, /* malformed packet */
	{1040, TROUBLE_LATER},	   /* too many connections */
	{1041, TROUBLE_LATER},	   /* the server is out of memory */
	{1129, TROUBLE_LATER},	   /* this host is blocked for its errors */
	{1130, TROUBLE_CONFIG},	   /* this host may not connect */
	{1135, TROUBLE_LATER},	   /* the server cannot make a thread */
	{1203, TROUBLE_LATER},	   /* too many connections of this user */
	{1226, TROUBLE_LATER},	   /* over a resource limit of the account */
	{1184, TROUBLE_LATER},	   /* the server's init_connect failed */
	{1461, TROUBLE_LATER}, /* other users hold all prepared statements */
	{2002, TROUBLE_LATER}, /* cannot connect, socket */
	{2003, TROUBLE_LATER}, /* cannot connect, TCP */
	{2005, TROUBLE_LATER}, /* unknown server host */
	{1290, TROUBLE_LATER}, /* read-only server */
	{1836, TROUBLE_LATER}, /* read-only mode */
	{1114, TROUBLE_LATER}, /* table full */
	{1021, TROUBLE_LATER}, /* disk full */
	{1030, TROUBLE_LATER}, /* error from the storage engine */
	{1062, TROUBLE_DUPLICATE}, /* the row is there */
	{1050, TROUBLE_DUPLICATE}, /* the table is there */
	{1060, TROUBLE_DUPLICATE}, /* the column is there */
	{1061, TROUBLE_DUPLICATE}, /* the index is there */
	{1091, TROUBLE_DUPLICATE}, /* the object to be dropped is gone */
	{1044, TROUBLE_CONFIG},	   /* access to the database denied */
	{1045, TROUBLE_CONFIG},	   /* wrong user or password */
	{1049, TROUBLE_CONFIG},	   /* unknown database */
	{1142, TROUBLE_CONFIG},	   /* a right on a table is missing */
	{1143, TROUBLE_CONFIG},	   /* a right on a column is missing */
	{1146, TROUBLE_CONFIG},	   /* no such table: not migrated */
	{1698, TROUBLE_CONFIG},	   /* an account without a password, not ours */
	{1665, TROUBLE_CONFIG},	   /* binlog_format=STATEMENT */
	{2026, TROUBLE_CONFIG},	   /* TLS */
	{2059, TROUBLE_CONFIG},	   /* authentication plugin */
	{2061, TROUBLE_CONFIG},	   /* the plugin's own error */
	{DB_WAY_REFUSED, TROUBLE_CONFIG},
};

enum db_trouble db_trouble_of(unsigned number)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].number == number)
			return troubles[i].trouble;
	return TROUBLE_BUG;
}

/* The client library's numbers are those of CR_MIN_ERROR and after. */
bool db_answers(const struct db *db)
{
	return db->number && (db->number < 2000 || db->number > 2999);
}

bool db_contended(const struct db *db)
{
	return db->number == 1213 || db->number == DB_CHANGED;
}

bool db_locked(const struct db *db)
{
	return db->number == 1205;
}

/* A Galera node that is cut off in the middle of a COMMIT cannot know whether
 * the other nodes got it: of 48 COMMITs that it refused, one was done. */
bool db_commit_in_doubt(const struct db *db)
{
	return db->trouble == TROUBLE_RECONNECT || db->number == 1180 ||
	       db->number == 1047;
}
