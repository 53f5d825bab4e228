# SPDX-License-Identifier: MIT
"""
The API where ModSecurity with the OWASP rules stands in front: PUT and DELETE
do not get through, and POST in their place does. And a receiver where it does.
"""

import json

import doors
import modsecurity
import tap
from apicase import PROBLEM, ApiCase
from sendcase import SendCase


class Firewall(ApiCase):
    variants = (modsecurity.ModSecurity.name,)

    def refused(self, method, path, body=None):
        """By the server, with a page of its own."""
        answer = self.door.exchange(
            method, path, [("Authorization", self.key)], body
        )
        assert answer.status == 403, answer
        assert PROBLEM not in answer.header("Content-Type"), answer

    def test_all_there_is_to_do_with_a_hook(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        self.good(200, "GET", path)
        for method in ("PUT", "PATCH"):
            self.refused(method, path, b'{"description":"x"}')
        self.refused("DELETE", path)
        changed = self.good(200, "POST", f"{path}/put", {"description": "x"})
        assert changed["description"] == "x", changed
        for rest in ("disable", "enable", "secret/rotate"):
            self.good(200, "POST", f"{path}/{rest}", {})
        self.good(204, "POST", f"{path}/delete", {})
        self.problem(404, "GET", path)

    def test_publishing(self):
        for resource in (
            {"title": "O'Hara; DROP TABLE x --"},
            {"link": "https://www.toto.com/a?b=c&d=<e>"},
        ):
            self.good(
                202,
                "POST",
                "/v2/notifications",
                {"action": "event.created", "resource": resource},
            )

    def test_a_target_by_its_address(self):
        """Such a hook is made by command, or by name."""
        for host, refused in (("192.0.2.7", True), ("www.toto.com", False)):
            hook = {"target_url": f"https://{host}/x", "action": "*"}
            if refused:
                self.refused("POST", "/v2/hooks", json.dumps(hook).encode())
            else:
                self.good(201, "POST", "/v2/hooks", hook)


class Receiver(SendCase):
    def test_deliveries_get_through(self):
        """It is the path that takes no POST, and not the firewall."""
        door = doors.enter(modsecurity.ModSecurity.name, self.service)
        self.fresh(url=f"http://localhost:{door.port}/healthz")
        for resource in (
            {"title": "O'Hara; DROP TABLE x --"},
            {"link": "https://www.toto.com/a?b=c&d=<e>"},
        ):
            self.publish(json.dumps(resource))
            self.once()
            assert self.attempts("status") == [["405"]], self.attempts()


tap.main()
