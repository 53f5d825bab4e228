# SPDX-License-Identifier: MIT
"""
The base of hooks-admin's tests: one server for the file, a database of its
own for each class, and no other program than hooks-admin.
"""

import subprocess

import database
import processes
import service
import tap
import where

_shared = []


def shared_server():
    """Started at the first use, stopped when the file's tests are done."""
    if not _shared:
        folder = processes.Folder()
        tap.at_end(folder.close)
        server = database.Database(folder)
        tap.at_end(server.stop)
        server.start()
        server.sql((where.EXAMPLES / "database.sql").read_text(), name="")
        _shared.extend((folder, server))
    return _shared


class AdminCase(tap.Case):
    """self.admin() must succeed, self.run() may end in any way."""

    migrated = True

    def server(self):
        """Its folder and itself, running; may be one of the class's own."""
        return shared_server()

    def setup(self):
        self.folder, self.db = self.server()
        self.db.sql(
            "DROP DATABASE IF EXISTS vyte_hooks; "
            "CREATE DATABASE vyte_hooks CHARACTER SET utf8mb4",
            name="",
        )
        self.config = self.write_config("hooks.conf")
        if self.migrated:
            self.admin("migrate")

    def write_config(self, name, more="", **keys):
        """The operator's configuration; `keys` go into [database]."""
        keys = {
            "socket": self.db.socket,
            "user": service.ADMIN,
            "password": service.password_of(service.ADMIN),
            **keys,
        }
        path = self.folder / name
        path.write_text(
            "[database]\n"
            + "".join(f"{k} = {v}\n" for k, v in keys.items() if v is not None)
            + more
        )
        path.chmod(0o600)
        return path

    def run(self, *args, stdin=b"", config=None, stdout=None):
        argv = [where.program("hooks-admin"), "-c", config or self.config]
        done = subprocess.run(
            [str(a) for a in (*argv, *args)],
            input=stdin,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        done.stdout = done.stdout or b""
        return service.Done(done)

    def admin(self, *args, stdin=b""):
        """Its standard output without the last line end."""
        done = self.run(*args, stdin=stdin)
        assert done.status == 0 and not done.err, f"{args}: {done}"
        assert not done.out or done.out.endswith("\n"), done
        return done.out.removesuffix("\n")

    def rows(self, *args):
        """The lines of its output, as lists of columns."""
        return [line.split("\t") for line in self.admin(*args).splitlines()]

    def fails(self, status, *args, words=(), **options):
        """It ends with this status, prints nothing and logs the reason."""
        done = self.run(*args, **options)
        assert done.status == status, f"{args}: {done}"
        assert done.out == "", f"{args}: {done}"
        assert done.err.startswith("hooks-admin: "), f"{args}: {done}"
        assert done.err.count("\n") == 1, f"{args}: {done}"
        for word in words:
            assert str(word) in done.err, f"{args}: {word} not in {done}"
