# SPDX-License-Identifier: MIT
"""
Three programs with actions of their own publish side by side: a shop by HTTP,
an invoicing program with SQL in its transactions, and a booking site through
the triggers of examples/publishers/triggers.sh, which it knows nothing of.
Everything arrives once and in its second, and nothing that was cancelled.
"""

import datetime
import json
import os
import subprocess
import time

import service
import tap
import where
from sendcase import SendCase

# Of a moment: the second within which it is to arrive, and as much again for a
# machine that does other things, too.
LATE = 2
HOUR = 3600
# The booking site's clock is two hours ahead of UTC.
ZONE = datetime.timezone(datetime.timedelta(hours=2))

# As far as the triggers are concerned; and whoever uses it.
BOOKING = """
CREATE DATABASE booking;
CREATE TABLE booking.ea_appointments (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    book_datetime DATETIME, start_datetime DATETIME, end_datetime DATETIME,
    location TEXT, notes TEXT, hash TEXT, is_unavailability TINYINT(4) DEFAULT 0,
    id_users_provider INT, id_users_customer INT, id_services INT
) ENGINE=InnoDB;
CREATE USER 'ea'@'localhost' IDENTIFIED BY 'ea';
GRANT SELECT, INSERT, UPDATE, DELETE ON booking.* TO 'ea'@'localhost';
GRANT SELECT ON booking.* TO 'hooks_admin'@'localhost';
CREATE DATABASE invoicing;
CREATE TABLE invoicing.invoices (id INT PRIMARY KEY, total DECIMAL(9,2));
GRANT SELECT, INSERT ON invoicing.* TO 'hooks_app'@'localhost';
"""


class Programs(SendCase):
    def setup(self):
        super().setup()
        for action in ("order.placed", "invoice.sent"):
            self.service.admin("action", "add", action)
        self.service.db.sql(BOOKING, name="")
        self.service.db.sql(self.triggers(), name="")
        self.fresh()
        self.begun = {}  # when each was published, or is to arrive
        self.service.start_sender()

    def triggers(self):
        """The example's output."""
        done = subprocess.run(
            [
                where.EXAMPLES / "publishers/triggers.sh",
                *(self.organization, "booking"),
            ],
            env={
                **os.environ,
                "PATH": f"{where.BUILD}:{os.environ['PATH']}",
                "HOOKS_CONFIG": str(self.service.config(service.ADMIN)),
                "ZONE": "+02:00",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 and not done.stderr, done
        return done.stdout

    # ---- the programs ----

    def shop(self, number):
        self.begun["order.placed", number] = time.time()
        answer = self.door.request(
            "POST",
            "/v2/notifications",
            [("Authorization", self.service.key(self.organization, "publish"))],
            json.dumps(
                {"action": "order.placed", "resource": {"id": number}}
            ).encode(),
        )
        assert answer.status == 202, answer

    def invoicing(self, number, end="COMMIT"):
        if end == "COMMIT":
            self.begun["invoice.sent", number] = time.time()
        self.service.db.sql(
            f"BEGIN; INSERT INTO invoices VALUES ({number}, 19.90); "
            "INSERT INTO vyte_hooks.vh_outbox (organization, action, resource) "
            f"VALUES (UNHEX('{self.organization}'), 'invoice.sent', "
            f"'{{\"id\":{number}}}'); {end}",
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
            name="invoicing",
        )

    def booking(self, statement):
        self.service.db.sql(statement, user="ea", password="ea", name="booking")

    def start(self, number, seconds):
        """An appointment of which the reminder is due that many seconds after
        the beginning."""
        moment = self.zero + seconds
        self.begun["appointment.reminder", number] = moment
        return datetime.datetime.fromtimestamp(moment + HOUR, ZONE).strftime(
            "'%Y-%m-%d %H:%M:%S'"
        )

    def book(self, number, seconds):
        start = self.start(number, seconds)
        self.begun["appointment.booked", number] = time.time()
        self.booking(
            "INSERT INTO ea_appointments (id, start_datetime, notes) VALUES "
            f"({number}, {start}, 'private')"
        )

    def move(self, number, seconds):
        start = self.start(number, seconds)
        self.begun["appointment.moved", number] = time.time()
        self.booking(
            f"UPDATE ea_appointments SET start_datetime = {start} "
            f"WHERE id = {number}"
        )

    def cancel(self, number):
        del self.begun["appointment.reminder", number]
        self.begun["appointment.cancelled", number] = time.time()
        self.booking(f"DELETE FROM ea_appointments WHERE id = {number}")

    # ---- the day ----

    def day(self):
        self.zero = int(time.time()) + 1
        self.book(1, 4)
        self.book(2, 4)
        self.book(3, 5)
        self.book(4, 5)
        self.shop(1)
        self.invoicing(1)
        self.invoicing(2, "ROLLBACK")
        self.move(2, 7)
        self.cancel(3)
        self.move(4, 6)
        self.cancel(4)
        # No appointment, no news, and a change that was taken back.
        self.booking(
            "INSERT INTO ea_appointments (start_datetime, is_unavailability) "
            "VALUES (NOW(), 1); UPDATE ea_appointments SET notes = 'more'; "
            "BEGIN; DELETE FROM ea_appointments; ROLLBACK"
        )
        self.shop(2)
        self.invoicing(3)

    def test_everything_arrives_in_its_second(self):
        self.day()
        self.sink.wait(len(self.begun), "/hook", 30)
        # Those that were cancelled would have come by now, or come next.
        time.sleep(max(0, self.zero + 7 + LATE - time.time()))
        got = {}
        for request in self.sink.at("/hook"):
            body = json.loads(request.body)
            what = body["action"], body["resource"]["id"]
            assert what not in got, what
            got[what] = request.time
            assert "private" not in request.body.decode(), request
        assert set(got) == set(self.begun), set(got) ^ set(self.begun)
        for what, moment in self.begun.items():
            assert 0 <= got[what] - moment < LATE, (what, got[what] - moment)

    def test_what_was_moved_says_from_where(self):
        [moved] = [
            body["resource"]
            for body in (json.loads(r.body) for r in self.sink.at("/hook"))
            if body["action"] == "appointment.moved"
            and body["resource"]["id"] == 2
        ]
        change = moved["changed"]["start_datetime"]
        assert change["new"] == moved["start_datetime"] > change["old"], moved
        assert list(moved["changed"]) == ["start_datetime"], moved


tap.main()
