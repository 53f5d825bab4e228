# SPDX-License-Identifier: MIT
"""
A tenant who has scheduled 100,000 notifications for one second, and schedules
more from then on, with SQL and by HTTP, replaces and cancels.
"""

import datetime
import json
import threading
import time

import rawhttp
import tap
from application import Application
from database import numbers
from hostilecase import HostileCase

FIRST, AT_ONCE, CANCELLED = 100_000, 10_000, 20
# Until the first are due, and then until the others are.
FIRST_S, NEXT_S = 16, 2


def _moment(begin, form):
    return datetime.datetime.fromtimestamp(
        int(begin), datetime.timezone.utc
    ).strftime(form)


def _rows(organization, begin, count):
    """Some have a key: they replace each other, and can be cancelled."""
    moment = _moment(begin, "%Y-%m-%d %H:%M:%S")
    return (
        "INSERT INTO vh_outbox (organization, action, resource, deliver_at, "
        f"replace_key) SELECT x'{organization}', 'event.created', '{{}}', "
        f"'{moment}', IF(seq <= {CANCELLED}, CONCAT('sql', seq), NULL) "
        f"FROM {numbers(count)}"
    )


def _cancels(organization):
    return (
        "INSERT INTO vh_outbox (organization, cancels) SELECT "
        f"x'{organization}', CONCAT('sql', seq) FROM {numbers(CANCELLED)}"
    )


def schedule(attack, port, key, client, socket, organization):
    application = Application(client, socket, force=True)

    def ask(method, target, body=None):
        rawhttp.exchange(
            port,
            rawhttp.request_bytes(
                method, target, [("Authorization", key)], body
            ),
        )

    def by_http():
        moment = _moment(time.time() + NEXT_S, "%Y-%m-%dT%H:%M:%SZ")
        one = {
            "action": "event.created",
            "resource": {},
            "deliver_at": moment,
        }
        body = [{**one, "replace_key": f"http{n}"} for n in range(CANCELLED)]
        body += [one] * 500
        ask("POST", "/v2/notifications", json.dumps(body).encode())
        for n in range(CANCELLED):
            ask("DELETE", f"/v2/notifications?replace_key=http{n}")
        attack.wait(0.5)

    def by_sql():
        begin = time.time() + NEXT_S
        application.do(_rows(organization, begin, 1000))
        application.do(_cancels(organization))
        attack.wait(1)

    begin = time.time() + FIRST_S
    for _ in range(FIRST // AT_ONCE):
        application.do(_rows(organization, begin, AT_ONCE))
    attack.wait(max(0, begin - time.time()))
    thread = threading.Thread(target=attack.repeat, args=(by_http,))
    thread.start()
    attack.repeat(by_sql)
    thread.join()


class Scheduled(HostileCase):
    """Nobody answers where they are to be sent, so that they also stay."""

    def test_100_000_for_one_second(self):
        self.service.admin(
            "hook",
            "create",
            self.organization,
            "http://127.0.0.1:1/",
            "event.created",
        )
        self.holds(
            "100,000 scheduled for one second, then more, and cancels",
            schedule,
            port=self.door.port,
            key=self.key,
            client=str(self.service.db.client),
            socket=str(self.service.db.socket),
            organization=self.organization,
        )
        counts = self.service.db.sql(
            "SELECT state, COUNT(*) FROM vh_notifications WHERE organization "
            f"= UNHEX('{self.organization}') GROUP BY state"
        )
        print(f"# {', '.join(': '.join(row) for row in counts)}")
        by_state = {state: int(count) for state, count in counts}
        assert by_state.get("fanned_out", 0) > CANCELLED, by_state
        assert by_state.get("cancelled", 0) > 0, by_state


if __name__ == "__main__":
    tap.main()
