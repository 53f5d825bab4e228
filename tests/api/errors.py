# SPDX-License-Identifier: MIT
"""Invalid requests, and the answers to them."""

import json
import re

import tap
from apicase import ApiCase, no_such_id

HOOKS = "/v2/hooks"
GOOD = b'{"target_url":"https://www.toto.com/","action":"*"}'


class Json(ApiCase):
    def position(self, body):
        """Line and column that a syntax error is reported at."""
        detail = self.problem(400, "POST", HOOKS, body)["detail"]
        found = re.search(r"line (\d+),? column (\d+)", detail)
        assert found, detail
        return int(found[1]), int(found[2])

    def test_syntax_errors_name_line_and_column(self):
        assert self.position(b'{"a":1,}') == (1, 8)
        assert self.position(b'{\n "action": x}') == (2, 12)

    def test_the_lines_of_the_guide_are_not_json(self):
        for body in (
            b'{ target_url: "https://www.toto.com/hooks?id=123" '
            b"action: 'event.cancelled' }",
            b"{target_url: 'https://www.toto.com/'}",
        ):
            line, _ = self.position(body)
            assert line == 1

    def test_what_strict_json_is_not(self):
        member = b'{"target_url":"https://www.toto.com/","action":%s}'
        for body in (
            b"",
            b" ",
            b"{",
            b"nul",
            GOOD + b"x",
            GOOD + GOOD,
            GOOD + b"\0",
            b"\xef\xbb\xbf" + GOOD,
            member % b"NaN",
            member % b"-01",
            member % b"1.",
            member % b"'x'",
            member % b'"\t"',
            member % b'"\\x"',
            member % b'"\\ud800"',
            member % b'"\\u0000"',
            member % b'"\xff"',
            member % b'"\xc0\xaf"',
            b'{"action":"*","action":"*","target_url":"https://www.toto.com/"}',
            b'{"action":"*","\\u0061ction":"*",'
            b'"target_url":"https://www.toto.com/"}',
            b"[" * 40 + b"]" * 40,
        ):
            self.problem(400, "POST", HOOKS, body)

    def test_not_an_object(self):
        for body in (b"[]", b"1", b'"x"', b"null"):
            self.problem(400, "POST", HOOKS, body)

    def test_errors_do_not_repeat_markup(self):
        answer = self.call("POST", HOOKS, {"<script>": 1})
        assert answer.status == 400
        json.loads(answer.body)


class Kinds(ApiCase):
    def test_content_types(self):
        for kind, status in (
            ("application/json", 201),
            ("application/json; charset=utf-8", 201),
            ("Application/JSON", 201),
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
        ):
            answer = self.call(
                "POST", HOOKS, GOOD, headers=[("Content-Type", kind)]
            )
            assert answer.status == status, (kind, answer)

    def test_absent_content_type_counts_as_json(self):
        self.good(201, "POST", HOOKS, GOOD)

    def test_chunked_body(self):
        self.good(201, "POST", HOOKS, GOOD, chunked=True)

    def test_a_body_too_long(self):
        for size in (120 * 1024 + 1, 200000, 400000):
            for chunked in (False, True):
                self.problem(413, "POST", HOOKS, b" " * size, chunked=chunked)

    def test_the_longest_body(self):
        padding = b" " * (120 * 1024 - len(GOOD))
        self.good(201, "POST", HOOKS, GOOD + padding)


