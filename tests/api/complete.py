# SPDX-License-Identifier: MIT
"""
Whether the tests have had every answer that openapi.yaml describes: each test
file prints its pairs (lib/openapi.py), and make runs this one after them.
"""

import json

import openapi
import tap
import where

# The answers that no test provokes, with the reason. One that is provoked after
# all must be removed here.
EXCEPTIONS = {
    ("getHealth", "500"): "the database's clock cannot be read wrongly",
}


def described():
    there = openapi.routes()
    found = {
        (o["operationId"], status)
        for m, p, o in openapi.operations()
        if (m, p) in there
        for status in o["responses"]
    }
    return found | {
        (openapi.ANY, status) for status in openapi.load()["x-any-address"]
    }


def seen():
    found = set()
    for log in (where.BUILD / "tests").glob("*/*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith(openapi.SEEN):
                for name, statuses in json.loads(
                    line.removeprefix(openapi.SEEN)
                ).items():
                    found |= {(name, status) for status in statuses}
    return found


def missing(want, got):
    return sorted(want - got - set(EXCEPTIONS))


class Complete(tap.Case):
    def test_every_described_answer_was_seen(self):
        left = missing(described(), seen())
        assert not left, "\n".join(" ".join(row) for row in left)

    def test_no_exception_is_out_of_date(self):
        wrong = sorted(set(EXCEPTIONS) & seen() | set(EXCEPTIONS) - described())
        assert not wrong, wrong

    def test_it_finds_what_is_missing(self):
        want = described()
        row = ("createHook", "201")
        assert row in want and missing(want, want - {row}) == [row]


tap.main()
