# SPDX-License-Identifier: MIT
"""
A real cron daemon runs the crontab from examples/, in namespaces of its own:
with its own /etc, spool and process table, so that this machine's cron is not
touched and nothing of it is left. Takes up to three minutes.
"""

import json
import shutil
import signal
import statistics
import time

import processes
import service
import tap
import where
from sendcase import SendCase

# /etc is overlaid, so that a crontab and PAM's rules can be put there.
_NAMESPACE = """
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc
mount -t tmpfs tmpfs /var/spool
mkdir -p /var/spool/cron/crontabs
for kind in auth account session; do
    echo "$kind required pam_permit.so"
done >/etc/pam.d/cron
rm -rf /etc/cron.d /etc/crontab
mkdir /etc/cron.d
: >/etc/crontab
cp "$1" /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
exec "$2" -f -L 15
"""


class Cron(SendCase):
    settings = {"sender": {"linger": "60s", "workers": "1"}}

    def setup(self):
        super().setup()
        self.install()
        self.fresh("/cron")
        self.daemon = processes.Child(
            "cron",
            [
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--propagation",
                "private",
                "sh",
                "-c",
                _NAMESPACE,
                "sh",
                self.crontab,
                where.server("cron"),
            ],
            # unshare itself ignores SIGTERM.
            self.service.folder / "cron.log",
            stop_signal=signal.SIGKILL,
        )
        self.service.children.append(self.daemon)
        time.sleep(1)
        self.daemon.check()

    def install(self):
        """The sample crontab with another prefix is all that differs."""
        prefix = self.service.prefix
        for name in ("hooks-send", "hooks-admin"):
            shutil.copy(where.program(name), prefix / "bin")
        shutil.copy(
            self.service.config(service.SENDER),
            prefix / "etc/vyte-hooks/hooks.conf",
        )
        self.crontab = self.service.folder / "crontab"
        self.crontab.write_text(
            (where.EXAMPLES / "crontab")
            .read_text()
            .replace("/usr/local", str(prefix))
        )

    def arrival(self, number, seconds):
        """Publishes with SQL; seconds until the receiver had it."""
        before = len(self.sink.at("/cron"))
        begin = time.time()
        self.service.publish_sql(
            self.organization, "event.created", json.dumps({"n": number})
        )
        return self.sink.wait(before + 1, "/cron", seconds)[-1].time - begin

    def test_a_row_is_delivered_within_the_minute(self):
        waited = self.arrival(0, 75)
        print(f"# first row: {waited:.1f} s after its INSERT")
        # cron looks at the full minute; a second for it and for the start.
        assert waited <= 62, waited

    def test_arrival_while_the_sender_lingers_and_over_the_change(self):
        """80 s: long enough to see one sender end and the next begin."""
        end = time.monotonic() + 80
        waits = []
        while time.monotonic() < end:
            waits.append(self.arrival(len(waits) + 1, 30))
            time.sleep(0.4)
        median = statistics.median(waits)
        print(
            f"# {len(waits)} rows: p50 {median * 1000:.0f} ms, "
            f"max {max(waits):.2f} s"
        )
        assert median < 1, median
        assert max(waits) <= 1, max(waits)
        bodies = [r.body for r in self.sink.at("/cron")]
        assert len(bodies) == len(set(bodies)) == len(waits) + 1


tap.main()
