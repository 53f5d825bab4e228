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

import processes
import rawhttp
from receiver import Receiver

ROUNDS, SECONDS = 8, 4.0
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


class Figures:
    """p99 of each round, in seconds."""

    def __init__(self):
        self.api, self.delivery = [], []

    def of(self, kind):
        """The middle of all rounds: one in which the machine was busy with
        something else does not count, half of them do."""
        return statistics.median(getattr(self, kind))


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

    def _round(self, figures):
        published, delivered, trouble = [], [], []

        def deliver():
            try:
                published.extend(self._deliveries(begin, delivered))
            except Exception as error:  # told by the thread that waits
                trouble.append(error)

        begin = time.monotonic() + 0.1
        thread = threading.Thread(target=deliver)
        thread.start()
        asked = _timed_from(begin, _API_EVERY, self._ask)
        thread.join()
        if trouble:
            raise trouble[0]
        figures.api.append(p99(asked + published))
        figures.delivery.append(p99(delivered))

    def measure(self, rounds=ROUNDS):
        figures = Figures()
        for _ in range(rounds):
            self._round(figures)
        return figures
