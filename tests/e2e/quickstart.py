# SPDX-License-Identifier: MIT
"""
quickstart itself, with this build and a folder of its own in place of ./var.
That it also installs and builds is for `make check-bare`.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import urllib.request

import doors
import processes
import tap
import where


class Quickstart(tap.Case):
    def setup(self):
        self.folder = processes.Folder()
        tap.at_end(self.folder.close)
        self.var = self.folder / "var"
        self.port = doors.free_port()
        self.started = []

    def teardown(self):
        for child in self.started:
            child.stop()

    def command(self, *flags):
        return [where.SOURCE / "quickstart", "--port", str(self.port), *flags]

    def environment(self, var=None):
        lighttpd = where.server("lighttpd")
        return dict(
            os.environ,
            HOOKS_VAR=str(var or self.var),
            HOOKS_BUILD=str(where.BUILD),
            HOOKS_TEST_SERVERS=str(where.root_of(lighttpd)),
        )

    def run(self, *flags, var=None):
        return subprocess.run(
            self.command(*flags),
            env=self.environment(var),
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def stay(self):
        """One that has finished its walk and stays up, and its log."""
        log = self.folder / f"stay{len(self.started)}.log"
        child = processes.Child(
            "quickstart", self.command(), log, env=self.environment()
        )
        self.started.append(child)
        processes.wait_until(
            lambda: child.check() or "Ctrl-C ends everything" in child.errors(),
            60,
            "staying up",
        )
        return child

    def pids(self):
        return [
            int((f.read_text().split() or ["0"])[0])
            for f in (self.var / "pids").iterdir()
        ]

    def commands(self):
        """Command lines of processes that work below our folder."""
        for _, words in processes.running(self.var):
            yield " ".join(words)

    def nothing_left(self, pids):
        assert not list((self.var / "pids").iterdir())
        left = [p for p in pids if pathlib.Path(f"/proc/{p}").exists()]
        assert not left, left
        # What only watched the one that was killed notices within a second.
        processes.wait_until(
            lambda: not list(self.commands()),
            3,
            f"the end of {list(self.commands())}",
        )

    def signs_in(self, url, key):
        """As the dashboard does it."""
        page = urllib.request.urlopen(url, timeout=10).read().decode()
        assert "app.js" in page, page
        answer = urllib.request.urlopen(
            urllib.request.Request(
                f"{url}v2/auth/test", headers={"Authorization": key}
            ),
            timeout=10,
        )
        assert json.load(answer)["role"] == "manage"

    def test_walk(self):
        done = self.run("--exit")
        assert done.returncode == 0, done
        assert done.stdout.rstrip().endswith("Every step succeeded."), done
        assert done.stdout.count("signature valid") == 2, done.stdout
        for step in (
            "Create a hook",
            "List the hooks",
            "Get the hook",
            "Modify the hook",
            "Delete the hook",
            "Look at it: the dashboard",
        ):
            assert f"== {step}" in done.stdout, step
        self.nothing_left([])

    def test_interrupted(self):
        child = self.stay()
        told = dict(
            re.findall(r"^    (\w+[ \w]*?)  +(\S+)$", child.errors(), re.M)
        )
        assert told["Dashboard"] == f"http://127.0.0.1:{self.port}/", told
        self.signs_in(told["Dashboard"], told["API key"])
        pids = self.pids()
        assert len(pids) == 5, pids
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0, child.errors()
        self.nothing_left(pids)

    def test_what_it_offers_can_be_copied(self):
        child = self.stay()
        lines = re.search(r"^(    curl .*?)\n\n", child.errors(), re.M | re.S)[
            1
        ]
        done = subprocess.run(
            ["sh", "-c", lines],
            text=True,
            capture_output=True,
            timeout=30,
            check=True,
        )
        told = done.stdout.split("}", 1)
        assert json.loads(told[0] + "}")["action"] == "event.created", done
        assert told[1].startswith("due\t"), done
        processes.wait_until(
            lambda: '"title": "Hello"' in child.errors(), 10, "its arrival"
        )
        assert child.stop() == 0

    def test_interrupted_on_the_way(self):
        """Not every step held, then."""
        log = self.folder / "early.log"
        child = processes.Child(
            "quickstart", self.command("--exit"), log, env=self.environment()
        )
        self.started.append(child)
        processes.wait_until(
            lambda: "Starting the database" in child.errors(), 60, "a start"
        )
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 130, child.errors()
        self.nothing_left([])

    def test_a_path_that_cannot_be_built_in(self):
        """Said before anything is installed or made."""
        top = self.folder / "my hooks"
        (top / "tests/lib").mkdir(parents=True)
        for name in ("quickstart", "tests/lib/debian.sh"):
            shutil.copy(where.SOURCE / name, top / name)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HOOKS_")
        }
        done = subprocess.run(
            [top / "quickstart", "--exit", "--port", str(self.port)],
            env=environment,
            text=True,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1 and "without blanks" in done.stderr, done
        assert not (top / "var/apt.log").exists()

    def test_after_a_crash_it_cleans_up(self):
        child = self.stay()
        before = self.pids()
        child.send_signal(signal.SIGKILL)
        child.wait()
        done = self.run("--exit")
        assert done.returncode == 0, done
        self.nothing_left(before)

    def test_one_at_a_time(self):
        child = self.stay()
        done = self.run("--exit")
        assert done.returncode != 0 and "another" in done.stderr, done
        child.check()
        assert child.stop() == 0

    def test_a_stranger_with_a_recorded_pid_is_left_alone(self):
        """The pid of a part that is gone may belong to anybody by now."""
        (self.var / "pids").mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(["sleep", "60"]) as stranger:
            (self.var / "pids/database").write_text(f"{stranger.pid} 1\n")
            done = self.run("--exit")
            assert done.returncode == 0, done
            assert stranger.poll() is None
            stranger.kill()

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", self.port)):
            done = self.run("--exit")
        assert done.returncode != 0 and "--port" in done.stderr, done
        assert str(self.port) in done.stderr, done

    def test_deep_checkout(self):
        var = self.folder.path.joinpath(*["deep-down-in-the-tree"] * 5)
        done = self.run("--exit", var=var)
        assert done.returncode == 0, done

    def test_usage(self):
        for flags in (
            ["--nothing"],
            ["--port"],
            ["--port", "x"],
            ["--port", "0"],
            ["--port", "65536"],
        ):
            assert self.run(*flags).returncode == 64, flags
        done = self.run("--help")
        assert done.returncode == 0 and "--exit" in done.stdout, done


tap.main()
