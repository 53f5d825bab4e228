-- SPDX-License-Identifier: MIT
-- A user for each program, with the least rights it can work with. Run it
-- inside the database (`mysql vyte_hooks < grants.sql`) after the first
-- `hooks-admin migrate`, and again after each later one: a GRANT names tables.
-- Change every password first.

-- hooks.fcgi creates no organization and no key. It removes what is finished
-- when a client asks for that (DELETE /v2/deliveries), and what is known of a
-- user (POST /v2/erase). If /v2/run or [api] kick is to start the sender, give it
-- the sender's rights below, too; otherwise set kick = no.
CREATE USER IF NOT EXISTS 'hooks_api'@'localhost' IDENTIFIED BY 'change-me-2';
GRANT SELECT, UPDATE (run_at, run_lost) ON vh_installation TO 'hooks_api'@'localhost';
GRANT SELECT ON vh_organizations TO 'hooks_api'@'localhost';
GRANT SELECT, DELETE, UPDATE (remote, response_headers, response_body,
	response_length, response_kept) ON vh_attempts TO 'hooks_api'@'localhost';
GRANT SELECT, DELETE ON vh_alerts TO 'hooks_api'@'localhost';
GRANT SELECT ON vh_senders TO 'hooks_api'@'localhost';
GRANT SELECT ON vh_stats TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_counters TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_stored TO 'hooks_api'@'localhost';
GRANT SELECT, UPDATE (last_used_at) ON vh_api_keys TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_hooks TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_lanes TO 'hooks_api'@'localhost';
GRANT SELECT, DELETE ON vh_outbox TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, DELETE ON vh_scheduled TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_notifications TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_deliveries TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_actions TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_hook_actions TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_hook_secrets TO 'hooks_api'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_idempotency_keys TO 'hooks_api'@'localhost';

-- hooks-send sees no API key; it removes rows older than [retention] says.
CREATE USER IF NOT EXISTS 'hooks_sender'@'localhost' IDENTIFIED BY 'change-me-3';
GRANT SELECT ON vh_installation TO 'hooks_sender'@'localhost';
GRANT SELECT ON vh_organizations TO 'hooks_sender'@'localhost';
GRANT SELECT ON vh_actions TO 'hooks_sender'@'localhost';
GRANT SELECT, UPDATE, DELETE ON vh_hook_actions TO 'hooks_sender'@'localhost';
GRANT SELECT, DELETE ON vh_hook_secrets TO 'hooks_sender'@'localhost';
GRANT SELECT, UPDATE, DELETE ON vh_hooks TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_lanes TO 'hooks_sender'@'localhost';
GRANT SELECT, DELETE ON vh_outbox TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, DELETE ON vh_scheduled TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_notifications TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_idempotency_keys TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_deliveries TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_attempts TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_alerts TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_chores TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_senders TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE ON vh_counters TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_stats TO 'hooks_sender'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON vh_stored TO 'hooks_sender'@'localhost';

-- With this right, for the whole server, the log names the client that holds a
-- lock which deliveries need, and `hooks-admin doctor`, with the same right for
-- hooks_admin, transactions that are open for long:
-- GRANT PROCESS ON *.* TO 'hooks_sender'@'localhost';

-- The application that publishes with SQL. The table may be in another database
-- than the application's; the transaction is still one. This user reads nothing.
-- The columns are named so that it can set no other one, above all not `id`.
CREATE USER IF NOT EXISTS 'hooks_app'@'localhost' IDENTIFIED BY 'change-me-4';
GRANT INSERT (organization, action, user, resource, idempotency_key,
	occurred_at, deliver_at, expires_at, replace_key, cancels)
	ON vh_outbox TO 'hooks_app'@'localhost';
