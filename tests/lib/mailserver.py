# SPDX-License-Identifier: MIT
"""
A mail server on 127.0.0.1 that keeps the mails it gets, or behaves badly.

    server = MailServer()
    ... server.url() ...
    mail = server.wait(1)[0]      # .sender, .recipients, .data, .message()
"""

import email
import email.policy

import processes
from listener import Listener


class Mail:
    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = recipients
        self.data = data

    def message(self):
        return email.message_from_bytes(self.data, policy=email.policy.SMTP)


class MailServer(Listener):
    """`mode`: "refuse" accepts no recipient, "hang" never answers, "full"
    refuses after the text."""

    def __init__(self, mode=None):
        self.mode = mode
        self.mails = []
        super().__init__()

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def wait(self, count, seconds=15):
        processes.wait_until(
            lambda: len(self.mails) >= count, seconds, f"mail {count}"
        )
        return self.mails

    def serve(self, sock, _):
        with sock.makefile("rwb") as stream:
            if self.mode == "hang":
                self.closing.wait(60)
            else:
                self._talk(stream)

    @staticmethod
    def _say(stream, text):
        stream.write(text.encode() + b"\r\n")
        stream.flush()

    @staticmethod
    def _text(stream):
        lines = []
        for line in stream:
            assert line.endswith(b"\r\n"), line
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _talk(self, stream):
        self._say(stream, "220 here")
        sender, recipients = None, []
        for line in stream:
            words = line.decode("ascii").strip()
            verb = words[:4].upper()
            answer = "250 fine"
            if verb == "MAIL":
                sender = words[len("MAIL FROM:") :].split(" ")[0]
            elif verb == "RCPT":
                if self.mode == "refuse":
                    answer = "550 nobody of that name"
                else:
                    recipients.append(words[len("RCPT TO:") :])
            elif verb == "DATA":
                self._say(stream, "354 go on")
                data = self._text(stream)
                if self.mode == "full":
                    answer = "452 no room"
                else:
                    self.mails.append(Mail(sender, recipients, data))
            elif verb == "QUIT":
                self._say(stream, "221 bye")
                return
            self._say(stream, answer)
