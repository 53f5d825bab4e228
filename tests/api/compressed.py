# SPDX-License-Identifier: MIT
"""
Servers that compress: they change an ETag, and do not change it back in what
a client sends. Hooks can be read once and edited all the same.
"""

import compressing
import tap
from apicase import ApiCase

FOREIGN = ('W/"%s"', '"%s-gzip"', '"%s-br"', '"%s;gzip"', '"%s--gzip"')


class Compressed(ApiCase):
    variants = compressing.ALL

    def read(self, path, **options):
        answer = self.call("GET", path, **options)
        assert answer.status == 200, answer
        assert answer.header("Content-Encoding") == "gzip", answer
        return answer.header("ETag"), answer.json()

    def test_the_tag_as_it_came_edits_and_saves(self):
        path = f"/v2/hooks/{self.hook(description='x' * 400)['_id']}"
        tag, hook = self.read(path)
        match = [("If-Match", tag)]
        none = self.call("GET", path, headers=[("If-None-Match", tag)])
        assert none.status == 304 and none.body == b"", none
        changed = self.call(
            "PUT", path, dict(hook, ordered=True), headers=match
        )
        assert changed.status == 200, changed
        stale = self.call("PUT", path, hook, headers=match)
        assert stale.status == 412, stale
        tag, hook = self.read(path)
        assert hook["ordered"] is True, hook
        for end in ("/disable", "/enable"):
            answer = self.call(
                "POST", path + end, {}, headers=[("If-Match", tag)]
            )
            assert answer.status == 200, answer
            tag = answer.header("ETag")
        answer = self.call("DELETE", path, headers=[("If-Match", tag)])
        assert answer.status == 204, answer


class Forms(ApiCase):
    """Each spelling that servers are known to make, through our own doors."""

    def test_a_tag_that_a_proxy_changed_is_known(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        for form in FOREIGN:
            text = self.call("GET", path).header("ETag").strip('"')
            foreign = form % text
            again = self.call(
                "GET", path, headers=[("If-None-Match", f'"x", {foreign}')]
            )
            assert again.status == 304, (foreign, again)
            changed = self.call(
                "PUT",
                path,
                {"description": form},
                headers=[("If-Match", foreign)],
            )
            assert changed.status == 200, (foreign, changed)
            self.problem(
                412,
                "PUT",
                path,
                {"description": "no"},
                headers=[("If-Match", foreign)],
            )


class Parts(ApiCase):
    """ "A.B": A changes with members that a client sets, B with all members."""

    variants = ("cgi",)

    def tag(self, path, key=""):
        return self.call("GET", path, key=key).header("ETag").strip('"')

    def test_a_tag_of_a_lesser_role_fits_a_change(self):
        hook = self.hook(headers={"X-Token": "hush"})
        path = f"/v2/hooks/{hook['_id']}"
        reader = self.service.key(self.organization, "read")
        mine, theirs = self.tag(path), self.tag(path, reader)
        assert mine != theirs, "the values of headers are hidden from readers"
        assert mine.split(".")[0] == theirs.split(".")[0]
        answer = self.call(
            "PUT",
            path,
            {"description": "x"},
            headers=[("If-Match", f'"{theirs}"')],
        )
        assert answer.status == 200, answer
        assert self.tag(path).split(".")[0] != mine.split(".")[0]

    def test_two_changes_in_one_millisecond_give_two_tags(self):
        """The clock stands still: the row says that it was changed later."""
        path = f"/v2/hooks/{self.hook()['_id']}"
        late = "updated_at = '2030-01-01'"
        seen = set()
        for n in range(4):
            self.service.db.sql(f"UPDATE vh_hooks SET {late}")
            self.good(200, "PUT", path, {"rate_limit": n})
            self.service.db.sql(f"UPDATE vh_hooks SET {late}")
            seen.add(self.tag(path).split(".")[0])
        assert len(seen) == 4, seen

    def test_a_change_without_effect_keeps_the_tag(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        before = self.tag(path)
        self.good(200, "POST", f"{path}/enable", {})
        assert self.tag(path) == before

    def test_a_rotated_secret_changes_the_tag(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        before = self.tag(path)
        self.good(200, "POST", f"{path}/secret/rotate", {})
        self.problem(
            412,
            "PUT",
            path,
            {"description": "x"},
            headers=[("If-Match", f'"{before}"')],
        )


tap.main()
