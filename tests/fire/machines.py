# SPDX-License-Identifier: MIT
"""
The parts of a rig: servers that are copied from one that was made once, hosts
of senders, clocks that can be set.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time

import database
import processes
import service
import where
from network import ADDRESS
from proxy import Proxy


class Database(database.Database):
    """A copy of one that was made once in this run, with our schema. `disk`:
    on one of its own, of so many MB, which takes the right to mount one."""

    def __init__(self, folder, settings=(), disk=0):
        self.disk = disk
        super().__init__(folder, settings)
        self.patience = 60

    def _mount(self):
        subprocess.run(
            [
                "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={self.disk}m,uid={processes.NOBODY}",
                "tmpfs",
                self.folder,
            ],
            check=True,
        )

    def unmount(self):
        if self.disk:
            subprocess.run(["umount", self.folder], check=True)

    def _install(self):
        if self.disk:
            self._mount()
        shutil.copytree(
            _template(), self.folder / "data", copy_function=shutil.copy
        )
        _give(self.folder / "data")


def _give(folder):
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, processes.NOBODY, processes.NOBODY)


_making = threading.Lock()


def _template():
    """A server's folder with our schema, made at the first use, perhaps by
    another file's cases."""
    folder = pathlib.Path(
        os.environ.get("FIRE_TEMPLATE") or tempfile.gettempdir(), "template"
    )
    with _making:
        if not folder.exists():
            made = service.Service()
            made.db.stop()
            ours = folder.with_name(f"template.{os.getpid()}")
            shutil.copytree(made.db.folder / "data", ours)
            made.close()
            with contextlib.suppress(OSError):  # somebody was faster
                ours.rename(folder)
    return folder


class Clock:
    """A clock that some programs see in place of the host's: it can be set
    ahead or back while they run."""

    def __init__(self, path, seconds=0):
        self.path = path
        self.path.write_bytes(bytes(8))
        self.path.chmod(0o644)
        self.set(seconds)

    def set(self, seconds):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", seconds))

    def environment(self):
        return {
            "FIRE_CLOCK": str(self.path),
            "LD_PRELOAD": str(_shim("clock")),
            # A sanitized program would refuse to start after the shim.
            "ASAN_OPTIONS": "verify_asan_link_order=0",
        }


def _shim(name):
    """Built at the first use, from a C file of this folder."""
    built = pathlib.Path(tempfile.gettempdir()) / f"{name}.so"
    with _making:
        if not built.exists():
            subprocess.run(
                [
                    "cc",
                    "-O1",
                    "-shared",
                    "-fPIC",
                    "-pthread",
                    "-o",
                    built,
                    pathlib.Path(__file__).with_name(f"{name}.c"),
                    "-ldl",
                ],
                check=True,
            )
    return built


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(one) for one in text.read_text().split()]
    except OSError:
        return []


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Host:
    """A machine that senders run on: a configuration, a state folder and a home
    of its own, and a proxy before the database. `cable`: it is in a network of
    its own (network.py)."""

    def __init__(self, rig, name, cable=None, **sender):
        self.rig = rig
        self.name = name
        self.cable = cable
        self.home = rig.service.folder / name
        self.home.mkdir()
        self.proxy = Proxy(
            (ADDRESS, 0) if cable else self.home / "db", rig.db.socket
        )
        self.environment = {}
        self.program = None  # another than that of this build
        self.sender = None
        self.paused = False
        self.config = self.home / "hooks.conf"
        self.configure(**sender)

    def configure(self, **sender):
        way = {"socket": self.proxy.path}
        if self.cable:
            way = {"socket": None, "host": ADDRESS, "port": self.proxy.port}
        written = self.rig.service.write_config(
            service.SENDER,
            database=way,
            sender={"state_dir": self.home / "state", **sender},
        )
        shutil.copy2(written, self.config)

    def use_clock(self, seconds):
        """Its clock is so far ahead."""
        self.clock = Clock(self.home / "clock", seconds)
        self.environment = self.clock.environment()

    def use_stop(self):
        """Its senders can be stopped where a request begins."""
        self.stop = self.home / "stop"
        self.stop.write_text("0")
        self.environment = {
            "FIRE_STOP": str(self.stop),
            "LD_PRELOAD": str(_shim("stop")),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
        }

    def stop_at_request(self):
        """At the next one that begins."""
        with open(self.stop, "r+b") as file:
            file.write(b"1")

    def stands_still(self):
        return self.stop.read_text() == "0"

    def start(self, *flags, **options):
        """A sender; it is in `sender`, and ended with the rig."""
        env = {**os.environ, "HOME": str(self.home), **self.environment}
        env = options.pop("env", env)
        self.sender = processes.Child(
            "hooks-send",
            [
                *(self.cable.prefix if self.cable else ()),
                self.program or where.program("hooks-send"),
                "-c",
                self.config,
                *flags,
            ],
            self.home / f"{len(self.rig.service.children)}.log",
            env=env,
            **options,
        )
        self.rig.service.children.append(self.sender)
        return self.sender

    def once(self, seconds=60):
        """One run to its end; its exit status."""
        return self.start("--once").wait(seconds)

    def log(self):
        """All that its senders have said."""
        return "".join(
            path.read_text(errors="replace")
            for path in sorted(self.home.glob("*.log"))
        )

    def processes(self):
        pid = self.sender.process.pid
        return [pid, *children(pid)]

    # ---- what happens to it ----

    def kill(self, number=signal.SIGKILL):
        """All of a sender at once."""
        self.rig.book.crash()
        signal_all(self.processes(), number)
        self.sender.process.wait()

    def kill_worker(self, number=signal.SIGKILL):
        self.rig.book.crash()
        signal_all(self.processes()[1:], number)

    def die(self):
        """The machine is gone: no FIN, no word."""
        if self.cable:
            self.cable.plug(False)
        self.proxy.freeze()
        self.kill()

    def pause(self):
        self.paused = True
        self.rig.book.crash()
        signal_all(self.processes(), signal.SIGSTOP)

    def pause_idle(self):
        """At a moment when it is in no transaction."""
        self.pause()
        while self.proxy.in_transaction():
            self.resume()
            time.sleep(0.001)
            self.pause()

    def resume(self):
        if self.paused:
            self.paused = False
            self.rig.book.crash()
            signal_all(self.processes(), signal.SIGCONT)
