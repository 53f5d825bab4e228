# SPDX-License-Identifier: MIT
"""
A tenant who schedules, for the same second, more than can be sent in one: by
HTTP and with SQL, a wave as soon as the one before is due; and who cancels.
"""

import datetime
import json
import threading
import time

import rawhttp
import tap
from application import Application
from hostilecase import HostileCase

# Of a wave, with SQL; HTTP adds what it can.
WAVE, AT_ONCE = 100_000, 1000
AHEAD_S = 8
CANCELLED = 20


def _moment(begin, form):
    """The second in which a wave that begins then is due."""
    moment = datetime.datetime.fromtimestamp(
        int(begin) + AHEAD_S, datetime.timezone.utc
    )
    return moment.strftime(form)


def _rows(organization, wave, moment):
    """The first of them have a key: they replace those of the statement before,
    and can be cancelled."""
    rows = ",".join(
        f"(x'{organization}', 'event.created', '{{}}', '{moment}', "
        + (f"'{wave}.{n}')" if n < CANCELLED else "NULL)")
        for n in range(AT_ONCE)
    )
    return (
        "INSERT INTO vh_outbox (organization, action, resource, deliver_at, "
        f"replace_key) VALUES {rows}"
    )


def _cancels(organization, wave):
    rows = ",".join(
        f"(x'{organization}', '{wave}.{n}')" for n in range(CANCELLED)
    )
    return f"INSERT INTO vh_outbox (organization, cancels) VALUES {rows}"


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
        """Others of the wave, and an end for some."""
        moment = _moment(time.time(), "%Y-%m-%dT%H:%M:%SZ")
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
        begin = time.time()
        moment = _moment(begin, "%Y-%m-%d %H:%M:%S")
        for _ in range(WAVE // AT_ONCE):
            application.do(_rows(organization, int(begin), moment))
            attack.done(AT_ONCE)
            if attack.wait(0.02):
                return
        application.do(_cancels(organization, int(begin)))
        attack.wait(max(0, begin + AHEAD_S - time.time()))

    thread = threading.Thread(target=attack.repeat, args=(by_http,))
    thread.start()
    attack.repeat(by_sql)
    thread.join()


class Scheduled(HostileCase):
    """Nobody answers where they are to be sent, so that they also stay."""

    def test_waves(self):
        self.service.admin(
            "hook",
            "create",
            self.organization,
            "http://127.0.0.1:1/",
            "event.created",
        )
        self.holds(
            "100,000 scheduled for one second, again and again, and cancels",
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
        assert by_state.get("fanned_out", 0) > AT_ONCE, by_state
        assert by_state.get("cancelled", 0) > 0, by_state


if __name__ == "__main__":
    tap.main()
