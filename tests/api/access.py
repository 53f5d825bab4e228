# SPDX-License-Identifier: MIT
"""Who may do what: keys, roles, organizations."""

import tap
from apicase import ApiCase, no_such_id

USER = "60af5269459aad001d0cb565"


class Keys(ApiCase):
    def test_every_way_to_give_it(self):
        for headers in (
            [("Authorization", self.key)],
            [("Authorization", f"Bearer {self.key}")],
            [("authorization", f"bearer {self.key}")],
            [("X-Api-Key", self.key)],
            [("X-Api-Key", self.key), ("Authorization", "Basic dTpw")],
        ):
            self.good(200, "GET", "/v2/auth/test", key=None, headers=headers)
        self.good(200, "GET", f"/v2/auth/test?api_key={self.key}", key=None)

    def test_header_beats_query(self):
        self.good(200, "GET", "/v2/auth/test?api_key=wrong")
        self.problem(
            401, "GET", f"/v2/auth/test?api_key={self.key}", key="wrong"
        )

    def test_no_key_or_a_bad_one(self):
        for headers in (
            [],
            [("Authorization", "")],
            [("Authorization", "Bearer ")],
            [("Authorization", f"Basic {self.key}")],
            [("Authorization", self.key + "x")],
            [("Authorization", "' OR 1=1 -- ")],
            [("X-Api-Key", "")],
            [("X-Api-Key", f"Bearer {self.key}")],
            [("X-Api-Key", self.key + "x"), ("Authorization", self.key)],
        ):
            answer = self.call("GET", "/v2/hooks", key=None, headers=headers)
            assert answer.status == 401, (headers, answer)
            assert answer.header("WWW-Authenticate"), answer

    def test_a_key_of_the_role_admin_is_taken_from_a_header_only(self):
        admin = self.service.admin_key()
        path = f"/v2/hooks?organization={self.organization}"
        self.good(200, "GET", path, key=admin)
        self.good(200, "GET", path, key=None, headers=[("X-Api-Key", admin)])
        answer = self.call("GET", f"{path}&api_key={admin}", key=None)
        assert answer.status == 401, answer

    def test_with_a_key_of_the_role_admin_pages_go_on(self):
        admin = self.service.admin_key()
        for _ in range(3):
            self.hook()
        path = f"/v2/hooks?limit=2&organization={self.organization}"
        link = self.call("GET", path, key=admin).header("Link")
        rest = link.split("<")[1].split(">")[0]
        assert len(self.good(200, "GET", rest, key=admin)) == 1, link

    def test_the_headers_beat_the_query(self):
        for name in ("Authorization", "X-Api-Key"):
            self.problem(
                401,
                "GET",
                f"/v2/auth/test?api_key={self.key}",
                key=None,
                headers=[(name, "wrong")],
            )

    def test_a_revoked_key(self):
        organization = self.service.organization("Revoked")
        key = self.service.key(organization)
        self.good(200, "GET", "/v2/hooks", key=key)
        line = self.service.admin("key", "list", organization)
        self.service.admin("key", "revoke", line.split("\t")[0])
        self.problem(401, "GET", "/v2/hooks", key=key)

    def test_auth_test_shows_the_organization(self):
        found = self.good(200, "GET", "/v2/auth/test")
        assert sorted(found) == sorted(
            ["_id", "name", "createdAt", "updatedAt", "__v", "role"]
        ), found
        assert list(found)[-1] == "role", "further members come last"
        assert found["_id"] == self.organization
        assert found["name"] == f"{self.variant} Ltd" and found["__v"] == 0

    def test_auth_test_shows_the_role_of_the_key(self):
        for role in ("read", "publish", "manage"):
            key = self.service.key(self.organization, role)
            found = self.good(200, "GET", "/v2/auth/test", key=key)
            assert found["role"] == role, found


