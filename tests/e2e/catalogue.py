# SPDX-License-Identifier: MIT
"""
The catalogue of actions and what is published with SQL: a row goes by the
catalogue of the moment in which it was inserted, and a rejected one says which
action is near.
"""

import database
import tap
from sendcase import SendCase

ACTION = "/v2/actions/booking.confirmed"


class Catalogue(SendCase):
    def ask(self, status, method, path, body=None, key=None):
        answer = self.door.request(
            method, path, [("Authorization", key or self.key)], body
        )
        assert answer.status == status, (method, path, answer)
        return answer

    def insert(self, *actions):
        values = ",".join(
            f"(UNHEX('{self.organization}'), '{a}', '{{}}')" for a in actions
        )
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            + values
        )

    def reasons(self):
        """Of the rejected notifications, which are then removed."""
        rows = self.service.db.sql(
            "SELECT action, reason FROM vh_notifications WHERE "
            "state = 'rejected' ORDER BY id"
        )
        self.service.db.sql(
            "DELETE FROM vh_notifications WHERE state = 'rejected'"
        )
        return rows

    def test_what_was_inserted_before_a_removal_is_delivered(self):
        self.ask(201, "PUT", ACTION, b"{}")
        self.fresh("/one", "booking.confirmed")
        self.hook("/all", "booking.*")
        self.insert("booking.confirmed", "booking.confirmed")
        self.ask(204, "DELETE", ACTION)
        self.insert("booking.confirmed")
        self.once("delivered 4,")
        assert [len(self.sink.at(p)) for p in ("/one", "/all")] == [2, 2]
        [[action, reason]] = self.reasons()
        assert action == "booking.confirmed", action
        assert reason.startswith("action: is not in the catalogue"), reason
        self.insert("booking.confirmed")
        self.ask(201, "PUT", ACTION, b"{}")
        self.insert("booking.confirmed")
        self.once("delivered 4,")
        assert self.reasons() == []
        self.ask(204, "DELETE", ACTION)

    def test_a_rejected_one_says_which_is_near(self):
        self.ask(201, "PUT", ACTION, b"{}")
        self.insert("booking.confirmd", "event.creatd", "far.away")
        self.once()
        near, eight, far = (reason for _, reason in self.reasons())
        assert "did you mean booking.confirmed?" in near, near
        assert "did you mean event.created?" in eight, eight
        assert "is not in the catalogue" in far and "mean" not in far, far
        self.ask(204, "DELETE", ACTION)

    def test_only_some_of_many_do(self):
        """The catalogue is not read for each of any number of them."""
        self.insert(*(f"event.created{n}" for n in range(60)))
        self.insert(*["event.creatd"] * 60)
        self.once()
        told = [[a, "did you mean" in r] for a, r in self.reasons()]
        assert len(told) == 120, told
        assert sum(near for _, near in told) == 4, told
        assert all("is not" in r for _, r in self.reasons())
        self.insert(*["event.creatd"] * 120)
        self.once()
        assert all("did you mean" in r for _, r in self.reasons())

    def test_a_removed_one_is_forgotten_in_the_end(self):
        path = "/v2/actions/old."
        for n in range(2):
            self.ask(201, "PUT", f"{path}{n}", b"{}")
            self.ask(204, "DELETE", f"{path}{n}")
        old = "SELECT COUNT(*) FROM vh_actions WHERE name LIKE 'old.%'"
        assert self.service.db.value(old) == "2"
        self.service.db.sql(
            "UPDATE vh_actions SET until = until - INTERVAL 9 DAY "
            "WHERE name = 'old.0'"
        )
        self.ask(201, "PUT", f"{path}1", b"{}")
        assert self.service.db.value(old) == "1"

    def fill(self, organization, prefix, count):
        self.service.db.sql(
            "INSERT INTO vh_actions (organization, name, created_at, "
            f"updated_at) SELECT UNHEX('{organization}'), "
            f"CONCAT('{prefix}.', seq), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) "
            f"FROM {database.numbers(count)}"
        )

    def test_too_many_are_refused(self):
        organization = self.service.organization("Many")
        key = self.service.key(organization)
        self.fill(organization, "many", 999)
        self.ask(201, "PUT", "/v2/actions/last.one", b"{}", key)
        answer = self.ask(403, "PUT", "/v2/actions/one.more", b"{}", key)
        assert "1000 actions" in answer.json()["detail"], answer
        self.ask(200, "PUT", "/v2/actions/last.one", b"{}", key)
        self.ask(204, "DELETE", "/v2/actions/last.one", None, key)
        self.ask(201, "PUT", "/v2/actions/one.more", b"{}", key)
        self.fill(organization, "more", 999)
        self.service.db.sql(
            "UPDATE vh_actions SET until = UTC_TIMESTAMP(6) WHERE "
            f"organization = UNHEX('{organization}') AND "
            "(name LIKE 'many.%' OR name = 'more.1')"
        )
        self.ask(403, "PUT", "/v2/actions/last.two", b"{}", key)
        self.ask(201, "PUT", "/v2/actions/many.1", b"{}", key)


tap.main()
