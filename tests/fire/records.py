# SPDX-License-Identifier: MIT
"""
The records in the database: the only file of tests/fire that knows the names of
tables and columns.
"""

import json

import processes

NAME = "vyte_hooks"
PREFIX = "vh_"


def table(name):
    return PREFIX + name


OUTBOX = table("outbox")
LANES = table("lanes")
# What a statement holds that records how requests ended.
OUTCOMES = f"INSERT INTO {table('attempts')} "


class Row:
    def __init__(self, **columns):
        self.__dict__.update(columns)

    def __repr__(self):
        return " ".join(
            f"{name}={str(value)[:60]}" for name, value in self.__dict__.items()
        )


class Records:
    def __init__(self, db):
        self.db = db
        self._saved = []  # the names of tables

    def _rows(self, columns, source):
        names = columns.split()
        return [
            Row(**dict(zip(names, (None if v == "NULL" else v for v in row))))
            for row in self.db.sql(source)
        ]

    # ---- changing it ----

    @staticmethod
    def _insert(organization, numbers, action="event.created", pad=0):
        values = ",".join(
            f"(UNHEX('{organization}'), '{action}', '{resource(n, pad)}')"
            for n in numbers
        )
        return (
            f"INSERT INTO {OUTBOX} (organization, action, resource) "
            f"VALUES {values}"
        )

    def publish(self, organization, numbers, **options):
        """With SQL, in one transaction."""
        self.db.sql(self._insert(organization, numbers, **options))

    def publish_each(self, numbers):
        """The same for several organizations: {organization: number}."""
        self.db.sql("; ".join(self._insert(o, [n]) for o, n in numbers.items()))

    def publish_late(self, organization, numbers, seconds, end):
        """In a transaction that takes its time, and may be rolled back."""
        self.db.sql(
            f"START TRANSACTION; {self._insert(organization, numbers)}; "
            f"DO SLEEP({seconds}); {end}"
        )

    def set_hook(self, path, **columns):
        """Hook options, as the API would set them."""
        changes = ", ".join(f"{k} = {v}" for k, v in columns.items())
        self.db.sql(
            f"UPDATE {table('hooks')} SET {changes}, updated_at = "
            f"UTC_TIMESTAMP(3) WHERE target_url LIKE '%{path}%'"
        )

    def spread(self):
        """Whether all that was published has become deliveries."""
        return not self.db.sql(
            f"SELECT 1 FROM {OUTBOX} UNION ALL SELECT 1 FROM "
            f"{table('notifications')} WHERE state = 'queued'"
        )

    # ---- going back ----

    def _tables(self, name):
        return [
            row[0]
            for row in self.db.sql(
                "SELECT table_name FROM information_schema.tables WHERE "
                f"table_schema = '{name}' AND table_type = 'BASE TABLE'"
            )
        ]

    def save(self):
        """What is committed now, for go_back(): of all tables at one moment,
        as a dump is made. Waits for nobody."""
        if not self._saved:
            self._saved = self._tables(NAME)
        for name in self._saved:
            self._file(name).unlink(missing_ok=True)
        self.db.sql(
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
            "START TRANSACTION WITH CONSISTENT SNAPSHOT; "
            + "".join(
                f"SELECT * INTO OUTFILE '{self._file(t)}' CHARACTER SET "
                f"binary FROM {t}; "
                for t in self._saved
            )
            + "COMMIT"
        )

    def _file(self, name):
        return self.db.folder / "data" / f"saved_{name}"

    def go_back(self):
        """The database forgets what was committed since save(): rows and the
        numbers that were given out. Nobody may be connected."""
        processes.wait_until(
            lambda: (
                not self.db.sql(
                    "SELECT 1 FROM information_schema.processlist "
                    "WHERE user <> 'root' AND user NOT LIKE '%system%'"
                )
            ),
            60,
            "the end of all connections",
        )
        self.db.sql(
            "START TRANSACTION; "
            + "".join(
                f"DELETE FROM {t}; LOAD DATA INFILE '{self._file(t)}' "
                f"INTO TABLE {t} CHARACTER SET binary; "
                for t in self._saved
            )
            + "COMMIT"
        )
        counting = self.db.sql(
            "SELECT table_name FROM information_schema.tables WHERE "
            f"table_schema = '{NAME}' AND auto_increment IS NOT NULL"
        )
        self.db.sql(
            "".join(
                f"ALTER TABLE {t} AUTO_INCREMENT = 1; " for (t,) in counting
            )
        )

    # ---- reading it ----

    def notifications(self):
        """Those that were taken over, and those that were not yet."""
        rows = self._rows(
            "id org state reason resource",
            (
                "SELECT id, LOWER(HEX(organization)), state, reason, resource "
                f"FROM {table('notifications')} UNION ALL "
                "SELECT id, LOWER(HEX(organization)), 'queued', NULL, "
                f"resource FROM {OUTBOX} ORDER BY 1"
            ),
        )
        for row in rows:
            row.id, row.n = int(row.id), json.loads(row.resource).get("n")
        return rows

    def hooks(self):
        rows = self._rows(
            "id org url action ordered deleted",
            (
                "SELECT id, LOWER(HEX(organization)), target_url, action, "
                "ordered, deleted_at "
                f"FROM {table('hooks')}"
            ),
        )
        for row in rows:
            row.path = "/" + row.url.split("/", 3)[3].partition("?")[0]
            row.ordered = row.ordered == "1"
        return rows

    def deliveries(self):
        rows = self._rows(
            "id notification hook state attempts reason",
            (
                "SELECT id, notification_id, hook_id, state, attempts, reason "
                f"FROM {table('deliveries')} ORDER BY id"
            ),
        )
        for row in rows:
            row.id, row.notification, row.attempts = (
                int(row.id),
                int(row.notification),
                int(row.attempts),
            )
        return rows

    def attempts(self):
        rows = self._rows(
            "delivery attempt status error headers",
            (
                "SELECT delivery_id, attempt, status, error, "
                f"CONVERT(response_headers USING latin1) FROM "
                f"(SELECT delivery_id, attempt, status, error, REPLACE(REPLACE("
                "response_headers, '\\r', ''), '\\n', ';') AS response_headers "
                f"FROM {table('attempts')}) a ORDER BY delivery_id, attempt"
            ),
        )
        for row in rows:
            row.delivery = int(row.delivery)
            row.status = row.status and int(row.status)
            row.seen = _seen(row.headers)
        return rows

    def waiting(self):
        """How much is not finished: notifications and deliveries."""
        return int(
            self.db.value(
                f"SELECT (SELECT COUNT(*) FROM {OUTBOX}) + "
                f"(SELECT COUNT(*) FROM {table('notifications')} WHERE "
                f"state = 'queued') + (SELECT COUNT(*) FROM "
                f"{table('deliveries')} WHERE state = 'pending')"
            )
        )

    def what_waits(self):
        """For people."""
        return self.db.sql(
            f"SELECT 'outbox', COUNT(*) FROM {OUTBOX} UNION ALL "
            f"SELECT 'queued', COUNT(*) FROM {table('notifications')} "
            "WHERE state = 'queued'"
        ) + self.db.sql(
            "SELECT h.target_url, COUNT(*), MIN(d.due_at), UTC_TIMESTAMP(3), "
            "l.next_at, l.owner, l.suspended_until, l.crashes, l.failures "
            f"FROM {table('deliveries')} d JOIN {table('hooks')} h "
            f"ON h.id = d.hook_id JOIN {table('lanes')} l "
            "ON l.hook_id = h.id WHERE d.state = 'pending' GROUP BY h.id"
        )

    def delivered(self, path):
        return int(
            self.db.value(
                f"SELECT COUNT(*) FROM {table('deliveries')} d JOIN "
                f"{table('hooks')} h ON h.id = d.hook_id WHERE "
                "h.target_url LIKE "
                f"'%{path}%' AND d.state = 'delivered'"
            )
        )

    def failed(self):
        """(path, number) of what was given up."""
        notes = {note.id: note.n for note in self.notifications()}
        paths = {hook.id: hook.path for hook in self.hooks()}
        return [
            (paths[row.hook], notes[row.notification])
            for row in self.deliveries()
            if row.state == "failed"
        ]

    def open_transactions(self, user):
        """How many this user's connections have."""
        return int(
            self.db.value(
                "SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN "
                "information_schema.processlist p ON "
                f"p.id = t.trx_mysql_thread_id WHERE p.user = '{user}'"
            )
        )

    def owners(self):
        return {
            o
            for (o,) in self.db.sql(
                f"SELECT owner FROM {table('lanes')} WHERE owner IS NOT NULL"
            )
        }

    # ---- what applications do at the same time ----

    def crosswise(self, downwards):
        """Updates that meet those of somebody who goes the other way."""
        way = "DESC" if downwards else "ASC"
        return (
            "START TRANSACTION; "
            f"UPDATE {table('lanes')} SET failures = failures "
            f"ORDER BY hook_id {way}; "
            f"UPDATE {table('deliveries')} SET crashes = crashes "
            f"WHERE state = 'pending' ORDER BY id {way} LIMIT 20; COMMIT"
        )

    def lock_all(self):
        """As mysqldump --lock-tables does it."""
        return "LOCK TABLES " + ", ".join(
            f"{t} READ" for t in self._tables(NAME)
        )

    # ---- locks, for those who hold one ----

    def lane_of(self, path):
        """Of this hook alone: a join would lock what it reads first."""
        return (
            f"SELECT * FROM {table('lanes')} WHERE hook_id = (SELECT id FROM "
            f"{table('hooks')} WHERE target_url LIKE '%{path}%') FOR UPDATE"
        )

    def last_delivery_of(self, path):
        return (
            f"SELECT d.* FROM {table('deliveries')} d WHERE d.hook_id = "
            f"(SELECT id FROM {table('hooks')} WHERE target_url LIKE "
            f"'%{path}%') ORDER BY d.id DESC LIMIT 1 FOR UPDATE"
        )

    def hook_of(self, path):
        return (
            f"SELECT * FROM {table('hooks')} WHERE target_url LIKE "
            f"'%{path}%' FOR UPDATE"
        )

    def organization_of(self, path):
        return (
            f"SELECT o.* FROM {table('organizations')} o JOIN "
            f"{table('hooks')} h ON h.organization = o.id WHERE "
            f"h.target_url LIKE '%{path}%' FOR UPDATE"
        )

    def newest_notification(self):
        return (
            f"SELECT * FROM {table('notifications')} ORDER BY id DESC "
            "LIMIT 1 FOR UPDATE"
        )

    def publish_by_itself(self, organization, numbers):
        """A statement, for a transaction of somebody else's."""
        return self._insert(organization, numbers)

    def all_lanes_but(self, path):
        ids = [hook.id for hook in self.hooks() if hook.path != path]
        return (
            f"SELECT * FROM {table('lanes')} WHERE hook_id IN "
            f"({', '.join(ids)}) FOR UPDATE"
        )


def resource(n, pad=0):
    text = f'"pad":"{"x" * pad}",' if pad else ""
    return f'{{{text}"n":{n}}}'


def _seen(headers):
    """The number of the request that an answer's header names."""
    for line in (headers or "").split(";"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "x-seen":
            return int(value)
    return None
