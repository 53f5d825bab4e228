# SPDX-License-Identifier: MIT
"""The samples that are no web server's: hooks.conf, crontab, systemd, SQL."""

import configparser
import re
import shutil
import subprocess

import service
import tap
import where


class HooksConf(tap.Case):
    """Every key is there, explained, with the default that is in effect."""

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.sample = where.EXAMPLES / "hooks.conf"

    def printed(self, path):
        done = self.service.run("hooks-admin", "config", config=path)
        assert done.status == 0, done
        found = configparser.ConfigParser(interpolation=None)
        found.read_string(done.out)
        return {s: dict(found[s]) for s in found.sections()}

    def uncommented(self):
        """The sample with every `#key = value` in force."""
        text = re.sub(
            r"^#([a-z_]+ =)", r"\1", self.sample.read_text(), flags=re.M
        )
        path = self.service.folder / "uncommented.conf"
        path.write_text(text)
        path.chmod(0o600)
        return path

    def test_accepted_as_it_is(self):
        self.printed(self.sample)

    def test_the_defaults_it_names_are_the_defaults(self):
        assert self.printed(self.uncommented()) == self.printed(self.sample)

    def test_no_key_is_missing(self):
        text = self.sample.read_text()
        for section, keys in self.printed(self.sample).items():
            part = re.search(
                rf"^\[{section}\]$(.*?)(?=^\[|\Z)", text, re.M | re.S
            )
            assert part, section
            for key in keys:
                assert re.search(rf"^#{key} =", part[1], re.M), key


class Others(tap.Case):
    def test_crontab_runs_installed_programs(self):
        lines = [
            line
            for line in (where.EXAMPLES / "crontab").read_text().splitlines()
            if line and not line.startswith("#")
        ]
        assert lines[0].startswith("* * * * * /usr/local/bin/hooks-send -c ")
        for line in lines:
            assert re.match(r"^(\S+ ){5}/usr/local/bin/hooks-\w+ ", line), line

    def test_systemd_units(self):
        if not shutil.which("systemd-analyze"):
            # A bare machine has none: at least they are whole INI files.
            for name in ("hooks-send.service", "hooks-send.timer"):
                unit = configparser.ConfigParser(
                    interpolation=None, strict=False
                )
                unit.read(where.EXAMPLES / name)
                assert "Unit" in unit, name
            return
        done = subprocess.run(
            [
                "systemd-analyze",
                "verify",
                "--man=no",
                where.EXAMPLES / "hooks-send.timer",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        trouble = [
            line
            for line in done.stderr.splitlines()
            if "hooks-send" in line and "is not executable" not in line
        ]
        assert not trouble, trouble

    def test_application_user_can_only_insert(self):
        site = service.Service()
        try:
            organization = site.organization()
            site.publish_sql(organization, "event.created", "{}")
            for statement in (
                "SELECT * FROM vh_outbox",
                "SELECT * FROM vh_notifications",
                "SELECT * FROM vh_hook_secrets",
                "UPDATE vh_outbox SET action = 'x'",
                "DELETE FROM vh_outbox",
                "INSERT INTO vh_outbox (id, organization) VALUES (1, '')",
                "INSERT IGNORE INTO vh_outbox (id, organization) "
                "VALUES (1, '')",
                "INSERT INTO vh_outbox (organization, created_at) "
                "VALUES ('', NOW())",
                "INSERT INTO vh_outbox (organization) VALUES ('') "
                "ON DUPLICATE KEY UPDATE action = 'x'",
                "INSERT INTO vh_notifications (organization, action, "
                "resource) VALUES ('', '', '')",
            ):
                try:
                    site.db.sql(
                        statement,
                        user=service.APPLICATION,
                        password=service.password_of(service.APPLICATION),
                    )
                except AssertionError as refused:
                    assert "denied" in str(refused), refused
                else:
                    raise AssertionError(f"allowed: {statement}")
        finally:
            site.close()


tap.main()
