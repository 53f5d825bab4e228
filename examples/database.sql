-- SPDX-License-Identifier: MIT
-- The database and the user that owns its tables. Run this first, as the
-- database's administrator, then `hooks-admin migrate`, then grants.sql:
--
--   mysql < database.sql
--   hooks-admin -c admin.conf migrate
--   mysql vyte_hooks < grants.sql
--
-- Change every password first. On hosting with one user for everything, that
-- user replaces all four, and neither file is needed.

CREATE DATABASE IF NOT EXISTS vyte_hooks
	DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- hooks-admin creates and changes the tables. Its configuration file belongs to
-- the operator; the web server and the sender need not be able to read it.
CREATE USER IF NOT EXISTS 'hooks_admin'@'localhost' IDENTIFIED BY 'change-me-1';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES,
	CREATE TEMPORARY TABLES, LOCK TABLES
	ON vyte_hooks.* TO 'hooks_admin'@'localhost';
