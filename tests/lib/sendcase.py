# SPDX-License-Identifier: MIT
"""
The base of the sender's tests: a service, a scripted receiver, an organization
with its key, and the checks that every delivery must pass.
"""

import functools
import json
import sys

import doors
import receiver
import service
import tap
import where

# The verification that users copy; it shares no code with the sender.
sys.path.insert(0, str(where.EXAMPLES / "receivers"))
import receive  # noqa: E402  pylint: disable=wrong-import-position


class SendCase(tap.Case):
    settings = {}

    def make_service(self):
        return service.Service(self.settings)

    def setup(self):
        self.service = self.make_service()
        self.sink = receiver.Receiver()
        self.door = doors.enter("cgi", self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def teardown(self):
        if hasattr(self, "sink"):
            self.sink.close()
        if hasattr(self, "service"):
            self.service.close()

    def hook(self, path="/hook", action="*", url=None):
        return self.service.admin(
            "hook",
            "create",
            self.organization,
            url or self.sink.url(path),
            action,
        )

    def fresh(self, path="/hook", action="*", url=None):
        """A single hook: the hooks of earlier tests are deleted."""
        for line in self.service.admin(
            "hook", "list", self.organization
        ).splitlines():
            self.service.admin("hook", "delete", line.split("\t")[0])
        self.sink.clear()
        return self.hook(path, action, url)

    def publish(
        self, resource='{"title":"Demo"}', action="event.created", *options
    ):
        return self.service.admin(
            "publish",
            self.organization,
            action,
            *options,
            stdin=resource.encode(),
        )

    def publish_many(
        self, count, organization=None, action="event.created", first=0
    ):
        """With SQL, at once."""
        org = organization or self.organization
        values = ",".join(
            f"(UNHEX('{org}'), '{action}', '{{\"n\":{n}}}')"
            for n in range(first, first + count)
        )
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, "
            f"resource) VALUES {values}"
        )

    def secret(self, hook):
        answer = self.door.request(
            "GET", f"/v2/hooks/{hook}/secret", [("Authorization", self.key)]
        )
        assert answer.status == 200, answer
        return answer.json()["secret"]

    def genuine(self, request, hook):
        """The signature is right, by code that is not the sender's."""
        receive.verify(self.secret(hook), request.header_map(), request.body)

    def once(self, summary=None):
        """One `hooks-send --once`, with its summary when one is expected."""
        done = self.service.send("--once")
        assert done.status == 0, done
        line = done.out.splitlines()[-1]
        if summary:
            assert line.startswith(summary), done
        return line

    def states(self):
        """How many deliveries are in each state."""
        rows = self.service.db.sql(
            "SELECT state, COUNT(*) FROM vh_deliveries GROUP BY state"
        )
        return {state: int(count) for state, count in rows}

    def attempts(self, columns="attempt, status, error"):
        """The attempts of the newest delivery."""
        return self.service.db.sql(
            f"SELECT {columns} FROM vh_attempts WHERE delivery_id = "
            "(SELECT MAX(id) FROM vh_deliveries) ORDER BY attempt"
        )


@functools.cache
def _shared():
    made = service.Service()
    tap.at_end(made.close)
    return made


class SharedCase(SendCase):
    """One service for all classes of a file, an organization for each."""

    def make_service(self):
        return _shared()

    def teardown(self):
        if hasattr(self, "sink"):
            self.sink.close()


class LaneCase(SendCase):
    """Many at once, and the options of hooks."""

    def set(self, **columns):
        """Hook options, as the API would set them for every hook."""
        changes = ", ".join(f"{k} = {v}" for k, v in columns.items())
        self.service.db.sql(
            f"UPDATE vh_hooks SET {changes}, updated_at = UTC_TIMESTAMP(3)"
        )

    @staticmethod
    def number(request):
        return json.loads(request.body)["resource"]["n"]

    def state_of(self, hook):
        """What `hook list` says."""
        for line in self.service.admin(
            "hook", "list", self.organization
        ).splitlines():
            if line.startswith(hook):
                return line.split("\t")[2]
        return "deleted"
