# SPDX-License-Identifier: MIT
"""
The API where ModSecurity with the OWASP rules stands in front: PUT and DELETE
do not get through, and POST in their place does.
"""

import modsecurity
import tap
from apicase import PROBLEM, ApiCase


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


tap.main()
