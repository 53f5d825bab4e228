# SPDX-License-Identifier: MIT
"""
A private MariaDB (or, with HOOKS_TEST_MYSQLD, Oracle's MySQL): on a unix
socket only, as durable as in production, in the run's folder.
"""

import contextlib
import os
import signal
import subprocess

import processes
import where

SETTINGS = (
    "--no-defaults",
    "--skip-networking",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--max-connections=200",
    # A zone other than UTC, so that a place that forgets UTC is noticed.
    "--default-time-zone=+05:30",
)


def numbers(last, first=1):
    """A table of the whole numbers from `first` to `last` (up to a million),
    column `seq`, for a FROM, on servers that have no sequence engine too."""
    digits = "SELECT 0 d" + "".join(
        f" UNION ALL SELECT {n}" for n in range(1, 10)
    )
    places = len(str(last))
    value = " + ".join(f"{10**i} * t{i}.d" for i in range(places))
    tables = ", ".join(f"({digits}) t{i}" for i in range(places))
    return (
        f"(SELECT {value} AS seq FROM {tables} "
        f"HAVING seq BETWEEN {first} AND {last} ORDER BY seq) numbers"
    )


class Database:
    """Not running until start(). Its superuser is root, without password."""

    def __init__(self, folder, settings=()):
        self.folder = folder.for_nobody("db")
        self.socket = self.folder / "s"
        # Not /tmp: a starting server removes the files of other servers there.
        self.temporary = folder.for_nobody("db-tmp")
        self.log = folder / "mysqld.log"
        self.settings = settings
        self.oracle = os.environ.get("HOOKS_TEST_MYSQLD")
        self.server = self.oracle or where.server("mariadbd", "mysqld")
        self.client = where.server("mariadb", "mysql")
        self.child = None
        self.environment = None  # our own
        self.patience = None  # seconds for a client's statements
        self._install()

    def _install(self):
        if self.oracle:
            argv = [
                self.server,
                "--no-defaults",
                "--initialize-insecure",
                f"--datadir={self.folder}/data",
                f"--tmpdir={self.temporary}",
            ]
        else:
            argv = [
                where.server("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self.folder}/data",
                f"--tmpdir={self.temporary}",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                "--innodb-log-file-size=16M",
            ]
        child = processes.Child(
            "install", argv, self.log, cwd=self.folder, drop=True
        )
        assert child.wait(120) == 0, child.errors()[-2000:]

    def start(self):
        self.child = processes.Child(
            "mysqld",
            [
                self.server,
                *SETTINGS,
                f"--datadir={self.folder}/data",
                f"--tmpdir={self.temporary}",
                f"--socket={self.socket}",
                f"--pid-file={self.folder}/pid",
                *self.settings,
            ],
            self.log,
            env=self.environment,
            cwd=self.folder,
            drop=True,
        )
        processes.wait_until(self._answers, 60, "the database's start")
        return self

    def _answers(self):
        self.child.check()
        return self._client("SELECT 1").returncode == 0

    def stop(self, number=signal.SIGTERM):
        if self.child:
            self.child.stop(60, number)
            self.child = None

    def _client(self, statements, user="root", password="", name=""):
        env = dict(os.environ, MYSQL_PWD=password)
        # Oracle's libraries need not be found by the client, nor its charsets.
        return subprocess.run(
            [
                self.client,
                "--no-defaults",
                f"--socket={self.socket}",
                "--protocol=socket",
                f"--user={user}",
                "--batch",
                "--raw",
                "--skip-column-names",
                "--default-character-set=utf8mb4",
                name,
            ],
            input=statements.encode(),
            capture_output=True,
            env=env,
            timeout=self.patience,
            check=False,
        )

    def sql(self, statements, user="root", password="", name="vyte_hooks"):
        """Runs statements; returns the rows as lists of strings."""
        done = self._client(statements, user, password, name)
        if done.returncode:
            raise AssertionError(f"{statements}: {done.stderr.decode()}")
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    @contextlib.contextmanager
    def holding(
        self,
        *statements,
        isolation="READ COMMITTED",
        user="root",
        password="",
        commit=False,
    ):
        """An application's transaction that stays open, with its locks; then
        it is rolled back, or committed."""
        client = subprocess.Popen(
            [
                self.client,
                "--no-defaults",
                f"--socket={self.socket}",
                f"--user={user}",
                "--unbuffered",
                "--skip-column-names",
                "vyte_hooks",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
            env=dict(os.environ, MYSQL_PWD=password),
        )
        client.stdin.write(
            f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}; START "
            f"TRANSACTION; {'; '.join(statements)}; SELECT 'locked';\n"
        )
        client.stdin.flush()
        while "locked" not in (line := client.stdout.readline()):
            assert line, "the lock could not be had"
        try:
            yield
            if commit:
                client.communicate("COMMIT;\n", 10)
        finally:
            client.kill()
            client.wait()

    def numbers(self):
        """A table `numbers` of n from 1 to 65536; MariaDB's sequences are
        not MySQL's."""
        self.sql(
            "CREATE TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY); "
            "REPLACE INTO numbers VALUES (1); "
            + "".join(
                f"REPLACE INTO numbers SELECT n + {1 << k} FROM numbers "
                f"WHERE n <= {1 << k}; "
                for k in range(16)
            )
        )

    def value(self, statement):
        """The one value that a query gives."""
        rows = self.sql(statement)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]
