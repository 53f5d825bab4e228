# SPDX-License-Identifier: MIT
"""
Senders and their hosts: killed, gone without a word, many at once, short of
everything, handed over.
"""

import os
import pathlib
import resource
import shutil
import tempfile
import time

import tap
from firecase import FireCase
from packets import LIMIT, TIMES
from processes import wait_until


class Killed(FireCase):
    def test_at_random_moments(self):
        with self.rig("c04 kill -9 of a sender or its worker", 15) as rig:
            moment = self.seed()
            org = self.mixed(rig)
            host = rig.host()
            rig.publish(org, 400)
            for count in range(15):
                if not (host.sender and host.sender.running()):
                    host.start()
                time.sleep(moment.uniform(0.1, 0.6))
                (host.kill_worker if count % 3 else host.kill)()
            rig.settle()
            self.check_rate(rig, "/ok/rate", 50)

    @staticmethod
    def check_rate(rig, path, rate):
        """In no second more than the hook's rate, a twentieth aside."""
        times = [r.time for r in rig.sink.at(path)]
        most = int(rate * 1.05) + 1
        for begin in range(len(times) - most):
            took = times[begin + most] - times[begin]
            assert took > 0.95, f"{most} in {took:.2f} s at {path}"

    def test_a_large_queue_of_one_hook(self):
        with self.rig(
            "c19 a queue of 100,000, one answer of 100 is lost", seconds=60
        ) as rig:
            org = rig.organization("/lost/a?every=100")
            for _ in range(20):
                rig.publish(org, 5000)
            host = rig.host()
            host.start()
            wait_until(lambda: rig.sink.done["/lost/a"], 60, "the begin")
            before = _memory(host)
            self.recovered = rig.settle(600)
            grown = _memory(host) - before
            assert grown < 8000, f"grew by {grown} kB"


