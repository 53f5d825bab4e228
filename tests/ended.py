# SPDX-License-Identifier: MIT
"""
A test run that is ended leaves nothing, neither processes nor folders: one test
program, tests/run, `make check` and ./selftest, each ended in the midst of a
test that would not end by itself.
"""

import os
import pathlib
import shutil
import signal

import processes
import tap
import where

# What lets go of its parent has to be found as well: `&` in a session of its
# own, as somebody else.
_SLEEPERS = """
self.folder = processes.Folder()
for argv in ([{sleeper!r}, "600"],
             ["setsid", "sh", "-c", '"$0" 600 & exit', {sleeper!r}]):
    processes.Child("sleeper", argv, self.folder / "log", drop=True)
"""
# The web servers, started as root, change their user.
_SERVERS = """
self.service = service.Service()
for name in ("lighttpd", "apache"):
    doors.enter(name, self.service)
self.service.start_sender()
"""
_PROGRAM = """
import pathlib
import tempfile
import time
import doors
import processes
import service
import tap

class Hangs(tap.Case):
    def setup(self):
        {setup}

    def test_hangs(self):
        pathlib.Path({up!r}).write_text(tempfile.gettempdir())
        time.sleep(600)

tap.main()
"""


class Ended(tap.Case):
    def setup(self):
        self.folder = processes.Folder()
        tap.at_end(self.folder.close)
        self.its_folder = None
        self.up = self.folder / "up"
        # A program of our own, to know its processes by their command lines.
        sleeper = self.folder / "sleeper"
        shutil.copy(shutil.which("sleep"), sleeper)
        sleeper.chmod(0o755)
        self.sleepers = _SLEEPERS.format(sleeper=str(sleeper))

    def teardown(self):
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        if self.its_folder:
            shutil.rmtree(self.its_folder, ignore_errors=True)

    def left(self):
        return [
            pid
            for folder in (self.folder.path, self.its_folder)
            if folder
            for pid, _ in processes.running(folder)
        ]

    def write(self, setup):
        path = self.folder / "hangs.py"
        path.write_text(
            _PROGRAM.format(
                up=str(self.up), setup=setup.strip().replace("\n", "\n        ")
            )
        )
        return path

    def start(self, *argv, **environment):
        """It, once the test hangs."""
        self.up.unlink(missing_ok=True)
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        }
        child = processes.Child(
            "victim",
            argv,
            self.folder / "victim.out",
            cwd=self.folder.path,
            env={**env, **environment},
        )
        self.its_folder = pathlib.Path(
            processes.wait_until(
                lambda: (
                    child.check() or self.up.exists() and self.up.read_text()
                ),
                60,
                "the test that hangs",
            )
        )
        assert self.its_folder.exists()
        return child

    def ends(self, child, number):
        """`number`: the signal that it dies of, if any."""
        status = child.wait(30)
        assert status == -number if number else status != 0, status
        processes.wait_until(
            lambda: not self.left(), 20, f"the end of {self.left()}"
        )
        assert not self.its_folder.exists()

    def program(self, setup=None):
        return self.start("python3", self.write(setup or self.sleepers))

    def test_a_program(self):
        for number in (
            signal.SIGTERM,
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGKILL,
        ):
            child = self.program()
            # Two that watch, the test, and the two it has started.
            processes.wait_until(
                lambda: len(self.left()) == 5,
                10,
                f"the start of all, not {self.left()}",
            )
            child.send_signal(number)
            self.ends(child, number)

    def test_a_program_with_servers(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            child = self.program(_SERVERS)
            child.send_signal(number)
            self.ends(child, number)

    def test_the_inner_guard(self):
        child = self.program()
        pid = child.process.pid
        inner = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        os.kill(int(inner), signal.SIGKILL)
        self.ends(child, signal.SIGKILL)

    def test_the_whole_process_group(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            child = self.program()
            os.killpg(child.process.pid, number)
            self.ends(child, number)

    def make_check(self):
        path = self.write(self.sleepers)
        return self.start(
            "make",
            "-C",
            where.BUILD,
            "check",
            f"TESTS={path}",
            f"TEST_SUITE_LOG={self.folder.path}/suite.log",
        )

    def test_make_check(self):
        for number in (
            signal.SIGTERM,
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGKILL,
        ):
            child = self.make_check()
            child.send_signal(number)
            self.ends(child, number)

    def test_make_check_on_a_terminal(self):
        """Ctrl-C and a terminal that closes reach the whole group."""
        for number in (signal.SIGINT, signal.SIGHUP):
            child = self.make_check()
            os.killpg(child.process.pid, number)
            self.ends(child, number)

    def test_run(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            child = self.start(
                where.SOURCE / "tests/run",
                self.write(self.sleepers),
                HOOKS_BUILD=str(where.BUILD),
            )
            child.send_signal(number)
            self.ends(child, number)

    def test_selftest(self):
        """With a build whose check hangs."""
        build = self.folder / "build"
        (build / "tests").mkdir(parents=True)
        (build / "Makefile").write_text(
            f"check:\n\tpython3 {self.write(self.sleepers)}; true\n"
        )
        for number in (
            signal.SIGTERM,
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGKILL,
        ):
            child = self.start(
                where.SOURCE / "selftest",
                HOOKS_BUILD=str(build),
                HOOKS_VAR=str(self.folder / "var"),
            )
            child.send_signal(number)
            self.ends(child, number)


tap.main()
