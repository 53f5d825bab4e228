# SPDX-License-Identifier: MIT
"""
Vyte's webhook guide, walked as printed there with its JSON typed correctly:
with the key in the header, and beside it in the query.
"""

import tap
from apicase import ApiCase

TARGET = "https://www.toto.com/hooks?id=123"
JSON = [("Content-Type", "application/json")]


class Guide(ApiCase):
    def walk(self, query):
        hook = self.good(
            201,
            "POST",
            f"/v2/hooks{query}",
            {"target_url": TARGET, "action": "event.cancelled"},
            headers=JSON,
        )
        path = f"/v2/hooks/{hook['_id']}{query}"
        listed = self.good(200, "GET", f"/v2/hooks{query}")
        assert [h for h in listed if h["_id"] == hook["_id"]] == [hook]
        assert self.good(200, "GET", path, headers=JSON) == hook
        changed = self.good(
            200, "PUT", path, {"action": "event.confirmed"}, headers=JSON
        )
        assert changed["action"] == "event.confirmed"
        self.good(204, "DELETE", path)
        self.problem(404, "GET", path)

    def test_with_the_header(self):
        self.walk("")

    def test_with_the_query_beside_the_header(self):
        self.walk(f"?api_key={self.key}")


tap.main()