class Routes(ApiCase):
    def allow(self, method, path, **options):
        answer = self.call(method, path, **options)
        assert answer.status == 405, (method, path, answer)
        return {m.strip() for m in answer.header("Allow").split(",")}

    def test_put_on_the_list(self):
        """The guide prints one."""
        allowed = self.allow("PUT", HOOKS, body=GOOD)
        assert {"GET", "POST"} <= allowed and "PUT" not in allowed, allowed

    def test_wrong_methods(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        assert self.allow("POST", path, body=b"{}") == {
            "GET",
            "HEAD",
            "PUT",
            "PATCH",
            "DELETE",
            "OPTIONS",
        }
        assert "DELETE" not in self.allow("DELETE", HOOKS)
        assert "POST" in self.allow("DELETE", f"{path}/secret/rotate")
        assert "POST" in self.allow("PATCH", HOOKS, body=b"{}")

    def test_patch_does_what_put_does(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        tag = self.call("GET", path).header("ETag")
        match = [("If-Match", tag)]
        body = {"description": "patched"}
        changed = self.call("PATCH", path, body, headers=match)
        assert changed.status == 200, changed
        assert self.good(200, "GET", path) == changed.json()
        self.problem(412, "PATCH", path, body, headers=match)

    def test_a_post_for_hosts_that_let_nothing_else_through(self):
        hook = self.hook()
        path = f"{HOOKS}/{hook['_id']}"
        tag = self.call("GET", path).header("ETag")
        match = [("If-Match", tag)]
        changed = self.good(200, "POST", f"{path}/put", {"ordered": True})
        assert changed["ordered"] is True, changed
        for form in ("put", "delete"):
            self.problem(412, "POST", f"{path}/{form}", b"{}", headers=match)
            assert self.allow("GET", f"{path}/{form}") == {"POST", "OPTIONS"}
        assert self.pointers("POST", f"{path}/put", {"x": 1}) == ["/x"]
        self.good(204, "POST", f"{path}/delete/", b"")
        for form in ("put", "delete"):
            self.problem(404, "POST", f"{path}/{form}", b"{}")

    def test_no_form_for_what_has_no_such_method(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        for rest in ("ping/put", "enable/delete", "patch", "put/put"):
            self.problem(404, "POST", f"{path}/{rest}", b"{}")

    def test_paths_that_are_not_there(self):
        for path in (
            "/v2",
            "/v2/",
            "/v2/nothing",
            "/v2/hooks/x/y/z",
            f"{HOOKS}/{no_such_id()}/nothing",
            "/v2/hook",
        ):
            self.problem(404, "GET", path)

    def test_a_coded_slash_is_no_slash(self):
        hook = self.hook()["_id"]
        # This one is outside of /v2/, so a server may answer by itself.
        assert self.call("GET", f"/v2%2Fhooks/{hook}").status == 404
        self.problem(404, "GET", f"/v2/hooks%2F{hook}")

    def test_coded_letters_are_letters(self):
        hook = self.hook()
        assert self.good(200, "GET", f"/v2/%68ooks/{hook['_id']}") == hook

    def test_head_is_get_without_a_body(self):
        answer = self.call("HEAD", HOOKS)
        assert answer.status == 200 and answer.body == b"", answer


class Queries(ApiCase):
    """As strict as bodies: what is misspelt must not go unseen."""

    def refused(self, method, target, word, body=None):
        detail = self.problem(400, method, target, body)["detail"]
        assert word in detail, detail

    def test_a_dry_run_that_is_misspelt_replays_nothing(self):
        path = f"{HOOKS}/{self.hook()['_id']}/replay"
        body = {"since": "2021-05-27T08:03:53.775Z"}
        for word in ("dryrun", "dry-run", "DRY_RUN", "dry_run%20"):
            self.refused("POST", f"{path}?{word}=1", "dry_run", body)
        for word in ("1", "true", "0", "false"):
            status = 200 if word in ("1", "true") else 202
            found = self.good(status, "POST", f"{path}?dry_run={word}", body)
            assert found == {"count": 0}, found

    def test_a_filter_of_another_list_filters_nothing(self):
        self.refused("GET", "/v2/deliveries?colour=failed", "colour")
        self.refused("GET", "/v2/hooks?since=2021-05-27", "since")
        self.refused("GET", f"{HOOKS}/{no_such_id()}?limit=1", "limit")
        self.refused("DELETE", f"{HOOKS}/{no_such_id()}?dry_run=1", "dry_run")

    def test_twice(self):
        for query in ("limit=1&limit=2", "limit=1&limit=1", "x&x"):
            self.problem(400, "GET", f"/v2/deliveries?{query}")

    def test_names_of_caches_and_libraries_are_ignored(self):
        for query in ("?_=1", "?_=1&_=2", "?_t=%C3%A9&limit=1", "?_limit=0"):
            self.good(200, "GET", HOOKS + query)

    def test_strangers_are_told_nothing(self):
        self.problem(401, "GET", f"{HOOKS}?colour=1", key=None)


tap.main()
