# SPDX-License-Identifier: MIT
"""Hooks: create, read, change, delete; their secrets."""

import base64
import re
import time

import tap
from apicase import ApiCase, no_such_id

GUIDE_MEMBERS = [
    "_id",
    "target_url",
    "action",
    "scope",
    "organization",
    "updatedAt",
    "createdAt",
    "__v",
]
FURTHER = [
    "enabled",
    "description",
    "headers",
    "batch_size",
    "rate_limit",
    "ordered",
    "state",
]
ID = re.compile(r"^[0-9a-f]{24}$")
DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Create(ApiCase):
    def test_answer_is_the_hook(self):
        hook = self.hook()
        assert ID.match(hook["_id"]), hook
        assert hook["target_url"] == "https://www.toto.com/hooks?id=123"
        assert hook["action"] == "event.cancelled"
        assert hook["scope"] == "organization"
        assert hook["organization"] == self.organization
        assert hook["__v"] == 0 and hook["enabled"] is True
        assert DATE.match(hook["createdAt"]), hook
        assert hook["updatedAt"] == hook["createdAt"]

    def test_members_come_in_the_order_of_the_guide(self):
        members = list(self.hook())
        assert members[:8] == GUIDE_MEMBERS, members
        assert sorted(members[8:]) == sorted(FURTHER), members

    def test_created_at_is_utc_now(self):
        created = self.hook()["createdAt"]
        stamp = time.strptime(created[:19], "%Y-%m-%dT%H:%M:%S")
        away = time.mktime(stamp) - time.timezone - time.time()
        assert abs(away) < 30, created

    def test_location_leads_to_the_hook(self):
        answer = self.call(
            "POST",
            "/v2/hooks",
            {"target_url": "https://www.toto.com/", "action": "event.*"},
        )
        assert answer.status == 201, answer
        where = answer.header("Location")
        path = re.sub(r"^https?://[^/]+", "", where)
        assert path == f"/v2/hooks/{answer.json()['_id']}", where
        assert self.good(200, "GET", path) == answer.json()

    def test_same_target_and_action_twice(self):
        assert self.hook()["_id"] != self.hook()["_id"]

    def test_every_action_and_wildcard(self):
        for action in (
            "event.created",
            "event.confirmed",
            "event.updated",
            "event.cancelled",
            "event.voted",
            "event.new_invitee",
            "user.joined",
            "vyteme.updated",
            "event.*",
            "user.*",
            "vyteme.*",
            "*",
            "hook.disabled",
            "delivery.failed",
        ):
            assert self.hook(action=action)["action"] == action

    def test_unknown_actions_are_refused(self):
        for action in (
            "event.nothing",
            "event.",
            "**",
            "*.created",
            "hook.*",
            "ping",
            "",
            "EVENT.CREATED",
            "event.created ",
        ):
            fields = {"target_url": "https://www.toto.com/", "action": action}
            assert self.pointers("POST", "/v2/hooks", fields) == ["/action"]

    def test_scope_user_needs_its_user(self):
        for user in ("60AF5269459aad001d0cb565", "7", "J\u00f6rg", "u" * 64):
            hook = self.hook(scope="user", user=user)
            assert hook["user"] == user and hook["scope"] == "user"
            assert (
                self.good(200, "GET", f"/v2/hooks/{hook['_id']}")["user"]
                == user
            )
        fields = {
            "target_url": "https://www.toto.com/",
            "action": "*",
            "scope": "user",
        }
        assert self.pointers("POST", "/v2/hooks", fields) == ["/user"]

    def test_all_bad_fields_at_once(self):
        fields = {
            "target_url": "ftp://x",
            "action": 7,
            "scope": "world",
            "colour": "red",
        }
        assert self.pointers("POST", "/v2/hooks", fields) == [
            "/action",
            "/colour",
            "/scope",
            "/target_url",
        ]

    def test_missing_members_at_their_own_pointers(self):
        assert self.pointers("POST", "/v2/hooks", {}) == [
            "/action",
            "/target_url",
        ]

    def test_targets_of_bad_form(self):
        for target in (
            "http://www.toto.com:99999/",
            "https:///x",
            "",
            "x",
            "https://user@www.toto.com/",
            "//www.toto.com/",
            "https://www.t\u00f6t\u00f6.com/",
            "ftp://www.toto.com/",
            "https://toto.com/a b",
            "https://toto.com/\\n",
            "https://www.toto.com/" + "x" * 2048,
        ):
            fields = {"target_url": target, "action": "*"}
            assert self.pointers("POST", "/v2/hooks", fields) == [
                "/target_url"
            ], target

    def test_literal_private_addresses_are_refused(self):
        for host in (
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "0x0a000001",
            "192.168.1",
            "[::ffff:10.0.0.1]",
        ):
            fields = {"target_url": f"https://{host}/", "action": "*"}
            assert self.pointers("POST", "/v2/hooks", fields) == [
                "/target_url"
            ], host


