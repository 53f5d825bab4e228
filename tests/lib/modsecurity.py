# SPDX-License-Identifier: MIT
"""
A door as many hosting companies have it: Apache with mod_fcgid and ModSecurity
with the OWASP rules as they are packaged, which refuse PUT, PATCH and DELETE.
"""

import re

import doors
import rawhttp
import where


@doors.register
class ModSecurity(doors.Apache):
    name = "modsecurity"
    modules = ("fcgid", "unique_id", "security2")

    def exchange(self, method, target, headers=(), body=None, chunked=False):
        """As clients do it that are no suspects: named, and by a host's name
        (920320, 920350). The rules look into bodies whose type they know."""
        headers = [*headers, ("User-Agent", "test"), ("Accept", "*/*")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        return self.raw(
            rawhttp.request_bytes(
                method, target, headers, body, chunked, host="localhost"
            ),
            method,
        )

    def _recommended(self, folder):
        """What comes with the module, but for its log, which would lie among
        this machine's."""
        lines = (folder / "modsecurity.conf-recommended").read_text()
        kept = re.sub(
            r"^\s*Sec(AuditLog|UnicodeMapFile) .*$", "", lines, flags=re.M
        )
        config = self.home / "modsecurity.conf"
        config.write_text(kept)
        return config

    def _site(self):
        root = where.root_of(where.server("apache2", "httpd"))
        rules = root / "usr/share/modsecurity-crs/rules"
        return [
            f"Include {self._recommended(root / 'etc/modsecurity')}",
            "SecRuleEngine On",
            "SecAuditEngine Off",
            f"SecTmpDir {self.home}",
            f"SecDataDir {self.home}",
            f"Include {root}/etc/modsecurity/crs/crs-setup.conf",
            f"Include {rules}/*.conf",
            *super()._site(),
        ]
