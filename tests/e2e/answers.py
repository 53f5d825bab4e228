# SPDX-License-Identifier: MIT
"""
Receivers that answer much and quickly: an organization keeps some of a second's
answers whole, and the beginnings of the rest.
"""

import sendcase
import tap
from receiver import Answer

KEPT = 600  # of a failure's body, [sender] response_limit
LIMIT = 64 * KEPT  # bytes that an organization keeps whole in a second
SHORT = 512
MANY = 600
_LENGTHS = "LENGTH(response_headers), LENGTH(response_body)"


class Answers(sendcase.SendCase):
    settings = {
        "sender": {
            "workers": 1,
            "response_limit": str(KEPT),
            "retry_schedule": "1h",
        }
    }

    def answered(self, organization, action="event.created"):
        """Bytes of headers and of the body, `response_kept`, and when, in
        seconds, of each attempt."""
        return [
            (int(headers), int(body), int(kept), float(at))
            for headers, body, kept, at in self.service.db.sql(
                f"SELECT {_LENGTHS}, response_kept, "
                "UNIX_TIMESTAMP(started_at) FROM vh_attempts a "
                "JOIN vh_deliveries d ON d.id = a.delivery_id "
                "JOIN vh_notifications n ON n.id = d.notification_id "
                f"WHERE n.organization = UNHEX('{organization}') "
                f"AND n.action = '{action}'"
            )
        ]

    def test_1_some_are_kept_whole(self):
        self.hook("/much", "event.created")
        self.hook("/little", "user.joined")
        other = self.service.organization("Other")
        self.service.admin(
            "hook", "create", other, self.sink.url("/other"), "event.created"
        )
        self.sink.script("/much", then=Answer(500, b"m" * KEPT))
        self.sink.script("/other", then=Answer(500, b"o" * KEPT))
        self.sink.script("/little", then=Answer(500, b"l"))
        self.publish_many(MANY)
        self.publish_many(10, action="user.joined")
        self.publish_many(10, other)
        self.service.send("--once")
        much = self.answered(self.organization)
        whole = [a for a in much if a[2] == 0]
        short = [a for a in much if a[2] == 1]
        assert len(much) == MANY == len(whole) + len(short), len(much)
        assert all(a[1] == KEPT for a in whole), whole
        each = whole[0][0] + KEPT
        seconds = max(a[3] for a in much) - min(a[3] for a in much) + 2
        print(f"# {len(whole)} of {MANY} whole, in {seconds - 2:.3f} s")
        assert LIMIT <= len(whole) * each <= seconds * (LIMIT + each)
        assert short, "a thousand are sent in a second or two"
        assert {a[0] + a[1] for a in short} == {SHORT}, short
        # The others' are no concern of this.
        little = self.answered(self.organization, "user.joined")
        assert [a[1:3] for a in little] == [(1, 0)] * 10, little
        others = self.answered(other)
        assert [a[1:3] for a in others] == [(KEPT, 0)] * 10, others

    def test_2_the_api_says_so(self):
        """Also how long the body was."""
        seen = set()
        for delivery in self.get("/v2/deliveries?action=event.created"):
            one = self.get(f"/v2/deliveries/{delivery['_id']}")
            [attempt] = one["attempts"]
            answer = attempt["response"]
            kept = len(answer["body"])
            assert not attempt["withheld"], attempt
            assert answer["length"] == KEPT, answer
            assert answer["truncated"] == (kept < KEPT), answer
            assert answer["body"] == "m" * kept, answer
            seen.add(answer["truncated"])
        assert True in seen, seen

    def get(self, target):
        answer = self.door.request("GET", target, [("Authorization", self.key)])
        assert answer.status == 200, (target, answer)
        return answer.json()


if __name__ == "__main__":
    tap.main()
