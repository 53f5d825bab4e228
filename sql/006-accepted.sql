-- SPDX-License-Identifier: MIT
-- Whether a notification came where the limits of the API were checked, and an
-- index that finds what is queued organization by organization: one that has
-- much does not keep the others waiting, and how much it has is counted without
-- looking at its rows. What is queued already counts as checked.

ALTER TABLE notifications
	ADD COLUMN accepted TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1: came through the API or hooks-admin, which checked the limits; not for an application to set';

ALTER TABLE notifications
	DROP KEY state,
	ADD KEY state (state, organization, id);

UPDATE notifications SET accepted = 1 WHERE state = 'queued';
