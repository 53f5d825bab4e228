# SPDX-License-Identifier: MIT
"""
Deliveries of ours, verified by the libraries that receivers install. They are
made once, by a sender that sends to a receiver here; each library then gets all
of them, and, so that it is seen to look, some that are not genuine.
"""

import base64
import functools
import json
import os
import pathlib
import subprocess
import sys

import doors
import processes
import receiver
import service
import tap

HERE = pathlib.Path(__file__).parent
MADE = pathlib.Path(os.environ.get("HOOKS_VERIFIERS", ""))
_PYTHON = [sys.executable, HERE / "verifier.py"]
_NODE = ["node", MADE / "node/verifier.mjs"]
VERIFIERS = {
    "standardwebhooks (Python)": [*_PYTHON, "standardwebhooks"],
    "svix (Python)": [*_PYTHON, "svix"],
    "standardwebhooks (Node)": [*_NODE, "standardwebhooks"],
    "svix (Node)": [*_NODE, "svix"],
    "standard-webhooks (Go)": [MADE / "verifier.run"],
}
# Published byte for byte, so also signed so.
RESOURCES = {
    "plain": '{"title":"Demo"}',
    "empty": "{}",
    "letters": '{"title":"Übung 日本 🎉 \u2028\u2029"}',
    "escapes": r'{"a":"\u00dc\ud83c\udf89\/\"\\\b","b":"\u2028"}',
    "blanks": '{ "a" :\t[1 , 2.50,\r\n1e3 ] \n}',
    "long": json.dumps({"x": "y" * 100_000}),
}
SIZES = (24, 25, 32, 64)


class Deliveries:
    """`genuine` and `old`, the same with a secret that no longer signs: of each
    its name, secret and request."""

    def __init__(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.sink = receiver.Receiver()
        tap.at_end(self.sink.close)
        self.door = doors.enter("cgi", self.service)
        self.key = self.service.key(self.service.organization())
        self.genuine, self.old = [], []
        self._contents()
        self._secrets()
        self._attempts()
        self._batch()
        self._ping()
        self._rotated()

    def _call(self, method, target, body=None):
        answer = self.door.request(
            method,
            target,
            [("Authorization", self.key)],
            b"" if body is None else json.dumps(body).encode(),
        )
        assert answer.status < 300, (method, target, answer)
        return answer.json() if answer.body else None

    def _hook(self, path, **members):
        made = self._call(
            "POST",
            "/v2/hooks",
            {"target_url": self.sink.url(path), "action": "*", **members},
        )
        return made["_id"]

    def _secret(self, hook):
        return self._call("GET", f"/v2/hooks/{hook}/secret")["secret"]

    def _publish(self, resource):
        body = f'{{"action":"event.created","resource":{resource}}}'
        answer = self.door.request(
            "POST",
            "/v2/notifications",
            [("Authorization", self.key)],
            body.encode(),
        )
        assert answer.status == 202, answer

    def _arrivals(self, path, count):
        """After as many runs as it takes."""

        def came():
            self.service.send("--once")
            return len(self.sink.at(path)) >= count

        processes.wait_until(came, 30, f"request {count} at {path}")
        return self.sink.at(path)

    def _one(self, path, resource='{"title":"Demo"}', **members):
        hook = self._hook(path, **members)
        self._publish(resource)
        [request] = self._arrivals(path, 1)
        secret = self._secret(hook)
        self._call("DELETE", f"/v2/hooks/{hook}")
        return secret, request

    def _contents(self):
        for name, resource in RESOURCES.items():
            secret, request = self._one(f"/{name}", resource)
            assert resource.encode() in request.body, request
            self.genuine.append((name, secret, request))

    def _secrets(self):
        for size in SIZES:
            own = base64.b64encode(bytes(range(255, 255 - size, -1))).decode()
            secret, request = self._one(f"/{size}", secret=f"whsec_{own}")
            self.genuine.append((f"a secret of {size} bytes", secret, request))

    def _attempts(self):
        hook = self._hook("/again")
        self.sink.script("/again", receiver.Answer(500))
        self._publish("{}")
        for number, request in enumerate(self._arrivals("/again", 2), 1):
            assert request.header("webhook-attempt") == str(number), request
            self.genuine.append(
                (f"attempt {number}", self._secret(hook), request)
            )
        self._call("DELETE", f"/v2/hooks/{hook}")

    def _batch(self):
        hook = self._hook("/batch", batch_size=5)
        for n in range(5):
            self._publish(f'{{"n":{n}}}')
        [request] = self._arrivals("/batch", 1)
        assert len(json.loads(request.body)) == 5, request
        self.genuine.append(("a batch", self._secret(hook), request))
        self._call("DELETE", f"/v2/hooks/{hook}")

    def _ping(self):
        hook = self._hook("/ping")
        self._call("POST", f"/v2/hooks/{hook}/ping")
        [request] = self._arrivals("/ping", 1)
        self.genuine.append(("a ping", self._secret(hook), request))
        self._call("DELETE", f"/v2/hooks/{hook}")

    def _rotated(self):
        hook = self._hook("/rotated")
        rotate = f"/v2/hooks/{hook}/secret/rotate"
        secrets = [self._secret(hook)]
        for _ in range(3):
            secrets.append(self._call("POST", rotate)["secret"])
        self._publish("{}")
        [request] = self._arrivals("/rotated", 1)
        for number, secret in enumerate(secrets, 1):
            self.genuine.append((f"secret {number} of 4", secret, request))
        self.sink.clear()
        now = self._call("POST", rotate, {"overlap": "0s"})["secret"]
        self._publish("{}")
        [request] = self._arrivals("/rotated", 1)
        self.genuine.append(("rotated at once", now, request))
        for number, secret in enumerate(secrets, 1):
            self.old.append((f"ended secret {number}", secret, request))


deliveries = functools.cache(Deliveries)


class Verifiers(tap.Case):
    variants = tuple(VERIFIERS)

    def say(self, those, body=None):
        """What the library says of each, by name."""
        lines = [
            json.dumps(
                {
                    "secret": secret,
                    "headers": {
                        n: v
                        for n, v in request.header_map().items()
                        if n.startswith("webhook-")
                    },
                    "body": base64.b64encode(
                        request.body if body is None else body
                    ).decode(),
                }
            )
            for _, secret, request in those
        ]
        done = subprocess.run(
            VERIFIERS[self.variant],
            input="".join(f"{line}\n" for line in lines).encode(),
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(MADE / "python")},
        )
        said = done.stdout.decode().splitlines()
        assert len(said) == len(those), (said, done.stderr)
        return dict(zip([name for name, _, _ in those], said, strict=True))

    def test_genuine_ones_are_taken(self):
        said = self.say(deliveries().genuine)
        print(f"# {len(said)}: {', '.join(said)}")
        assert set(said.values()) == {"ok"}, said

    def test_a_secret_that_has_ended_is_refused(self):
        said = self.say(deliveries().old)
        assert "ok" not in said.values(), said

    def test_another_body_is_refused(self):
        said = self.say(deliveries().genuine, b'{"title":"another"}')
        assert "ok" not in said.values(), said


if __name__ == "__main__":
    tap.main()
