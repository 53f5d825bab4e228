-- SPDX-License-Identifier: MIT
-- What an operator is to be told by mail ([notify]): written with what caused
-- it, taken away when it was sent. One row a hook and kind at most.

CREATE TABLE IF NOT EXISTS alerts (
	hook_id BIGINT UNSIGNED NOT NULL COMMENT 'hooks.id',
	kind ENUM('disabled','failed') NOT NULL COMMENT 'the hook was disabled by the service; deliveries of it were given up',
	count INT UNSIGNED NOT NULL COMMENT 'how often since the last mail that told of it',
	reason VARCHAR(200) NOT NULL DEFAULT '' COMMENT 'of the last time',
	first_at DATETIME(3) NOT NULL COMMENT 'of the first time',
	last_at DATETIME(3) NOT NULL COMMENT 'of the last time',
	PRIMARY KEY (hook_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='what a mail to the operator has to tell';
