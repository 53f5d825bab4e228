#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A receiver to copy from, and to watch hooks arrive with.

verify() is all that an application needs; it follows Standard Webhooks and
shares nothing with the sender. Run as a program it prints one line for each
hook that arrives:

    receive.py [--port N] [--secret-file FILE]

FILE holds the hook's secret (whsec_...) and is read again for each request.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import pathlib
import sys
import threading
import time

# A captured request must be of no use after a few minutes.
TOLERANCE_SECONDS = 300


class BadSignature(Exception):
    """The request was not made by a holder of the secret, or not just now."""


def verify(secret, headers, body, now=None):
    """Raises BadSignature unless `body` (bytes, as received) is genuine."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() \
            or len(timestamp) > 12:
        raise BadSignature("no timestamp")
    if abs((now or time.time()) - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("the timestamp is too far from now")
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"),
                               validate=True)
    except ValueError:
        key = b""
    if len(key) < 24:
        raise BadSignature("there is no secret to check the request with")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    # While a secret is replaced, each valid one has a signature.
    for entry in headers.get("webhook-signature", "").split():
        version, _, signature = entry.partition(",")
        if version == "v1" and hmac.compare_digest(
                signature.encode(), expected):
            return
    raise BadSignature("no signature matches")


class Inbox:
    """What has arrived. In memory here: an application keeps both tables in
    its database, and writes them in the transaction that does the work."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ids = set()
        self.latest = {}  # of each thing, the time of what is known of it

    def judge(self, message_id, body):
        """"received", or why there is nothing to do: "repeated" or
        "outdated"."""
        messages = json.loads(body)
        if isinstance(messages, dict):
            messages = [messages]
        with self.lock:
            if message_id in self.ids:
                return "repeated"
            self.ids.add(message_id)
            # A batch counts as outdated when all its members are.
            news = [m for m in messages if self._is_news(m)]
        return "received" if news or not messages else "outdated"

    def _is_news(self, message):
        thing = message["resource"].get("_id")
        when = message["occurred_at"]
        # As texts the times compare as they should.
        if thing is None or when >= self.latest.get(thing, ""):
            self.latest[thing] = when
            return True
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secret_file = None
    inbox = Inbox()

    def _judge(self, body):
        if not self.secret_file or not self.secret_file.exists():
            return None
        try:
            verify(self.secret_file.read_text(), self.headers, body)
        except BadSignature as error:
            return str(error)
        return ""

    def _show(self, body, trouble):
        verdict = {None: "signature not checked", "": "signature valid"}.get(
            trouble, f"SIGNATURE INVALID ({trouble})")
        try:
            message = json.loads(body)
            action = message["action"] if isinstance(message, dict) else (
                f"batch of {len(message)}")
        except (ValueError, KeyError, TypeError):
            action = "?"
        word = "received"
        if not trouble:
            try:
                word = self.inbox.judge(self.headers.get("webhook-id", ""),
                                        body)
            except (ValueError, KeyError, TypeError, AttributeError):
                pass
        clock = datetime.datetime.now().strftime("%H:%M:%S.%f")[:-3]
        # repr() of a stranger's bytes, so that they cannot control a terminal.
        # In one piece: requests come side by side.
        sys.stdout.write(f"{clock} {word} {action!r} "
                         f"id {self.headers.get('webhook-id', '-')!r} "
                         f"attempt "
                         f"{self.headers.get('webhook-attempt', '-')!r}: "
                         f"{verdict}\n"
                         f"             {body[:400]!r}\n")
        sys.stdout.flush()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = self._judge(body)
        self._show(body, trouble)
        self.send_response(400 if trouble else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """The lines of _show() say more."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--secret-file", type=pathlib.Path)
    options = parser.parse_args()
    Handler.secret_file = options.secret_file
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", options.port), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
