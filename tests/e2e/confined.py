# SPDX-License-Identifier: MIT
"""
The sender below the restrictions of the sample unit, and where it may not ask
for the addresses of this host: then it refuses to start.
"""

import pathlib
import re
import shutil
import socket
import subprocess

import confine
import processes
import sendcase
import service
import where

UNIT = where.EXAMPLES / "hooks-send.service"
# Without AF_NETLINK nobody is told the addresses of the interfaces.
BLIND = [socket.AF_UNIX, socket.AF_INET, socket.AF_INET6]


class Confined(sendcase.SendCase):
    def confined(self, name, *args, user=service.SENDER, **limits):
        done = subprocess.run(
            confine.argv(
                [
                    str(where.program(name)),
                    "-c",
                    str(self.service.config(user)),
                    *args,
                ],
                **limits,
            ),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return service.Done(done)

    def delivers(self, **limits):
        self.fresh()
        self.publish()
        done = self.confined("hooks-send", "--once", **limits)
        assert done.status == 0 and "delivered 1" in done.out, done
        assert len(self.sink.at()) == 1, done

    def test_01_families_of_the_unit(self):
        self.delivers(some_families=confine.families(UNIT))

    def test_02_system_calls_of_the_unit(self):
        if b"__asan_init" in where.program("hooks-send").read_bytes():
            return  # it makes calls of its own
        if not shutil.which("systemd-analyze"):
            print("# systemd's lists of system calls are not here")
            return
        calls = confine.calls(UNIT)
        assert len(calls) > 200, calls
        self.delivers(some_calls=calls)
        done = self.confined("hooks-send", "--once", some_calls=calls[:9])
        assert done.status < 0, "the filter is no filter"

    def test_03_own_addresses_not_known(self):
        """What was published waits for somebody to mend it."""
        self.fresh()
        self.publish()
        for flags in (("--once",), ("--linger", "1s")):
            done = self.confined("hooks-send", *flags, some_families=BLIND)
            assert done.status == 78 and not done.out, done
            assert "[targets] own_addresses" in done.err, done
            assert "AF_NETLINK" in done.err, done
        assert not self.sink.at()
        self.once("delivered 1")
        done = self.confined(
            "hooks-admin", "doctor", user=service.ADMIN, some_families=BLIND
        )
        assert done.status == 78, done
        assert "FAIL\town addresses\t" in done.out, done

    def test_04_own_addresses_named(self):
        for value in ("= 192.0.2.1", "=192.0.2.1, 192.0.2.2"):
            self.service.write_config(
                service.SENDER, targets={"own_addresses": value}
            )
            self.delivers(some_families=BLIND)
        self.service.write_config(
            service.SENDER, targets={"own_addresses": "192.0.2.1"}
        )
        done = self.confined("hooks-send", "--once", some_families=BLIND)
        assert done.status == 78, done

    def test_05_wrong_lists(self):
        for value in ("=", "= auto", "nonsense", "192.0.2.1 = 192.0.2.2"):
            self.service.write_config(
                service.SENDER, targets={"own_addresses": value}
            )
            done = self.service.send("--once")
            assert done.status == 78 and "own_addresses" in done.err, done


class Closed(sendcase.SendCase):
    """A program that holds secrets leaves no core dump, and no other
    program of its user can look into it."""

    def starts_closed(self, name, argv, **options):
        child = processes.Child(
            name,
            argv,
            self.service.folder / f"{name}.log",
            drop=True,
            **options,
        )
        proc = pathlib.Path(f"/proc/{child.process.pid}")
        try:
            processes.wait_until(
                lambda: (proc / "mem").stat().st_uid == 0, 5, f"{name} closed"
            )
            limits = (proc / "limits").read_text()
            assert re.search(r"^Max core file size +0 +0 ", limits, re.M), (
                limits
            )
        finally:
            child.process.kill()
            child.wait()

    def test_the_three_programs(self):
        if b"__asan_init" in where.program("hooks-send").read_bytes():
            return  # its leak check looks into its own process
        state = self.service.folder.for_nobody("closed")
        state.chmod(0o700)
        config = self.service.write_config(
            service.SENDER, sender={"state_dir": state}
        )
        folder = self.service.prefix / "libexec/vyte-hooks"
        shutil.copy(where.program("hooks-admin"), folder)
        self.starts_closed(
            "hooks-send",
            [self.service.prefix / "bin/hooks-send", "-c", config],
        )
        self.starts_closed(
            "hooks-admin",
            [
                folder / "hooks-admin",
                "-c",
                self.service.config(service.ADMIN),
                "publish",
                self.organization,
                "event.created",
                "-",
            ],
            stdin=subprocess.PIPE,
        )
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.service.folder / "closed.sock"))
            listener.listen(1)
            self.starts_closed(
                "hooks.fcgi", [folder / "hooks.fcgi"], stdin=listener
            )


if __name__ == "__main__":
    sendcase.tap.main()
