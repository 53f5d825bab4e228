# SPDX-License-Identifier: MIT
"""
The part of the API that one organization may use while others ask: half of the
processes for slow requests, and a 429 beyond that.
"""

import json
import os
import pathlib
import socket
import statistics
import threading
import time

import doors
import openapi
import processes
import rawhttp
import service
import tap
from apicase import ApiCase, no_such_id

EVENT = json.dumps({"action": "event.created", "resource": {}}).encode()


@doors.register
class TwoProcesses(doors.ApacheProxy):
    name = "apache-proxy-2"
    responders = 2


class _Share(ApiCase):
    """A service of its own for each class, for nobody else may ask before."""

    variants = (TwoProcesses.name,)

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.service.send("--once")  # makes the folder of the table
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization("Slow Ltd")
        self.key = self.service.key(self.organization)
        self.neighbour = self.service.key(self.service.organization("Fast"))


class Slow(_Share):
    """A body that takes its time keeps one of two processes busy."""

    def open(self, key):
        head = (
            "POST /v2/notifications HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: {key}\r\nContent-Length: {len(EVENT)}\r\n\r\n"
        )
        sock = socket.create_connection(("127.0.0.1", self.door.port), 20)
        sock.sendall(head.encode() + EVENT[:5])
        return sock

    def begin(self, key):
        sock = self.open(key)
        time.sleep(1.5)
        return sock, time.monotonic()

    def test_1_nothing_is_refused_while_nobody_else_asks(self):
        sock, _ = self.begin(self.key)
        self.good(200, "GET", "/v2/hooks")
        sock.close()

    def test_2_whatever_is_beyond_is_refused(self):
        self.good(200, "GET", "/v2/hooks", key=self.neighbour)
        sock, begun = self.begin(self.key)
        for method, path, operation in openapi.operations():
            if operation.get("security") == [] or path == "/metrics":
                continue
            if "x-roles" not in operation:
                continue
            if time.monotonic() - begun > 4:  # a body has 10 s
                sock.close()
                sock, begun = self.begin(self.key)
            address = path.replace("{id}", no_such_id())
            body = b"{}" if method in ("POST", "PUT") else None
            answer = self.call(method, address, body)
            assert answer.status == 429, (method, path, answer)
            assert answer.header("Retry-After") == "1", answer
            answer = self.call(method, address, body, key=self.neighbour)
            assert answer.status != 429, (method, path, answer)
        sock.close()

    def test_3_two_at_once_do_not_keep_both(self):
        """Of an organization that has used nothing yet."""
        self.good(200, "GET", "/v2/hooks", key=self.neighbour)
        key = self.service.key(self.service.organization("Two at once"))
        socks = [self.open(key) for _ in range(2)]
        time.sleep(0.3)
        begin = time.monotonic()
        self.good(200, "GET", "/v2/hooks", key=self.neighbour)
        took = time.monotonic() - begin
        for sock in socks:
            sock.close()
        assert took < 5, f"{took} s: a body has ten"

    def test_4_many_at_once_are_served_where_they_are_not_much(self):
        quick = self.service.key(self.service.organization("Quick"))
        answers = []

        def ask():
            for _ in range(20):
                answer = self.call("GET", "/v2/auth/test", key=quick)
                answers.append(answer.status)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(answers) == {200}, answers


class Lists(_Share):
    """32 at once who read long lists, beside one who asks for little."""

    ROWS = 4000

    def fill(self):
        values = ",".join(
            f"(UNHEX('{self.organization}'), 'user.joined', '{{\"n\":{n}}}', "
            "'unmatched')"
            for n in range(self.ROWS)
        )
        self.service.db.sql(
            "INSERT INTO vh_notifications (organization, action, resource, "
            f"state) VALUES {values}"
        )

    def quiet(self, seconds):
        """How long the neighbour's requests take, in seconds."""
        took = []
        request = rawhttp.request_bytes(
            "GET", "/v2/auth/test", [("Authorization", self.neighbour)]
        )
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.monotonic()
            answer = rawhttp.exchange(self.door.port, request)
            took.append(time.monotonic() - start)
            assert answer.status == 200, answer
            time.sleep(0.01)
        return took

    def test_the_neighbour_does_not_wait(self):
        self.fill()
        self.quiet(0.5)
        over, seen = threading.Event(), []
        request = rawhttp.request_bytes(
            "GET",
            "/v2/notifications?limit=1000",
            [("Authorization", self.key)],
        )

        def greedy():
            while not over.is_set():
                answer = rawhttp.exchange(self.door.port, request)
                seen.append(answer.status)
                if answer.status == 429:
                    over.wait(float(answer.header("Retry-After")))

        threads = [threading.Thread(target=greedy) for _ in range(32)]
        before = self.quiet(2)
        for thread in threads:
            thread.start()
        try:
            time.sleep(2)
            during = self.quiet(4)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        line = [
            f"{name} p50 {statistics.median(t) * 1000:.1f} ms, p99 "
            f"{sorted(t)[len(t) * 99 // 100] * 1000:.1f} ms"
            for name, t in (("quiet", before), ("beside", during))
        ]
        print("#", "; ".join(line), {s: seen.count(s) for s in set(seen)})
        assert set(seen) == {200, 429}, set(seen)
        # Without shares it is more than a second.
        assert statistics.median(during) < 0.1, line


class ListsOfAnotherUser(Lists):
    """lighttpd gives up root, so that the sender's folder is out of reach."""

    variants = ("lighttpd",)

    def test_an_occupied_name_is_told(self):
        if os.getuid() != 0:
            return
        made = service.Service()
        try:
            made.send("--once")
            [lock] = (made.folder / "state").glob("send-*.lock")
            name = f"vyte-hooks-{processes.NOBODY}-{lock.stem}-share1"
            path = pathlib.Path("/dev/shm") / name
            path.touch()
            door = doors.enter(self.variant, made)
            for _ in range(3):
                door.request("GET", "/v2/hooks", [("Authorization", self.key)])
            assert door.log.read_text().count(name) <= 2, "once a process"
            assert f"{name} is not ours" in door.log.read_text()
        finally:
            made.close()


tap.main()
