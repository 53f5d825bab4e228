# SPDX-License-Identifier: MIT
"""
From notifications to deliveries: accepted notifications stay accepted, and
an organization with very much of it keeps no other waiting.
"""

import json
import time

import database
import service
import tap
from sendcase import SendCase


class Accepted(SendCase):
    """A 202 counts, however long the sender was away."""

    settings = {"retention": {"idempotency": "1s"}}

    def post(self, body, key):
        answer = self.door.request(
            "POST",
            "/v2/notifications",
            [("Authorization", self.key), ("Idempotency-Key", key)],
            json.dumps(body).encode(),
        )
        assert answer.status == 202, answer
        return answer.json()

    def test_an_array_whose_key_has_expired_meanwhile(self):
        self.fresh()
        self.post(
            [
                {"action": "event.created", "resource": {"n": n}}
                for n in range(3)
            ],
            "array",
        )
        time.sleep(1.5)
        self.once("delivered 3,")

    def test_a_key_that_is_used_again_after_it_has_expired(self):
        self.fresh()
        body = {"action": "event.created", "resource": {}}
        first = self.post(body, "again")
        time.sleep(1.5)
        second = self.post(body, "again")
        assert first["_id"] != second["_id"]
        self.once("delivered 2,")


class Matching(SendCase):
    """Every action, and a hook of every name that one may have."""

    ACTIONS = (
        "event.created",
        "event.confirmed",
        "event.updated",
        "event.cancelled",
        "event.voted",
        "event.new_invitee",
        "user.joined",
        "vyteme.updated",
    )
    OTHERS = (
        "event.*",
        "user.*",
        "vyteme.*",
        "hook.disabled",
        "delivery.failed",
    )

    def test_who_gets_what(self):
        self.fresh(action="*")
        for name in self.ACTIONS + self.OTHERS:
            self.hook(action=name)
        for action in self.ACTIONS:
            self.publish(action=action)
        want = {
            (name, action)
            for action in self.ACTIONS
            for name in (action, action.split(".")[0] + ".*", "*")
        }
        self.once(f"delivered {len(want)}, failed 0,")
        assert want == {
            tuple(row)
            for row in self.service.db.sql(
                "SELECT h.action, n.action FROM vh_deliveries d "
                "JOIN vh_hooks h ON h.id = d.hook_id "
                "JOIN vh_notifications n ON n.id = d.notification_id"
            )
        }


class Cost(SendCase):
    """One probe of an index for each name under which a hook may want it: of
    10,000 actions, and of 32 names of each of 1,000 other hooks, none is read.
    The count of waiting deliveries ([api] max_due) looks at each hook."""

    HOOKS = 1000

    def reads(self):
        rows = self.service.db.sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _, value in rows)

    def cost(self, publish):
        """Rows that the database reads from the publishing to the delivery."""
        self.once()
        idle = self.reads()
        idle = self.reads() - idle  # what asking costs
        begin = self.reads()
        publish()
        self.once("delivered 1,")
        return self.reads() - begin - idle

    def costs(self):
        return [
            self.cost(publish)
            for publish in (
                lambda: self.publish(action="shop.order.paid"),
                lambda: self.publish_many(1, action="shop.order.paid"),
            )
        ]

    def fill(self):
        ours = f"UNHEX('{self.organization}')"
        self.service.db.sql(f"""
            INSERT INTO vh_actions (organization, name, created_at, updated_at)
                SELECT {ours}, CONCAT('many.', seq), UTC_TIMESTAMP(3),
                UTC_TIMESTAMP(3) FROM {database.numbers(10_000)};
            INSERT INTO vh_hooks (organization, target_url, action, enabled,
                created_at, updated_at) SELECT {ours},
                '{self.sink.url("/never")}', CONCAT('many.', seq), 1,
                UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
                FROM {database.numbers(self.HOOKS)};
            INSERT INTO vh_lanes (hook_id) SELECT id FROM vh_hooks WHERE
                action LIKE 'many.%';
            INSERT INTO vh_hook_actions (organization, name, hook_id, version,
                since) SELECT {ours}, CONCAT('many.', 1 + MOD(h.id * 32 + seq,
                10000)), h.id, 1, UTC_TIMESTAMP(6) FROM vh_hooks h,
                {database.numbers(32)} WHERE h.action LIKE 'many.%';
            ANALYZE TABLE vh_actions, vh_hooks, vh_hook_actions""")

    def test_of_one_among_many(self):
        self.service.admin("action", "add", "shop.order.paid")
        self.fresh(action="shop.*")
        few = self.costs()
        self.fill()
        many = self.costs()
        print("# rows read, with few:", *few, "with many:", *many)
        for a, b in zip(few, many, strict=True):
            assert b <= a + 3 * self.HOOKS, (few, many)


class Turns(SendCase):
    """One organization has 300 hooks and 100 notifications for each."""

    HOOKS, NOTIFICATIONS = 300, 100
    # Of one transaction (src/deliver/fanout.h).
    DELIVERIES = 5000

    def flood(self):
        other = self.service.organization("Flood")
        self.service.db.sql(f"""
            INSERT INTO vh_hooks (organization, target_url, action, enabled,
                created_at, updated_at)
                SELECT UNHEX('{other}'), 'https://www.example.com/', '*', 0,
                UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
                FROM {database.numbers(self.HOOKS)};
            INSERT INTO vh_lanes (hook_id) SELECT id FROM vh_hooks
                WHERE organization = UNHEX('{other}');
            {service.WANTS}
            INSERT INTO vh_notifications (organization, action, resource)
                SELECT UNHEX('{other}'), 'event.created', '{{}}'
                FROM {database.numbers(self.NOTIFICATIONS)}""")
        return f"organization = UNHEX('{other}')"

    def test_others_do_not_wait(self):
        self.fresh()
        flood = self.flood()
        self.publish()
        self.once("delivered 1,")
        count = f"SELECT COUNT(*) FROM vh_deliveries WHERE {flood}"
        assert (
            int(self.service.db.value(count)) == self.HOOKS * self.NOTIFICATIONS
        )
        before = self.service.db.value(
            f"{count} AND id < (SELECT MIN(id) FROM vh_deliveries "
            f"WHERE NOT {flood})"
        )
        assert int(before) <= self.DELIVERIES, before

    def test_no_transaction_is_long(self):
        self.flood()
        self.once("delivered 0,")
        most = self.service.db.value(
            "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM vh_deliveries "
            "GROUP BY created_at) t"
        )
        assert 0 < int(most) <= self.DELIVERIES, most

    def test_every_row_is_fanned_out_once(self):
        """Each organization in its turn, in the order of publishing."""
        hook = self.fresh()
        others = [self.service.organization(f"Org {n}") for n in range(70)]
        for n in range(3):
            for organization in others + [self.organization]:
                self.service.publish_sql(
                    organization, "event.created", json.dumps({"n": n})
                )
        self.once("delivered 3,")
        assert (
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_notifications WHERE state = 'queued'"
            )
            == "0"
        )
        order = self.service.db.sql(
            "SELECT n.resource FROM vh_deliveries d JOIN vh_notifications n "
            "ON n.id = d.notification_id ORDER BY d.id DESC LIMIT 3"
        )
        assert [json.loads(text)["n"] for [text] in order] == [2, 1, 0], hook


if __name__ == "__main__":
    tap.main()
