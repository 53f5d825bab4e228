-- SPDX-License-Identifier: MIT
-- What the sender does now and then beside delivering: where each of these
-- chores has come to. Statements can be run again.

CREATE TABLE IF NOT EXISTS chores (
	name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY COMMENT 'such as purge deliveries',
	next_at DATETIME(3) NOT NULL COMMENT 'nobody takes it before: it is done, or somebody is at it',
	position BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'key of the last row that was looked at; 0: at the start'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what is done now and then, and by one sender at a time';
