# SPDX-License-Identifier: MIT
"""
Runs something so that nothing of it is left, however it ends.

    guard.run(main)                     the last statement of a test program
    python3 guard.py COMMAND [ARG ...]  for selftest
    python3 guard.py --make COMMAND [ARG ...]   when make starts it

Two processes watch over the work. Whatever is started below them and loses its
parent becomes their child (PR_SET_CHILD_SUBREAPER), in whatever session, as
whatever user. So the inner one finds and ends all that is left when the work
has ended, when one of the two is told to end, and when the outer one, the one
that others know the id of, was killed. The outer one stays until all is gone,
and takes over should the inner one be killed.
"""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)

# Seconds between asking and making it end. A command's own guards come first.
_OF_A_PROGRAM, _OF_A_COMMAND = 5, 15


def _below(top):
    """Process ids of all that descends from a process and has not ended."""
    children = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold anything.
            state, parent = (
                path.read_text(errors="replace").rpartition(")")[2].split()[:2]
            )
        except OSError:
            continue  # it ended meanwhile
        if state != "Z":
            children.setdefault(int(parent), []).append(int(path.parent.name))
    found = [top]
    for pid in found:
        found += children.get(pid, ())
    return found[1:]


def _reap(wanted=None):
    """Collects children that ended; the exit code of `wanted` if it did."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if not pid:
            return code
        if pid == wanted:
            code = os.waitstatus_to_exitcode(status)


def _end_all(patience):
    late = time.monotonic() + patience
    told = set()
    while below := _below(os.getpid()):
        now = time.monotonic()
        if now > late + 10:
            print(f"guard: still there: {below}", file=sys.stderr, flush=True)
            return
        for pid in below:
            if now > late or pid not in told:
                try:
                    os.kill(
                        pid, signal.SIGKILL if now > late else signal.SIGTERM
                    )
                except (ProcessLookupError, PermissionError):
                    pass
        told.update(below)
        time.sleep(0.02)
        _reap()


def _end_as(code):
    """As what we watched: a negative code is a signal."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-code])
        os.kill(os.getpid(), -code)
    os._exit(code)


def _signals():
    """The signals that wake the watcher. Below nohup a hang-up ends nothing."""
    ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        ends.remove(signal.SIGHUP)
    return ends


def _caught(pid):
    """The signals that a process has handlers for, as a mask."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(re.search(r"^SigCgt:\s*(\w+)", status, re.M)[1], 16)


class _Make:
    """Our parent. Told to end by SIGINT or SIGHUP it waits for what it has
    started to come to an end, and shows it only by catching that signal no
    more; killed, it shows nothing."""

    def __init__(self):
        self.pid = os.getppid()
        self.ends = _caught(self.pid) & sum(
            1 << n - 1 for n in (signal.SIGINT, signal.SIGHUP)
        )

    def ended(self):
        return (
            os.getppid() != self.pid
            or _caught(self.pid) & self.ends != self.ends
        )


def _wait(child, make):
    """The exit code of the child, or minus the signal that ends us."""
    while True:
        heard = signal.sigtimedwait(_signals(), 0.5 if make else 3600)
        code = _reap(child)
        if code is not None:
            return code
        if heard and heard.si_signo != signal.SIGCHLD:
            return -heard.si_signo
        if make and make.ended():
            return -signal.SIGTERM


def _fork_and_watch(patience, folder, make=None):
    """Returns in the child only."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if not child:
        return
    code = _wait(child, make)
    _end_all(patience)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    _end_as(code)


def _guarded(patience, folder=None, make=None):
    """Returns in a process that is watched."""
    sys.stdout.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    outer = os.getpid()
    _fork_and_watch(patience, folder, make)
    # A signal to the outer one's whole group does not end the inner one.
    os.setsid()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != outer:
        os.kill(os.getpid(), signal.SIGTERM)
    _fork_and_watch(patience, folder)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _new_folder():
    """Paths of unix sockets hold 107 bytes: a long TMPDIR is of no use."""
    base = os.environ.get("TMPDIR", "/tmp")
    folder = tempfile.mkdtemp(
        prefix="vyte-hooks-run.", dir=base if len(base) < 40 else "/tmp"
    )
    # Servers that gave up root must be able to pass, not to list.
    os.chmod(folder, 0o711)
    return folder


def run(work):
    """Exits with what work() returns; temporary files go when it has ended."""
    folder = _new_folder()
    if os.environ.get("HOOKS_TEST_KEEP"):
        print(f"# kept: {folder}")
        _guarded(_OF_A_PROGRAM)
    else:
        _guarded(_OF_A_PROGRAM, folder)
    tempfile.tempdir = folder
    sys.exit(work())


def main():
    words = sys.argv[1:]
    make = None
    if words[0] == "--make":
        make = _Make()
        del words[0]
    _guarded(_OF_A_COMMAND, make=make)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
