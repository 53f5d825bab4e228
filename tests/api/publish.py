# SPDX-License-Identifier: MIT
"""Publishing by HTTP, the catalogue, health."""

import tap
from apicase import ApiCase

USER = "60af5269459aad001d0cb565"
PATH = "/v2/notifications"


class Publish(ApiCase):
    def stored(self, notification):
        """The resource in the database, of the one published last."""
        rows = self.service.db.sql(
            "SELECT HEX(resource) FROM vh_notifications WHERE organization = "
            f"UNHEX('{self.organization}') ORDER BY id DESC LIMIT 1"
        )
        assert notification["organization"] == self.organization
        return bytes.fromhex(rows[0][0])

    def test_answer(self):
        made = self.good(
            202,
            "POST",
            PATH,
            {
                "action": "event.created",
                "resource": {"title": "Demo"},
                "user": USER,
            },
        )
        assert list(made) == [
            "_id",
            "action",
            "organization",
            "user",
            "createdAt",
            "occurred_at",
        ], made
        assert made["user"] == USER and made["action"] == "event.created"

    def test_user_is_there_only_when_given(self):
        made = self.good(
            202, "POST", PATH, {"action": "event.created", "resource": {}}
        )
        assert "user" not in made, made

    def test_resource_is_kept_byte_for_byte(self):
        resource = (
            b'{ "b" : 1.50, "a":[1e2,"\\u00e9\\/"],\n "b2":'
            b'12345678901234567890 , "\xc3\xa9":null}'
        )
        made = self.good(
            202,
            "POST",
            PATH,
            b'{"action":"event.created","resource":' + resource + b"}",
        )
        assert self.stored(made) == resource

    def test_array(self):
        made = self.good(
            202,
            "POST",
            PATH,
            [
                {"action": "event.created", "resource": {"n": n}}
                for n in range(3)
            ],
        )
        assert len({m["_id"] for m in made}) == 3, made

    def test_array_with_a_bad_one_publishes_nothing(self):
        count = "SELECT COUNT(*) FROM vh_notifications"
        before = self.service.db.value(count)
        found = self.pointers(
            "POST",
            PATH,
            [
                {"action": "event.created", "resource": {}},
                {"action": "nothing", "resource": []},
            ],
        )
        assert found == ["/1/action", "/1/resource"], found
        assert self.service.db.value(count) == before

    def test_bad_members(self):
        for body, pointers in (
            ({}, ["/action", "/resource"]),
            ({"action": "event.*", "resource": {}}, ["/action"]),
            ({"action": "event.created", "resource": "x"}, ["/resource"]),
            (
                {"action": "event.created", "resource": {}, "user": "a\tb"},
                ["/user"],
            ),
            (
                {
                    "action": "event.created",
                    "resource": {},
                    "organization": USER,
                },
                ["/organization"],
            ),
            ([], [""]),
            (
                [1, {"action": "event.created", "resource": {}}, None],
                ["/0", "/2"],
            ),
            ({"action": "event.created", "resource": {}, "x": 1}, ["/x"]),
        ):
            assert self.pointers("POST", PATH, body) == pointers, body

    def test_own_organization_may_be_named(self):
        self.good(
            202,
            "POST",
            PATH,
            {
                "action": "event.created",
                "resource": {},
                "organization": self.organization,
            },
        )

    def test_idempotency_key(self):
        body = b'{"action":"event.created","resource":{"n":1}}'
        header = [("Idempotency-Key", f"order-{self.variant}")]
        first = self.good(202, "POST", PATH, body, headers=header)
        again = self.good(202, "POST", PATH, body, headers=header)
        assert first == again, (first, again)
        self.problem(409, "POST", PATH, body + b" ", headers=header)


class Others(ApiCase):
    def test_catalogue(self):
        actions = self.good(200, "GET", "/v2/actions")
        text = str(actions)
        for action in (
            "event.created",
            "event.new_invitee",
            "user.joined",
            "vyteme.updated",
        ):
            assert action in text, actions

    def test_health_without_a_key(self):
        assert self.call("GET", "/healthz", key=None).status == 200


tap.main()
