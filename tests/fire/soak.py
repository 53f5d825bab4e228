# SPDX-License-Identifier: MIT
"""
`make check-fire SOAK=1`: senders on three hosts, each in a network of its own,
two database servers of which one is a replica, publishers with SQL and with
HTTP, a fault every few seconds, and in the middle a fail-over to the replica,
which lacks the last second.

    python3 tests/fire/soak.py [SEED] [MINUTES]
"""

import random
import sys
import time

import network
import seeds
import tap
from firecase import FireCase
from packets import TIMES

# A replica cannot follow these.
FAULTS = [n for n in seeds.FAULTS if n not in ("forget", "clock_jumps")]


class _Stage(seeds.Crowd):
    def __init__(self, rig, cables):
        self.cables = cables
        super().__init__(rig, 3)

    def new_host(self):
        return self.rig.host(self.cables.host())

    def unplug(self, x):
        """A cable is out, for less than a lease, or for more."""
        host = self.pick(x)
        self.rig.book.crash()
        host.cable.plug(False)
        time.sleep(x * 10)
        self.rig.book.crash()
        host.cable.plug()

    def fail_over(self, replica):
        replica.sql("STOP SLAVE", name="")
        since = time.time()
        time.sleep(1)
        with self.publishing:
            for host in self.rig.hosts:
                host.proxy.refusing = True
                host.proxy.cut()
            self.rig.book.forgot(since)
            self.rig.move_to(replica)
            for host in self.rig.hosts:
                host.proxy.refusing = False


class Soak(FireCase):
    def test_three_hosts_and_two_servers(self):
        seed = int((ARGUMENTS[:1] or [0])[0] or time.time())
        minutes = float((ARGUMENTS[1:] or [0])[0] or 5)
        print(f"# SOAK=1 SEED={seed} MINUTES={minutes:g}", flush=True)
        dice = random.Random(seed)
        cables = network.Network()
        with self.rig(
            f"c24 soak of {minutes:g} min, three hosts, a fail-over",
            seconds=90,
            sender=TIMES,
            address=network.ADDRESS,
            targets={"allow_networks": "10.0.0.0/8"},
        ) as rig:
            rig.after.callback(cables.close)
            replica = rig.replicate()
            stage = _Stage(rig, cables)
            self.times, self.recovered = seeds.storm(
                stage,
                dice,
                60 * minutes,
                [*FAULTS, "unplug"],
                lambda: stage.fail_over(replica),
            )
            assert stage.largest < 40000, f"{stage.largest} kB"
            print(f"# the largest program had {stage.largest} kB")


ARGUMENTS = sys.argv[1:]
if __name__ == "__main__":
    network.enter()
    del sys.argv[1:]
    tap.main()
