# SPDX-License-Identifier: MIT
"""
[notify]: events that need a person are told by mail, once an hour at most, and
a mail server that behaves badly harms no delivery.
"""

import re
import signal
import time

import mailserver
import service
import tap
from processes import wait_until
from receiver import Answer
from sendcase import SendCase

TO, ALSO, FROM = "ops@example.com", "you@example.org", "hooks@example.com"


class _Case(SendCase):
    settings = {"sender": {"retry_schedule": "1s"}}
    mode = None

    def setup(self):
        super().setup()
        self.mail = mailserver.MailServer(self.mode)
        self.configure()

    def teardown(self):
        if hasattr(self, "mail"):
            self.mail.close()
        super().teardown()

    def configure(self, **keys):
        self.service.write_config(
            service.SENDER,
            notify={
                "mail_to": f"{TO}, {ALSO}",
                "mail_from": FROM,
                "smtp": self.mail.url(),
                **keys,
            },
        )

    def gone(self, path="/gone?token=geheim"):
        """A hook that the service disables."""
        hook = self.fresh(path)
        self.sink.script("/gone", then=Answer(410))
        self.publish()
        self.once()
        return hook

    def failed(self, count=3, path="/bad"):
        """A hook with that many deliveries that fail for good."""
        hook = self.fresh(path)
        self.sink.script(path, then=Answer(500))
        for _ in range(count):
            self.publish()
        self.once(f"delivered 0, failed 0, retrying {count}")
        self.due()
        self.once(f"delivered 0, failed {count},")
        return hook

    def due(self):
        self.service.db.sql(
            "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3) "
            "WHERE next_at IS NOT NULL; UPDATE vh_deliveries SET due_at = "
            "UTC_TIMESTAMP(3) WHERE state = 'pending'"
        )

    def an_hour_later(self):
        self.service.db.sql(
            "UPDATE vh_chores SET next_at = UTC_TIMESTAMP(3) WHERE name = 'mail'"
        )

    def alerts(self):
        return int(self.service.db.value("SELECT COUNT(*) FROM vh_alerts"))


class Mails(_Case):
    def test_1_a_hook_that_was_disabled(self):
        hook = self.gone()
        self.once()
        [mail] = self.mail.wait(1)
        assert mail.sender == f"<{FROM}>", mail.sender
        assert mail.recipients == [f"<{TO}>", f"<{ALSO}>"], mail.recipients
        message = mail.message()
        assert not message.defects, message.defects
        assert sorted(message.keys()) == sorted(
            [
                "Date",
                "From",
                "To",
                "Subject",
                "Message-ID",
                "MIME-Version",
                "Content-Type",
                "Auto-Submitted",
            ]
        ), message.keys()
        assert re.fullmatch(
            r"vyte-hooks on [\w.-]+: 1 hooks disabled, 0 "
            r"deliveries failed, 0 held",
            message["Subject"],
        )
        assert abs(message["Date"].datetime.timestamp() - time.time()) < 60
        assert [a.addr_spec for a in message["To"].addresses] == [TO, ALSO]
        text = message.get_content()
        for words in (
            hook,
            "410",
            "127.0.0.1",
            self.organization,
            "hook enable",
        ):
            assert words in text, (words, text)
        assert "geheim" not in text and "gone?" not in text, text
        assert self.alerts() == 0

    def test_2_not_twice_in_an_hour(self):
        bad = self.failed(3)
        for _ in range(2):
            self.once()
        assert len(self.mail.mails) == 1 and self.alerts() == 1
        gone = self.gone()
        self.an_hour_later()
        self.once()
        message = self.mail.wait(2)[1].message()
        # The other hook was deleted since: nobody needs to care.
        assert "1 hooks disabled, 0 deliveries failed" in message["Subject"]
        text = message.get_content()
        assert gone in text and bad not in text, text
        assert self.alerts() == 0

    def test_3_deliveries_that_failed(self):
        self.an_hour_later()
        bad = self.failed(2)
        self.once()
        text = self.mail.wait(3)[2].message().get_content()
        assert bad in text and re.search(r": 2\b", text), text
        assert self.alerts() == 0

    def test_4_no_news_no_mail(self):
        self.an_hour_later()
        for _ in range(2):
            self.once()
        assert len(self.mail.mails) == 3
        self.fresh("/good")
        self.publish()
        self.once("delivered 1,")
        self.once()
        assert len(self.mail.mails) == 3

    def test_5_by_a_lingering_sender(self):
        self.fresh("/gone")
        self.sink.script("/gone", then=Answer(410))
        sender = self.service.start_sender("--linger", "40s")
        self.publish()
        self.mail.wait(4, seconds=25)
        assert sender.stop() == 0

    def test_6_from_this_host_if_nothing_is_said(self):
        self.an_hour_later()
        self.configure(mail_from=None)
        self.gone()
        self.once()
        assert re.fullmatch(
            r"<vyte-hooks@[\w.-]+>", self.mail.wait(5)[4].sender
        )

    def test_7_to_nobody_nothing_is_noted(self):
        self.configure(mail_to="")
        self.gone()
        self.once()
        assert self.alerts() == 0 and len(self.mail.mails) == 5

    def test_8_many_hooks_in_one_mail(self):
        self.configure()
        self.an_hour_later()
        self.service.db.sql(f"""
            INSERT INTO vh_hooks (organization, target_url, action, created_at,
                updated_at) SELECT UNHEX('{self.organization}'),
                'https://u.example/', 'user.joined', UTC_TIMESTAMP(3),
                UTC_TIMESTAMP(3) FROM seq_1_to_150;
            INSERT INTO vh_alerts (hook_id, kind, count, first_at, last_at)
                SELECT id, 'failed', 7, created_at, created_at FROM vh_hooks
                WHERE target_url = 'https://u.example/'""")
        self.once()
        message = self.mail.wait(6)[5].message()
        assert "700 deliveries failed" in message["Subject"], message
        assert self.alerts() == 50, "for the next hour"


