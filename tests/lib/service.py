# SPDX-License-Identifier: MIT
"""
A whole installation in a folder: prefix, database, users with the rights of
examples/grants.sql, a configuration file for each program, organizations and
keys, senders.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

import database
import processes
import where

ADMIN, API, SENDER, APPLICATION = (
    "hooks_admin",
    "hooks_api",
    "hooks_sender",
    "hooks_app",
)

# Settings for a test receiver, and a schedule that a test can wait for.
_DEFAULTS = {
    "database": {"name": "vyte_hooks"},
    "sender": {
        "linger": "30s",
        "workers": "1",
        "timeout": "3s",
        "connect_timeout": "1s",
        "retry_schedule": "1s 1s 1s",
        "retry_jitter": "0",
        "lease": "10s",
    },
    "targets": {"allow_http": "yes", "allow_networks": "127.0.0.0/8"},
    # Tests start the senders that they want.
    "api": {"kick": "no"},
}

# For hooks that a test has inserted itself: they want their action.
WANTS = """
INSERT INTO vh_hook_actions (organization, name, hook_id, version, since)
SELECT h.organization, h.action, h.id, h.version, h.created_at
FROM vh_hooks h LEFT JOIN vh_hook_actions a ON a.hook_id = h.id
WHERE a.hook_id IS NULL AND h.deleted_at IS NULL;
"""

# Reports of the sanitizers; a build without them never prints these.
_SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:")


def password_of(user):
    """As examples/database.sql and examples/grants.sql set it."""
    for name in ("database.sql", "grants.sql"):
        text = (where.EXAMPLES / name).read_text()
        found = re.search(rf"'{user}'@\S+ IDENTIFIED BY '([^']*)'", text)
        if found:
            return found[1]
    raise AssertionError(f"no example creates {user}")


def _let_others_read(top):
    """Whatever the umask of the checkout was."""
    for path in (top, *top.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))


class Done:
    """A program that ran to its end."""

    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()

    def __repr__(self):
        return f"<status {self.status} out {self.out!r} err {self.err!r}>"


class Service:
    """`settings` go over the defaults: {"sender": {"linger": "5s"}}. `db`: a
    server that runs already, and goes on; `schema`: whether it lacks ours."""

    def __init__(
        self, settings=None, database_settings=(), db=None, schema=True
    ):
        self.folder = processes.Folder()
        self.children = []
        self.databases = set()
        self.doors = {}
        self.db = db
        self.borrows = db is not None
        self.settings = {s: dict(k) for s, k in _DEFAULTS.items()}
        for section, keys in (settings or {}).items():
            self.settings.setdefault(section, {}).update(keys)
        try:
            self.prefix = self._make_prefix()
            if not self.borrows:
                self.db = database.Database(
                    self.folder, database_settings
                ).start()
            for user in (ADMIN, API, SENDER):
                self.write_config(user)
            if schema:
                self._make_schema()
        except BaseException:
            self.close()
            raise

    # ---- making it ----

    def _make_prefix(self):
        """As `make install` lays it out; copies, because a web server that
        gave up root may not be able to reach the checkout."""
        prefix = self.folder / "prefix"
        for name in (
            "libexec/vyte-hooks",
            "share/vyte-hooks",
            "etc/vyte-hooks",
            "bin",
        ):
            (prefix / name).mkdir(parents=True)
        shutil.copy(where.program("hooks.fcgi"), prefix / "libexec/vyte-hooks")
        shutil.copy(where.program("hooks-send"), prefix / "bin")
        shutil.copytree(
            where.SOURCE / "htdocs", prefix / "share/vyte-hooks/htdocs"
        )
        _let_others_read(prefix)
        return prefix

    def _make_schema(self):
        self.db.sql((where.EXAMPLES / "database.sql").read_text(), name="")
        self.admin("migrate")
        self.db.sql((where.EXAMPLES / "grants.sql").read_text())

    def config(self, user):
        return (
            self.prefix
            / "etc/vyte-hooks"
            / ("hooks.conf" if user == API else f"{user}.conf")
        )

    def write_config(self, user, **sections):
        """The configuration of one program's user; `sections` go on top."""
        settings = {s: dict(k) for s, k in self.settings.items()}
        settings["database"].update(
            socket=self.db.socket, user=user, password=password_of(user)
        )
        settings["sender"].setdefault("state_dir", self.folder / "state")
        for section, keys in sections.items():
            settings.setdefault(section, {}).update(keys)
        to = {"host": "localhost", "port": "3306", "name": "vyte_hooks"}
        to.update({k: v for k, v in settings["database"].items() if v})
        self.databases.add(
            f"{to.get('socket', '')}|{to['host']}|{to['port']}|{to['name']}"
        )
        path = self.config(user)
        path.write_text(
            "".join(
                f"[{section}]\n"
                + "".join(
                    f"{k} = {v}\n" for k, v in keys.items() if v is not None
                )
                for section, keys in settings.items()
            )
        )
        # Readable for the web server alone, as an operator would do it.
        path.chmod(0o640)
        if os.getuid() == 0:
            os.chown(path, 0, processes.NOBODY)
        return path

    def state(self, what):
        """A file of the sender's, by what its name ends with. There is none
        before the first run."""
        locks = list((self.folder / "state").glob("send-*.lock"))
        assert len(locks) < 2, locks
        return (
            locks[0].with_suffix(f".{what}")
            if locks
            else self.folder / "state" / f"none.{what}"
        )

    # ---- using it ----

    def run(self, name, *args, stdin=b"", config=None, seconds=60):
        """Runs hooks-admin or hooks-send to its end."""
        argv = [where.program(name)]
        if config:
            argv += ["-c", config]
        return Done(
            subprocess.run(
                [str(a) for a in (*argv, *args)],
                input=stdin,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        )

    def admin(self, *args, stdin=b""):
        """hooks-admin that must succeed; its output without the newline."""
        done = self.run(
            "hooks-admin", *args, stdin=stdin, config=self.config(ADMIN)
        )
        assert done.status == 0, f"hooks-admin {args}: {done}"
        return done.out.rstrip("\n")

    def organization(self, name="Demo"):
        return self.admin("org", "create", name)

    def key(self, organization, role="manage"):
        return self.admin("key", "create", organization, "--role", role)

    def admin_key(self):
        """A key that belongs to no organization."""
        return self.admin("key", "create", "--admin")

    def send(self, *flags):
        """One run of the sender to its end."""
        return self.run(
            "hooks-send", *(flags or ("--once",)), config=self.config(SENDER)
        )

    def start_sender(self, *flags, config=None, **options):
        child = processes.Child(
            "hooks-send",
            [
                where.program("hooks-send"),
                "-c",
                config or self.config(SENDER),
                *flags,
            ],
            self.folder / f"send{len(self.children)}.log",
            stdout=subprocess.PIPE,
            **options,
        )
        self.children.append(child)
        return child

    def publish_sql(self, organization, action, resource, **columns):
        """Publishes as an application does, with the application's rights."""
        names = ["organization", "action", "resource", *columns]
        values = [f"UNHEX('{organization}')", quote(action), quote(resource)]
        values += [quote(v) for v in columns.values()]
        self.db.sql(
            f"INSERT INTO vh_outbox ({', '.join(names)}) "
            f"VALUES ({', '.join(values)})",
            user=APPLICATION,
            password=password_of(APPLICATION),
        )

    # ---- ending it ----

    def sanitizer_reports(self):
        return [
            f"{log}: {line}"
            for log in self.folder.path.rglob("*.log")
            for line in log.read_text(errors="replace").splitlines()
            if _SANITIZER.search(line)
        ]

    def _started(self):
        """Senders that requests started; they have our configuration."""
        for pid, words in processes.running(f"{self.folder.path}/"):
            if words[0].endswith("hooks-send"):
                yield pid

    def _end_started(self):
        for pid in self._started():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        processes.wait_until(
            lambda: not list(self._started()),
            10,
            "the end of senders that were started",
        )

    def _forget_shares(self):
        """What hooks.fcgi leaves in memory where the state folder is another
        user's, or is not there yet: a table and a mark, both named after the
        database."""
        for what in self.databases:
            name = hashlib.sha256(what.encode()).hexdigest()[:8]
            for path in pathlib.Path("/dev/shm").glob(
                f"vyte-hooks-*-send-{name}-*"
            ):
                path.unlink(missing_ok=True)

    def close(self):
        for child in self.children:
            child.stop()
        self._end_started()
        if self.db and not self.borrows:
            self.db.stop()
        self._forget_shares()
        reports = self.sanitizer_reports()
        self.folder.close()
        assert not reports, "\n".join(reports)


def quote(text):
    """An SQL string literal (the session has backslash escapes on)."""
    escaped = str(text).replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
