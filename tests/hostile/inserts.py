# SPDX-License-Identifier: MIT
"""An application that may INSERT into vh_outbox, and does nothing else."""

import random

import tap
from application import Application
from hostilecase import HostileCase

STRANGERS, AT_ONCE = 100_000, 1000
SETTINGS = (
    "SET insert_id = 18446744073709551614",
    "SET insert_id = 1099511627774",
    "SET auto_increment_increment = 65535",
    "SET timestamp = 1",
    "SET timestamp = 2147483000",
    "SET sql_mode = ''",
)


def _rows(organizations):
    return (
        "INSERT INTO vh_outbox (organization, action, resource) VALUES "
        + ",".join(
            f"(x'{org.hex()}', 'event.created', '{{}}')"
            for org in organizations
        )
    )


def insert(attack, client, socket, organization):
    application = Application(client, socket, force=True)
    own, left = bytes.fromhex(organization), STRANGERS

    def one():
        nonlocal left
        setting = random.choice(SETTINGS)
        application.do(f"{setting}; {_rows([own])}")
        application.do(
            "INSERT IGNORE INTO vh_outbox (id, organization) VALUES (5, 'x'); "
            f"INSERT INTO vh_outbox (organization) VALUES (x'{own.hex()}')"
        )
        if left:
            left -= AT_ONCE
            application.do(_rows(random.randbytes(12) for _ in range(AT_ONCE)))
        attack.wait(0.1)

    attack.repeat(one)


class Inserts(HostileCase):
    def test_rows_and_settings_of_all_kinds(self):
        self.holds(
            "1 INSERT: settings of the session, 100,000 rows of nobody",
            insert,
            client=str(self.service.db.client),
            socket=str(self.service.db.socket),
            organization=self.organization,
        )
        self.service.publish_sql(
            self.neighbour.organization, "event.created", '{"n":-1}'
        )
        self.neighbour.sink.wait(1, seconds=30)


if __name__ == "__main__":
    tap.main()
