-- SPDX-License-Identifier: MIT
-- Lanes have kinds: what failed and what is held for itself stays in the index
-- of the queue, in lanes of its own, so that it can be listed and counted
-- without walking what was delivered; and pings have lanes that are ahead of
-- the queue (see src/store/store_lane.h). 2 << 62 is 9223372036854775808, 3 << 62 is
-- 13835058055282163712.
--
-- The first two statements change the description of a column only. The third
-- walks `deliveries` once; run again, it finds nothing more to do.

ALTER TABLE deliveries
	MODIFY lane BIGINT UNSIGNED NULL COMMENT 'hook_id and, in the two top bits, the kind: 0 queue, 1 ping (both while pending), 2 failed, 3 held for itself; NULL: delivered or cancelled',
	MODIFY due_at DATETIME(3) NULL COMMENT 'next attempt not before; in lanes of the kinds 2 and 3 when it finished; NULL: delivered or cancelled';

ALTER TABLE lanes
	MODIFY hook_id BIGINT UNSIGNED NOT NULL COMMENT 'as deliveries.lane: hooks.id and, in the two top bits, the kind: 0 the queue, 1 the pings';

UPDATE deliveries SET
	lane = hook_id + IF(state = 'failed', 9223372036854775808, 13835058055282163712),
	due_at = COALESCE(finished_at, created_at)
	WHERE state IN ('failed', 'held') AND lane IS NULL;
