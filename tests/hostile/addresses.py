# SPDX-License-Identifier: MIT
"""
A hook that names this host's own public address, sent by a sender below the
restrictions of the sample unit; in a network of its own, where such an address
is one of the loopback's.
"""

import json
import os
import sys

import confine
import processes
import rawhttp
import service
import tap
import where
from hostilecase import HostileCase
from receiver import Receiver

PUBLIC, PORT = "93.184.216.34", 6379
UNIT = where.EXAMPLES / "hooks-send.service"
EVENT = json.dumps({"action": "event.created", "resource": {}}).encode()
_INSIDE = f'ip link set lo up && ip address add {PUBLIC}/32 dev lo && exec "$@"'


def publish(attack, port, key):
    def one():
        rawhttp.exchange(
            port,
            rawhttp.request_bytes(
                "POST", "/v2/notifications", [("Authorization", key)], EVENT
            ),
        )
        attack.wait(0.1)

    attack.repeat(one)


class Addresses(HostileCase):
    def sender(self):
        child = processes.Child(
            "hooks-send",
            confine.argv(
                [
                    str(where.program("hooks-send")),
                    "-c",
                    str(self.service.config(service.SENDER)),
                ],
                some_families=confine.families(UNIT),
            ),
            self.service.folder / "confined.log",
        )
        self.service.children.append(child)

    def test_below_the_unit(self):
        canary = Receiver(address=(PUBLIC, PORT))
        for n in range(10):
            self.service.admin(
                "hook",
                "create",
                self.organization,
                f"http://{PUBLIC}:{PORT}/{n}",
                "event.created",
            )
        try:
            self.holds(
                "9 hooks to this host's own address, below the sample unit",
                publish,
                port=self.door.port,
                key=self.key,
            )
            assert canary.connections == 0, canary.requests[0]
        finally:
            canary.close()
        rows = self.service.db.sql(
            "SELECT DISTINCT error FROM vh_attempts WHERE error IS NOT NULL"
        )
        assert rows == [["address_refused"]], rows


if __name__ == "__main__":
    if os.environ.get("HOOKS_TEST_NAMESPACE"):
        tap.main()
    os.environ["HOOKS_TEST_NAMESPACE"] = "1"
    os.execvp(
        "unshare",
        ["unshare", "--net", "sh", "-c", _INSIDE, "sh", sys.executable]
        + sys.argv,
    )
