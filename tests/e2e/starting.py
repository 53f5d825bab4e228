# SPDX-License-Identifier: MIT
"""The things that the sender needs to start: a configuration, a database, a
folder of its own for its state."""

import os
import re
import signal
import subprocess
import time

import doors
import fastcgi
import service
import tap
import where
from processes import wait_until
from receiver import Answer
from sendcase import SendCase


class Trouble(SendCase):
    def sender(self, *flags, config=None):
        return self.service.run(
            "hooks-send",
            *flags,
            config=config or self.service.config(service.SENDER),
        )

    def test_wrong_configuration_names_file_line_and_key(self):
        path = self.service.folder / "wrong.conf"
        for line, key in (
            ("concurency = 5", "concurency"),
            ("concurrency = many", "concurrency"),
            ("timeout = 15 years", "timeout"),
        ):
            path.write_text(f"[sender]\n{line}\n")
            path.chmod(0o600)
            for program in ("hooks-send", "hooks-admin"):
                args = ["config"] if program == "hooks-admin" else ["--once"]
                done = self.service.run(program, *args, config=path)
                assert done.status == 78, done
                assert f"{path}:2" in done.err and key in done.err, done

    def test_password_in_a_readable_file(self):
        path = self.service.folder / "open.conf"
        path.write_text("[database]\npassword = x\n")
        path.chmod(0o644)
        done = self.sender("--once", config=path)
        assert done.status == 78 and "password" in done.err, done

    def test_missing_file(self):
        done = self.sender("--once", config=self.service.folder / "none.conf")
        assert done.status == 78 and "none.conf" in done.err, done

    def test_usage(self):
        for flags in (
            ["--nothing"],
            ["--linger"],
            ["--once", "--linger", "5s"],
            ["--linger", "soon"],
            ["extra"],
        ):
            assert self.sender(*flags).status == 64, flags

    def test_database_away_and_back(self):
        self.fresh()
        self.publish()
        self.service.db.stop()
        try:
            for program, args in (
                ("hooks-send", ["--once"]),
                ("hooks-send", []),
                ("hooks-admin", ["status"]),
            ):
                done = self.service.run(
                    program, *args, config=self.service.config(service.SENDER)
                )
                assert done.status == 75, (program, done)
        finally:
            self.service.db.start()
        self.once("delivered 1,")
        assert len(self.sink.at()) == 1

    def test_an_outage_is_told_once(self):
        self.once()
        self.service.db.stop()
        try:
            told = [self.sender().err for _ in range(3)]
            state = self.service.state("outage")
            began, said = state.read_text().split()
            state.write_text(f"{int(began) - 7200} {int(said) - 3600}\n")
            hour = [self.sender().err for _ in range(2)]
            assert "120 minutes" in hour[0] and hour[1] == "", hour
        finally:
            self.service.db.start()
        assert len(told[0].splitlines()) == 1 and told[1:] == ["", ""], told
        after = [self.sender("--linger", "0s").err for _ in range(2)]
        assert len(after[0].splitlines()) == 1 and after[1] == "", after

    def test_database_lost_in_mid_run(self):
        self.fresh()
        sender = self.service.start_sender("--linger", "30s")
        self.sink.script("/hook", Answer(200, delay=1.5))
        self.publish()
        self.sink.wait(1)
        self.service.db.stop(signal.SIGKILL)
        time.sleep(2)
        self.service.db.start()
        wait_until(lambda: self.attempts() != [], 15, "the attempt's record")
        assert self.attempts()[0][1] == "200"
        assert len(self.sink.at()) == 1, "recorded, not sent again"
        assert sender.stop() == 0


