# SPDX-License-Identifier: MIT
"""
/v2/actions: the catalogue, an organization's own actions, wildcards of any
prefix, and what a fault is told.
"""

import service
import tap
from apicase import ApiCase

PATH = "/v2/actions"
URL = "https://www.toto.com/"
EXAMPLE = {"number": 7, "guest": "J\u00f6rg"}
MEMBERS = [
    "action",
    "description",
    "scope",
    "example",
    "operational",
    "publishable",
    "hookable",
]


class Actions(ApiCase):
    def catalogue(self):
        return {a["action"]: a for a in self.good(200, "GET", PATH)}

    def put(self, name, status=201, **members):
        return self.good(status, "PUT", f"{PATH}/{name}", members)

    def publish(self, action, status=202):
        body = {"action": action, "resource": {}}
        if status == 202:
            return self.good(202, "POST", "/v2/notifications", body)
        return self.problem(status, "POST", "/v2/notifications", body)

    def test_1_those_of_the_installation(self):
        listed = self.catalogue()
        one = listed["event.created"]
        assert list(one) == MEMBERS, one
        assert one["scope"] == "installation" and one["publishable"], one
        assert one["hookable"] and not one["operational"], one
        assert isinstance(one["example"], dict), one
        for name in ("*", "event.*", "user.*", "vyteme.*"):
            one = listed[name]
            assert list(one) == MEMBERS, one
            assert one["hookable"] and not one["publishable"], one
        assert listed["hook.disabled"]["operational"]
        assert listed["hook.disabled"]["hookable"]
        assert not listed["ping"]["hookable"]
        assert "hook.*" not in listed

    def test_2_an_own_one_is_made_changed_and_removed(self):
        assert self.pointers_of("booking.made") == ["/action"]
        made = self.put("booking.made", description="A booking.")
        assert made["description"] == "A booking." and made["example"] is None
        assert made["scope"] == "organization", made
        changed = self.put("booking.made", 200, example=EXAMPLE)
        assert changed["example"] == EXAMPLE, changed
        assert changed["description"] == "A booking.", changed
        assert self.catalogue()["booking.*"]["scope"] == "organization"
        self.publish("booking.made")
        for action in ("booking.made", "booking.*"):
            self.good(
                201, "POST", "/v2/hooks", {"target_url": URL, "action": action}
            )
        assert self.put("booking.made", 200, example=None)["example"] is None
        self.good(204, "DELETE", f"{PATH}/booking.made")
        self.problem(404, "DELETE", f"{PATH}/booking.made")
        self.publish("booking.made", 400)
        assert "booking.*" not in self.catalogue()

    def pointers_of(self, action):
        return self.pointers(
            "POST", "/v2/hooks", {"target_url": URL, "action": action}
        )

    def test_3_a_hook_of_a_removed_action_may_be_sent_back(self):
        self.put("shop.paid")
        hook = self.good(
            201, "POST", "/v2/hooks", {"target_url": URL, "action": "shop.paid"}
        )
        self.good(204, "DELETE", f"{PATH}/shop.paid")
        path = f"/v2/hooks/{hook['_id']}"
        hook["description"] = "still here"
        changed = self.good(200, "PUT", path, hook)
        assert changed["description"] == "still here", changed
        assert self.pointers("PUT", path, {"action": "shop.*"}) == ["/action"]

    def test_4_another_organization_sees_nothing_of_it(self):
        self.put("mine.only")
        other = self.service.key(self.service.organization("Other"))
        answer = self.call("GET", PATH, key=other)
        assert "mine.only" not in answer.body.decode(), answer
        body = {"action": "mine.only", "resource": {}}
        self.problem(400, "POST", "/v2/notifications", body, key=other)
        self.problem(404, "DELETE", f"{PATH}/mine.only", key=other)

    def test_5_an_own_one_hides_the_installations(self):
        self.put("event.voted", description="Ours.")
        assert self.catalogue()["event.voted"]["description"] == "Ours."
        self.good(204, "DELETE", f"{PATH}/event.voted")
        one = self.catalogue()["event.voted"]
        assert one["scope"] == "installation", one
        self.problem(404, "DELETE", f"{PATH}/event.voted")
        self.publish("event.voted")

    def test_6_a_near_one_is_named(self):
        self.put("booking.confirmed")
        told = self.publish("booking.confirmd", 400)
        assert "did you mean booking.confirmed?" in str(told), told
        told = self.problem(
            400,
            "POST",
            "/v2/notifications",
            [
                {"action": "event.created", "resource": {}},
                {"action": "evnt.created", "resource": {}},
            ],
        )
        [error] = told["errors"]
        assert error["pointer"] == "/1/action", error
        assert "did you mean event.created?" in error["detail"], error

    def test_6_a_near_one_is_named_for_hooks(self):
        self.put("booking.confirmed", 200)
        for wrong, right in (
            ("boking.*", "booking.*"),
            ("hook.disabld", "hook.disabled"),
            ("event.creatd", "event.created"),
        ):
            told = self.problem(
                400, "POST", "/v2/hooks", {"target_url": URL, "action": wrong}
            )
            assert f"did you mean {right}?" in str(told), told

    def test_6_a_removed_one_was_published_already(self):
        self.put("stock.low")
        path = "/v2/notifications"
        header = [("Idempotency-Key", f"stock-{self.variant}")]
        body = {"action": "stock.low", "resource": {}}
        first = self.good(202, "POST", path, body, headers=header)
        self.good(204, "DELETE", f"{PATH}/stock.low")
        again = self.good(202, "POST", path, body, headers=header)
        assert again == first, (first, again)
        for other in ({**body, "resource": 1}, {**body, "user": ""}):
            self.problem(400, "POST", path, other, headers=header)
        other = {**body, "resource": {"n": 1}}
        self.problem(409, "POST", path, other, headers=header)
        self.problem(400, "POST", path, body)

    def test_7_names_have_a_form(self):
        for name in ("hook.made", "ping", "delivery", "a..b", "a.", "a%20b"):
            self.problem(400, "PUT", f"{PATH}/{name}", {})
        self.problem(400, "PUT", f"{PATH}/{'a' * 65}", {})
        self.put("a" * 64)
        self.put("A_b-9")
        for body in ({"example": 1}, {"description": "a\0"}, {"x": 1}):
            self.problem(400, "PUT", f"{PATH}/fine", body)
        long = {"example": {"a": "x" * 8192}}
        assert self.pointers("PUT", f"{PATH}/fine", long) == ["/example"]

    def test_8_deep_prefixes(self):
        self.put("a.b.c.d")
        for action in ("a.*", "a.b.*", "a.b.c.*"):
            assert self.catalogue()[action]["hookable"]
            assert self.pointers_of(action + "x") == ["/action"]
            self.good(
                201, "POST", "/v2/hooks", {"target_url": URL, "action": action}
            )
        for action in ("a.b.c.d.*", "a.b.x.*", "b.*", "a.b.c"):
            assert self.pointers_of(action) == ["/action"], action


class Any(ApiCase):
    """[api] actions = any"""

    variants = ["cgi"]

    def setup(self):
        super().setup()
        self.service.write_config(service.API, api={"actions": "any"})

    def teardown(self):
        self.service.write_config(service.API)
        super().teardown()

    def test_all_that_is_well_formed(self):
        for action in ("never.seen", "never.*"):
            self.good(
                201, "POST", "/v2/hooks", {"target_url": URL, "action": action}
            )
        body = {"action": "never.seen", "resource": {}}
        self.good(202, "POST", "/v2/notifications", body)
        for action in ("hook.x", "a b", "never."):
            body = {"action": action, "resource": {}}
            self.problem(400, "POST", "/v2/notifications", body)


tap.main()
