# SPDX-License-Identifier: MIT
"""
How much of the processors' time programs take that have nothing to do with this
test: what is measured while they are busy says little about this service.
"""

import os
import pathlib
import time

_TICKS = os.sysconf("SC_CLK_TCK")
_KERNEL = 2  # the parent of its threads, some of which work for us


def _processes():
    """Of each its parent, and its ticks with those of its children that have
    ended."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold anything.
            words = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        ticks = sum(int(word) for word in words[11:15])
        found[int(path.parent.name)] = int(words[1]), ticks
    return found


def _ticks_below(top, found):
    children = {}
    for pid, (parent, _) in found.items():
        children.setdefault(parent, []).append(pid)
    below = [top]
    for pid in below:
        below += children.get(pid, ())
    return sum(found[pid][1] for pid in below if pid in found)


def _others():
    """Seconds since the machine's start."""
    line = pathlib.Path("/proc/stat").read_text().splitlines()[0]
    user, nice, system, *_, steal = map(int, line.split()[1:9])
    found = _processes()
    # Our parent watches over this program: what has lost its own is its child.
    known = _ticks_below(os.getppid(), found) + _ticks_below(_KERNEL, found)
    return (user + nice + system + steal - known) / _TICKS


class Watch:
    """From its making on."""

    def __init__(self):
        self._begin, self._others = time.monotonic(), _others()

    def others(self):
        """What others took, in processors: 0.5 is half of one."""
        passed = time.monotonic() - self._begin
        return max(0, _others() - self._others) / passed
