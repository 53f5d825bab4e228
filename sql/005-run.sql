-- SPDX-License-Identifier: MIT
-- When a sender was last started by request, so that many processes of the API
-- start one every ten seconds at most.

ALTER TABLE installation ADD COLUMN run_at DATETIME(3) NULL COMMENT 'when a sender was last started through /v2/run; NULL: never';
