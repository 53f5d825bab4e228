# SPDX-License-Identifier: MIT
"""
Clients without a key that send slowly what nobody wants to read, where the web
server passes each byte on as it comes: they must not keep the processes that
others wait for.
"""

import socket
import struct
import threading
import time

import doors
import rawhttp
import tap
from apicase import ApiCase
from fastcgi import BEGIN, PARAMS, STDIN, Connection, pair, record


@doors.register
class FourProcesses(doors.ApacheProxy):
    name = "apache-proxy-4"
    responders = 4


class Slow:
    """Four connections that send some, and then 600 bytes a second."""

    def __init__(self, port, line, length):
        self.over = threading.Event()
        self.port = port
        self.head = (
            f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Length: {length}\r\n\r\n"
        ).encode()
        self.threads = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _run(self):
        while not self.over.wait(0.2):
            try:
                self._one()
            except OSError:
                pass  # it was hung up on

    def _one(self):
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            sock.sendall(self.head + b" " * 70000)
            while not self.over.wait(0.1):
                sock.sendall(b" " * 60)


class Slowly(ApiCase):
    variants = (FourProcesses.name,)

    def stays_well(self, line, length, seconds=6):
        request = rawhttp.request_bytes("GET", "/healthz")
        worst = 0
        with Slow(self.door.port, line, length):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                start = time.monotonic()
                answer = rawhttp.exchange(self.door.port, request)
                took = time.monotonic() - start
                assert answer.status == 200, answer
                worst = max(worst, took)
                time.sleep(0.1)
        assert worst < 2, (line, worst)

    def test_a_body_without_a_key(self):
        self.stays_well("POST /v2/notifications", 1000000)

    def test_a_body_that_is_longer_than_anything_allowed(self):
        self.stays_well("POST /v2/notifications", 900000000)

    def test_a_body_where_none_is_wanted(self):
        self.stays_well("GET /healthz", 100000)
        self.stays_well("DELETE /v2/nothing", 100000)


class Records(ApiCase):
    """One process, and a server that stops in the middle of a record, which
    no web server does."""

    variants = ("cgi",)

    def setup(self):
        super().setup()
        self.path = self.service.folder / "slow.sock"
        self.path.unlink(missing_ok=True)
        doors.start_responders(self.service, self.path)

    def begin(self, *pairs):
        connection = Connection(self.path)
        params = b"".join(
            pair(n, v) for n, v in (*pairs, ("HTTP_AUTHORIZATION", self.key))
        )
        head = record(BEGIN, struct.pack("!HB5x", 1, 0))
        return connection, head, record(PARAMS, params) + record(PARAMS, b"")

    def waited(self):
        """How long another request takes, in seconds."""
        start = time.monotonic()
        connection = Connection(self.path)
        connection.sock.settimeout(60)
        connection.send("GET", "/healthz")
        assert connection.answer().status == 200
        connection.close()
        return time.monotonic() - start

    def test_half_a_head(self):
        connection, begin, params = self.begin(
            ("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/healthz")
        )
        connection.sock.sendall(begin + params[:20])
        assert 1 < self.waited() < 8
        connection.close()

    def test_a_body_that_trickles(self):
        connection, begin, params = self.begin(
            ("REQUEST_METHOD", "POST"),
            ("REQUEST_URI", "/v2/notifications"),
            ("CONTENT_LENGTH", "100000"),
        )
        connection.sock.sendall(begin + params)
        over = threading.Event()

        def trickle():
            try:
                while not over.wait(0.2):
                    connection.sock.sendall(record(STDIN, b" "))
            except OSError:
                pass  # it hung up

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert 1 < self.waited() < 13
            assert connection.answer().status == 400
        finally:
            over.set()
            thread.join()
            connection.close()

    def test_an_answer_that_nobody_reads(self):
        event = {"action": "event.created", "resource": {}}
        for _ in range(2):
            self.good(202, "POST", "/v2/notifications", [event] * 1000)
        connection, begin, params = self.begin(
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", "/v2/notifications?limit=1000"),
        )
        connection.sock.sendall(begin + params + record(STDIN, b""))
        time.sleep(1)
        waited = self.waited()
        print(f"# {waited:.1f} s")
        assert 1 < waited < 25
        connection.close()


tap.main()
