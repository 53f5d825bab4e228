# SPDX-License-Identifier: MIT
"""
hooks-admin action: the catalogue of the installation and of an organization.
"""

import json

import admincase
import tap

EIGHT = [
    "event.cancelled",
    "event.confirmed",
    "event.created",
    "event.new_invitee",
    "event.updated",
    "event.voted",
    "user.joined",
    "vyteme.updated",
]


class Actions(admincase.AdminCase):
    def setup(self):
        super().setup()
        self.organization = self.admin("org", "create", "Demo")

    def names(self, *args):
        return [row[0] for row in self.rows("action", "list", *args)]

    def publish(self, action):
        return ("publish", self.organization, action)

    def test_1_the_eight_are_there(self):
        assert self.names() == EIGHT

    def test_2_for_all(self):
        self.fails(65, *self.publish("order.paid"), stdin=b"{}")
        self.admin("action", "add", "order.paid", "--description", "Paid.")
        assert ["order.paid", "Paid."] in self.rows("action", "list")
        self.admin(*self.publish("order.paid"), stdin=b"{}")
        self.admin("action", "remove", "order.paid")
        self.fails(69, "action", "remove", "order.paid", words=("order.paid",))
        self.fails(65, *self.publish("order.paid"), stdin=b"{}")

    def test_3_for_one(self):
        org = ("--org", self.organization)
        args = ("action", "add", "order.sent", *org, "--example", "-")
        self.admin(*args, stdin=b' {"n":1}\n')
        assert "order.sent" in self.names(*org)
        assert "order.sent" not in self.names()
        [one] = [
            a
            for a in json.loads(self.admin("--json", "action", "list", *org))
            if a["action"] == "order.sent"
        ]
        assert one["example"] == {"n": 1}, one
        assert one["scope"] == "organization", one
        self.fails(69, "action", "remove", "order.sent")
        self.admin("action", "remove", "order.sent", *org)

    def test_4_what_is_wrong_is_said(self):
        for name in ("hook.x", "ping", "a b", "", "a" * 65):
            self.fails(65, "action", "add", name, words=("NAME",))
        self.fails(65, "action", "add", "x", "--example", "-", stdin=b"[]")
        self.fails(
            65,
            *self.publish("event.creatd"),
            stdin=b"{}",
            words=("did you mean event.created?",),
        )
        self.fails(69, "action", "list", "--org", "0" * 24)

    def test_5_a_removed_one_was_published_already(self):
        self.admin("action", "add", "order.late")
        args = (*self.publish("order.late"), "--idempotency-key", "late")
        first = self.admin(*args, stdin=b"{}")
        self.admin("action", "remove", "order.late")
        assert self.admin(*args, stdin=b"{}") == first
        self.fails(65, *args, stdin=b'{"n":1}', words=("another",))


tap.main()
