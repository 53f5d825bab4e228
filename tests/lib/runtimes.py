# SPDX-License-Identifier: MIT
"""
The receivers in examples/ that users copy from, each as its users run it: by
the interpreter or compiler of its language, the C program by a web server.

    receiver = runtimes.ALL["receive.go"](folder, secret_file, service)
    receiver.send(headers, body)

Those that want a database get one of their own on the service's server. What
is compiled is compiled once for a service.
"""

import os
import shlex
import shutil
import sqlite3
import subprocess

import doors
import processes
import rawhttp
import where

RECEIVERS = where.EXAMPLES / "receivers"
PATH = "/hooks"


def _program(name):
    found = shutil.which(name)
    assert found, f"{name} not found: tests/prepare installs it"
    return found


def _compile(program, *argv, **environment):
    if program.exists():
        return
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, **environment),
    )
    assert done.returncode == 0, done.stderr


class _Receiver:
    """Listens on a port of the loopback; its lines are in `log`."""

    drop = False

    def __init__(self, folder, secret_file, service):
        self.folder = folder
        self.secret_file = secret_file
        self.service = service
        self.log = folder / f"{self.name}.log"
        self.port = doors.free_port()
        self.child = processes.Child(
            self.name,
            self.command(),
            self.log,
            env=dict(os.environ, **self.environment()),
            drop=self.drop,
        )
        processes.wait_until(self._answers, 20, f"{self.name}'s start")

    def environment(self):
        return {}

    def _answers(self):
        self.child.check()
        try:
            return self.send([], b"")
        except OSError:
            return None

    def url(self):
        return f"http://127.0.0.1:{self.port}{PATH}"

    def send(self, head, body):
        """The status of its answer."""
        data = rawhttp.request_bytes("POST", PATH, head, body)
        return rawhttp.exchange(self.port, data, "POST").status

    def close(self):
        self.child.stop()


class Python(_Receiver):
    name = "receive.py"

    def command(self):
        return [
            "python3",
            RECEIVERS / self.name,
            "--port",
            self.port,
            "--secret-file",
            self.secret_file,
        ]


class JavaScript(_Receiver):
    name = "receive.js"

    def command(self):
        return [
            _program("node"),
            RECEIVERS / self.name,
            self.port,
            self.secret_file,
        ]


class _WithTables(_Receiver):
    """In an application's database, with the tables of inbox.sql."""

    def __init__(self, folder, secret_file, service):
        self.db = service.db
        self.db.sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app", name="")
        self.db.sql((RECEIVERS / "inbox.sql").read_text(), name="app")
        super().__init__(folder, secret_file, service)

    def break_table(self):
        self.db.sql("RENAME TABLE webhook_latest TO gone", name="app")

    def mend_table(self):
        self.db.sql("RENAME TABLE gone TO webhook_latest", name="app")


class Php(_WithTables):
    name = "receive.php"

    def command(self):
        return [
            _program("php"),
            "-S",
            f"127.0.0.1:{self.port}",
            RECEIVERS / self.name,
        ]

    def environment(self):
        return {
            "WEBHOOK_SECRET_FILE": str(self.secret_file),
            "WEBHOOK_DATABASE": f"mysql:unix_socket={self.db.socket};"
            "dbname=app;user=root",
            # Requests at the same time are served so.
            "PHP_CLI_SERVER_WORKERS": "4",
        }


class Go(_WithTables):
    name = "receive.go"

    def command(self):
        program = self.service.folder / "receive"
        _compile(
            program,
            _program("go"),
            *("build", "-o", program, RECEIVERS / self.name),
            # The driver as Debian's package has it; nothing from elsewhere.
            GO111MODULE="off",
            GOPATH="/usr/share/gocode",
            GOTOOLCHAIN="local",
            GOFLAGS="",
            GOCACHE=str(self.service.folder / "go"),
            CGO_ENABLED="0",
        )
        return [program, self.port, self.secret_file]

    def environment(self):
        return {"WEBHOOK_DATABASE": f"root@unix({self.db.socket})/app"}


class C(_Receiver):
    """lighttpd runs it, without being root."""

    name = "receive.c"
    drop = True

    def _lines(self):
        return [
            'server.modules = ("mod_cgi", "mod_setenv")',
            'server.bind = "127.0.0.1"',
            f"server.port = {self.port}",
            f'server.document-root = "{self.home}"',
            f'server.upload-dirs = ("{self.home}")',
            f'cgi.assign = ("{PATH}" => "")',
            "setenv.add-environment = ("
            f'"WEBHOOK_SECRET_FILE" => "{self.secret_file}", '
            f'"WEBHOOK_DATABASE" => "{self.database}")',
        ]

    def command(self):
        self.home = self.folder.for_nobody("cgi")
        self.database = self.home / "inbox.db"
        program = self.service.folder / "receive.cgi"
        _compile(
            program,
            *shlex.split(os.environ.get("CC", "cc")),
            *("-O2", "-Wall", "-Wextra", "-Werror", "-o", program),
            *(RECEIVERS / self.name, "-lcrypto", "-lsqlite3"),
        )
        shutil.copy(program, f"{self.home}{PATH}")
        binary = where.server("lighttpd")
        modules = where.root_of(binary) / "usr/lib/lighttpd"
        config = self.home / "lighttpd.conf"
        config.write_text("\n".join(self._lines()) + "\n")
        # Whatever the umask is.
        os.chmod(f"{self.home}{PATH}", 0o755)
        os.chmod(self.secret_file, 0o644)
        os.chmod(config, 0o644)
        return [binary, "-D", "-m", modules, "-f", config]

    def _sql(self, statements):
        db = sqlite3.connect(self.database)
        db.executescript(statements)
        db.close()

    def break_table(self):
        """Not by taking it away: the program would make it anew."""
        self._sql(
            "ALTER TABLE webhook_latest RENAME TO gone; "
            "CREATE VIEW webhook_latest AS SELECT * FROM gone"
        )

    def mend_table(self):
        self._sql(
            "DROP VIEW webhook_latest; "
            "ALTER TABLE gone RENAME TO webhook_latest"
        )


ALL = {door.name: door for door in (C, Go, JavaScript, Php, Python)}
# Those that keep what has arrived.
KEEPING = tuple(name for name, door in ALL.items() if door in (C, Go, Php))
