-- SPDX-License-Identifier: MIT
-- Publishing from SQL: the notification is committed together with the change
-- that it reports, or not at all. There is no HTTP call and nothing to repeat.
--
-- The user needs INSERT on this one table (see grants.sql); the table may be in
-- another database than the application's, on the same server.

START TRANSACTION;

-- ... the application's own change:
-- UPDATE events SET confirmed = 1 WHERE id = 42;

INSERT INTO vyte_hooks.vh_outbox (organization, action, resource)
VALUES (UNHEX('60af5269459aad001d0cb565'), 'event.confirmed',
	'{"title":"Demo","place":"Paris"}');

-- With a user, for hooks of scope `user`, and with an idempotency key: a second
-- row with the same key within [retention] idempotency is marked `rejected`.
INSERT INTO vyte_hooks.vh_outbox
	(organization, action, user, resource, idempotency_key)
VALUES (UNHEX('60af5269459aad001d0cb565'), 'event.voted',
	'60af526954e6605aae0dad5a', '{"title":"Demo","votes":3}', 'vote-42-3');

-- A reminder, an hour before the event; the time is in UTC. The same INSERT
-- with another time moves it.
INSERT INTO vyte_hooks.vh_outbox
	(organization, action, resource, deliver_at, replace_key)
VALUES (UNHEX('60af5269459aad001d0cb565'), 'event.updated',
	'{"title":"In an hour"}',
	UTC_TIMESTAMP() + INTERVAL 7 DAY - INTERVAL 1 HOUR, 'reminder-42');

COMMIT;

-- It never arrives when the event is called off before.
INSERT INTO vyte_hooks.vh_outbox (organization, cancels)
VALUES (UNHEX('60af5269459aad001d0cb565'), 'reminder-42');
