-- SPDX-License-Identifier: MIT
-- Carries over the tables of version 8, the last one whose names had no prefix.
-- A new database begins with the next step.
--
-- What is renamed is found by its name and by the comment that we gave it: a
-- table of another program that happens to have one of the names stays where it
-- is. One statement renames all of them; a server that cannot do that at once
-- undoes it when it fails in between. A sender of the old version that is still
-- at work finds its tables gone: what it had in flight keeps its lease, and is
-- sent again, marked, by the new one.

-- First the comment of the notifications, which are no outbox any more: the next
-- step knows our tables by their names and comments.
SET @early = (SELECT COUNT(*) FROM information_schema.tables
	WHERE table_schema = DATABASE() AND table_name = 'notifications'
	AND table_comment = 'what was published: the outbox an application may INSERT into');

SET @comment = IF(@early, 'ALTER TABLE notifications COMMENT = ''what was published, and what became of it''', 'DO 0');

PREPARE comments FROM @comment;

EXECUTE comments;

DEALLOCATE PREPARE comments;

SET @renames = (SELECT CONCAT('RENAME TABLE ', GROUP_CONCAT(table_name, ' TO vh_', table_name)) FROM information_schema.tables
	WHERE table_schema = DATABASE() AND CONCAT(table_name, ': ', table_comment) IN (
		'installation: what is true of this installation as a whole',
		'organizations: the tenants',
		'api_keys: API keys, hashed',
		'hooks: who wants to hear of what',
		'hook_secrets: signing secrets; every one that has not expired signs',
		'lanes: the queue of each hook: its lease and its health',
		'notifications: what was published, and what became of it',
		'idempotency_keys: idempotency keys seen, and what they were answered with',
		'deliveries: one notification for one hook',
		'attempts: every request made, with its answer',
		'senders: the last run of the sender on each machine',
		'chores: what is done now and then, and by one sender at a time',
		'stats: what senders did, a minute and an hour at a time',
		'counters: counters of the whole installation, for GET /metrics',
		'alerts: what a mail to the operator has to tell'));

SET @renames = COALESCE(@renames, 'DO 0');

PREPARE renames FROM @renames;

EXECUTE renames;

DEALLOCATE PREPARE renames;

ALTER TABLE vh_lanes
	ADD COLUMN put_off TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: the target has asked for suspended_until, by Retry-After' AFTER suspended_until,
	ADD COLUMN resumed_at DATETIME(3) NULL COMMENT 'somebody resumed the lane: what waits and was not tried since then is due; NULL: nothing is left of that' AFTER put_off,
	ADD COLUMN failed_at DATETIME(3) NULL COMMENT 'last failure since failing_since' AFTER failing_since,
	ADD COLUMN failed_attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'attempts that failed since then' AFTER failed_at,
	ADD COLUMN hook_seen DATETIME(3) NULL COMMENT 'the vh_hooks.updated_at that its owner heeds; 9999-01-01: that the hook is deleted',
	ADD COLUMN written_at DATETIME(3) NULL COMMENT 'when the row was last written: in the future after the clock was set back',
	ADD COLUMN turn BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'new with each round of an owner, and never the same again: with owner it is the fence',
	ADD COLUMN doubt_before DATETIME(3) NULL COMMENT 'what was published before may have been sent already: it goes out marked as a possible duplicate; NULL: no doubt';

-- The one table that an installation may have done without.
SET @alerts = (SELECT IF(COUNT(*), 'ALTER TABLE vh_alerts MODIFY COLUMN kind ENUM(''disabled'',''failed'',''held'') NOT NULL COMMENT ''the hook was disabled by the service; deliveries of it were given up; the sender crashed at them''', 'DO 0') FROM information_schema.tables
	WHERE table_schema = DATABASE() AND table_name = 'vh_alerts');

PREPARE alerts FROM @alerts;

EXECUTE alerts;

DEALLOCATE PREPARE alerts;

ALTER TABLE vh_attempts
	ADD COLUMN response_kept TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0: all of it; 1: it was cut; 2: not kept, it came from an own address of the host; 3: not kept, max_stored; 4: not kept, its user was erased',
	ADD COLUMN response_length BIGINT UNSIGNED NULL COMMENT 'Content-Length of the body as received; NULL: none came';

ALTER TABLE vh_api_keys
	MODIFY COLUMN organization BINARY(12) NULL COMMENT 'vh_organizations.id; NULL: of the role admin, which belongs to none',
	MODIFY COLUMN role ENUM('manage','publish','read','run','admin') NOT NULL COMMENT 'what the key may do';

ALTER TABLE vh_notifications
	ADD COLUMN hops TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'services that it came through as a delivery before; sent on as webhook-hops',
	ADD COLUMN occurred_at DATETIME(3) NULL COMMENT 'when it happened, as the publisher said; NULL: when it was published',
	ADD COLUMN deliver_at DATETIME(3) NULL COMMENT 'it is scheduled until then; NULL: it never was',
	ADD COLUMN expires_at DATETIME(3) NULL COMMENT 'no attempt begins after then; NULL: no end',
	ADD COLUMN replace_key VARBINARY(128) NULL COMMENT 'one publication replaces an earlier one that is scheduled with the same key',
	ADD COLUMN erased TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: its user was erased: user, resource and replace_key are gone',
	MODIFY COLUMN state ENUM('queued','fanned_out','unmatched','rejected','scheduled','cancelled','replaced') NOT NULL DEFAULT 'queued' COMMENT 'queued: not yet turned into deliveries; cancelled, replaced: while it was scheduled';

ALTER TABLE vh_deliveries
	ADD COLUMN erased TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: its user was erased: it is never sent again, and no answer is kept';

-- A user was an id of twelve bytes, and is text now.
ALTER TABLE vh_hooks
	MODIFY COLUMN user VARBINARY(64) NULL COMMENT 'set when scope is user',
	ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'counts the changes of what a client may set: the first part of the ETag';

UPDATE vh_hooks SET user = LOWER(HEX(user)) WHERE LENGTH(user) = 12;

ALTER TABLE vh_senders
	ADD COLUMN cron_place VARBINARY(64) NULL COMMENT 'lock file of the last run that cron started; NULL: none was',
	ADD COLUMN cron_at DATETIME(3) NULL COMMENT 'begin of that run';

ALTER TABLE vh_installation
	MODIFY COLUMN run_at DATETIME(3) NULL COMMENT 'when a request last started a sender, by /v2/run or [api] kick; NULL: never',
	ADD COLUMN run_lost TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'starts before that one, in a row, after which no sender has reported',
	ADD COLUMN webhook_id_since DATETIME(3) NULL COMMENT 'deliveries made before it have a webhook-id of the old form, their own id; NULL: none has';

UPDATE vh_installation SET webhook_id_since = UTC_TIMESTAMP(3) WHERE webhook_id_since IS NULL;
