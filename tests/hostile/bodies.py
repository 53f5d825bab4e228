# SPDX-License-Identifier: MIT
"""Clients who send what nobody wants, or so slowly that it never ends."""

import socket

import tap
from hostilecase import FourProcesses, HostileCase

LONG, SPOOLED = 900_000_000, 200_000_000


def _head(length, key=""):
    return (
        "POST /v2/notifications HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {key}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def trickle(attack, port, length, key=""):
    """Eight connections: some at once, and then 600 bytes a second."""

    def one():
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.sendall(_head(length, key) + b" " * 70000)
            attack.done()
            while not attack.wait(0.1):
                sock.sendall(b" " * 60)

    attack.repeat(one, threads=8)


def flood(attack, port):
    def one():
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.sendall(_head(SPOOLED))
            for _ in range(SPOOLED // 100_000):
                sock.sendall(b" " * 100_000)
                attack.done()

    attack.repeat(one, threads=2)


class Slow(HostileCase):
    door_name = FourProcesses.name

    def test_1_longer_than_is_allowed(self):
        self.holds(
            "3 four processes, eight slow bodies of 900 MB, no key",
            trickle,
            port=self.door.port,
            length=LONG,
        )


class SlowAndAllowed(HostileCase):
    door_name = FourProcesses.name

    def test_2_as_long_as_is_allowed(self):
        self.holds(
            "3 the same, of 100 kB",
            trickle,
            port=self.door.port,
            length=100_000,
        )


class SlowWithAKey(HostileCase):
    """Each may keep a process for 10 s, and the tenant half of them."""

    door_name = FourProcesses.name

    def test_3_with_a_key(self):
        self.holds(
            "3 the same, with a key",
            trickle,
            port=self.door.port,
            length=100_000,
            key=self.key,
        )


class Long(HostileCase):
    def test_4_at_full_speed(self):
        self.holds("3 bodies of 200 MB, no key", flood, port=self.door.port)


if __name__ == "__main__":
    tap.main()