def _memory(host):
    """Of the worker, in kB."""
    text = pathlib.Path(f"/proc/{host.processes()[1]}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


class Hosts(FireCase):
    """Each with its own lock file and its own way to the database."""

    def test_ten_senders(self):
        with self.rig("c13a ten hosts at once", 10) as rig:
            org = self.mixed(rig)
            for _ in range(10):
                rig.host().start()
            for _ in range(6):
                rig.publish(org, 50)
                time.sleep(1)

    def test_ten_senders_that_are_killed(self):
        with self.rig("c13b ten hosts, one is killed every second", 8) as rig:
            moment = self.seed()
            org = self.mixed(rig)
            for _ in range(10):
                rig.host().start()
            for _ in range(8):
                rig.publish(org, 40)
                time.sleep(1)
                host = moment.choice(rig.hosts)
                host.kill()
                host.start()

    def test_gone_without_a_word(self):
        """At any moment: in a transaction, or not."""
        with self.rig(
            "c36 a host dies silently at a random moment", 6, sender=TIMES
        ) as rig:
            moment = self.seed()
            org_a, org_b = self.mixed(rig), rig.organization("/ok/b")
            slowest = 0
            for _ in range(6):
                dying, other = rig.host(), rig.host()
                rig.publish(org_a, 200)
                dying.start()
                time.sleep(moment.uniform(0.2, 1.2))
                dying.die()
                other.start()
                took = rig.arrives("/ok/b", rig.publish(org_b), LIMIT)
                slowest = max(slowest, took)
                rig.settle(LIMIT + 20)
                other.sender.stop()
            self.recovered = slowest

    def test_gone_outside_of_a_transaction(self):
        with self.rig(
            "c01 a host dies silently with requests under way", sender=TIMES
        ) as rig:
            org_a = rig.organization("/slow/a?ms=900")
            org_b = rig.organization("/ok/b")
            dying, other = rig.host(), rig.host()
            rig.publish(org_a, 60)
            dying.start()
            rig.sink.wait(8)
            while dying.proxy.in_transaction():
                time.sleep(0.001)
            dying.die()
            other.start()
            rig.arrives("/ok/b", rig.publish(org_b), 5)
            self.recovered = rig.arrives("/slow/a", range(60), LIMIT + 5)


class Short(FireCase):
    """Something is missing that a program takes for granted."""

    def short(self, case, spoil=None, mute=False, **options):
        """A run of 2 s under some lack, then one without it; who ends with a
        status says why, if it is not `mute`."""
        with self.rig(f"c16{case}") as rig:
            org = self.mixed(rig)
            host = rig.host()
            rig.publish(org, 100)
            rig.book.crash()
            host.start("--linger", "2s", preexec_fn=spoil, **options)
            status = host.sender.wait(20)
            assert mute or not status or host.log(), (
                f"exit {status} and not a word"
            )

    @staticmethod
    def limit(what, value):
        return lambda: resource.setrlimit(what, (value, value))

    def test_few_descriptors(self):
        self.short(
            "a 20 file descriptors", self.limit(resource.RLIMIT_NOFILE, 20)
        )

    def test_hardly_any_descriptors(self):
        self.short(
            "b 8 file descriptors", self.limit(resource.RLIMIT_NOFILE, 8)
        )

    def test_little_memory(self):
        self.short(
            "c an address space of 64 MB",
            self.limit(resource.RLIMIT_AS, 64 << 20),
        )

    def test_no_files(self):
        self.short(
            "d files of no size", self.limit(resource.RLIMIT_FSIZE, 0), True
        )

    def test_a_full_disk_for_what_is_said(self):
        with open("/dev/full", "wb") as full:
            self.short(
                "e output to a full disk", None, True, stdout=full, stderr=full
            )

    def test_closed_descriptors(self):
        self.short(
            "f no standard input, output, error",
            lambda: os.closerange(0, 3),
            True,
        )

    def test_no_environment(self):
        self.short("g no environment", env={})

    def test_no_home(self):
        env = {k: v for k, v in os.environ.items() if k != "HOME"}
        self.short("l no HOME", env=env)

    def test_no_folder(self):
        def lose():
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            os.rmdir(folder)

        self.short("h a working folder that is gone", lose)

    def test_no_lock_file(self):
        with self.rig("c16i the lock file is removed at work") as rig:
            org = self.mixed(rig)
            host = rig.host()
            host.start()
            rig.publish(org, 100)
            rig.sink.wait(50)
            for path in host.home.rglob("*lock*"):
                path.unlink()
            rig.book.crash()
            second = rig.host()
            second.start()
            rig.publish(org, 50)

    def test_few_processes(self):
        """Of a user who has no others; nobody else is kept from starting."""
        if os.getuid():
            print("# c16m was not run: only root may become another user")
            return
        user = 60000 + os.getpid() % 5000
        with self.rig("c16m 2 to 8 processes for its user", 7) as rig:
            org = self.mixed(rig)
            host = rig.host()
            host.program = rig.service.prefix / "bin/hooks-send"
            for path in (host.home, *host.home.iterdir()):
                os.chown(path, user, user)
            for count in range(2, 9):
                rig.publish(org, 20)
                rig.book.crash()
                told = len(host.log())
                host.start(
                    "--linger",
                    "2s",
                    preexec_fn=self.limit(resource.RLIMIT_NPROC, count),
                    user=user,
                    group=user,
                    extra_groups=[],
                )
                status = host.sender.wait(30)
                assert not status or len(host.log()) > told, (
                    f"exit {status} and not a word"
                )
            # Who follows is another user again.
            rig.host().start()

    def test_a_program_that_is_replaced(self):
        with self.rig("c16n the program's file is replaced at work", 3) as rig:
            org = self.mixed(rig)
            host = rig.host()
            host.program = program = rig.service.prefix / "bin/hooks-send"
            for _ in range(3):
                host.start()
                rig.arrives("/ok/plain", rig.publish(org, 20), 10)
                shutil.copy(program, f"{program}.new")
                os.replace(f"{program}.new", program)
                rig.arrives("/ok/plain", rig.publish(org, 20), 10)
                host.kill_worker()
                rig.publish(org, 20)
                rig.settle()
                host.sender.stop()

    def test_interrupts_and_terminations(self):
        with self.rig("c16o a hail of SIGTERM and SIGINT", 200) as rig:
            dice = self.seed()
            org = self.mixed(rig)
            host = rig.host()
            for count in range(200):
                if not (host.sender and host.sender.running()):
                    host.start()
                    rig.publish(org, 5)
                    time.sleep(dice.uniform(0, 0.3))
                    rig.book.crash()
                host.sender.send_signal((15, 2)[count % 2])
                time.sleep(dice.uniform(0, 0.03))

    def test_signals(self):
        with self.rig("c16j a storm of signals", 30) as rig:
            moment = self.seed()
            org = self.mixed(rig)
            host = rig.host()
            for _ in range(30):
                if not (host.sender and host.sender.running()):
                    host.start()
                rig.publish(org, 5)
                time.sleep(moment.uniform(0, 0.3))
                rig.book.crash()
                host.sender.send_signal(moment.choice((1, 2, 15)))

    def test_a_broken_configuration(self):
        with self.rig("c16k the configuration is broken for one run") as rig:
            org = self.mixed(rig)
            host = rig.host()
            rig.publish(org, 50)
            text = host.config.read_text()
            host.config.write_text(text + "[sender]\nnonsense = 1\n")
            assert host.start().wait(10) == 78
            assert "nonsense" in host.log(), host.log()
            host.config.write_text(text)


if __name__ == "__main__":
    tap.main()
