# SPDX-License-Identifier: MIT
"""
The base of the API tests: one service for the file, each class run through
every door with an organization of its own.
"""

import json

import doors
import service
import tap

PROBLEM = "application/problem+json"
_shared = []


def shared_service():
    """Started at the first use, closed when the file's tests are done."""
    if not _shared:
        _shared.append(service.Service())
        tap.at_end(_shared[0].close)
    return _shared[0]


class ApiCase(tap.Case):
    variants = doors.ALL

    def setup(self):
        self.service = shared_service()
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization(f"{self.variant} Ltd")
        self.key = self.service.key(self.organization)

    def call(self, method, target, body=None, key="", headers=(), **options):
        """A request with the organization's key, or `key`, or none (None).
        `body`: bytes as they are, anything else as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        lines = list(headers)
        key = self.key if key == "" else key
        if key is not None:
            lines.append(("Authorization", key))
        return self.door.request(method, target, lines, body, **options)

    def good(self, status, method, target, body=None, **options):
        """The JSON of an answer that must have this status."""
        answer = self.call(method, target, body, **options)
        assert answer.status == status, answer
        if status == 204:
            assert answer.body == b"", answer
            return None
        kind = answer.header("Content-Type")
        assert kind.split(";")[0] == "application/json", answer
        return answer.json()

    def problem(self, status, method, target, body=None, **options):
        """The problem of an answer that must have this status."""
        answer = self.call(method, target, body, **options)
        assert answer.status == status, answer
        assert answer.header("Content-Type").split(";")[0] == PROBLEM, answer
        problem = answer.json()
        assert problem["status"] == status, problem
        for member in ("type", "title", "detail"):
            assert isinstance(problem[member], str), problem
        return problem

    def pointers(self, method, target, body, **options):
        """Where a 400 says the bad fields are, sorted."""
        problem = self.problem(400, method, target, body, **options)
        assert all(e["detail"] for e in problem["errors"]), problem
        return sorted(e["pointer"] for e in problem["errors"])

    def hook(self, **members):
        """A new hook, as the API answered."""
        fields = {
            "target_url": "https://www.toto.com/hooks?id=123",
            "action": "event.cancelled",
            **members,
        }
        return self.good(201, "POST", "/v2/hooks", fields)


def no_such_id():
    return "0123456789abcdef01234567"
