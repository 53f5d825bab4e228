# SPDX-License-Identifier: MIT
"""A tenant, its receivers and its application, who fill disk and memory."""

import json
import pathlib
import re
import selectors
import socket
import threading

import doors
import processes
import rawhttp
import tap
from application import Application
from hostilecase import HostileCase

HOOKS = 5
LIMIT = 48 * 1024 * 1024
MEMORY_KIB = 64 * 1024
BATCH = json.dumps(
    [{"action": "event.created", "resource": {"x": 1}}] * 400
).encode()
LARGE = json.dumps(
    {"action": "user.joined", "resource": {"x": "y" * 119_000}}
).encode()


def publish(attack, port, key, body, pause):
    def one():
        rawhttp.exchange(
            port,
            rawhttp.request_bytes(
                "POST", "/v2/notifications", [("Authorization", key)], body
            ),
        )
        attack.wait(pause)

    attack.repeat(one)


class Much:
    """A receiver, the attacker's, too, that answers each request with 31 kB. It
    takes little of the processor, and so of this service, which would have a
    machine of its own."""

    def __init__(self, port, status):
        headers = "".join(f"x-{n}: {'v' * 1000}\r\n" for n in range(15))
        self._answer = (
            f"HTTP/1.1 {status} X\r\n{headers}"
            f"Content-Length: 16000\r\n\r\n{'b' * 16000}"
        ).encode()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._selector.register(self._listener, selectors.EVENT_READ)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    sock = self._listener.accept()[0]
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    # So that writing an answer never waits.
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200000)
                    self._selector.register(sock, selectors.EVENT_READ, [b""])
                    continue
                try:
                    self._heed(key.fileobj, key.data)
                except OSError:
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()

    def _heed(self, sock, got):
        """One request at a time comes over a connection."""
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        got[0] += piece
        head, end, body = got[0].partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
        if end and len(body) >= int(length[1]):
            got[0] = b""
            sock.sendall(self._answer)


def answer_much(attack, answers_port, status, **facts):
    Much(answers_port, status)
    publish(attack, **facts)


def insert_and_ask(attack, port, key, client, socket, organization):
    application = Application(client, socket, force=True)

    def ask(target):
        return rawhttp.exchange(
            port,
            rawhttp.request_bytes("GET", target, [("Authorization", key)]),
        )

    def one():
        application.do(
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            f"(x'{organization}', 'event.created', REPEAT(CHAR(1), 15000000))"
        )
        for _ in range(5):
            answer = ask("/v2/notifications?state=rejected&limit=10")
            if answer.status == 200:
                for each in answer.json():
                    ask(f"/v2/notifications/{each.get('_id')}")
            attack.wait(0.1)

    attack.repeat(one)


class _Filling(HostileCase):
    settings = {"api": {"max_stored": "48m"}}

    def stored(self):
        payloads = (
            "SELECT COALESCE(SUM(LENGTH(resource)), 0) FROM vh_notifications "
            f"WHERE organization = UNHEX('{self.organization}')"
        )
        answers = (
            "SELECT COALESCE(SUM(LENGTH(response_headers) + "
            "LENGTH(response_body)), 0) FROM vh_attempts a JOIN vh_deliveries "
            "d ON d.id = a.delivery_id WHERE d.organization = "
            f"UNHEX('{self.organization}')"
        )
        return sum(int(self.service.db.value(q)) for q in (payloads, answers))

    def holds(self, name, call, **facts):
        super().holds(name, call, port=self.door.port, key=self.key, **facts)
        kept = self.stored()
        print(f"# {kept} bytes are stored of {LIMIT}")
        assert kept < LIMIT * 1.05, kept


def _hooks(case):
    """The port of them all."""
    port = doors.free_port()
    for n in range(HOOKS):
        case.service.admin(
            "hook",
            "create",
            case.organization,
            f"http://127.0.0.1:{port}/much{n}",
            "event.created",
        )
    return port


class Answers(_Filling):
    def test_1_receivers_that_answer_much(self):
        self.holds(
            "6 batches of 400 for five hooks that answer 31 kB each time",
            answer_much,
            answers_port=_hooks(self),
            status=200,
            body=BATCH,
            pause=1,
        )


class Failures(HostileCase):
    """More is kept of them, and there is room for it."""

    def test_1_receivers_that_fail_with_much(self):
        self.holds(
            "6 the same, with a status 500, and room for 10 GB",
            answer_much,
            port=self.door.port,
            key=self.key,
            answers_port=_hooks(self),
            status=500,
            body=BATCH,
            pause=1,
        )


class Payloads(_Filling):
    def test_2_long_ones_that_no_hook_gets(self):
        self.holds(
            "6 payloads of 119 kB, one after the other",
            publish,
            body=LARGE,
            pause=0,
        )


class Rows(_Filling):
    """15 MB in a row, which is rejected, and asking for it."""

    def test_3_by_sql(self):
        self.holds(
            "6 rows of 15 MB, and asking for them",
            insert_and_ask,
            client=str(self.service.db.client),
            socket=str(self.service.db.socket),
            organization=self.organization,
        )
        for pid, words in processes.running(self.service.prefix):
            if words[0].endswith("hooks.fcgi"):
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                most = int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1])
                print(f"# a process of hooks.fcgi was {most} KiB large")
                assert most < MEMORY_KIB, most


if __name__ == "__main__":
    tap.main()
