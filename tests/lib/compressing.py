# SPDX-License-Identifier: MIT
"""
Doors of servers that compress what they pass on: Apache and lighttpd with
mod_deflate, nginx with gzip. Whoever comes through them asks for gzip, as
browsers do, and sees the headers as they came.
"""

import gzip
import os

import doors
import where

# What every server passes on (RFC 3875), and what routing is done by.
_PARAMS = (
    "REQUEST_METHOD",
    "REQUEST_URI",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "REMOTE_ADDR",
)


class _Compressed:
    def request(self, method, target, headers=(), body=None, chunked=False):
        """Not held against openapi.yaml, which says what we send, not what
        servers make of it."""
        headers = [*headers, ("Accept-Encoding", "gzip")]
        answer = self.exchange(method, target, headers, body, chunked)
        if answer.header("Content-Encoding") == "gzip":
            answer.body = answer.body and gzip.decompress(answer.body)
        return answer


@doors.register
class Apache(_Compressed, doors.Apache):
    name = "apache-deflate"
    modules = ("fcgid", "deflate", "filter")

    def _site(self):
        return [
            *super()._site(),
            "AddOutputFilterByType DEFLATE application/json",
        ]


@doors.register
class Lighttpd(_Compressed, doors.Lighttpd):
    name = "lighttpd-deflate"

    def _lines(self):
        return [
            *super()._lines(),
            'server.modules += ( "mod_deflate" )',
            'deflate.mimetypes = ( "application/json" )',
            'deflate.allowed-encodings = ( "gzip" )',
        ]


@doors.register
class Nginx(_Compressed, doors.Server):
    """fastcgi_pass to a hooks.fcgi that was started on a unix socket."""

    name = "nginx-gzip"

    def __init__(self, service, base=""):
        self.socket = service.folder / "nginx.sock"
        doors.start_responders(service, self.socket)
        super().__init__(service, base)

    def _command(self):
        root = os.getuid() == 0
        config = self.home / "nginx.conf"
        temporary = [
            f"{kind}_temp_path {self.home}/{kind};"
            for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
        ]
        lines = [
            "daemon off;",
            "user nobody nogroup;" if root else "",
            f"pid {self.home}/pid;",
            f"error_log {self.log};",
            "events {}",
            "http {",
            "access_log off;",
            *temporary,
            "gzip on;",
            "gzip_types application/json;",
            "server {",
            f"listen 127.0.0.1:{self.port};",
            "location / {",
            f"fastcgi_pass unix:{self.socket};",
            *(f"fastcgi_param {p} ${p.lower()};" for p in _PARAMS),
            "}",
            "}",
            "}",
        ]
        config.write_text("\n".join(lines) + "\n")
        return [where.server("nginx"), "-c", config, "-p", self.home]


ALL = (Apache.name, Lighttpd.name, Nginx.name)
