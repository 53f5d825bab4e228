# SPDX-License-Identifier: MIT
"""Notifications and their deliveries, as the API shows them."""

import base64

import sendcase
import tap
from apicase import no_such_id
from receiver import Answer, Close

NOTIFICATIONS, DELIVERIES = "/v2/notifications", "/v2/deliveries"


class History(sendcase.SendCase):
    def ask(self, target, status=200, key=None):
        answer = self.door.request(
            "GET", target, [("Authorization", key or self.key)]
        )
        assert answer.status == status, answer
        return answer

    def get(self, target):
        return self.ask(target).json()

    def sent(self, *steps, path="/hook"):
        """A hook alone, one notification published, one attempt made."""
        self.service.send("--once")  # what earlier tests left
        hook = self.fresh(path)
        self.sink.script(path, *steps)
        published = self.publish('{"n": 1.50}')
        self.service.send("--once")
        found = self.get(f"{DELIVERIES}?hook={hook}")
        assert len(found) == 1, found
        return hook, published, found[0]

    def test_a_delivery_that_succeeded(self):
        hook, published, listed = self.sent(
            Answer(202, b"thanks", [("X-Seen", "yes")])
        )
        assert listed["state"] == "delivered", listed
        assert listed["hook"] == hook and listed["action"] == "event.created"
        assert listed["notification"] == published, listed
        assert listed["nextAttemptAt"] is None and listed["finishedAt"]
        assert listed["attemptCount"] == 1
        found = self.get(f"{DELIVERIES}/{listed['_id']}")
        [attempt] = found.pop("attempts")
        assert found == listed, (found, listed)
        assert attempt["status"] == 202 and attempt["error"] is None
        assert listed["lastStatus"] == 202 and listed["lastError"] is None
        assert listed["lastDuration"] == attempt["duration"], listed
        assert attempt["remoteAddress"].startswith("127.0.0.1:"), attempt
        assert attempt["timings"]["total"] == attempt["duration"] > 0
        assert "X-Seen: yes" in attempt["response"]["headers"], attempt
        assert attempt["response"]["body"] == "thanks", attempt
        assert attempt["response"]["bodyEncoding"] == "utf-8"

    def test_the_list_tells_of_the_last_attempt(self):
        """And of none before the first."""
        hook, _, listed = self.sent(
            Answer(422, b"no"), Answer(200), path="/second"
        )
        assert listed["lastStatus"] == 422, listed
        path = f"{DELIVERIES}/{listed['_id']}"
        self.door.request(
            "POST", f"{path}/redeliver", [("Authorization", self.key)]
        )
        self.service.send("--once")
        again = self.get(path)
        assert again["lastStatus"] == 200, again
        assert again["lastDuration"] == again["attempts"][1]["duration"]
        self.service.admin("hook", "disable", hook)
        self.publish()
        self.service.send("--once")
        [held] = self.get(f"{DELIVERIES}?hook={hook}&state=held")
        assert [held[n] for n in ("lastStatus", "lastError")] == [None, None]
        assert held["lastDuration"] is None and held["attemptCount"] == 0

    def test_a_list_of_those_that_ended_so(self):
        """In any state, and among those that wait."""
        steps = {
            "/to422": Answer(422),
            "/to503": Answer(503),
            "/to200": Answer(200),
            "/toend": Close(),
        }
        self.fresh("/none")
        hooks = {}
        for path, step in steps.items():
            self.sink.script(path, then=step)
            hooks[path] = self.hook(path)
        self.publish()
        self.service.send("--once")
        ends = {}
        for path, hook in hooks.items():
            [ended] = self.get(f"{DELIVERIES}?hook={hook}")
            ends[path] = ended["_id"]
            self.service.admin("hook", "disable", hook)
        for status, want in (
            ("422", {"/to422"}),
            ("4xx", {"/to422"}),
            ("5xx", {"/to503"}),
            ("200", {"/to200"}),
            ("closed", {"/toend"}),
            ("100", set()),
            ("tls", set()),
        ):
            for state in ("", "&state=held", "&state=delivered"):
                found = {
                    d["_id"]
                    for d in self.get(f"{DELIVERIES}?status={status}{state}")
                }
                shown = {p for p, i in ends.items() if i in found}
                wait = {"/to422", "/to503", "/toend"}
                other = {"&state=held": wait, "&state=delivered": {"/to200"}}
                assert shown == want & other.get(state, want), (
                    status,
                    state,
                    shown,
                )
        for bad in ("", "4", "6xx", "4XX", "42x", "600", "0422", "nothing"):
            self.ask(f"{DELIVERIES}?status={bad}", 400)

    def test_the_receiver_knows_it_by_the_same_id(self):
        hook, published, listed = self.sent(Answer(200), path="/same")
        [request] = self.sink.requests
        assert request.header("webhook-id") == listed["webhookId"]
        assert listed["webhookId"] == f"{published}-{hook}"

    def test_it_is_found_by_the_receivers_id(self):
        hook, published, listed = self.sent(Answer(200), path="/named")
        name = listed["webhookId"]
        for form in (name, name.upper(), f"{name}-b"):
            found = self.get(f"{DELIVERIES}/{form}")
            assert found["_id"] == listed["_id"], (form, found)
        answer = self.door.request(
            "POST",
            f"{DELIVERIES}/{name}/redeliver",
            [("Authorization", self.key)],
        )
        assert answer.status == 202, answer
        assert answer.json()["_id"] == listed["_id"], answer
        other = self.service.key(self.service.organization())
        self.ask(f"{DELIVERIES}/{name}", 404, other)
        moved = f"{int(published[:8], 16) + 1:08x}{published[8:]}"
        for wrong in (
            f"{hook}-{published}",
            f"{moved}-{hook}",
            f"{published}-{published}",
            f"{published}.{hook}",
            f"{name}-c",
            f"{name}-",
            name[:-1],
        ):
            self.ask(f"{DELIVERIES}/{wrong}", 404)

    def test_a_body_that_is_no_text(self):
        _, _, listed = self.sent(Answer(200, b"\xff\x00\x01"), path="/binary")
        [attempt] = self.get(f"{DELIVERIES}/{listed['_id']}")["attempts"]
        assert attempt["response"]["bodyEncoding"] == "base64", attempt
        assert base64.b64decode(attempt["response"]["body"]) == b"\xff\x00\x01"

    def answered(self, *steps, path):
        _, _, listed = self.sent(*steps, path=path)
        [attempt] = self.get(f"{DELIVERIES}/{listed['_id']}")["attempts"]
        return attempt, f"{DELIVERIES}/{listed['_id']}"

    def test_of_what_delivered_little_is_kept(self):
        """Cut within a character it is still a text."""
        body = "€".encode() * 1000
        attempt, _ = self.answered(Answer(200, body), path="/long")
        response = attempt["response"]
        assert response["truncated"] is True, response
        assert response["length"] == len(body), response
        assert response["bodyEncoding"] == "utf-8", response
        kept = len(response["headers"]) + len(response["body"].encode())
        assert 2045 <= kept <= 2048, kept
        assert set(response["body"]) == {"€"}, response

    def test_of_what_failed_more_is_kept(self):
        body = b"x" * 16384
        attempt, _ = self.answered(Answer(500, body), path="/failed")
        assert attempt["response"]["body"] == body.decode()
        assert attempt["response"]["truncated"] is False, attempt
        assert attempt["withheld"] is False, attempt
        attempt, _ = self.answered(Answer(500, body + b"x"), path="/failed2")
        assert attempt["response"]["truncated"] is True
        assert attempt["response"]["length"] == 16385

    def test_withheld(self):
        _, target = self.answered(Answer(200, b"secret"), path="/own")
        for number, reason in ((2, "own_address"), (3, "max_stored")):
            self.service.db.sql(
                f"UPDATE vh_attempts SET response_kept = {number}, "
                "response_headers = NULL, response_body = NULL "
                "ORDER BY started_at DESC LIMIT 1"
            )
            [attempt] = self.get(target)["attempts"]
            assert attempt["withheld"] is True, attempt
            assert attempt["withheldReason"] == reason, attempt
            assert attempt["response"]["body"] is None, attempt

    def test_an_attempt_without_an_answer(self):
        _, _, listed = self.sent(Close(), path="/closed")
        assert listed["state"] == "pending" and listed["nextAttemptAt"]
        assert listed["maybeDuplicate"] is True, listed
        [attempt] = self.get(f"{DELIVERIES}/{listed['_id']}")["attempts"]
        assert attempt["status"] is None and attempt["error"] == "closed"
        assert listed["lastStatus"] is None and listed["lastError"] == "closed"
        assert listed["lastDuration"] == attempt["duration"], listed
        assert " " in attempt["errorText"], attempt

    def test_states_that_follow_from_the_hook(self):
        hook = self.fresh("/follow")
        published = self.publish()
        self.sink.script("/follow", then=Answer(500))
        self.service.send("--once")

        def states():
            found = self.get(f"{NOTIFICATIONS}/{published}")
            assert found["state"] == "fanned_out", found
            return [d["state"] for d in found["deliveries"]]

        assert states() == ["pending"]
        self.service.admin("hook", "disable", hook)
        assert states() == ["held"]
        held = self.get(f"{DELIVERIES}?hook={hook}&state=held")
        assert [d["nextAttemptAt"] for d in held] == [None], held
        assert self.get(f"{DELIVERIES}?hook={hook}&state=pending") == []
        self.service.admin("hook", "delete", hook)
        assert states() == ["cancelled"]

    def test_what_matched_nothing_or_was_rejected(self):
        hook = self.fresh()
        self.service.admin("hook", "delete", hook)
        unmatched = self.publish()
        self.service.publish_sql(self.organization, "no.such", "{}")
        self.service.publish_sql(self.organization, "event.created", "[nope")
        self.service.send("--once")
        found = self.get(f"{NOTIFICATIONS}/{unmatched}")
        assert found["state"] == "unmatched" and found["deliveries"] == []
        assert found["resource"] == {"title": "Demo"}, found
        rejected = self.get(f"{NOTIFICATIONS}?state=rejected&limit=2")
        assert all(n["reason"] for n in rejected), rejected
        assert rejected[1]["action"] == "no.such", rejected
        one = self.get(f"{NOTIFICATIONS}/{rejected[0]['_id']}")
        assert one["resource"] is None, one

    def test_the_resource_is_shown_byte_for_byte(self):
        self.fresh()
        text = (
            '{"b": 1.50,"a":1e2 ,"n":123456789012345678901234567890,'
            '"s":"\\u00e9\\/é","a b":[ ]}'
        )
        published = self.publish(text)
        answer = self.ask(f"{NOTIFICATIONS}/{published}")
        assert f'"resource":{text}' in answer.body.decode(), answer

    def test_a_user_is_shown_as_it_was_published(self):
        self.service.send("--once")  # what earlier tests left
        hook = self.fresh()
        user = 'J\u00f6rg "Zwei" <60AF@example.org>'
        self.service.publish_sql(
            self.organization, "event.created", "{}", user=user
        )
        self.once("delivered 1,")
        [delivery] = self.get(f"{DELIVERIES}?hook={hook}")
        assert delivery["user"] == user, delivery
        one = self.get(f"{NOTIFICATIONS}/{delivery['notification']}")
        assert one["user"] == user, one

    def test_pages_are_stable_and_newest_first(self):
        ids = [self.publish(action="user.joined") for _ in range(5)]
        target = f"{NOTIFICATIONS}?action=user.joined&limit=2"
        seen = []
        while target:
            answer = self.ask(target)
            seen += [n["_id"] for n in answer.json()]
            link = answer.header("Link")
            target = link[1 : link.index(">")] if link else None
            self.publish(action="user.joined")
        assert seen[:5] == ids[::-1], (seen, ids)

    def test_times(self):
        made = self.get(f"{NOTIFICATIONS}/{self.publish()}")["createdAt"]

        def ids(query):
            return [
                n["createdAt"] for n in self.get(f"{NOTIFICATIONS}?{query}")
            ]

        assert made in ids(f"since={made}")
        assert made not in ids(f"until={made}")
        for bad in (
            "since=soon",
            "until=1",
            "state=lost",
            "limit=0",
            "limit=1001",
        ):
            self.ask(f"{NOTIFICATIONS}?{bad}", 400)
            self.ask(f"{DELIVERIES}?{bad}", 400)

    def test_nothing_of_another_organization_is_there(self):
        hook, published, listed = self.sent(Answer(200), path="/mine")
        other = self.service.key(self.service.organization("Other"))
        for target in (
            f"{NOTIFICATIONS}/%s",
            f"{NOTIFICATIONS}?after=%s",
            f"{DELIVERIES}/%s",
            f"{DELIVERIES}?after=%s",
            f"{DELIVERIES}?hook=%s",
        ):
            never = self.ask(target % no_such_id(), 404, other)
            for mine in (hook, published, listed["_id"]):
                theirs = self.ask(target % mine, 404, other)
                assert theirs.body == never.body, (theirs, never)
        assert self.ask(DELIVERIES, key=other).json() == []
        assert self.ask(NOTIFICATIONS, key=other).json() == []


tap.main()