class Refusing(_Case):
    mode = "refuse"

    def test_it_is_said_once_and_made_up_for(self):
        self.gone()
        self.an_hour_later()  # the run that disabled it may have said it
        done = self.service.send("--once")
        assert done.status == 0, done
        assert "550" in done.err and "[notify] smtp" in done.err, done
        assert self.service.send("--once").err == "", "once an hour"
        assert self.alerts() == 1
        self.mail.mode = "full"
        self.an_hour_later()
        done = self.service.send("--once")
        assert "could not be sent" in done.err and self.alerts() == 1, done
        self.mail.mode = None
        self.an_hour_later()
        assert self.service.send("--once").err == ""
        assert len(self.mail.mails) == 1 and self.alerts() == 0


class Hanging(_Case):
    mode = "hang"

    def test_deliveries_go_on(self):
        self.fresh("/gone", "user.joined")
        self.hook("/good", "event.*")
        self.sink.script("/gone", then=Answer(410))
        self.publish("{}", "user.joined")
        sender = self.service.start_sender("--linger", "60s")
        wait_until(lambda: self.mail.connections, 25, "the connection")
        waits = []
        for n in range(1, 30):
            begin = time.monotonic()
            self.publish()
            self.sink.wait(n, "/good", seconds=5)
            waits.append(time.monotonic() - begin)
        assert max(waits) < 1.5, waits
        begin = time.monotonic()
        assert sender.stop(number=signal.SIGTERM) == 0
        assert time.monotonic() - begin < 5
        assert self.alerts() == 1, "for another run"


class Configuration(SendCase):
    def test_what_is_refused(self):
        for key, value in (
            ("mail_to", "me"),
            ("mail_to", "a@b@c"),
            ("mail_to", "me@example.com x"),
            ("mail_to", "<me@example.com>"),
            ("mail_to", "m\u00e9@example.com"),
            ("mail_from", "me <me@example.com>"),
            ("mail_from", "a@b>\tRCPT"),
            ("smtp", "http://localhost"),
            ("smtp", "smtp://"),
            ("smtp", "smtp://me:word@host"),
            ("smtp", "localhost:25"),
        ):
            path = self.service.write_config(
                service.SENDER, notify={key: value}
            )
            for program, args in (
                ("hooks-admin", ["config"]),
                ("hooks-send", ["--once"]),
            ):
                done = self.service.run(program, *args, config=path)
                assert done.status == 78, (key, value, done)
                assert f"[notify] {key}" in done.err, (key, value, done)


if __name__ == "__main__":
    tap.main()
