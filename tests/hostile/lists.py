# SPDX-License-Identifier: MIT
"""A tenant with a key to read, who asks for 32 long lists at once."""

import random

import rawhttp
import tap
from hostilecase import HostileCase

ROWS = 10000
LISTS = (
    "/v2/deliveries?action=user.joined&limit=1000",
    "/v2/deliveries?limit=1000",
    "/v2/notifications?action=user.joined&limit=1000",
    "/v2/notifications?limit=1000",
    "/v2/stats",
)


def read_lists(attack, port, key):
    def one():
        answer = rawhttp.exchange(
            port,
            rawhttp.request_bytes(
                "GET", random.choice(LISTS), [("Authorization", key)]
            ),
        )
        wait = answer.header("Retry-After")
        if wait and random.random() < 0.9:  # as most clients do
            attack.wait(float(wait))

    attack.repeat(one, threads=32)


class Lists(HostileCase):
    def fill(self):
        """None is of the action that some of the lists are of."""
        self.service.admin(
            "hook",
            "create",
            self.organization,
            "http://127.0.0.1:1/",
            "vyteme.updated",
        )
        values = ",".join(
            f"(UNHEX('{self.organization}'), 'event.created', "
            f"'{{\"n\":{n}}}', 'fanned_out')"
            for n in range(ROWS)
        )
        self.service.db.sql(
            "INSERT INTO vh_notifications (organization, action, resource, "
            f"state) VALUES {values}; "
            "INSERT INTO vh_deliveries (notification_id, hook_id, "
            "organization, state, created_at) SELECT n.id, "
            "(SELECT MAX(id) FROM vh_hooks), n.organization, 'delivered', "
            "UTC_TIMESTAMP(3) FROM vh_notifications n "
            f"WHERE n.organization = UNHEX('{self.organization}')"
        )

    def test_32_at_once(self):
        self.fill()
        self.holds(
            "4 lists of 1000, 32 at once with one key",
            read_lists,
            port=self.door.port,
            key=self.service.key(self.organization, "read"),
        )


if __name__ == "__main__":
    tap.main()
