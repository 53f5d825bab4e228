# SPDX-License-Identifier: MIT
"""
Another user of the same machine, who locks and occupies whatever files of the
sender and of hooks.fcgi may be within reach.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import signal
import socket
import threading
import time

import processes
import tap
from hostilecase import HostileCase

SOMEBODY = 65533
RUN_S = 3


def occupy(attack, folder, names):
    """Opens and locks what is there, makes what is not."""
    os.setuid(SOMEBODY)
    kept = []

    def lock(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        kept.append(fd)

    def one():
        del kept[50:]
        for path in pathlib.Path(folder).rglob("*"):
            for call in (lock, _connect):
                with contextlib.suppress(OSError):
                    call(path)
        for name in names:
            for path in (
                f"/tmp/{name}",
                f"/dev/shm/{name}",
                f"{folder}/{name}",
            ):
                with contextlib.suppress(OSError):
                    lock(path)
        attack.wait(0.05)

    try:
        attack.repeat(one)
    finally:
        for name in names:
            for path in (f"/tmp/{name}", f"/dev/shm/{name}"):
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _connect(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(0.1)
        sock.connect(str(path))
        time.sleep(0.1)


class Folders(HostileCase):
    def teardown(self):
        self._over.set()
        self._thread.join()
        super().teardown()

    def sender(self):
        """As cron does it: one after the other."""
        self._over = threading.Event()
        self._trouble = []
        self._thread = threading.Thread(target=self._senders)
        self._thread.start()

    def _senders(self):
        runs = []
        while not self._over.is_set():
            runs.append(self.service.start_sender("--linger", f"{RUN_S}s"))
            self._over.wait(RUN_S)
            self._trouble += [r.errors() for r in runs if r.process.poll()]
            runs = [r for r in runs if r.running()]

    def names(self):
        """What an earlier version had in /tmp, and what there is now."""
        what = f"{self.service.db.socket}|localhost|3306|vyte_hooks"
        number = hashlib.sha256(what.encode()).hexdigest()[:8]
        own = os.getuid()
        return [
            name
            for lock in (f"hooks-send-{own}-{number}.lock", f"send-{number}")
            for name in (lock, f"{lock}.lock", f"{lock}.outage")
        ] + [f"vyte-hooks-{processes.NOBODY}-send-{number}-share1"]

    def test_whatever_can_be_had(self):
        assert os.getuid() == 0, "needs root, to become another user"
        self.holds(
            "2 another local user: locks, files, sockets",
            occupy,
            folder=str(self.service.folder.path),
            names=self.names(),
        )
        assert not any(self._trouble), self._trouble
        child = self.service.start_sender()
        time.sleep(1)
        begin = time.monotonic()
        assert child.stop(number=signal.SIGTERM) == 0
        assert time.monotonic() - begin < 6
        assert self.service.send("--once").status == 0


if __name__ == "__main__":
    tap.main()
