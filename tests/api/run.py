# SPDX-License-Identifier: MIT
"""/v2/run: a sender is started, stays, and delivers; through every door."""

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import time

import doors
import receiver
import service
import tap
from apicase import ApiCase
from processes import running, wait_until

RUN = "/v2/run"


class _Start(ApiCase):
    kick = "no"

    def setup(self):
        """As on shared hosting: one database user, one configuration."""
        self.service = service.Service(
            {"sender": {"linger": "4s"}, "api": {"kick": self.kick}}
        )
        tap.at_end(self.service.close)
        state = self.service.folder.for_nobody("run") / "state"
        self.service.settings["sender"]["state_dir"] = str(state)
        self.service.write_config(
            service.API,
            database={
                "user": service.ADMIN,
                "password": service.password_of(service.ADMIN),
            },
        )
        self.sink = receiver.Receiver()
        tap.at_end(self.sink.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.runner = self.service.key(self.organization, "run")
        self.hook(target_url=self.sink.url("/run"), action="*")

    def senders(self):
        """Running ones of this service."""
        config = self.service.config(service.API)
        return [
            pid
            for pid, words in running(config)
            if words[0].endswith("hooks-send")
        ]

    def starts(self):
        """The moment of the last one, as the database has it."""
        return self.service.db.value("SELECT run_at FROM vh_installation")

    def quiet(self):
        """No sender runs, and one may be started."""
        for pid in self.senders():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.senders(), 15, "the sender's end")
        self.service.db.sql("UPDATE vh_installation SET run_at = NULL")

    def publish(self):
        self.good(
            202,
            "POST",
            "/v2/notifications",
            {"action": "event.created", "resource": {}},
        )


class Run(_Start):
    def test_1_what_is_due_is_delivered(self):
        self.quiet()
        self.publish()
        begin = time.monotonic()
        assert self.good(202, "POST", RUN, b"", key=self.runner) == {
            "started": True
        }
        assert time.monotonic() - begin < 3, "it waited for the sender"
        self.sink.wait(1, "/run")

    def test_2_it_stays_and_is_nobodys_child(self):
        self.quiet()
        self.good(202, "POST", RUN, b"")
        self.publish()
        self.sink.wait(2, "/run")
        [first] = [
            pid
            for pid in self.senders()
            if os.getsid(pid) not in (0, os.getsid(0))
        ][:1]
        session = os.getsid(first)
        for pid in self.senders():
            assert os.getsid(pid) == session
            open_files = {
                os.readlink(fd)
                for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()
                if int(fd.name) < 3
            }
            assert open_files == {"/dev/null"}, open_files
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            assert b"HTTP_" not in environment and b"QUERY" not in environment
        self.publish()
        self.sink.wait(3, "/run")

    def test_3_as_a_web_cron_calls_it(self):
        self.quiet()
        self.publish()
        path = f"{RUN}?api_key={self.runner}"
        assert self.good(202, "GET", path, key=None) == {"started": True}
        self.sink.wait(4, "/run")

    def test_4_once_in_ten_seconds(self):
        self.quiet()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(lambda _: self.call("POST", RUN, b""), range(6))
            )
        assert {a.status for a in answers} == {202}, answers
        started = [a.json()["started"] for a in answers]
        assert sorted(started) == [False] * 5 + [True], started
        for interval, started in (
            ("9 SECOND", False),
            ("11 SECOND", True),
            ("-1 HOUR", True),
        ):
            self.service.db.sql(
                "UPDATE vh_installation SET run_at = "
                f"UTC_TIMESTAMP(3) - INTERVAL {interval}"
            )
            assert self.good(202, "GET", RUN) == {"started": started}

    def test_5_a_run_key_may_do_nothing_else(self):
        for role in ("read", "publish"):
            key = self.service.key(self.organization, role)
            self.problem(403, "POST", RUN, b"", key=key)
            self.problem(403, "GET", RUN, key=key)
        self.problem(401, "POST", RUN, b"", key=None)
        for path in (
            "/v2/hooks",
            "/v2/notifications",
            "/v2/deliveries",
            "/v2/actions",
            "/v2/auth/test",
            "/v2/stats",
        ):
            self.problem(403, "GET", path, key=self.runner)
        assert self.pointers("POST", RUN, {"x": 1}) == ["/x"]
        self.problem(405, "PUT", RUN, {})

    def test_6_without_the_program(self):
        """Said in the log, not in the answer."""
        self.quiet()
        program = self.service.prefix / "bin/hooks-send"
        away = self.service.prefix / "bin/away"
        program.rename(away)
        try:
            if not pathlib.Path("/usr/local/bin/hooks-send").exists():
                problem = self.problem(500, "POST", RUN, b"")
                assert "hooks-send" not in problem["detail"], problem
        finally:
            away.rename(program)
        self.quiet()


class Kick(_Start):
    """An accepted publish starts a sender where none is alive."""

    kick = "yes"

    def test_1_it_is_delivered(self):
        self.quiet()
        self.publish()
        self.sink.wait(1, "/run")
        assert self.starts() != "NULL"
        for _, words in running(self.service.config(service.API)):
            assert "--idle=15s" in words, words

    def test_2_not_beside_one_that_is_alive(self):
        before = self.starts()
        self.service.db.sql(
            "UPDATE vh_installation SET run_at = run_at - INTERVAL 1 HOUR"
        )
        self.publish()
        self.sink.wait(2, "/run")
        after = self.starts()
        assert before != after, "a kick would have written another time"
        assert (
            self.service.db.value(
                "SELECT run_at < UTC_TIMESTAMP(3) - INTERVAL 30 MINUTE "
                "FROM vh_installation"
            )
            == "1"
        ), (before, after)


class KickBeside(_Start):
    """Another user's sender works on the same database."""

    variants = ("cgi",)  # it reads its configuration each time
    kick = "yes"

    def test_nothing_is_started(self):
        """This user has no folder, and a sender worked just now."""
        self.service.send("--once")
        self.service.settings["sender"]["state_dir"] = str(
            self.service.folder / "none"
        )
        self.service.write_config(
            service.API,
            database={
                "user": service.ADMIN,
                "password": service.password_of(service.ADMIN),
            },
        )
        self.publish()
        time.sleep(0.5)
        assert self.starts() == "NULL" and not self.senders()
        # Its last run was the day before yesterday: there is none any more.
        self.service.db.sql(
            "UPDATE vh_senders SET seen_at = seen_at - INTERVAL 2 DAY"
        )
        self.publish()
        self.sink.wait(2, "/run")
        self.quiet()


class Idle(_Start):
    """hooks-send --idle, which the API starts."""

    variants = ("cgi",)

    def test_it_goes_on_while_it_delivers(self):
        sender = self.service.start_sender("--idle", "2s")
        for n in range(3):
            self.publish()
            self.sink.wait(n + 1, "/run")
            time.sleep(1)
        begin = time.monotonic()
        assert sender.wait(20) == 0
        assert time.monotonic() - begin < 10

    def test_it_excludes_other_times(self):
        done = self.service.send("--idle", "1s", "--linger", "2s")
        assert done.status == 64, done


tap.main()
