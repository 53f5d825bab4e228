# SPDX-License-Identifier: MIT
"""
Between a program and its database: a unix socket that passes packets on, knows
where each begins, and can fail at any one of them.

    proxy = Proxy(folder / "host.sock", db.socket)
    proxy.rule = lambda packet: CUT if packet.number == 17 else PASS

Packets are counted over all connections and in both directions, from 1. The
rule is asked before each one is passed on.
"""

import contextlib
import socket
import threading
import time

from listener import Listener

# What a rule answers.
PASS = None
CUT = "cut"  # both sides closed, without the packet
CUT_AFTER = "cut after"  # both sides closed, the packet was passed on
NO_ANSWER = "no answer"  # passed on; closed when the answer begins to come
FREEZE = "freeze"  # nothing more is passed on, and nothing is closed
FREEZE_AFTER = "freeze after"  # the same, but this one is

EXECUTE = 0x17
_QUERY, _PREPARE = 0x03, 0x16


class Packet:
    """`up`: from the program to the database. `text`: the statement's, where
    it is one. `repeats`: how many times in a row the question that this is, or
    answers, was asked before, to the byte."""

    def __init__(self, link, up, number, data):
        self.link = link
        self.up = up
        self.number = number
        self.data = data
        self.text = link.text_of(data) if up else ""
        if up:
            link.note_question(data)
        self.repeats = link.repeats

    def __repr__(self):
        way = "to" if self.up else "from"
        return f"<{self.number} {way} the database {self.text[:60]!r}>"


class _Link:
    """One connection."""

    def __init__(self, client, server):
        self.client = client
        self.server = server
        self.frozen = False
        self.swallows = False
        self.logged_in = False
        self.closed = threading.Event()
        self.transaction = []  # texts since the last one ended
        self.repeats = 0
        self._question = b""
        self._preparing = ""
        self._statements = {}

    def note_question(self, data):
        self.repeats = self.repeats + 1 if data == self._question else 0
        self._question = data

    def note_text(self, text):
        if text.upper().startswith(("START", "COMMIT", "ROLLBACK")):
            self.transaction = []
        if text:
            self.transaction.append(text)

    def text_of(self, data):
        payload = data[4:]
        if not self.logged_in or not payload:
            return ""
        if payload[0] in (_QUERY, _PREPARE):
            text = payload[1:].decode(errors="replace")
            self._preparing = text if payload[0] == _PREPARE else ""
            return text
        if payload[0] == EXECUTE:
            return self._statements.get(payload[1:5], "")
        return ""

    def note_answer(self, data):
        """The first packet after a PREPARE says which number it got."""
        if data[3] == 2 and not self.logged_in:
            self.logged_in = data[4] == 0
        if self._preparing and data[4] == 0:
            self._statements[data[5:9]] = self._preparing
        self._preparing = ""

    def cut(self):
        self.closed.set()
        for sock in (self.client, self.server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already


def _read(file):
    head = file.read(4)
    if len(head) < 4:
        return b""
    length = int.from_bytes(head[:3], "little")
    body = file.read(length)
    return head + body if len(body) == length else b""


class Proxy(Listener):
    """`refusing`: new connections are closed at once. `delay`: seconds that
    each packet waits."""

    def __init__(self, path, target):
        self.path = path
        self.target = target
        self.rule = lambda packet: PASS
        self.refusing = False
        self.delay = 0
        self.count = 0
        self._links = []
        self._lock = threading.Lock()
        super().__init__(path)

    def serve(self, sock, number):
        if self.refusing:
            return
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.target))
            link = _Link(sock, server)
            self._links.append(link)
            back = threading.Thread(
                target=self._pump, args=(link, False), daemon=True
            )
            back.start()
            self._pump(link, True)
            back.join()
            self._links.remove(link)

    def _pump(self, link, up):
        source, sink = (
            (link.client, link.server) if up else (link.server, link.client)
        )
        try:
            with source.makefile("rb") as file:
                while data := _read(file):
                    self._pass(link, up, data, sink)
        except OSError:
            pass  # closed by one of the two, or by us
        self._hold(link)
        link.cut()

    def _hold(self, link):
        """For as long as a connection is frozen."""
        while link.frozen and not self.closing.is_set():
            if link.closed.wait(0.05):
                return

    def _pass(self, link, up, data, sink):
        if not up:
            link.note_answer(data)
        with self._lock:
            self.count += 1
            packet = Packet(link, up, self.count, data)
        verdict = self.rule(packet)
        link.note_text(packet.text)
        time.sleep(self.delay)
        if verdict == FREEZE:
            link.frozen = True
        self._hold(link)
        if verdict == CUT or link.swallows and not up:
            link.cut()
            raise ConnectionError("cut")
        link.swallows = verdict == NO_ANSWER or link.swallows
        sink.sendall(data)
        link.frozen = verdict == FREEZE_AFTER or link.frozen
        if verdict == CUT_AFTER:
            link.cut()
            raise ConnectionError("cut")

    # ---- all connections at once ----

    def freeze(self):
        """As when the host of the program is gone: silence, no FIN."""
        for link in list(self._links):
            link.frozen = True

    def thaw(self):
        for link in list(self._links):
            link.frozen = False

    def cut(self):
        for link in list(self._links):
            link.cut()

    @contextlib.contextmanager
    def away(self):
        """As when the database is restarted: cut, and refused meanwhile."""
        self.refusing = True
        self.cut()
        try:
            yield
        finally:
            self.refusing = False

    def in_transaction(self):
        return any(
            link.transaction and link.transaction[0].startswith("START")
            for link in list(self._links)
        )

    def frozen(self):
        return any(link.frozen for link in list(self._links))

    def close(self):
        super().close()
        self.cut()


def nth(condition, verdict, n=1):
    """A rule: the n-th packet for which the condition holds meets `verdict`,
    which may be a function that is called with the packet."""
    left = [n]

    def rule(packet):
        if left[0] and condition(packet):
            left[0] -= 1
            if not left[0]:
                return verdict(packet) if callable(verdict) else verdict
        return PASS

    return rule


def commits(*words):
    """A condition: the COMMIT of a transaction with a statement that has all
    these words."""
    return lambda packet: (
        packet.text.upper().startswith("COMMIT")
        and any(
            all(word in text for word in words)
            for text in packet.link.transaction
        )
    )
