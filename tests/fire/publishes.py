# SPDX-License-Identifier: MIT
"""
Every packet in turn, of a publish by HTTP. A request that is repeated with its
Idempotency-Key counts once.
"""

import json
import os
import subprocess
import time

import doors
import service
import tap
from packets import LIMIT, Cut, CutAfter, Live, NoAnswer, PacketCase
from proxy import CUT, FREEZE, FREEZE_AFTER, PASS, Proxy


class _Door(doors.Cgi):
    """The API as a program that can be killed, with a proxy before its
    database."""

    def __init__(self, rig):
        super().__init__(rig.service)
        self.proxy = Proxy(rig.folder / "api", rig.db.socket)
        self.process = None
        written = rig.service.write_config(
            service.API, database={"socket": self.proxy.path}
        )
        self.config = written.rename(rig.folder / "api.conf")
        rig.service.write_config(service.API)

    def _environment(self):
        return dict(os.environ, HOOKS_CONFIG=str(self.config))

    def _run(self, env, body):
        self.process = subprocess.Popen(
            [self.service.prefix / "libexec/vyte-hooks/hooks.fcgi"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = self.process.communicate(body)
        return subprocess.CompletedProcess(
            [], self.process.returncode, out, err
        )


class _Publish(Live):
    """One trial: a publish under which it happens, and the same again."""

    def prepare(self):
        super().prepare()
        self.door = _Door(self.rig)
        self.key = self.rig.key(self.org_a)

    def _post(self, n):
        """The status; None when the program was killed."""
        body = {"action": "event.created", "resource": {"n": n}}
        headers = [("Authorization", self.key), ("Idempotency-Key", f"k{n}")]
        try:
            return self.door.request(
                "POST", "/v2/notifications", headers, json.dumps(body).encode()
            ).status
        except AssertionError:
            return None

    def trial(self, strike, numbers):
        ours, others = numbers
        self.rig.book.doubted(ours)
        self.rig.records.publish(self.org_b, [others])
        self.rig.book.accepted(self.org_b, others)
        self.since = time.time()
        self.before()
        self.door.proxy.rule = strike
        first = self._post(ours)
        self.door.proxy.rule = lambda packet: PASS
        self.late = not strike.begun
        assert self.late or strike.struck.wait(60)
        assert first in (202, 503, None), first
        self.rig.within(LIMIT, lambda: self._post(ours) == 202, "a 202", 0.2)
        self.rig.book.accepted(self.org_a, ours)

    def _happen(self, packet):
        return self.happen(packet)

    def before(self):
        """Of a trial."""

    def after(self):
        self.door.proxy.thaw()
        self.door.proxy.cut()
        super().after()


class PublishCut(_Publish, Cut):
    pass


class PublishCutAfter(_Publish, CutAfter):
    pass


class PublishNoAnswer(_Publish, NoAnswer):
    pass


class PublishKill(_Publish):
    verdict_then = CUT

    def happen(self, _):
        self.door.process.kill()
        return self.verdict_then


class PublishKillAfter(PublishKill):
    up_only = True
    verdict_then = PASS


class PublishFreeze(_Publish):
    def happen(self, _):
        return FREEZE


class PublishFreezeAfter(_Publish):
    up_only = True

    def happen(self, _):
        return FREEZE_AFTER


class PublishForget(_Publish):
    def before(self):
        self.rig.records.save()

    def happen(self, _):
        with self.host.proxy.away(), self.door.proxy.away():
            self.rig.book.forgot(self.since)
            self.rig.records.go_back()
            time.sleep(1)  # no server comes back any faster
        return CUT


class EveryPacket(PacketCase):
    def publish(self, kind, case, at_once=4):
        self.walk(kind, f"{case} of a publish", at_once)

    def test_publish_cut_before(self):
        self.publish(PublishCut, "c35i cut before every packet")

    def test_publish_cut_after(self):
        self.publish(PublishCutAfter, "c35j cut after every packet")

    def test_publish_no_answer(self):
        self.publish(PublishNoAnswer, "c35k every answer is lost")

    def test_publish_killed_before(self):
        self.publish(PublishKill, "c35l killed before every packet")

    def test_publish_killed_after(self):
        self.publish(PublishKillAfter, "c35m killed after every packet")

    def test_publish_frozen_before(self):
        self.publish(PublishFreeze, "c35n silence before every packet", 8)

    def test_publish_frozen_after(self):
        self.publish(PublishFreezeAfter, "c35o silence after every packet", 8)

    def test_publish_forgotten(self):
        self.publish(
            PublishForget, "c35p the database forgets it at every packet"
        )


if __name__ == "__main__":
    tap.main()