class Read(ApiCase):
    def test_one_by_its_id(self):
        hook = self.hook()
        assert self.good(200, "GET", f"/v2/hooks/{hook['_id']}") == hook

    def test_trailing_slash(self):
        hook = self.hook()
        assert self.good(200, "GET", f"/v2/hooks/{hook['_id']}/") == hook
        assert hook in self.good(200, "GET", "/v2/hooks/")

    def test_list_is_a_bare_array_oldest_first(self):
        made = [self.hook()["_id"] for _ in range(3)]
        listed = [h["_id"] for h in self.good(200, "GET", "/v2/hooks")]
        assert listed[-3:] == made, listed

    def test_list_by_action(self):
        hook = self.hook(action="event.voted")
        found = self.good(200, "GET", "/v2/hooks?action=event.voted")
        assert [h["_id"] for h in found] == [hook["_id"]], found
        for none in (
            "event.Voted",
            "event.voted%20",
            "%C3%A9",
            "%C2%9F",
            "event.voted%F0%9F%98%80",
        ):
            for path in ("hooks", "notifications", "deliveries"):
                assert (
                    self.good(200, "GET", f"/v2/{path}?action={none}") == []
                ), none

    def test_pages_by_link(self):
        for _ in range(3):
            self.hook(action="user.joined")
        target, seen = "/v2/hooks?action=user.joined&limit=2", []
        while target:
            answer = self.call("GET", target)
            assert answer.status == 200, answer
            seen.append(len(answer.json()))
            link = answer.header("Link")
            target = None
            if link:
                found = re.match(
                    r'^<(?:https?://[^/]+)?([^>]+)>; rel="next"$', link
                )
                assert found, link
                target = found[1]
        assert seen == [2, 1], seen

    def test_etag_saves_the_second_answer(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        tag = self.call("GET", path).header("ETag")
        for known in (tag, f"W/{tag}", f'"x", W/"y",{tag}', "*"):
            again = self.call("GET", path, headers=[("If-None-Match", known)])
            assert again.status == 304 and again.body == b"", again
            assert again.header("ETag") == tag, again
        for other in ('"x"', tag[1:-1], f"x{tag}", f'"x{tag}', ""):
            self.good(200, "GET", path, headers=[("If-None-Match", other)])

    def test_ids_that_never_were(self):
        for bad in (
            no_such_id(),
            "x",
            "60AF5269459AAD001D0CB565",
            "60af5269459aad001d0cb565ff",
            "60af5269459aad001d0cb56",
        ):
            self.problem(404, "GET", f"/v2/hooks/{bad}")


class Change(ApiCase):
    def test_a_subset_of_the_members(self):
        hook = self.hook()
        changed = self.good(
            200,
            "PUT",
            f"/v2/hooks/{hook['_id']}",
            {"target_url": "https://www.tata.com/new"},
        )
        assert changed["target_url"] == "https://www.tata.com/new"
        assert changed["action"] == hook["action"]
        assert changed["createdAt"] == hook["createdAt"]
        assert self.good(200, "GET", f"/v2/hooks/{hook['_id']}") == changed

    def test_a_hook_as_it_was_read_goes_back(self):
        hook = self.hook(description="kept")
        again = self.good(200, "PUT", f"/v2/hooks/{hook['_id']}", hook)
        assert dict(again, updatedAt=0) == dict(hook, updatedAt=0)

    def test_another_id_in_the_body_is_refused(self):
        hook = self.hook()
        for member in ("_id", "organization"):
            assert self.pointers(
                "PUT", f"/v2/hooks/{hook['_id']}", {member: no_such_id()}
            ) == [f"/{member}"]

    def test_without_a_body_the_answer_names_get(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        for body in (None, b"", b" \r\n"):
            assert "GET" in self.problem(400, "PUT", path, body)["detail"]

    def test_null_resets_an_optional_member(self):
        hook = self.hook(description="once")
        changed = self.good(
            200, "PUT", f"/v2/hooks/{hook['_id']}", {"description": None}
        )
        assert changed["description"] == self.hook()["description"]

    def test_a_stale_tag_changes_nothing(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        tag = self.call("GET", path).header("ETag")
        time.sleep(0.01)
        self.good(
            200,
            "PUT",
            path,
            {"description": "one"},
            headers=[("If-Match", tag)],
        )
        self.problem(
            412,
            "PUT",
            path,
            {"description": "two"},
            headers=[("If-Match", tag)],
        )
        assert self.good(200, "GET", path)["description"] == "one"

    def test_disable_and_enable(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        off = self.good(200, "POST", f"{path}/disable", b"")
        assert off["enabled"] is False and off["disabledReason"], off
        on = self.good(200, "POST", f"{path}/enable", {})
        assert on["enabled"] is True and "disabledReason" not in on, on


class Again(ApiCase):
    """Ping, redelivery, replay; what follows of them is in e2e/."""

    def test_ping_and_redelivery(self):
        hook = self.hook()
        path = f"/v2/hooks/{hook['_id']}/ping"
        for body in (b"", b"{}"):
            ping = self.good(202, "POST", path, body)
            assert ping["action"] == "ping" and ping["hook"] == hook["_id"]
            again = f"/v2/deliveries/{ping['_id']}/redeliver/"
            assert self.good(202, "POST", again, body)["_id"] == ping["_id"]
            assert self.pointers("POST", again, {"x": 1}) == ["/x"]
        assert self.pointers("POST", path, {"x": 1}) == ["/x"]
        answer = self.call("GET", path)
        assert answer.status == 405, answer
        assert answer.header("Allow") == "POST, OPTIONS", answer

    def test_replay(self):
        path = f"/v2/hooks/{self.hook()['_id']}/replay"
        body = {"since": "2021-05-27T08:03:53.775Z", "states": ["failed"]}
        assert self.good(202, "POST", path, body) == {"count": 0}
        assert self.good(200, "POST", f"{path}?dry_run=1", body) == {"count": 0}
        assert self.pointers("POST", path, {"until": 7, "x": 1}) == [
            "/since",
            "/until",
            "/x",
        ]
        assert self.pointers("POST", path, b"") == ["/since"]
        for query in ("?dry_run", "?dry_run=", "?dry_run=yes"):
            self.problem(400, "POST", path + query, body)


class Delete(ApiCase):
    def test_gone_afterwards(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        self.good(204, "DELETE", path)
        self.problem(404, "GET", path)
        self.problem(404, "DELETE", path)
        self.problem(404, "PUT", path, {"description": "x"})
        assert path.split("/")[-1] not in [
            h["_id"] for h in self.good(200, "GET", "/v2/hooks")
        ]


class Secret(ApiCase):
    def secret(self, hook):
        return self.good(200, "GET", f"/v2/hooks/{hook['_id']}/secret")

    def test_made_for_every_hook(self):
        answer = self.secret(self.hook())
        assert list(answer) == ["secret"], answer
        assert answer["secret"].startswith("whsec_"), answer
        key = base64.b64decode(answer["secret"][6:], validate=True)
        assert 24 <= len(key) <= 64

    def test_own_secret_is_kept(self):
        own = "whsec_" + base64.b64encode(b"k" * 32).decode()
        assert self.secret(self.hook(secret=own))["secret"] == own

    def test_own_secret_of_another_form_is_refused(self):
        for own in (
            "secret",
            "whsec_",
            "whsec_!!!",
            7,
            "whsec_" + base64.b64encode(b"k" * 23).decode(),
            "whsec_" + base64.b64encode(b"k" * 65).decode(),
        ):
            fields = {
                "target_url": "https://www.toto.com/",
                "action": "*",
                "secret": own,
            }
            assert self.pointers("POST", "/v2/hooks", fields) == ["/secret"]

    def test_never_in_the_hook(self):
        assert "secret" not in self.hook()

    def test_rotated(self):
        hook = self.hook()
        before = self.secret(hook)
        path = f"/v2/hooks/{hook['_id']}/secret/rotate"
        after = self.good(200, "POST", path, {"overlap": "1h"})
        assert after != before and self.secret(hook) == after

    def test_without_an_overlap_every_older_one_ends(self):
        hook = self.hook()
        path = f"/v2/hooks/{hook['_id']}/secret/rotate"
        rows = (
            "SELECT COUNT(*) FROM vh_hook_secrets WHERE hook_id = "
            "(SELECT MAX(id) FROM vh_hooks)"
        )
        self.good(200, "POST", path, {"overlap": "7d"})
        self.good(200, "POST", path, {})
        assert self.service.db.value(rows) == "3"
        self.good(200, "POST", path, {"overlap": "0s"})
        assert self.service.db.value(rows) == "1"

    def test_rotation_overlap_is_bounded(self):
        path = f"/v2/hooks/{self.hook()['_id']}/secret/rotate"
        for overlap in ("8d", "-1s", "soon", 5):
            assert self.pointers("POST", path, {"overlap": overlap}) == [
                "/overlap"
            ], overlap
        for overlap in ("0s", "7d"):
            self.good(200, "POST", path, {"overlap": overlap})

    def test_hidden_from_lesser_roles(self):
        path = f"/v2/hooks/{self.hook()['_id']}/secret"
        for role in ("read", "publish"):
            key = self.service.key(self.organization, role)
            self.problem(403, "GET", path, key=key)
            self.problem(403, "POST", f"{path}/rotate", b"", key=key)


tap.main()
