# SPDX-License-Identifier: MIT
"""
The command line of hooks-admin: usage, help, configuration, and the manual
pages, which must name every command and key.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import admincase
import processes
import service
import tap
import where

sys.path.insert(0, str(where.SOURCE / "man"))
import texts  # noqa: E402

ID = "0" * 24

WRONG_LINES = (
    (),
    ("org",),
    ("nonsense",),
    ("orgcreate", "x"),
    ("org create", "x"),
    ("org", "create"),
    ("org", "create", "a", "b"),
    ("org", "list", "x"),
    ("key", "create"),
    ("key", "create", ID, "x"),
    ("key", "list"),
    ("key", "revoke"),
    ("key", "create", ID, "--role", "boss"),
    ("key", "create", ID, "--role"),
    ("key", "list", ID, "--role", "read"),
    ("migrate", "now"),
    ("migrate", "--dry-run=1"),
    ("status", "--dry-run"),
    ("status", "x"),
    ("config", "x"),
    ("config", "--explain", "port", "x"),
    ("status", "--explain"),
    ("org", "list", "--nonsense"),
    ("org", "list", "-x"),
    ("--name", "x", "org", "list"),
    ("trigger", "--table", "x", "--action", "event.created"),
)


def commands(text):
    """The commands that `hooks-admin --help` tells of."""
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?= |$)", text, re.M)


def synopses(text):
    """Of a text with lines such as `key list ORG [--name TEXT]`: by command
    its options, and how many words it takes."""
    found = {}
    for command, usage in re.findall(
        r"^  ([a-z]+(?: [a-z]+)?)((?: [^a-z ].*)?)$", text, re.M
    ):
        option = r"--[a-z-]+(?: [^\s\[\]]+)?"
        words = re.findall(r"[A-Z]+[|-]*", re.sub(option, "", usage))
        found[command] = (re.findall(r"--[a-z-]+", usage), len(words))
    return found


def synopses_of_page(text):
    """The same of the manual page."""
    found = {}
    text = re.sub(
        r"\.It Xo\n(.*?)\.Xc",
        lambda m: ".It" + m[1].replace("\n.", " "),
        text,
        flags=re.S,
    ).replace(".It.Cm", ".It Cm")
    for command, usage in re.findall(
        r"^\.It Cm ([a-z]+(?: [a-z]+)?)((?: [A-Z].*)?)$", text, re.M
    ):
        words = re.sub(r"Fl -[a-z-]+(?: Ar \w+)?", "", usage).count("Ar ")
        found[command] = (
            ["-" + o for o in re.findall(r"Fl (-[a-z-]+)", usage)],
            words,
        )
    return found


def page(name):
    return (where.SOURCE / "man" / name).read_text()


class Line(admincase.AdminCase):
    def test_wrong_lines_are_usage(self):
        for line in WRONG_LINES:
            done = self.run(*line)
            assert done.status == 64, f"{line}: {done}"
            assert done.out == "" and done.err, f"{line}: {done}"

    def test_help_tells_every_command(self):
        text = self.admin("--help")
        found = commands(text)
        assert len(found) == len(set(found)) > 5, found
        assert self.admin("help") == text
        for command in found:
            shown = self.admin("help", *command.split())
            assert shown == self.admin(*command.split(), "--help"), shown
            usage, meaning = shown.split("\n")[0::2][:2]
            line = usage.removeprefix("usage: hooks-admin [-c FILE] [--json] ")
            assert line.startswith(command), line
            assert f"  {line}\n      {meaning}\n" in text, line
            for option in re.findall(r"--[a-z-]+", line):
                assert re.search(rf"^  {option} .+\.$", shown, re.M), shown
            assert f"hooks-admin {command}" in shown.split("example: ")[1]

    def test_help_of_a_group(self):
        text = self.admin("help")
        shown = self.admin("help", "key")
        assert list(synopses(shown)) == ["key create", "key list", "key revoke"]
        assert shown in text

    def test_help_needs_no_configuration(self):
        done = self.run("help", "purge", config="/nonexistent")
        assert done.status == 0 and "--dry-run" in done.out, done

    def test_a_command_that_is_not_there(self):
        for words, like in (
            (("stauts",), "status"),
            (("org", "crate", "x"), "org create"),
            (("publsih", ID, "x"), "publish"),
            (("help", "key", "crate"), "key create"),
        ):
            self.fails(64, *words, words=(f"nearest: {like} ",))
        for words in (("nonsense",), ("help", "nonsense"), ("",), ("x" * 999,)):
            done = self.run(*words)
            assert done.status == 64 and "nearest" not in done.err, done

    def test_help_lists_nothing_that_is_not_there(self):
        for command in commands(self.admin("--help")):
            done = self.run(*command.split(), *"12345678")
            assert done.status == 64, (command, done)
            assert "no such command" not in done.err, (command, done)

    def test_version(self):
        want = re.search(
            r"AC_INIT\(\[vyte-hooks\], \[([^]]+)\]",
            (where.SOURCE / "configure.ac").read_text(),
        )[1]
        assert self.admin("--version") == f"hooks-admin {want}"

    def test_options_stand_anywhere(self):
        first = self.admin("--json", "org", "list")
        assert first == self.admin("org", "list", "--json") == "[]"
        assert self.admin("org", "create", "--", "--json")

    def test_output_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "wb") as full:
            done = self.run("org", "create", "x", stdout=full)
        assert done.status == 70 and "standard output" in done.err, done


class Examples(admincase.AdminCase):
    """Of each command's page, in a shell."""

    def test_the_examples_work(self):
        self.db.sql(
            "CREATE DATABASE IF NOT EXISTS shop; CREATE TABLE IF NOT EXISTS "
            "shop.orders (id INT PRIMARY KEY, paid BOOLEAN); GRANT SELECT ON "
            f"shop.* TO '{service.ADMIN}'@'localhost'"
        )
        for command in commands(self.admin("--help")):
            if command in ("doctor", "verify"):
                continue  # needs a network; needs a delivery
            org = self.admin("org", "create", "Demo")
            self.admin("key", "create", org)
            hook = self.admin(
                "hook", "create", org, "https://www.example.com/", "*"
            )
            soon = datetime.datetime.now() + datetime.timedelta(days=2)
            self.run(
                *("publish", org, "event.updated"),
                *("--deliver-at", f"{soon:%Y-%m-%d}"),
                *("--replace-key", "reminder-4711"),
                stdin=b"{}",
            )
            shown = self.admin("help", *command.split())
            done = subprocess.run(
                ["sh", "-euc", shown.split("example: ")[1]],
                env={
                    **os.environ,
                    "PATH": f"{where.BUILD}:{os.environ['PATH']}",
                    "HOOKS_CONFIG": str(self.config),
                    "org": org,
                    "hook": hook,
                    "keyid": self.rows("key", "list", org)[0][0],
                },
                cwd=self.folder.path,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0 and not done.stderr, (command, done)


class Config(admincase.AdminCase):
    def complains(self, text, line, *words):
        path = self.folder / "wrong.conf"
        path.write_text(text)
        path.chmod(0o600)
        self.fails(78, "config", config=path, words=(f"{path}:{line}:", *words))

    def test_prints_what_can_be_read_again(self):
        first = self.folder / "first.conf"
        first.write_text(self.run("config").out.replace("***", "x"))
        first.chmod(0o600)
        again = self.run("config", config=first)
        assert again.status == 0 and not again.err, again
        assert again.out.replace("***", "x") == first.read_text()

    def test_a_file_that_only_the_sender_reads(self):
        self.complains(
            "[sender]\nca_file = /nonexistent\n", 2, "[sender] ca_file"
        )

    def test_leaves_secrets_out(self):
        config = self.write_config("secret.conf", password="hunter2")
        for flags in ((), ("--json",)):
            done = self.run("config", *flags, config=config)
            assert done.status == 0 and "hunter2" not in done.out, done

    def test_as_json_it_has_the_same_values(self):
        plain, section = {}, None
        for line in self.admin("config").splitlines():
            if line.startswith("["):
                section = plain.setdefault(line.strip("[]"), {})
            elif line:
                key, _, value = line.partition(" =")
                section[key] = value.removeprefix(" ")
        assert json.loads(self.admin("config", "--json")) == plain

    def test_names_file_line_and_key(self):
        self.complains("[sender]\n\nlease = soon\n", 3, "[sender] lease")
        self.complains(
            "[sender]\nleese = 60s\n", 2, "[sender] leese", "(nearest: lease)"
        )
        self.complains(
            "[sneder]\nlease = 60s\n", 2, "[sneder] lease", "(nearest: sender)"
        )
        self.complains("[sender]\nmax_hooks = 5\n", 2, "known key\n")
        self.complains("[sneder]\n\n[api]\n", 1, "section")
        self.complains("[api]\n[sneder]\n", 2, "section")
        self.complains("[api\nmax_hooks = 5\n", 1, "heading")
        self.complains("[api]\nmax_hooks = 0\n", 2, "[api] max_hooks")
        self.complains("[api]\nmax_hooks = 5\nmax_hooks = 5\n", 3, "twice")
        self.complains("[sender]\ntimeout = 60s\nlease = 60s\n", 3, "lease")
        for line, word in (
            ("max_body = 1t", "size"),
            ("max_body = 1g", "range"),
            ("max_body = 1", "range"),
            ("max_hooks = 1k", "number"),
            ("base_path = x/", "slash"),
            ("base_path = /a b", "character"),
            ("max_hooks", "key"),
        ):
            self.complains(f"[api]\n{line}\n", 2, word)
        for line, word in (
            ("timeout = 0s", "range"),
            ("retry_jitter = 2", "range"),
            ("retry_jitter = x", "number"),
            ("retry_schedule = x", "duration"),
            ("connect_timeout = 20s", "longer than timeout"),
            ("timeout = 60s", "lease"),
            ("user_agent = caf\u00e9", "ASCII"),
            ("user_agent = a\x01", "ASCII"),
        ):
            self.complains(f"[sender]\n{line}\n", 2, word)
        self.complains("[targets]\nallow_http = perhaps\n", 2, "yes nor no")
        self.complains(
            "[targets]\nallow_networks = 10.0.0.0/33\n", 2, "allow_networks"
        )
        self.complains(f"[api]\nbase_path = /{'x' * 9000}\n", 2, "too long")

    def test_a_shorter_timeout_is_enough_to_say(self):
        config = self.write_config("short.conf", "[sender]\ntimeout = 2s\n")
        done = self.run("config", config=config)
        assert "\nconnect_timeout = 2s\n" in done.out, done

    def test_times_that_a_trial_needs(self):
        config = self.write_config(
            "trial.conf",
            "[sender]\ndisable_after = 1s\n[retention]\n"
            "deliveries = 1s\nnotifications = 1s\nheld = 1s\n",
        )
        assert self.run("config", config=config).status == 0

    def test_durations_and_sizes_as_they_are_written(self):
        config = self.write_config(
            "units.conf",
            "[sender]\ndisable_after = 1d12h\nlinger = 90s\n"
            "retry_schedule = 5s 1h30m 36h\nresponse_limit = 1m\n"
            "[api]\nmax_body = 1536k\n[retention]\nheld = 1d1h1m1s\n",
        )
        done = self.run("config", config=config)
        for line in (
            "disable_after = 1d12h",
            "linger = 1m30s",
            "retry_schedule = 5s 1h30m 1d12h",
            "response_limit = 1m",
            "max_body = 1536k",
            "held = 1d1h1m1s",
        ):
            assert f"\n{line}\n" in done.out, (line, done)

    def test_long_lines(self):
        many = " ".join(f"10.{n}.0.0/16" for n in range(200))
        config = self.write_config(
            "long.conf",
            f"# {'a long comment ' * 30}\n[targets]\n"
            f"deny_networks = {many} ; {'and one after it ' * 20}\n"
            f"; {'= ' * 200}\nports = 443\n",
        )
        done = self.run("config", config=config)
        assert f"\ndeny_networks = {many}\n" in done.out, done
        assert "\nports = 443\n" in done.out, done
        self.complains(f"[targets]\nports = {'1 ' * 200} x\n", 2, "ports")

    def test_a_folder_is_no_file(self):
        self.fails(
            78,
            "config",
            config=self.folder.path,
            words=(self.folder.path, "directory"),
        )

    def test_needs_no_database(self):
        config = self.write_config("away.conf", socket="/nonexistent")
        assert self.run("config", config=config).status == 0

    def test_no_file_is_configuration(self):
        self.fails(
            78,
            "config",
            config="/nonexistent/hooks.conf",
            words=("/nonexistent/hooks.conf",),
        )

    def test_is_looked_for_in_the_environment(self):
        config = self.write_config("named.conf", "[api]\nmax_hooks = 77\n")
        done = subprocess.run(
            [where.program("hooks-admin"), "config"],
            capture_output=True,
            env=dict(os.environ, HOOKS_CONFIG=str(config)),
            check=True,
        )
        assert b"max_hooks = 77\n" in done.stdout

    def test_a_password_in_a_file_of_its_own(self):
        secret = self.folder / "password"

        def config(**keys):
            return self.write_config(
                "apart.conf", password_file=secret, **{"password": None, **keys}
            )

        def refused(word, **keys):
            self.fails(
                78,
                "org",
                "list",
                config=config(**keys),
                words=("[database] password_file", word),
            )

        refused("No such file")
        secret.write_text("")
        secret.chmod(0o600)
        refused("empty")
        right = service.password_of(service.ADMIN)
        secret.write_text(f"{right}\n")
        refused("both", password="x")
        for mode, word in (
            (0o644, "read by everybody"),
            (0o602, "written by everybody"),
            (0o606, "read and written by everybody"),
        ):
            secret.chmod(mode)
            refused(word)
        secret.chmod(0o640)
        assert self.run("org", "list", config=config()).status == 0
        shown = self.run("config", config=config())
        assert right not in shown.out, shown
        secret.write_text("wrong\n")
        self.fails(78, "org", "list", config=config())

    def test_nobody_else_may_write_it(self):
        """Somebody who may write it could make the service do anything."""
        for password in (None, "x"):
            config = self.write_config("open.conf", password=password)
            for mode in (0o602, 0o622, 0o606):
                config.chmod(mode)
                words = (f"{config}: can be written by everybody",)
                self.fails(78, "config", config=config, words=words)
            config.chmod(0o660)
            assert self.run("config", config=config).status == 0

    def test_a_password_must_be_private(self):
        config = self.write_config("open.conf")
        config.chmod(0o644)
        self.fails(
            78,
            "org",
            "list",
            config=config,
            words=(config, "[database] password"),
        )


class Bundle(admincase.AdminCase):
    """What was unpacked anywhere: bin/, cgi-bin/ and etc/ beside them. Where
    these programs were installed for good, the installed file is taken."""

    def setup(self):
        super().setup()
        self.top = self.folder / "bundle"
        for folder in ("bin", "cgi-bin", "etc"):
            (self.top / folder).mkdir(parents=True, exist_ok=True)
        for name, folder in (("hooks-admin", "bin"), ("hooks.fcgi", "cgi-bin")):
            shutil.copy(where.program(name), self.top / folder)
        self.beside = self.top / "etc/hooks.conf"
        shutil.copy(self.config, self.beside)
        self.installed = pathlib.Path(
            re.search(r"else (/.+/hooks\.conf),$", self.admin("--help"), re.M)[
                1
            ]
        )

    def start(self, name, *args, **environment):
        clean = {k: v for k, v in os.environ.items() if k != "HOOKS_CONFIG"}
        return service.Done(
            subprocess.run(
                [self.top / name, *args],
                capture_output=True,
                env={**clean, **environment},
                timeout=60,
                check=False,
            )
        )

    def test_its_file_is_found(self):
        if self.installed.exists():
            return
        with self.beside.open("a") as config:
            config.write("[api]\nmax_hooks = 66\n")
        done = self.start("bin/hooks-admin", "config")
        assert "\nmax_hooks = 66\n" in done.out, done
        answer = self.start(
            "cgi-bin/hooks.fcgi", REQUEST_METHOD="GET", REQUEST_URI="/healthz"
        )
        assert '{"status":"ok"}' in answer.out, answer

    def test_it_is_the_last_one(self):
        other = self.write_config("other.conf", "[api]\nmax_hooks = 77\n")
        for args, environment in (
            (("-c", other), {}),
            ((), {"HOOKS_CONFIG": str(other)}),
        ):
            done = self.start("bin/hooks-admin", "config", *args, **environment)
            assert "\nmax_hooks = 77\n" in done.out, done

    def test_a_link_to_the_program_is_followed(self):
        if self.installed.exists():
            return
        link = self.top / "link"
        link.symlink_to("bin/hooks-admin")
        done = self.start("link", "config")
        assert done.status == 0, done

    def test_without_it_the_installed_one_is_named(self):
        if self.installed.exists():
            return
        away = self.beside.rename(self.top / "away")
        done = self.start("bin/hooks-admin", "config")
        away.rename(self.beside)
        assert done.status == 78 and str(self.installed) in done.err, done

    def test_one_of_somebody_else_is_refused(self):
        """In /tmp/bin and the like anybody may have made it."""
        if os.getuid() != 0 or self.installed.exists():
            return
        os.chown(self.beside, processes.NOBODY, -1)
        done = self.start("bin/hooks-admin", "config")
        assert done.status == 78 and "belongs" in done.err, done
        assert str(self.beside) in done.err, done
        done = self.start("bin/hooks-admin", "config", "-c", self.beside)
        assert done.status == 0, "one that is named is anybody's"
        os.chown(self.top / "bin/hooks-admin", processes.NOBODY, -1)
        done = self.start("bin/hooks-admin", "config")
        assert done.status == 0, "whose program it is, his is the file"


class Explain(admincase.AdminCase):
    """The meanings of the configuration's keys."""

    def explained(self, *words):
        return json.loads(self.admin("config", "--explain", "--json", *words))

    def test_one_key(self):
        text = self.admin("config", "--explain", "timeout")
        assert text.startswith("[sender] timeout\n"), text
        told = " ".join(text.split())
        for word in ("attempt", "from 100ms to 10m", "Default: 15s"):
            assert word in told, text
        assert self.admin("config", "--explain", "sender.timeout") == text
        assert "Default: the system's" in self.admin(
            "config", "--explain", "ca_file"
        )

    def test_as_json(self):
        found = self.explained("max_body")
        assert found.pop("meaning").startswith("The longest body "), found
        assert found == {
            "section": "api",
            "key": "max_body",
            "type": "size",
            "minimum": "1k",
            "maximum": "16777215",
            "values": "A size in bytes from 1k to 16777215.",
            "default": "120k",
            "empty": None,
        }, found
        assert self.explained("allow_http")["minimum"] is None

    def test_all_of_them(self):
        config = json.loads(self.admin("config", "--json"))
        keys = self.explained()
        assert [(k["section"], k["key"]) for k in keys] == [
            (s, k) for s, named in config.items() for k in named
        ]
        assert len({k["key"] for k in keys}) == len(keys), (
            "a name alone must be enough"
        )
        for key in keys:
            assert re.fullmatch(r"[A-Z].*\.", key["meaning"]), key
            assert key["default"] or key["empty"], key

    def test_bounds_are_the_bounds(self):
        """The least and the greatest are taken. (Keys that must agree are set
        one at a time, so some of them are refused for another reason.)"""
        tried = 0
        for key in self.explained():
            if key["minimum"] is None or key["type"] == "fraction":
                continue
            for value in (key["minimum"], key["maximum"]):
                done = self.run(
                    "config",
                    config=self.write_config(
                        "bound.conf",
                        f"[{key['section']}]\n{key['key']} = {value}\n",
                    ),
                )
                assert "range" not in done.err, (key, done)
                tried += done.status == 0
            done = self.run(
                "config",
                config=self.write_config(
                    "bound.conf",
                    f"[{key['section']}]\n{key['key']} = 1{value}\n",
                ),
            )
            assert done.status == 78 and "range" in done.err, (key, done)
        assert tried > 30, tried

    def test_needs_no_configuration(self):
        for flags in ((), ("--json",)):
            done = self.run(
                "config", "--explain", *flags, config="/nonexistent/hooks.conf"
            )
            assert done.status == 0 and not done.err, done

    def test_a_key_that_is_not_there(self):
        for word, like in (
            ("sender.leese", "lease"),
            ("own_port", "own_ports"),
            ("api.timeout", "timeout"),
        ):
            self.fails(
                69,
                "config",
                "--explain",
                word,
                words=(f"no such key: {word} (nearest: {like})",),
            )
        for word in ("", "nothing-like-it", "sender.", "\x1b[1m", "x" * 999):
            done = self.run("config", "--explain", word)
            assert done.status == 69 and "nearest" not in done.err, done


class Manual(admincase.AdminCase):
    def test_what_make_texts_makes_is_up_to_date(self):
        program = where.program("hooks-admin")
        text = page("hooks.conf.5")
        assert text.count(texts.BEGIN) == text.count(texts.END) == 1
        assert texts.manual(program, text) == text, "make texts"
        assert (
            texts.example(program)
            == (where.EXAMPLES / "hooks.conf").read_text()
        ), "make texts"

    def test_every_key_is_in_the_manual(self):
        text = page("hooks.conf.5")
        config = json.loads(self.admin("config", "--json"))
        told = re.findall(r"^\.It Cm (\w+)", text, re.M)
        assert told == [k for keys in config.values() for k in keys]
        assert re.findall(r"^\.Ss Section (\w+)", text, re.M) == list(config)

    def test_the_commands_are_those_of_the_manual(self):
        told = synopses_of_page(page("hooks-admin.1"))
        found = synopses(self.admin("--help"))
        assert len(found) == len(commands(self.admin("--help"))) > 5, found
        assert told == found, (told, found)


if __name__ == "__main__":
    tap.main()
