-- SPDX-License-Identifier: MIT
-- What receive.php and receive.go keep, in the database of the application that
-- receives: MySQL or MariaDB. Run it once:
--
--     mysql app < inbox.sql

-- What has arrived. A delivery may be sent again for as long as the service
-- keeps it, [retention] in its hooks.conf; older rows may go:
--     DELETE FROM webhook_ids WHERE received_at < NOW() - INTERVAL 1 YEAR;
CREATE TABLE webhook_ids (
	id VARBINARY(64) NOT NULL PRIMARY KEY, -- the webhook-id
	received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
	KEY (received_at)
) ENGINE=InnoDB;

-- Of each thing, the time of what is known of it. An application that has a
-- table of these things gives it a column occurred_at instead.
CREATE TABLE webhook_latest (
	thing VARBINARY(255) NOT NULL PRIMARY KEY, -- the _id of the resource
	occurred_at VARBINARY(24) NOT NULL -- as text the times compare
) ENGINE=InnoDB;
