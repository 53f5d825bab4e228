# SPDX-License-Identifier: MIT
"""
A name server on 127.0.0.1:53 of the namespace it runs in: it answers from a
table, and remembers the queries.

    names = NameServer()
    names.set("www.example.com", "93.184.216.34", "::1")
    names.set("first.example.com", ["93.184.216.34"], ["127.0.0.1"])  # in turn
    names.silence("example.net")     # this and all below: no answer at all

A name that is not in the table does not exist.
"""

import ipaddress
import socket
import struct
import threading

_A, _AAAA = 1, 28
_NO_SUCH_NAME = 3


class NameServer:
    def __init__(self, address=("127.0.0.1", 53)):
        self.queries = []  # (name, type), as they came
        self._answers = {}
        self._silent = []
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, name, *addresses):
        """Its addresses; or lists of them, one for each look-up, of which
        the last one stays."""
        turns = (
            addresses
            if addresses and isinstance(addresses[0], list)
            else [list(addresses)]
        )
        with self._lock:
            self._answers[name] = [
                [ipaddress.ip_address(a) for a in turn] for turn in turns
            ]

    def silence(self, domain):
        with self._lock:
            self._silent.append(domain)

    def asked(self, name):
        """The types that were queried."""
        with self._lock:
            return [kind for asked, kind in self.queries if asked == name]

    def names(self):
        with self._lock:
            return {name for name, _ in self.queries}

    def close(self):
        self._socket.close()

    # ---- the protocol, RFC 1035 ----

    def _serve(self):
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
                answer = self._answer(data)
                if answer:
                    self._socket.sendto(answer, peer)
            except OSError:
                return

    @staticmethod
    def _question(data):
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("ascii"))
            at += 1 + data[at]
        kind, _ = struct.unpack(">HH", data[at + 1 : at + 5])
        return ".".join(labels).lower(), kind, data[12 : at + 5]

    def _look_up(self, name, kind):
        """None: no such name."""
        turns = self._answers.get(name)
        if turns is None:
            return None
        # A and AAAA are asked for together: as many turns for each.
        past = sum(1 for query in self.queries if query == (name, kind)) - 1
        return turns[min(past, len(turns) - 1)]

    def _answer(self, data):
        name, kind, question = self._question(data)
        with self._lock:
            self.queries.append((name, kind))
            if any(name == s or name.endswith("." + s) for s in self._silent):
                return None
            found = self._look_up(name, kind)
        wanted = {_A: 4, _AAAA: 6}.get(kind)
        records = [a.packed for a in found or () if a.version == wanted]
        # An authoritative answer; recursion as desired and available.
        flags = 0x8580 | (_NO_SUCH_NAME if found is None else 0)
        head = data[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return (
            head
            + question
            + b"".join(
                struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed
                for packed in records
            )
        )
