# SPDX-License-Identifier: MIT
"""
Names that are looked up at a server which drops half of the questions, answers
SERVFAIL, or knows addresses that are dead. In a network and with an
/etc/resolv.conf of its own, so it needs root.
"""

import os
import random
import subprocess
import sys
import tempfile
import time

import nameserver
import tap
from firecase import FireCase

_MOUNTED = "HOOKS_TEST_RESOLVER"
_FILES = {
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:3\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "hosts": "127.0.0.1 localhost\n",
}
_INSIDE = """
set -e
for file in resolv.conf nsswitch.conf hosts; do
	mount --bind "$0/$file" "/etc/$file"
done
ip link set lo up
exec "$@"
"""


def enter():
    """Begins the program again where our files lie in /etc."""
    if os.environ.get(_MOUNTED):
        return
    if os.getuid():
        print("1..0 # SKIP it makes namespaces, which takes root")
        raise SystemExit(0)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in _FILES.items():
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write(text)
        done = subprocess.run(
            [
                "unshare",
                "--net",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                _INSIDE,
                folder,
                sys.executable,
                *sys.argv,
            ],
            env=dict(os.environ, **{_MOUNTED: "1"}),
            check=False,
        )
    raise SystemExit(done.returncode)


class _Names(nameserver.NameServer):
    """Half of the questions get no answer (`drops`) or SERVFAIL (`fails`)."""

    def __init__(self):
        self.drops = self.fails = False
        self.dice = random.Random(1)
        super().__init__()

    def _answer(self, data):
        unlucky = self.dice.random() < 0.5
        if self.fails and unlucky:
            return data[:2] + b"\x85\x82" + data[4:6] + bytes(6) + data[12:]
        answer = super()._answer(data)
        return None if self.drops and unlucky else answer


_shared = []


class Lookups(FireCase):
    def setup(self):
        if not _shared:
            _shared.append(_Names())
        self.names = _shared[0]

    def under(self, case, *addresses, drops=False, fails=False):
        self.names.drops, self.names.fails = drops, fails
        with self.rig(f"c21{case}", sender={"connect_timeout": "3s"}) as rig:
            org = rig.service.organization()
            for n in range(7):
                name = f"r{n}.example.com"
                self.names.set(name, *addresses)
                url = f"http://{name}:{rig.sink.port}/ok/{n}"
                rig.service.admin("hook", "create", org, url, "*")
            rig.host().start()
            for _ in range(20):
                rig.publish(org, 2)
                time.sleep(0.2)
            rig.settle()
            self.recovered = rig.arrives("/ok/0", rig.publish(org), 10)

    def test_dropped(self):
        self.under(
            "a the name server drops half of the questions",
            "127.0.0.1",
            drops=True,
        )

    def test_failing(self):
        self.under("b it answers half with SERVFAIL", "127.0.0.1", fails=True)

    def test_a_dead_address(self):
        """Nobody listens at one of the two."""
        self.under("c the AAAA is dead", "127.0.0.1", "::1")

    def test_a_dead_older_address(self):
        self.under("d one A is dead", "127.0.0.9", "127.0.0.1")


if __name__ == "__main__":
    enter()
    tap.main()
