# SPDX-License-Identifier: MIT
"""
Hooks that point at a service which publishes what it gets: at this one, and at
another one, by a receiver that publishes there and back.
"""

import json

import doors
import sendcase
import service
import tap

PATH = "/v2/notifications"


class _Loop(sendcase.SendCase):
    def setup(self):
        super().setup()
        self.door = doors.enter("lighttpd", self.service)

    def target(self, door):
        return f"http://127.0.0.1:{door.port}{PATH}"

    def point(self, door, key, of, target):
        """A hook of `of` that publishes with `key` at `target`."""
        answer = door.request(
            "POST",
            "/v2/hooks",
            [("Authorization", of)],
            json.dumps(
                {
                    "target_url": self.target(target),
                    "action": "event.created",
                    "headers": {"Authorization": key},
                }
            ).encode(),
        )
        assert answer.status == 201, answer

    def post(self, *headers, status=202):
        answer = self.door.request(
            "POST",
            PATH,
            [("Authorization", self.key), *headers],
            b'{"action":"event.created","resource":{}}',
        )
        assert answer.status == status, (headers, answer)
        return answer

    def count(self, db):
        return int(db.value("SELECT COUNT(*) FROM vh_notifications"))

    def sent_with(self, value):
        """webhook-hops of the one delivery that is there."""
        self.service.send("--once")
        [request] = self.sink.wait(1, "/hook")
        self.sink.clear()
        assert request.header("webhook-hops") == value, request


class Itself(_Loop):
    def test_1_a_delivery_to_itself_is_refused(self):
        for _ in range(2):
            self.point(self.door, self.key, self.key, self.door)
        self.post()
        for _ in range(3):
            self.service.send("--once")
        assert self.count(self.service.db) == 1
        rows = self.service.db.sql(
            "SELECT DISTINCT status FROM vh_attempts ORDER BY 1"
        )
        assert rows == [["508"]], rows
        self.fresh("/hook", "event.created")

    def test_2_and_under_any_of_its_ids(self):
        self.post()
        self.service.send("--once")
        [request] = self.sink.wait(1, "/hook")
        own = request.header("webhook-id")
        for text in (
            own,
            own.upper(),
            f"{own[:24]}-b",
            f"{own[:24]}-{own[:24]}",
        ):
            answer = self.post(("webhook-id", text), status=508)
            problem = answer.json()
            assert problem["title"] == "Loop Detected", problem
        self.sink.clear()

    def test_3_hops_of_others_are_counted(self):
        for headers, sent in (
            ((), None),
            ((("webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),), "1"),
            ((("webhook-hops", "0"),), "1"),
            ((("webhook-id", "x"), ("webhook-hops", "4")), "5"),
        ):
            self.post(*headers)
            self.sent_with(sent)
        for hops in ("5", "6", "255", "18446744073709551615"):
            self.post(("webhook-hops", hops), status=508)
        for hops in ("x", "-1", "1.0", "18446744073709551616"):
            self.post(("webhook-hops", hops), status=400)


class Between(_Loop):
    """Two services, and a receiver between them."""

    def setup(self):
        super().setup()
        self.other = service.Service()
        tap.at_end(self.other.close)
        self.far = doors.enter("lighttpd", self.other)
        self.far_key = self.other.key(self.other.organization())

    def pass_on(self, key, door):
        """As a receiver does that publishes what it gets: the body without
        the members that are not for publishing, and the headers."""
        for request in self.sink.at("/relay"):
            body = json.loads(request.body)
            door.request(
                "POST",
                PATH,
                [
                    ("Authorization", key),
                    ("webhook-id", request.header("webhook-id")),
                    ("webhook-hops", request.header("webhook-hops") or "0"),
                ],
                json.dumps(
                    {name: body[name] for name in ("action", "resource")}
                ).encode(),
            )
        self.sink.clear()

    def test_a_loop_of_two_services_ends(self):
        for door, key in ((self.door, self.key), (self.far, self.far_key)):
            answer = door.request(
                "POST",
                "/v2/hooks",
                [("Authorization", key)],
                json.dumps(
                    {
                        "target_url": self.sink.url("/relay"),
                        "action": "event.created",
                    }
                ).encode(),
            )
            assert answer.status == 201, answer
        self.post()
        for _ in range(6):
            self.service.send("--once")
            self.pass_on(self.far_key, self.far)
            self.other.send("--once")
            self.pass_on(self.key, self.door)
        seen = [
            self.service.db.sql(
                "SELECT hops FROM vh_notifications ORDER BY id"
            ),
            self.other.db.sql("SELECT hops FROM vh_notifications ORDER BY id"),
        ]
        assert seen == [[["0"], ["2"], ["4"]], [["1"], ["3"], ["5"]]], seen


tap.main()
