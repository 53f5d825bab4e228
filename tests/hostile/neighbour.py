# SPDX-License-Identifier: MIT
"""
A healthy tenant, whose requests and deliveries are timed.

Both come at fixed moments, whether the ones before are done or not, and each is
timed from the moment at which it was due: a stop of a second is seen by all that
fell into it, as its users would see it, not by one request alone.
"""

import json
import statistics
import threading
import time

import machine
import processes
import rawhttp
from receiver import Receiver

ROUNDS, SECONDS = 6, 4.0
# A round counts when other programs took less than this of one processor. There
# are at most so many times the wanted rounds; then the least disturbed count.
_OTHERS, _TIMES = 0.1, 1.5
# A small part of what the service can do on one core.
_API_EVERY, _DELIVERY_EVERY = 0.05, 0.08
_PATIENCE = 60


def p99(times):
    """The second worst of a hundred; of fewer the worst."""
    return sorted(times)[len(times) * 99 // 100]


def _timed_from(begin, every, call):
    """Calls at every moment of a round; returns how long after its moment
    each call returned."""
    took = []
    while (due := begin + len(took) * every) < begin + SECONDS:
        time.sleep(max(0, due - time.monotonic()))
        call()
        took.append(time.monotonic() - due)
    return took


class Round:
    """The p99 of requests and deliveries, in seconds, and the processors that
    other programs took."""

    def __init__(self, api, delivery, others):
        self.api, self.delivery = p99(api), p99(delivery)
        self.others = others


class Figures:
    """The rounds that count: those in which the rest of the machine was
    quietest."""

    def __init__(self, rounds, wanted):
        self.rounds = sorted(rounds, key=lambda r: r.others)[:wanted]
        self.longest = max(max(r.api, r.delivery) for r in rounds)

    def each(self, kind):
        return [getattr(r, kind) for r in self.rounds]

    def of(self, kind):
        """The middle of all rounds that count."""
        return statistics.median(self.each(kind))


class Neighbour:
    def __init__(self, service, port):
        self.service = service
        self.port = port
        self.sink = Receiver()
        self.organization = service.organization("Healthy Ltd")
        self.key = service.key(self.organization)
        service.admin("hook", "create", self.organization, self.sink.url(), "*")
        self._published = 0

    def close(self):
        self.sink.close()

    def _exchange(self, method, target, status, body=None):
        """A 429 is waited out, which takes a second or more."""
        request = rawhttp.request_bytes(
            method, target, [("Authorization", self.key)], body
        )
        while True:
            answer = rawhttp.exchange(self.port, request, method, _PATIENCE)
            if answer.status != 429:
                break
            time.sleep(float(answer.header("Retry-After")))
        assert answer.status == status, (method, target, answer)

    def _ask(self):
        self._exchange("GET", "/v2/hooks", 200)

    def _publish(self):
        body = {"action": "event.created", "resource": {"n": self._published}}
        self._published += 1
        self._exchange(
            "POST", "/v2/notifications", 202, json.dumps(body).encode()
        )

    def _arrivals(self):
        """When each number came first."""
        came = {}
        for request in self.sink.at():
            n = json.loads(request.body)["resource"]["n"]
            came.setdefault(n, request.time)
        return came

    def _deliveries(self, begin, out):
        first = self._published
        wall = time.time() - time.monotonic()
        published = _timed_from(begin, _DELIVERY_EVERY, self._publish)
        wanted = range(first, first + len(published))
        processes.wait_until(
            lambda: self._arrivals().keys() >= set(wanted),
            _PATIENCE,
            "the arrival of what the healthy tenant published",
        )
        came = self._arrivals()
        out += [
            came[n] - wall - begin - (n - first) * _DELIVERY_EVERY
            for n in wanted
        ]
        self.sink.clear()
        return published

    def _round(self):
        published, delivered, trouble = [], [], []

        def deliver():
            try:
                published.extend(self._deliveries(begin, delivered))
            except Exception as error:  # told by the thread that waits
                trouble.append(error)

        watch = machine.Watch()
        begin = time.monotonic() + 0.1
        thread = threading.Thread(target=deliver)
        thread.start()
        asked = _timed_from(begin, _API_EVERY, self._ask)
        thread.join()
        if trouble:
            raise trouble[0]
        return Round(asked + published, delivered, watch.others())

    def measure(self, wanted=ROUNDS):
        rounds = []
        while (
            sum(r.others < _OTHERS for r in rounds) < wanted
            and len(rounds) < wanted * _TIMES
        ):
            rounds.append(self._round())
        return Figures(rounds, wanted)
