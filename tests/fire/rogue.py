# SPDX-License-Identifier: MIT
"""
A receiver whose paths are its faults: a hook at /fail/a?every=10 gets a 500 for
every tenth request. The first word of the path is the fault, the rest makes
it one hook's own.

Each request has a number, and each answer says it in the header x-seen: so an
attempt in the database can be held against the one request that it is about.
"""

import collections
import json
import ssl
import threading
import time
import urllib.parse

import receiver
from receiver import Answer, Close, Hang, Reset


def _every(step):
    """A fault that hits every N-th request (?every=, 10)."""

    def make(call):
        return (
            step(call)
            if call.count % call.number("every", 10) == 0
            else call.answer()
        )

    return make


class _Twice(Answer):
    """A second answer, which nobody asked for, some ms (?ms=) later."""

    def __init__(self, first, seconds):
        super().__init__(first.status, headers=first.headers)
        self.seconds = seconds

    def __call__(self, link):
        super().__call__(link)
        time.sleep(self.seconds)
        return super().__call__(link)


class _CloseAfter(Answer):
    """Says that it keeps the connection, and closes it."""

    def __call__(self, link):
        super().__call__(link)
        return False


class _Half(Answer):
    """A whole head, which promises more body than comes, and so many seconds
    of silence. The status has come: it counts as an answer."""

    def __init__(self, first, seconds=0):
        super().__init__(first.status, headers=first.headers)
        self.seconds = seconds

    def __call__(self, link):
        lines = "".join(f"{n}: {v}\r\n" for n, v in self.headers)
        link.send(
            f"HTTP/1.1 {self.status} X\r\nContent-Length: 100\r\n{lines}\r\n"
            "half".encode()
        )
        link.pause(self.seconds)
        return False


class _Flood(Answer):
    """Answers of the kind 1xx before the real one."""

    def __call__(self, link):
        for _ in range(20):
            link.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        return super().__call__(link)


def _as(kind):
    return lambda call: kind(
        call.number("code", 200), headers=call.answer().headers
    )


class _Gate(Answer):
    """Waits until the receiver's gate is open."""

    def __init__(self, first, gate):
        super().__init__(first.status, headers=first.headers)
        self.gate = gate

    def __call__(self, link):
        self.gate.wait(2.5)
        return super().__call__(link)


FAULTS = {
    "ok": lambda call: call.answer(),
    "alone": lambda call: call.answer(close=True),
    "gate": lambda call: _Gate(call.answer(), call.gate),
    "slow": lambda call: call.answer(delay=call.number("ms", 1000) / 1000),
    "slow-odd": lambda call: call.answer(
        delay=call.request.numbers[0] % 2 * call.number("ms", 1000) / 1000
    ),
    "slow-fail": lambda call: call.answer(
        500, delay=call.number("ms", 1000) / 1000
    ),
    "status": lambda call: call.answer(call.number("code", 500)),
    "fail": _every(lambda call: call.answer(call.number("code", 500))),
    "lost": _every(lambda call: Close()),
    "slow-once-fail": lambda call: call.answer(
        500 if call.first else 200, delay=call.number("ms", 1000) / 1000
    ),
    "asks-once": lambda call: (
        Answer(
            429,
            headers=[
                ("x-seen", call.request.serial),
                ("Retry-After", str(call.number("s", 10))),
            ],
        )
        if call.count == 1
        else call.answer()
    ),
    "hang-once": lambda call: Hang(20) if call.first else call.answer(),
    "once-lost": lambda call: Close() if call.first else call.answer(),
    "once-fail": lambda call: call.answer(500) if call.first else call.answer(),
    "rst": _every(lambda call: Reset()),
    "hang": _every(lambda call: Hang(20)),
    "hang-in-body": _every(lambda call: _Half(call.answer(), 10)),
    "twice": lambda call: _Twice(call.answer(), call.number("ms", 30) / 1000),
    "close-after": _as(_CloseAfter),
    "half": lambda call: _Half(call.answer()),
    "1xx": _as(_Flood),
    "big": lambda call: Answer(200, b"x" * 300000, call.answer().headers),
}


class _Call:
    """One request, as a fault sees it."""

    def __init__(self, request, count, first, gate):
        self.request = request
        self.gate = gate
        self.count = count  # 1, 2, ... at this path
        self.first = first  # this delivery had not come yet
        self.query = urllib.parse.parse_qs(request.target.partition("?")[2])

    def number(self, name, default):
        return int(self.query.get(name, [default])[0])

    def answer(self, status=200, **options):
        return Answer(
            status, headers=[("x-seen", self.request.serial)], **options
        )


class Rogue(receiver.Receiver):
    """Its requests have, beside what receiver.Request has: `serial`, `numbers`
    (of the notifications in the body), `answered` (the status of a complete
    answer, else None) and `answered_at`."""

    def __init__(self, address=("127.0.0.1", 0), certificate=None):
        self.address = address[0]
        self.scheme = "https" if certificate else "http"
        self._counts = collections.Counter()
        self._known = set()
        self.done = collections.defaultdict(set)  # path: numbers with a 2xx
        self.gate = threading.Event()
        if certificate:
            # Each connection is to look at it.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.num_tickets = 0
            context.load_cert_chain(certificate)
            certificate = context
        super().__init__(address=address, certificate=certificate)

    def renew(self, certificate):
        """For connections from now on."""
        self._tls.load_cert_chain(certificate)

    def url(self, path="/ok"):
        return f"{self.scheme}://{self.address}:{self.port}{path}"

    def _record(self, request):
        body = json.loads(request.body)
        request.members = body if isinstance(body, list) else [body]
        request.numbers = [m["resource"].get("n") for m in request.members]
        request.answered = request.answered_at = None
        with self._changed:
            self.requests.append(request)
            request.serial = len(self.requests)
            self._counts[request.path] += 1
            key = request.path, request.header("webhook-id")
            call = _Call(
                request,
                self._counts[request.path],
                key not in self._known,
                self.gate,
            )
            self._known.add(key)
        return lambda link: self._answer(link, request, call)

    def _answer(self, link, request, call):
        step = FAULTS[request.path.split("/")[1]](call)
        if isinstance(step, _Half):
            self._note(request, step)  # it may hang on for long
        stays = step(link)
        if isinstance(step, Answer):
            self._note(request, step)
        return stays

    def _note(self, request, answer):
        request.answered_at = time.time()
        request.answered = answer.status
        if answer.status // 100 == 2:
            self.done[request.path].update(request.numbers)

    def wait(self, count, path=None, seconds=60):
        """The machine may be slow."""
        return super().wait(count, path, seconds)

    def numbers(self, path):
        """What came at a path, in order."""
        return [n for request in self.at(path) for n in request.numbers]