class Folder(SendCase):
    """[sender] state_dir: this user's alone, or a message that names it."""

    def sender(self, *flags, state=None, **options):
        config = self.service.write_config(
            service.SENDER, sender={"state_dir": state}
        )
        done = subprocess.run(
            [where.program("hooks-send"), "-c", config, *flags],
            capture_output=True,
            timeout=30,
            check=False,
            **options,
        )
        return service.Done(done)

    def test_it_is_made(self):
        folder = self.service.folder / "made"
        done = self.sender("--linger", "0s", state=folder)
        assert (done.status, done.err) == (0, ""), done
        assert folder.stat().st_mode & 0o7777 == 0o700, folder.stat()
        [lock] = folder.glob("*.lock")
        assert re.fullmatch(r"send-[0-9a-f]{8}\.lock", lock.name), lock
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o7777 == 0o600, path

    def refused(self, folder, why):
        done = self.sender("--linger", "0s", state=folder)
        assert done.status == 78, done
        assert str(folder) in done.err and why in done.err, done
        # This one can do without.
        self.publish()
        done = self.sender("--once", state=folder)
        assert done.status == 0 and not done.err, done

    def test_what_is_refused(self):
        top = self.service.folder.path
        (top / "open").mkdir(0o750)
        self.refused(top / "open", "not for this user alone")
        (top / "real").mkdir(0o700)
        (top / "link").symlink_to(top / "real")
        self.refused(top / "link", "not a folder")
        (top / "file").touch(0o600)
        self.refused(top / "file", "not a folder")
        self.refused(top / "none" / "deep", "No such file")
        if os.geteuid() == 0:
            (top / "theirs").mkdir(0o700)
            os.chown(top / "theirs", 1, 1)
            self.refused(top / "theirs", "another user")

    def test_a_lock_that_is_none(self):
        """Nothing under its name makes a sender wait."""
        top = self.service.folder / "odd"
        self.sender("--linger", "0s", state=top)
        [lock] = top.glob("*.lock")
        lock.unlink()
        os.mkfifo(lock, 0o600)
        self.refused(top, "")
        lock.unlink()
        lock.symlink_to("/dev/null")
        self.refused(top, "")
        lock.unlink()
        (top / "other").touch(0o600)
        lock.hardlink_to(top / "other")
        self.refused(top, "second name")

    def test_a_path_that_is_not_absolute(self):
        done = self.sender("--once", state="state")
        assert done.status == 78 and "state_dir" in done.err, done

    def ask_a_process(self):
        """A request to hooks.fcgi, which also keeps its table there."""
        path = self.service.folder / "fcgi.sock"
        doors.start_responders(self.service, path)
        connection = fastcgi.Connection(path)
        connection.send("GET", "/healthz")
        assert connection.answer().status == 200
        connection.close()

    def test_whatever_the_umask_is(self):
        """No program leaves a file that others may touch."""
        folder = self.service.folder / "unmasked"
        for user in (service.SENDER, service.API, service.ADMIN):
            self.service.write_config(user, sender={"state_dir": folder})
        before = os.umask(0)
        try:
            sender = self.service.start_sender("--linger", "1m")
            wait_until(lambda: list(folder.glob("*.lock")), 20, "the lock")
            self.ask_a_process()
            self.publish()
            self.service.admin("status")
            modes = {
                path.suffix: path.lstat().st_mode & 0o7777
                for path in folder.iterdir()
            }
            assert sender.stop() == 0
        finally:
            os.umask(before)
        assert folder.stat().st_mode & 0o7777 == 0o700, folder.stat()
        assert {".lock", ".wake", ".turns", ".share1"} <= set(modes), modes
        assert set(modes.values()) == {0o600}, modes

    def test_the_key_that_was_before(self):
        """It is a warning, and has no effect."""
        config = self.service.write_config(
            service.SENDER, sender={"lock_file": "/nonexistent/lock"}
        )
        done = self.service.run("hooks-send", "--once", "-v", config=config)
        assert done.status == 0 and "lock_file" in done.err, done
        done = self.service.run("hooks-send", "--once", config=config)
        assert done.status == 0 and not done.err, done

    def test_by_default_it_is_in_the_home_of_the_password_database(self):
        """Also where cron gives no HOME. In a namespace of its own, root has
        another home."""
        home = self.service.folder / "home"
        home.mkdir()
        passwd = self.service.folder / "passwd"
        passwd.write_text(f"root:x:0:0:x:{home}:/bin/sh\n")
        config = self.service.write_config(
            service.SENDER, sender={"state_dir": None}
        )
        done = subprocess.run(
            ["unshare", "-m" if os.geteuid() == 0 else "-rm"]
            + ["env", "-i", "sh", "-ec"]
            + ['mount --bind "$0" /etc/passwd; exec "$@" --linger 0s']
            + [passwd, where.program("hooks-send"), "-c", config],
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.stderr.startswith(b"unshare:"):
            print("# no namespaces here:", done.stderr.decode().strip())
            return
        assert done.returncode == 0 and not done.stderr, done
        [lock] = (home / ".vyte-hooks").glob("*.lock")
        assert lock.name.endswith(".lock"), lock


tap.main()
