# SPDX-License-Identifier: MIT
"""delivery.failed: told in the transaction that gives a delivery up."""

import json

import tap
from receiver import Answer
from sendcase import LaneCase


class Failed(LaneCase):
    settings = {"sender": {"retry_schedule": "0s"}}

    def watched(self, action="event.created"):
        """A failing hook, one for delivery.failed, and one for everything."""
        hook = self.fresh("/fails", action)
        self.hook("/told", "delivery.failed")
        self.hook("/all", "*")
        self.sink.script("/fails", then=Answer(500))
        return hook

    def exhaust(self):
        """Two attempts, then what follows from them."""
        for _ in range(4):
            self.once()

    def told(self):
        return [json.loads(r.body) for r in self.sink.at("/told")]

    def test_the_resource_is_the_delivery_as_the_api_lists_it(self):
        hook = self.watched()
        self.publish()
        self.exhaust()
        [body] = self.told()
        assert body["action"] == "delivery.failed"
        assert body["organization"] == self.organization
        assert "user" not in body
        answer = self.door.request(
            "GET", f"/v2/deliveries?hook={hook}", [("Authorization", self.key)]
        )
        [listed] = answer.json()
        more = {"lastStatus": 500, "lastError": None, "host": "127.0.0.1"}
        assert body["resource"] == {**listed, **more}, (body, listed)
        assert listed["state"] == "failed" and listed["attemptCount"] == 2
        [request] = self.sink.at("/fails")[:1]
        assert listed["webhookId"] == request.header("webhook-id")

    def test_no_wildcard_hears_of_it(self):
        self.watched()
        self.publish()
        self.exhaust()
        actions = {json.loads(r.body)["action"] for r in self.sink.at("/all")}
        assert actions == {"event.created"}, actions

    def test_not_before_the_schedule_ends(self):
        self.watched()
        self.publish()
        self.once("delivered 1, failed 0, retrying 1,")
        self.once("delivered 0, failed 1, retrying 0,")
        self.once("delivered 1,")
        assert len(self.told()) == 1

    def test_one_for_each_and_each_member_of_a_batch(self):
        self.watched()
        self.publish_many(300)
        self.exhaust()
        ids = [b["resource"]["_id"] for b in self.told()]
        assert len(ids) == len(set(ids)) == 300
        hook = self.watched()
        self.service.db.sql(
            "UPDATE vh_hooks SET batch_size = 10, updated_at = "
            "UTC_TIMESTAMP(3) WHERE action = 'event.created'"
        )
        self.publish_many(10)
        self.exhaust()
        resources = [b["resource"] for b in self.told()]
        assert len(resources) == 10, resources
        assert len({r["_id"] for r in resources}) == 10
        assert len({r["webhookId"] for r in resources}) == 1
        assert {r["hook"] for r in resources} == {hook}

    def test_its_own_deliveries_raise_no_other(self):
        self.watched()
        self.sink.script("/told", then=Answer(500))
        self.publish()
        self.exhaust()
        self.exhaust()
        assert [b["action"] for b in self.told()] == ["delivery.failed"] * 2
        assert len({r.header("webhook-id") for r in self.sink.at("/told")}) == 1
        assert self.raised() == 1

    def raised(self):
        """By this test: deleted hooks leave their notifications."""
        return int(
            self.service.db.value(
                "SELECT COUNT(DISTINCT n.id) FROM vh_notifications n JOIN vh_deliveries "
                "d ON d.notification_id = n.id JOIN vh_hooks h ON h.id = d.hook_id "
                "WHERE n.action = 'delivery.failed' AND h.deleted_at IS NULL"
            )
        )

    def test_another_organization_hears_nothing(self):
        self.watched()
        other = self.service.organization("Other")
        self.service.admin(
            "hook", "create", other, self.sink.url("/other"), "delivery.failed"
        )
        self.publish()
        self.exhaust()
        assert len(self.told()) == 1 and not self.sink.at("/other")

    def test_where_nobody_listens_nothing_is_written(self):
        self.fresh("/fails")
        self.sink.script("/fails", then=Answer(500))
        before = self.service.db.value("SELECT COUNT(*) FROM vh_notifications")
        self.publish()
        self.exhaust()
        after = self.service.db.value("SELECT COUNT(*) FROM vh_notifications")
        assert int(after) == int(before) + 1


tap.main()