class Roles(ApiCase):
    """Each row: method, path, body, and the roles that may."""

    def rows(self, hook):
        path = f"/v2/hooks/{hook}"
        publication = {"action": "event.created", "resource": {}}
        new = {"target_url": "https://www.toto.com/", "action": "*"}
        reads, all_publish = (
            {"read", "publish", "manage"},
            {"publish", "manage"},
        )
        return [
            ("GET", "/v2/hooks", None, reads),
            ("GET", path, None, reads),
            ("GET", "/v2/actions", None, reads),
            ("GET", "/v2/auth/test", None, reads),
            ("POST", "/v2/notifications", publication, all_publish),
            ("POST", "/v2/hooks", new, {"manage"}),
            ("PUT", path, {"description": "x"}, {"manage"}),
            ("GET", f"{path}/secret", None, {"manage"}),
            ("POST", f"{path}/secret/rotate", {}, {"manage"}),
        ]

    def test_matrix(self):
        hook = self.hook()["_id"]
        for role in ("read", "publish", "manage", "run"):
            key = self.service.key(self.organization, role)
            for method, path, body, allowed in self.rows(hook):
                answer = self.call(method, path, body, key=key)
                ok = answer.status in (200, 201, 202)
                assert ok == (role in allowed), (role, method, path, answer)
                assert ok or answer.status == 403, (role, method, path, answer)

    def test_header_values_are_hidden_from_lesser_roles(self):
        hook = self.hook(headers={"X-Token": "hush"})
        path = f"/v2/hooks/{hook['_id']}"
        assert self.good(200, "GET", path)["headers"] == {"X-Token": "hush"}
        for role in ("read", "publish"):
            key = self.service.key(self.organization, role)
            assert self.good(200, "GET", path, key=key)["headers"] == {
                "X-Token": "***"
            }
            listed = self.good(200, "GET", "/v2/hooks", key=key)
            assert listed[-1]["headers"] == {"X-Token": "***"}, listed

    def test_the_query_of_a_url_is_hidden_from_them_too(self):
        base = "https://www.toto.com/hooks"
        for url, shown in (
            (f"{base}?token=hush", f"{base}?***"),
            (f"{base}?a?b=c", f"{base}?***"),
            (base, base),
            (f"{base}?{'x' * (2047 - len(base))}", f"{base}?***"),
        ):
            hook = self.hook(target_url=url)
            path = f"/v2/hooks/{hook['_id']}"
            assert self.good(200, "GET", path)["target_url"] == url
            for role in ("read", "publish"):
                key = self.service.key(self.organization, role)
                seen = self.good(200, "GET", path, key=key)
                assert seen["target_url"] == shown, seen
                listed = self.good(200, "GET", "/v2/hooks", key=key)
                assert listed[-1]["target_url"] == shown, listed
            # Sent back by somebody who may, it stays.
            kept = self.good(200, "PUT", path, {"target_url": shown})
            assert kept["target_url"] == url, kept


class Tenants(ApiCase):
    def test_nothing_of_another_organization_is_there(self):
        hook = self.hook()
        other = self.service.key(self.service.organization("Other"))
        rows = [
            ("GET", "", None),
            ("PUT", "", {"description": "x"}),
            ("DELETE", "", None),
            ("GET", "/secret", None),
            ("POST", "/secret/rotate", {}),
            ("POST", "/enable", {}),
            ("POST", "/disable", {}),
        ]
        for method, rest, body in rows:
            theirs = self.call(
                method, f"/v2/hooks/{hook['_id']}{rest}", body, key=other
            )
            never = self.call(
                method, f"/v2/hooks/{no_such_id()}{rest}", body, key=other
            )
            assert theirs.status == never.status == 404, (method, theirs)
            assert theirs.body == never.body, (theirs, never)
        assert self.good(200, "GET", "/v2/hooks", key=other) == []
        assert self.good(200, "GET", f"/v2/hooks/{hook['_id']}") == hook


tap.main()
