-- SPDX-License-Identifier: MIT
-- The tables.
--
-- MariaDB 10.3 and newer, MySQL 5.7 and newer. Every statement can be run
-- again: `hooks-admin migrate` repeats a step that was interrupted. A statement
-- ends with a semicolon at the end of a line.
--
-- Every name begins with vh_, so that the tables may lie in an application's own
-- database. Public ids of hooks, notifications and deliveries are not stored:
-- they are made of the row's creation time and its key (see src/rules/id.h). All
-- DATETIME values are UTC, from the database's clock. Lanes have kinds (see
-- src/store/store_lane.h).

CREATE TABLE IF NOT EXISTS vh_installation (
	id TINYINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'always 1: the table has one row',
	version INT UNSIGNED NOT NULL COMMENT 'number of the last migration that was finished',
	site SMALLINT UNSIGNED NOT NULL COMMENT 'random; part of every derived id, so that two installations never share one',
	created_at DATETIME(3) NOT NULL COMMENT 'when the schema was first made',
	run_at DATETIME(3) NULL COMMENT 'when a request last started a sender, by /v2/run or [api] kick; NULL: never',
	run_lost TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'starts before that one, in a row, after which no sender has reported',
	webhook_id_since DATETIME(3) NULL COMMENT 'deliveries made before it have a webhook-id of the old form, their own id; NULL: none has'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what is true of this installation as a whole';

INSERT IGNORE INTO vh_installation (id, version, site, created_at) VALUES (1, 9, FLOOR(RAND() * 65536), UTC_TIMESTAMP(3));

CREATE TABLE IF NOT EXISTS vh_organizations (
	id BINARY(12) NOT NULL PRIMARY KEY COMMENT 'public _id',
	name VARCHAR(100) NOT NULL COMMENT 'for people',
	created_at DATETIME(3) NOT NULL COMMENT 'createdAt',
	updated_at DATETIME(3) NOT NULL COMMENT 'updatedAt'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='the tenants';

CREATE TABLE IF NOT EXISTS vh_api_keys (
	id BINARY(12) NOT NULL PRIMARY KEY COMMENT 'public id, for listing and revoking',
	organization BINARY(12) NULL COMMENT 'vh_organizations.id; NULL: of the role admin, which belongs to none',
	hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the key; the key itself is stored nowhere',
	role ENUM('manage','publish','read','run','admin') NOT NULL COMMENT 'what the key may do',
	name VARCHAR(100) NOT NULL DEFAULT '' COMMENT 'for people',
	created_at DATETIME(3) NOT NULL COMMENT 'when it was made',
	last_used_at DATETIME(3) NULL COMMENT 'to the minute; NULL: never',
	revoked_at DATETIME(3) NULL COMMENT 'NULL: valid',
	UNIQUE KEY hash (hash),
	KEY organization (organization)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='API keys, hashed';

CREATE TABLE IF NOT EXISTS vh_hooks (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'key; the public _id is made of created_at and this',
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	target_url VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'where deliveries are posted',
	action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'an action, a wildcard such as event.*, or *',
	scope ENUM('organization','user') NOT NULL DEFAULT 'organization' COMMENT 'user: only what names this user',
	user VARBINARY(64) NULL COMMENT 'set when scope is user',
	description VARCHAR(500) NOT NULL DEFAULT '' COMMENT 'for people',
	headers MEDIUMTEXT NULL COMMENT 'JSON object of extra request headers; NULL: none',
	batch_size SMALLINT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'over 1: the body is an array of up to so many',
	rate_limit INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries a second; 0: no limit',
	ordered TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: one in flight, the next waits for the outcome',
	enabled TINYINT UNSIGNED NOT NULL DEFAULT 1 COMMENT '0: deliveries are held',
	disabled_reason VARCHAR(200) NULL COMMENT 'why it is not enabled',
	created_at DATETIME(3) NOT NULL COMMENT 'createdAt; part of the public _id',
	updated_at DATETIME(3) NOT NULL COMMENT 'updatedAt',
	version INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'counts the changes of what a client may set: the first part of the ETag',
	deleted_at DATETIME(3) NULL COMMENT 'deleted hooks stay for the history of their deliveries',
	KEY organization (organization, deleted_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='who wants to hear of what';

CREATE TABLE IF NOT EXISTS vh_hook_actions (
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	name VARBINARY(64) NOT NULL COMMENT 'an action, a wildcard such as event.*, or *',
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_hooks.id',
	version INT UNSIGNED NOT NULL COMMENT 'the vh_hooks.version that began to want it',
	user VARBINARY(64) NULL COMMENT 'only what names this user; NULL: whatever user it names, or none',
	since DATETIME(6) NOT NULL COMMENT 'what was accepted from then on',
	until DATETIME(6) NULL COMMENT 'and before then; NULL: no end',
	PRIMARY KEY (organization, name, hook_id, version),
	KEY hook (hook_id),
	KEY since (since),
	KEY until (until)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='which notifications a hook gets: those of an action, accepted within a time';

CREATE TABLE IF NOT EXISTS vh_actions (
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id; all zero: of the installation',
	name VARBINARY(64) NOT NULL COMMENT 'such as event.created',
	description VARCHAR(500) NOT NULL DEFAULT '' COMMENT 'for people',
	example MEDIUMTEXT NULL COMMENT 'a resource, a JSON object; NULL: none',
	created_at DATETIME(3) NOT NULL COMMENT 'when it was added',
	updated_at DATETIME(3) NOT NULL COMMENT 'when it was last changed',
	until DATETIME(6) NULL COMMENT 'it was removed then: what an application inserted before is still taken; NULL: it is listed',
	PRIMARY KEY (organization, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='the catalogue: which actions may be published';

INSERT IGNORE INTO vh_actions (organization, name, description, example, created_at, updated_at) VALUES
	(REPEAT(CHAR(0), 12), 'event.created', 'An event was created.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'event.confirmed', 'A date of an event was confirmed.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'event.updated', 'An event was changed.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'event.cancelled', 'An event was cancelled.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'event.voted', 'An invitee voted for dates of an event.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'event.new_invitee', 'Somebody was invited to an event.', '{"_id":"60af5269459aad001d0cb500","title":"Demo"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'user.joined', 'A user joined the organization.', '{"_id":"60af5269459aad001d0cb501","name":"Ada"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)),
	(REPEAT(CHAR(0), 12), 'vyteme.updated', 'A booking page was changed.', '{"_id":"60af5269459aad001d0cb502","title":"Talk to Ada"}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3));

CREATE TABLE IF NOT EXISTS vh_hook_secrets (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'key; the newest one is the current secret',
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_hooks.id',
	secret VARBINARY(255) NOT NULL COMMENT 'the signing key, whsec_ and base64',
	created_at DATETIME(3) NOT NULL COMMENT 'when it was given or rotated in',
	expires_at DATETIME(3) NULL COMMENT 'after a rotation: until then it signs too; NULL: no end',
	KEY hook (hook_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='signing secrets; every one that has not expired signs';

CREATE TABLE IF NOT EXISTS vh_lanes (
	hook_id BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'as vh_deliveries.lane: vh_hooks.id and, in the two top bits, the kind: 0 the queue, 1 the pings',
	next_at DATETIME(3) NULL COMMENT 'when a sender should look here: due, end of lease or of suspension; NULL: nothing to do',
	owner VARBINARY(64) NULL COMMENT 'the sender that holds the lease until next_at; NULL: free',
	in_flight BLOB NULL COMMENT 'keys of the deliveries that may be on the way, 8 bytes each, big-endian',
	crashes TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'owners that crashed here in a row with deliveries in flight',
	failures INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'connection-level failures in a row',
	suspended_until DATETIME(3) NULL COMMENT 'nothing is sent until then: the target is taken for dead, has asked for time, or an ordered lane waits',
	put_off TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: the target has asked for suspended_until, by Retry-After',
	resumed_at DATETIME(3) NULL COMMENT 'somebody resumed the lane: what waits and was not tried since then is due; NULL: nothing is left of that',
	failing_since DATETIME(3) NULL COMMENT 'first failure after the last success, or after a long time in which nothing was tried',
	failed_at DATETIME(3) NULL COMMENT 'last failure since then',
	failed_attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'attempts that failed since then',
	rate_tokens DOUBLE NOT NULL DEFAULT 0 COMMENT 'left in the token bucket at rate_at',
	rate_at DATETIME(3) NULL COMMENT 'when rate_tokens was true',
	touched TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'turned over by whoever wakes the lane: on Galera its owner on another node cannot overlook a write',
	hook_seen DATETIME(3) NULL COMMENT 'the vh_hooks.updated_at that its owner heeds; 9999-01-01: that the hook is deleted',
	written_at DATETIME(3) NULL COMMENT 'when the row was last written: in the future after the clock was set back',
	turn BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'new with each round of an owner, and never the same again: with owner it is the fence',
	doubt_before DATETIME(3) NULL COMMENT 'what was published before may have been sent already: it goes out marked as a possible duplicate; NULL: no doubt',
	KEY next (next_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='the queue of each hook: its lease and its health';

CREATE TABLE IF NOT EXISTS vh_outbox (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'key, in the order of insertion; not for an application to set',
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id; set by the application',
	action MEDIUMTEXT NULL COMMENT 'such as event.created; set by the application',
	user MEDIUMTEXT NULL COMMENT 'whom it concerns, 1 to 64 bytes; set by the application',
	resource MEDIUMTEXT NULL COMMENT 'a JSON object, delivered byte for byte; set by the application',
	idempotency_key MEDIUMTEXT NULL COMMENT 'publishing twice with one key counts once; set by the application',
	occurred_at DATETIME(3) NULL COMMENT 'when it happened, UTC; NULL: when it was published; set by the application',
	deliver_at DATETIME(3) NULL COMMENT 'not before then, UTC; NULL: at once; set by the application',
	expires_at DATETIME(3) NULL COMMENT 'no attempt begins after then, UTC; NULL: no end; set by the application',
	replace_key MEDIUMTEXT NULL COMMENT 'replaces what is scheduled with it; 1 to 128 bytes; set by the application',
	cancels MEDIUMTEXT NULL COMMENT 'a replace_key: what is scheduled with it is cancelled; then no action is needed; set by the application',
	created_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'when it was inserted, as far as the session that inserted it may be believed',
	KEY organization (organization, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what an application publishes with SQL; the sender takes it from here';

-- With an AUTO_INCREMENT key, an application that sets insert_id in its session
-- can use up all keys, or lock another application's row. MySQL has defaults
-- that are expressions since 8.0.13; on an older one this statement is empty.
ALTER TABLE vh_outbox
	/*M!100201 MODIFY id BIGINT UNSIGNED NOT NULL DEFAULT (UUID_SHORT()) COMMENT 'key, in the order of insertion; not for an application to set' */
	/*!80013 MODIFY id BIGINT UNSIGNED NOT NULL DEFAULT (UUID_SHORT()) COMMENT 'key, in the order of insertion; not for an application to set' */;

CREATE TABLE IF NOT EXISTS vh_notifications (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'key; the public _id is made of created_at and this',
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	action VARCHAR(255) NOT NULL COMMENT 'such as event.created',
	user VARCHAR(64) NULL COMMENT 'whom it concerns',
	resource MEDIUMTEXT NOT NULL COMMENT 'a JSON object, delivered byte for byte',
	idempotency_key VARCHAR(255) NULL COMMENT 'publishing twice with one key counts once',
	created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) COMMENT 'when the row was made; part of the public _id',
	accepted_at DATETIME(6) NULL COMMENT 'when it was published: hooks that want it then get it; NULL: at created_at, by an earlier version',
	state ENUM('queued','fanned_out','unmatched','rejected','scheduled','cancelled','replaced') NOT NULL DEFAULT 'queued' COMMENT 'queued: not yet turned into deliveries; cancelled, replaced: while it was scheduled',
	reason VARCHAR(255) NULL COMMENT 'why it was rejected',
	hops TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'services that it came through as a delivery before; sent on as webhook-hops',
	occurred_at DATETIME(3) NULL COMMENT 'when it happened, as the publisher said; NULL: when it was published',
	deliver_at DATETIME(3) NULL COMMENT 'it is scheduled until then; NULL: it never was',
	expires_at DATETIME(3) NULL COMMENT 'no attempt begins after then; NULL: no end',
	replace_key VARBINARY(128) NULL COMMENT 'one publication replaces an earlier one that is scheduled with the same key',
	erased TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: its user was erased: user, resource and replace_key are gone',
	KEY state (state, organization, id),
	KEY organization (organization, id),
	KEY user (organization, user)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what was published, and what became of it';

CREATE TABLE IF NOT EXISTS vh_scheduled (
	notification_id BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'vh_notifications.id, of the state scheduled',
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	deliver_at DATETIME(3) NOT NULL COMMENT 'as there',
	replace_key VARBINARY(128) NULL COMMENT 'as there',
	UNIQUE KEY replacing (organization, replace_key),
	KEY turn (organization, deliver_at, notification_id),
	KEY due (deliver_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='notifications whose time has not come: who removes the row decides what becomes of it';

CREATE TABLE IF NOT EXISTS vh_idempotency_keys (
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	idempotency_key VARBINARY(255) NOT NULL COMMENT 'as sent',
	body_hash BINARY(32) NULL COMMENT 'SHA-256 of the request body; NULL: published with SQL',
	notification_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_notifications.id of the first one',
	step INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'from one vh_notifications.id to the next',
	notification_count INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'from the first to the last of the body, others between them included',
	answered_array TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: the body was an array',
	created_at DATETIME(3) NOT NULL COMMENT 'kept for [retention] idempotency',
	PRIMARY KEY (organization, idempotency_key),
	KEY created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='idempotency keys seen, and what they were answered with';

CREATE TABLE IF NOT EXISTS vh_deliveries (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'key; the public _id is made of created_at and this',
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	notification_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_notifications.id: holds the payload',
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_hooks.id',
	state ENUM('pending','delivered','failed','held','cancelled') NOT NULL DEFAULT 'pending' COMMENT 'pending ones of a disabled hook count as held',
	lane BIGINT UNSIGNED NULL COMMENT 'hook_id and, in the two top bits, the kind: 0 queue, 1 ping (both while pending), 2 failed, 3 held for itself; NULL: delivered or cancelled',
	due_at DATETIME(3) NULL COMMENT 'next attempt not before; in lanes of the kinds 2 and 3 when it finished; NULL: delivered or cancelled',
	attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'made so far, in all',
	tries SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'made since the schedule last began',
	maybe_duplicate TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: an earlier request may have arrived without a complete answer',
	crashes TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'senders that crashed with this one alone in flight',
	batch BIGINT UNSIGNED NULL COMMENT 'vh_deliveries.id of the first one in the batch it was first sent in; NULL: sent alone, or not yet',
	reason VARCHAR(200) NULL COMMENT 'why it is held, failed or cancelled, where the attempts do not tell',
	created_at DATETIME(3) NOT NULL COMMENT 'when it was fanned out; part of the public _id',
	finished_at DATETIME(3) NULL COMMENT 'when it left pending',
	erased TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: its user was erased: it is never sent again, and no answer is kept',
	UNIQUE KEY fanout (notification_id, hook_id),
	KEY lane (lane, due_at, id),
	KEY hook (hook_id, id),
	KEY organization (organization, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='one notification for one hook';

CREATE TABLE IF NOT EXISTS vh_attempts (
	delivery_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_deliveries.id',
	attempt SMALLINT UNSIGNED NOT NULL COMMENT '1, 2, ...: webhook-attempt',
	started_at DATETIME(3) NOT NULL COMMENT 'when the request began',
	dns_us INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'microseconds from the start until the name was resolved',
	connect_us INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'until connected; 0: an open connection was used',
	tls_us INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'until the TLS handshake was done',
	first_byte_us INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'until the first byte of the answer',
	total_us INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'until it ended',
	remote VARBINARY(64) NULL COMMENT 'address and port it was sent to',
	tls_version VARBINARY(16) NULL COMMENT 'such as TLSv1.3; NULL: none',
	status SMALLINT UNSIGNED NULL COMMENT 'HTTP status; NULL: no answer',
	error VARCHAR(32) NULL COMMENT 'what went wrong, as a code; NULL: a complete answer came',
	response_headers MEDIUMBLOB NULL COMMENT 'as received, cut at [sender] response_limit',
	response_body MEDIUMBLOB NULL COMMENT 'as received, cut at [sender] response_limit',
	response_kept TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0: all of it; 1: it was cut; 2: not kept, it came from an own address of the host; 3: not kept, max_stored; 4: not kept, its user was erased',
	response_length BIGINT UNSIGNED NULL COMMENT 'Content-Length of the body as received; NULL: none came',
	PRIMARY KEY (delivery_id, attempt)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='every request made, with its answer';

CREATE TABLE IF NOT EXISTS vh_senders (
	host VARBINARY(64) NOT NULL PRIMARY KEY COMMENT 'name of the machine',
	started_at DATETIME(3) NOT NULL COMMENT 'begin of the last run',
	seen_at DATETIME(3) NOT NULL COMMENT 'last sign of life',
	ended_at DATETIME(3) NULL COMMENT 'end of the last run; NULL: it runs, or died',
	delivered BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries that succeeded in that run',
	failed BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries given up in that run',
	retried BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'attempts put off in that run',
	cron_place VARBINARY(64) NULL COMMENT 'lock file of the last run that cron started; NULL: none was',
	cron_at DATETIME(3) NULL COMMENT 'begin of that run'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='the last run of the sender on each machine';

CREATE TABLE IF NOT EXISTS vh_chores (
	name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY COMMENT 'such as purge deliveries',
	next_at DATETIME(3) NOT NULL COMMENT 'nobody takes it before: it is done, or somebody is at it',
	position BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'key of the last row that was looked at; 0: at the start'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what is done now and then, and by one sender at a time';

CREATE TABLE IF NOT EXISTS vh_stats (
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id',
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_hooks.id; 0: all hooks of the organization together',
	step TINYINT UNSIGNED NOT NULL COMMENT 'minutes in the row: 1 or 60',
	start_at DATETIME NOT NULL COMMENT 'the first moment of the step',
	delivered INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries that succeeded',
	failed INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries that were given up',
	attempts INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'attempts, one a delivery',
	failed_attempts INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'those that did not succeed',
	request_0 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took up to 1 ms',
	request_1 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 1 ms, up to 2 ms',
	request_2 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 2 ms, up to 5 ms',
	request_3 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 5 ms, up to 10 ms',
	request_4 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 10 ms, up to 20 ms',
	request_5 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 20 ms, up to 50 ms',
	request_6 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 50 ms, up to 100 ms',
	request_7 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 100 ms, up to 200 ms',
	request_8 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 200 ms, up to 500 ms',
	request_9 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 500 ms, up to 1 s',
	request_10 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 1 s, up to 2 s',
	request_11 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 2 s, up to 5 s',
	request_12 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 5 s, up to 10 s',
	request_13 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 10 s, up to 20 s',
	request_14 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 20 s, up to 1 min',
	request_15 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 1 min, up to 5 min',
	request_16 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 5 min, up to 30 min',
	request_17 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 30 min, up to 3 h',
	request_18 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 3 h, up to 12 h',
	request_19 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 12 h, up to 1 d',
	request_20 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 1 d, up to 4 d',
	request_21 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'requests that took over 4 d',
	latency_0 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took up to 1 ms',
	latency_1 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 1 ms, up to 2 ms',
	latency_2 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 2 ms, up to 5 ms',
	latency_3 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 5 ms, up to 10 ms',
	latency_4 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 10 ms, up to 20 ms',
	latency_5 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 20 ms, up to 50 ms',
	latency_6 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 50 ms, up to 100 ms',
	latency_7 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 100 ms, up to 200 ms',
	latency_8 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 200 ms, up to 500 ms',
	latency_9 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 500 ms, up to 1 s',
	latency_10 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 1 s, up to 2 s',
	latency_11 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 2 s, up to 5 s',
	latency_12 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 5 s, up to 10 s',
	latency_13 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 10 s, up to 20 s',
	latency_14 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 20 s, up to 1 min',
	latency_15 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 1 min, up to 5 min',
	latency_16 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 5 min, up to 30 min',
	latency_17 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 30 min, up to 3 h',
	latency_18 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 3 h, up to 12 h',
	latency_19 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 12 h, up to 1 d',
	latency_20 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 1 d, up to 4 d',
	latency_21 INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'deliveries, from publishing to delivered, that took over 4 d',
	PRIMARY KEY (organization, hook_id, step, start_at),
	KEY age (step, start_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what senders did, a minute and an hour at a time';

CREATE TABLE IF NOT EXISTS vh_counters (
	family VARBINARY(32) NOT NULL COMMENT 'what is counted: attempts, requests, ...',
	label VARBINARY(128) NOT NULL COMMENT 'of which kind',
	value BIGINT UNSIGNED NOT NULL COMMENT 'how many since the table was made; only ever grows',
	PRIMARY KEY (family, label)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='counters of the whole installation, for GET /metrics';

CREATE TABLE IF NOT EXISTS vh_stored (
	organization BINARY(12) NOT NULL COMMENT 'vh_organizations.id; all zero: how far a recount has come',
	part TINYINT UNSIGNED NOT NULL COMMENT '0 to 7: to be added up, each written by some processes; from 100 on: of a recount that is under way',
	payloads BIGINT NOT NULL DEFAULT 0 COMMENT 'bytes of published resources',
	answers BIGINT NOT NULL DEFAULT 0 COMMENT 'bytes of headers and bodies of answers',
	began_at DATETIME(3) NULL COMMENT 'of a recount: it counts what is older',
	PRIMARY KEY (organization, part)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='how much of [api] max_stored is used';

CREATE TABLE IF NOT EXISTS vh_alerts (
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'vh_hooks.id',
	kind ENUM('disabled','failed','held') NOT NULL COMMENT 'the hook was disabled by the service; deliveries of it were given up; the sender crashed at them',
	count INT UNSIGNED NOT NULL COMMENT 'how often since the last mail that told of it',
	reason VARCHAR(200) NOT NULL DEFAULT '' COMMENT 'of the last time',
	first_at DATETIME(3) NOT NULL COMMENT 'of the first time',
	last_at DATETIME(3) NOT NULL COMMENT 'of the last time',
	PRIMARY KEY (hook_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what a mail to the operator has to tell';

-- The rest carries over what version 8 has left: an application inserted into
-- the table of notifications itself, and `accepted` was 0 until a sender had
-- looked at the row. Such rows go into the outbox, before all others. In a new
-- database there is no such column, and nothing is done.

SET @early = (SELECT COUNT(*) FROM information_schema.columns
	WHERE table_schema = DATABASE() AND table_name = 'vh_notifications' AND column_name = 'accepted');

SET @copying = IF(@early, 'INSERT IGNORE INTO vh_outbox (id, organization, action, user, resource, idempotency_key, created_at)
	SELECT id, organization, action, user, resource, idempotency_key, created_at
	FROM vh_notifications WHERE state = ''queued'' AND accepted = 0', 'DO 0');

SET @removing = IF(@early, 'DELETE n FROM vh_notifications n JOIN vh_outbox o ON o.id = n.id
	WHERE n.state = ''queued'' AND n.accepted = 0', 'DO 0');

SET @changing = IF(@early, 'ALTER TABLE vh_notifications
	DROP COLUMN accepted,
	ADD COLUMN accepted_at DATETIME(6) NULL COMMENT ''when it was published: hooks that want it then get it; NULL: at created_at, by an earlier version'' AFTER created_at,
	MODIFY organization BINARY(12) NOT NULL COMMENT ''vh_organizations.id'',
	MODIFY action VARCHAR(255) NOT NULL COMMENT ''such as event.created'',
	MODIFY user VARCHAR(64) NULL COMMENT ''whom it concerns'',
	MODIFY resource MEDIUMTEXT NOT NULL COMMENT ''a JSON object, delivered byte for byte'',
	MODIFY idempotency_key VARCHAR(255) NULL COMMENT ''publishing twice with one key counts once'',
	MODIFY created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) COMMENT ''when the row was made; part of the public _id'',
	ADD KEY user (organization, user)', 'DO 0');

PREPARE copying FROM @copying;

PREPARE removing FROM @removing;

PREPARE changing FROM @changing;

START TRANSACTION;

EXECUTE copying;

EXECUTE removing;

COMMIT;

EXECUTE changing;

DEALLOCATE PREPARE copying;

DEALLOCATE PREPARE removing;

DEALLOCATE PREPARE changing;

-- What a hook wanted before a change of its action was not kept.
INSERT INTO vh_hook_actions (organization, name, hook_id, version, user, since)
	SELECT h.organization, h.action, h.id, h.version, IF(h.scope = 'user', h.user, NULL), h.created_at
	FROM vh_hooks h LEFT JOIN vh_hook_actions a ON a.hook_id = h.id
	WHERE h.deleted_at IS NULL AND a.hook_id IS NULL;
