# SPDX-License-Identifier: MIT
"""Hooks of a tenant that publish at this very service what they get."""

import json

import rawhttp
import tap
from hostilecase import HostileCase

EVENT = json.dumps({"action": "event.created", "resource": {}}).encode()


def publish(attack, port, key):
    def one():
        rawhttp.exchange(
            port,
            rawhttp.request_bytes(
                "POST", "/v2/notifications", [("Authorization", key)], EVENT
            ),
        )
        attack.wait(0.5)

    attack.repeat(one)


class Circles(HostileCase):
    def point(self, target, headers):
        self.good(
            201,
            "POST",
            "/v2/hooks",
            json.dumps(
                {
                    "target_url": f"http://127.0.0.1:{self.door.port}{target}",
                    "action": "event.created",
                    "headers": headers,
                }
            ).encode(),
        )

    def test_two_hooks(self):
        target = "/v2/notifications"
        self.point(target, {"Authorization": self.key})
        self.point(f"{target}?api_key={self.key}", {})
        self.holds(
            "5 two hooks to the service's own /v2/notifications",
            publish,
            port=self.door.port,
            key=self.key,
        )
        count = self.service.db.value(
            "SELECT COUNT(*) FROM vh_notifications WHERE organization = "
            f"UNHEX('{self.organization}') AND hops > 0"
        )
        assert count == "0", count


if __name__ == "__main__":
    tap.main()
