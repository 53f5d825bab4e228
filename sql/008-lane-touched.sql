-- SPDX-License-Identifier: MIT
-- A mark that every change behind a lane's back turns over (see
-- store_lane_lock in src/store/store_lane.h). It may be run again.

ALTER TABLE lanes
	ADD COLUMN touched TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'turned over by whoever wakes the lane: on Galera its owner on another node cannot overlook a write';
