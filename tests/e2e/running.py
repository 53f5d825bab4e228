"""How the sender runs: alone, lingering, stopped, without a database."""

import json
import os
import pathlib
import signal
import statistics
import time

import service
import tap
from processes import wait_until
from receiver import Answer
from sendcase import SendCase


class Lingering(SendCase):
    settings = {"sender": {"linger": "20s"}}

    def started(self):
        """A sender that has taken up its work."""
        self.fresh("/warm")
        sender = self.service.start_sender()
        self.publish()
        self.sink.wait(1, "/warm")
        return sender

    def test_what_is_published_later_arrives_at_once(self):
        sender = self.started()
        waits = []
        for n in range(15):
            begin = time.time()
            self.service.publish_sql(self.organization, "event.created",
                                     json.dumps({"n": n}))
            arrived = self.sink.wait(n + 2, "/warm")[-1].time
            waits.append(arrived - begin)
        assert statistics.median(waits) < 1, waits
        assert sender.stop() == 0

    def test_terminated_cleanly(self):
        sender = self.started()
        begin = time.monotonic()
        assert sender.stop(number=signal.SIGTERM) == 0
        assert time.monotonic() - begin < 5
        assert sender.errors() == "", "cron mails what a job prints"

    def test_terminated_with_a_request_in_flight(self):
        sender = self.started()
        self.sink.script("/warm", Answer(200, delay=1))
        self.publish()
        self.sink.wait(2, "/warm")
        assert sender.stop(number=signal.SIGINT) == 0
        assert self.attempts()[0][1] == "200", "finished, not given back"

    def test_one_at_a_time(self):
        sender = self.started()
        begin = time.monotonic()
        second = self.service.send("--linger", "20s")
        assert second.status == 0 and time.monotonic() - begin < 3, second
        assert second.out == "" and second.err == "", second
        assert sender.stop() == 0

    def test_silent_when_all_is_well(self):
        self.fresh()
        self.publish()
        done = self.service.send("--linger", "1s")
        assert (done.status, done.out, done.err) == (0, "", ""), done
        assert len(self.sink.at()) == 1

    def test_a_worker_that_dies(self):
        """The others go on, and the run says so and fails."""
        sender = self.started()
        children = pathlib.Path(
            f"/proc/{sender.process.pid}/task/{sender.process.pid}/children")
        for pid in children.read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        assert sender.wait(20) == 70
        assert "died of signal 9" in sender.errors()

    def test_killed_and_started_again(self):
        """What was in flight comes again, marked; nothing is lost."""
        sender = self.started()
        self.sink.script("/warm", Answer(200, delay=5))
        self.publish()
        self.sink.wait(2, "/warm")
        sender.stop(number=signal.SIGKILL)
        again = self.service.start_sender()
        third = self.sink.wait(3, "/warm", seconds=15)[2]
        assert third.header("webhook-maybe-duplicate") == "1", third.headers
        assert third.header("webhook-id") == self.sink.at("/warm")[1].header(
            "webhook-id")
        assert again.stop() == 0


class Trouble(SendCase):
    def sender(self, *flags, config=None):
        return self.service.run("hooks-send", *flags,
                                config=config or self.service.config(
                                    service.SENDER))

    def test_wrong_configuration_names_file_line_and_key(self):
        path = self.service.folder / "wrong.conf"
        for line, key in (("concurency = 5", "concurency"),
                          ("concurrency = many", "concurrency"),
                          ("timeout = 15 years", "timeout")):
            path.write_text(f"[sender]\n{line}\n")
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

    def test_the_lock_file_has_a_place_of_its_own(self):
        """One for each user and database, in /tmp, for nobody else."""
        usual = self.service.write_config(service.SENDER,
                                          sender={"lock_file": None})
        sender = self.service.start_sender("--linger", "20s", config=usual)

        def lock_file():
            for link in pathlib.Path(
                    f"/proc/{sender.process.pid}/fd").iterdir():
                path = pathlib.Path(os.path.realpath(link))
                if path.name.startswith("hooks-send-"):
                    return path
            return None
        path = wait_until(lock_file)
        try:
            assert path.parent == pathlib.Path("/tmp"), path
            assert f"-{os.geteuid()}-" in path.name, path
            assert path.stat().st_mode & 0o777 == 0o600, path
            second = self.sender("--linger", "1s", config=usual)
            assert (second.status, second.out, second.err) == (0, "", "")
        finally:
            self.service.write_config(service.SENDER)
            assert sender.stop() == 0
            path.unlink()

    def test_missing_file(self):
        done = self.sender("--once", config=self.service.folder / "none.conf")
        assert done.status == 78 and "none.conf" in done.err, done

    def test_usage(self):
        for flags in (["--nothing"], ["--linger"], ["--once", "--linger", "5s"],
                      ["--linger", "soon"], ["extra"]):
            assert self.sender(*flags).status == 64, flags

    def test_database_away_and_back(self):
        self.fresh()
        self.publish()
        self.service.db.stop()
        try:
            for program, args in (("hooks-send", ["--once"]),
                                  ("hooks-send", []),
                                  ("hooks-admin", ["status"])):
                done = self.service.run(
                    program, *args,
                    config=self.service.config(service.SENDER))
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
            state = self.service.folder / "send.lock.outage"
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


tap.main()
