# SPDX-License-Identifier: MIT
"""
The base of the tests with three nodes: one cluster for the file, a schema of
its own for each class, and for each node an installation (configuration, lock
file, API) that knows this node only, as on a machine of its own.
"""

import concurrent.futures
import json
import os
import signal

import cluster
import doors
import processes
import receiver
import service
import tap
from sendcase import LaneCase

_shared = []


def shared_cluster():
    if not _shared:
        folder = processes.Folder()
        tap.at_end(folder.close)
        _shared.append(cluster.Cluster(folder))
        tap.at_end(_shared[0].stop)
        _shared[0].start()
    return _shared[0]


def at_once(*calls):
    """Runs them at the same time; their results in order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(call) for call in calls]]


def kill_all(sender):
    """kill -9 of a sender and its workers, as when the machine dies."""
    pid = sender.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        workers = [int(one) for one in file.read().split()]
    for one in (pid, *workers):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it had just ended
    sender.process.wait()


class GaleraCase(LaneCase):
    def setup(self):
        self.cluster = shared_cluster()
        self.nodes = self.cluster.nodes
        self.services = []
        self.cluster.heal()
        self.nodes[0].sql("DROP DATABASE IF EXISTS vyte_hooks", name="")
        for node in self.nodes:
            self.services.append(
                service.Service(
                    self.settings, db=node, schema=node is self.nodes[0]
                )
            )
            self.cluster.settle()
        self.service = self.services[0]
        self.sink = receiver.Receiver()
        self.doors = [doors.enter("cgi", s) for s in self.services]
        self.door = self.doors[0]
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.cluster.settle()

    def teardown(self):
        if hasattr(self, "sink"):
            self.sink.close()
        for one in self.services:
            one.close()

    # ---- the API of a node ----

    def call(self, node, method, target, body=None, headers=()):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.doors[node].request(
            method, target, [("Authorization", self.key), *headers], body
        )

    def good(self, status, node, *request, **options):
        answer = self.call(node, *request, **options)
        assert answer.status == status, answer
        return answer.json() if answer.body else None

    # ---- publishing ----

    def insert(self, node, numbers):
        """With SQL on this node, in one transaction."""
        values = ",".join(
            f"(UNHEX('{self.organization}'), 'event.created', '{{\"n\":{n}}}')"
            for n in numbers
        )
        self.nodes[node].sql(
            "INSERT INTO vh_outbox (organization, "
            f"action, resource) VALUES {values}"
        )

    def post(self, node, number):
        """Through the node's API."""
        self.good(
            202,
            node,
            "POST",
            "/v2/notifications",
            {"action": "event.created", "resource": {"n": number}},
        )

    # ---- received requests ----

    def came(self, path):
        """The requests of each number at a path. A second one of a number is
        marked and has the first one's webhook-id."""
        seen = {}
        for request in self.sink.at(path):
            earlier = seen.setdefault(self.number(request), [])
            if earlier:
                assert request.header("webhook-maybe-duplicate") == "1", (
                    request.headers
                )
                assert request.header("webhook-id") == earlier[0].header(
                    "webhook-id"
                ), request.headers
            earlier.append(request)
        return seen

    def twice(self, paths):
        """(path, number) of requests that came more than once."""
        return {
            (path, n)
            for path in paths
            for n, all_ in self.came(path).items()
            if len(all_) > 1
        }

    def conflicts(self):
        """Transactions that lost to another node's, since the start."""
        return sum(
            int(node.status(name))
            for node in self.nodes
            if node.child
            for name in ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")
        )
