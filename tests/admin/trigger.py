# SPDX-License-Identifier: MIT
"""
hooks-admin trigger: the SQL it prints, run on the server by somebody with the
rights for it, and the table used by an application that has none on ours.
"""

import contextlib
import json
import os
import subprocess

import admincase
import database
import processes
import service
import tap
import where

SHOP, OWNER = "shop_app", "shop_owner"

TABLES = """
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE TABLE shop.orders (
    id INT AUTO_INCREMENT PRIMARY KEY,
    status VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'open',
    total DECIMAL(9,2) NULL,
    customer INT NULL,
    picture MEDIUMBLOB NULL,
    due_at DATETIME NULL
) ENGINE=InnoDB;
CREATE TABLE shop.other (id INT PRIMARY KEY, n INT) ENGINE=InnoDB;
INSERT INTO shop.other VALUES (1, 0);
CREATE VIEW shop.seen AS SELECT id FROM shop.orders;
"""

# The owner may make triggers; both have a password of their own name.
USERS = f"""
DROP USER IF EXISTS '{SHOP}'@'localhost', '{OWNER}'@'localhost';
CREATE USER '{SHOP}'@'localhost' IDENTIFIED BY '{SHOP}';
CREATE USER '{OWNER}'@'localhost' IDENTIFIED BY '{OWNER}';
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO '{SHOP}'@'localhost';
GRANT ALL ON shop.* TO '{OWNER}'@'localhost';
GRANT SELECT ON shop.* TO '{service.ADMIN}'@'localhost';
"""

COLUMNS = (
    "organization, action, user, resource, idempotency_key, occurred_at, "
    "deliver_at, expires_at, replace_key, cancels"
)
PUBLISH = f"INSERT ({COLUMNS}) ON vyte_hooks.vh_outbox"
GRANT = f"GRANT {PUBLISH} TO '{OWNER}'@'localhost'"


class Session:
    """A client of the server that stays, whatever it is refused."""

    def __init__(self, db, user="root", password=""):
        self.client = subprocess.Popen(
            [
                db.client,
                "--no-defaults",
                f"--socket={db.socket}",
                f"--user={user}",
                "--force",
                "--skip-column-names",
                "--unbuffered",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ, MYSQL_PWD=password),
        )

    def say(self, statements):
        self.client.stdin.write(f"{statements};\n")
        self.client.stdin.flush()

    def do(self, statements):
        """Returns when all of it is done."""
        self.say(f"{statements}; SELECT 'done'")
        while "done" not in (line := self.client.stdout.readline()):
            assert line, statements

    def close(self):
        """What it was refused."""
        return self.client.communicate(timeout=60)[1]


class _TriggerCase(admincase.AdminCase):
    def setup(self):
        super().setup()
        # Or as the server has it by default, for programs that connect.
        self.modes = self.db.value("SELECT @@GLOBAL.sql_mode")
        self.db.sql(TABLES + USERS + GRANT, name="")
        self.organization = self.admin("org", "create", "Shop")
        for action in ("order.placed", "order.paid", "order.gone"):
            self.admin("action", "add", action, "--org", self.organization)

    def teardown(self):
        self.db.sql(f"SET GLOBAL sql_mode = '{self.modes}'", name="")

    def trigger(self, *args, table="shop.orders", action="order.placed"):
        return self.admin(
            *("trigger", "--org", self.organization),
            *("--table", table, "--action", action),
            *args,
        )

    def refuses(self, status, *args, words=()):
        line = ("trigger", "--org", self.organization, *args)
        self.fails(status, *line, words=words)

    def as_owner(self, sql):
        return self.db.sql(sql, user=OWNER, password=OWNER, name="")

    def as_shop(self, sql):
        return self.db.sql(sql, user=SHOP, password=SHOP, name="shop")

    def install(self, *args, **options):
        """Makes the trigger; the only one."""
        self.as_owner(
            "".join(
                f"DROP TRIGGER shop.`{name.replace('`', '``')}`;"
                for [name] in self.db.sql(
                    "SELECT trigger_name FROM information_schema.triggers "
                    "WHERE trigger_schema = 'shop'"
                )
            )
        )
        self.db.sql("DELETE FROM vh_outbox")
        self.as_owner(self.trigger(*args, **options))

    def published(self):
        """The resources, as they are in the table, which is emptied."""
        rows = self.db.sql(
            "SELECT HEX(resource) FROM vh_outbox ORDER BY id; "
            "DELETE FROM vh_outbox"
        )
        return [
            json.loads(bytes.fromhex(text), parse_float=str) for [text] in rows
        ]

    def taken(self):
        """What a sender makes of the rows: action, state, reason."""
        config = self.write_config(
            "send.conf", f"[sender]\nstate_dir = {self.folder / 'state'}\n"
        )
        subprocess.run(
            [where.program("hooks-send"), "-c", config, "--once"],
            check=True,
            capture_output=True,
        )
        return self.db.sql(
            "SELECT action, state, IFNULL(reason, '') FROM vh_notifications "
            "ORDER BY id; DELETE FROM vh_notifications"
        )


class Line(_TriggerCase):
    """The command line, and what is refused."""

    ORDERS = ("--table", "shop.orders", "--action", "order.placed")

    def test_usage(self):
        for line in (
            (),
            ("--table", "shop.orders"),
            ("--action", "order.placed"),
            (*self.ORDERS, "--on", "change"),
            (*self.ORDERS, "--on", "INSERT"),
            (*self.ORDERS, "more"),
        ):
            self.refuses(64, *line)
        self.fails(64, "trigger", *self.ORDERS, words=("--org",))

    def test_what_does_not_exist_is_named(self):
        for table in ("shop.order", "orders", "none.orders", "mysql.user"):
            self.refuses(69, "--table", table, *self.ORDERS[2:], words=(table,))
        self.refuses(
            69,
            *(*self.ORDERS, "--columns", "id,totl"),
            words=("totl", "nearest: total"),
        )
        self.fails(69, "trigger", "--org", "5f" * 12, *self.ORDERS)

    def test_bad_data(self):
        action = ("--table", "shop.orders", "--action")
        self.refuses(
            65, *action, "order.payed", words=("did you mean order.paid?",)
        )
        self.refuses(65, *action, "no action")
        for columns in ("", "id,", "id,`total", "id,ID"):
            self.refuses(
                65, *self.ORDERS, "--columns", columns, words=("--columns",)
            )
        for table in (
            *("", "a.b.c", "`a", "shop.\U0001f44d", "shop.\udcff"),
            *("vh_hooks", "VH_HOOKS", "shop.seen"),
        ):
            self.refuses(
                65, "--table", table, *self.ORDERS[2:], words=("--table",)
            )

    def test_expressions_are_tried(self):
        for event, text in (
            ("insert", "NEW.statsu = 1"),
            ("insert", "OLD.id = 1"),
            ("delete", "NEW.id = 1"),
            ("insert", "id = 1"),
            ("update", "id = 1"),
            ("update", "NEW.id = ?"),
            ("update", "NEW.id = 1)"),
            ("update", "NEW.id = 1; DROP TABLE orders"),
            ("update", "NEW.id = 'x"),
            ("update", ""),
            ("update", "new.statsu = 1"),
            ("update", "(SELECT 1, 2)"),
            ("update", "EXISTS (SELECT 1 FROM other)"),
            ("update", "NO_SUCH_FUNCTION(NEW.id)"),
        ):
            for option in ("--when", "--user", "--deliver-at", "--cancels"):
                line = (*self.ORDERS, "--on", event, option, text)
                self.refuses(65, *line, words=(option,))
        for text in (
            "NEW.id <=> OLD.id -- why",
            "new.status <> old.status",
            "EXISTS (SELECT 1 FROM shop.other o WHERE o.id = NEW.id)",
            "NEW.`status` = \"paid\" OR NEW.status = 'it''s # ; $$ `'",
        ):
            self.install("--on", "update", "--when", text)

    def test_a_table_that_can_be_seen_and_not_read(self):
        user = f"'{service.ADMIN}'@'localhost'"
        self.db.sql(f"REVOKE SELECT ON shop.* FROM {user}")
        self.refuses(69, *self.ORDERS)
        self.db.sql(f"GRANT INSERT ON shop.orders TO {user}")
        assert "CREATE TRIGGER" in self.trigger()
        done = self.run(
            *("trigger", "--org", self.organization, *self.ORDERS),
            *("--when", "NEW.id = 1"),
        )
        assert done.status == 0 and "CREATE TRIGGER" in done.out, done
        assert "--when could not be tried" in done.err, done
        self.db.sql(
            f"REVOKE INSERT ON shop.orders FROM {user}; "
            f"GRANT SELECT ON shop.* TO {user}"
        )

    def test_as_json(self):
        told = json.loads(self.trigger("--json"))
        assert told["sql"] == self.trigger() + "\n"
        name = told["trigger"]
        assert name.startswith("vh_orders_order.placed_insert_"), name
        assert f"DROP TRIGGER IF EXISTS `shop`.`{name}`" in told["sql"]

    def test_of_the_configured_database(self):
        self.db.sql("CREATE TABLE things (id INT PRIMARY KEY)")
        sql = self.trigger(table="things")
        assert "ON `vyte_hooks`.`things`" in sql, sql
        self.db.sql(sql + "INSERT INTO things VALUES (7); DROP TABLE things")
        assert self.published() == [{"id": 7}]


class Events(_TriggerCase):
    """What is published, and when."""

    def test_insert(self):
        self.install()
        self.as_shop("INSERT INTO orders (total, picture) VALUES (5, 'x')")
        [got] = self.published()
        assert got == {
            "id": got["id"],
            "status": "open",
            "total": "5.00",
            "customer": None,
            "due_at": None,
        }, got
        self.as_shop("UPDATE orders SET total = 6; DELETE FROM orders")
        assert self.published() == []

    def test_update(self):
        self.install("--on", "update", "--columns", "status,TOTAL, `id`")
        self.as_shop(
            "INSERT INTO orders (id, status, total) VALUES (1, 'open', 5), "
            "(2, 'open', NULL)"
        )
        assert self.published() == []
        # Nothing, nothing of these columns, nothing of these rows.
        for change in ("total = total", "customer = 1, picture = 'y'"):
            self.as_shop(f"UPDATE orders SET {change}")
            assert self.published() == [], change
        self.as_shop("UPDATE orders SET total = 5, status = 'OPEN'")
        first, second = self.published()
        assert list(first) == ["status", "total", "id", "changed"], first
        assert first["changed"] == {"status": {"old": "open", "new": "OPEN"}}
        assert second["changed"] == {
            "status": {"old": "open", "new": "OPEN"},
            "total": {"old": None, "new": "5.00"},
        }, second
        self.as_shop("UPDATE orders SET status = 'OPEN ' WHERE id = 1")
        [got] = self.published()
        assert got["changed"] == {"status": {"old": "OPEN", "new": "OPEN "}}
        self.as_shop("DELETE FROM orders")
        assert self.published() == []

    def test_delete(self):
        self.install("--on", "delete", "--columns", "id")
        self.as_shop("REPLACE INTO orders (id) VALUES (1), (2)")
        self.as_shop("DELETE FROM orders WHERE id = 2")
        self.as_shop("REPLACE INTO orders (id) VALUES (1)")
        assert self.published() == [{"id": 2}, {"id": 1}]
        self.as_shop("DELETE FROM orders")
        self.published()

    def test_a_condition(self):
        self.install(
            *("--on", "update", "--columns", "id"),
            *("--when", "NEW.id > 10 -- only these"),
        )
        self.as_shop("INSERT INTO orders (id) VALUES (1), (2)")
        self.as_shop("UPDATE orders SET id = 20 WHERE id = 1")
        self.as_shop("UPDATE orders SET id = 3 WHERE id = 2")
        assert self.published() == [
            {"id": 20, "changed": {"id": {"old": 1, "new": 20}}}
        ]
        self.as_shop("DELETE FROM orders")

    def test_a_rolled_back_change_publishes_nothing(self):
        self.install()
        self.as_shop(
            "BEGIN; INSERT INTO orders (id) VALUES (1); ROLLBACK; "
            "BEGIN; INSERT INTO orders (id) VALUES (2); SAVEPOINT s; "
            "INSERT INTO orders (id) VALUES (3); ROLLBACK TO s; COMMIT"
        )
        assert [r["id"] for r in self.published()] == [2]
        self.as_shop("DELETE FROM orders")

    def test_made_again_it_replaces_itself_alone(self):
        self.install()
        self.as_owner(self.trigger())
        self.as_owner(self.trigger("--columns", "id"))
        self.as_owner(self.trigger(action="order.paid"))
        self.as_shop("INSERT INTO orders (id) VALUES (1)")
        assert sorted(len(r) for r in self.published()) == [1, 5]
        self.as_shop("DELETE FROM orders")

    def test_more_columns_of_the_outbox(self):
        self.install(
            *("--columns", "id", "--user", "NEW.customer"),
            *("--deliver-at", "NEW.due_at - INTERVAL 1 HOUR"),
            *("--expires-at", "NEW.due_at # the end"),
            *("--replace-key", "CONCAT('r-', NEW.id)"),
            *("--cancels", "IF(NEW.id = 1, 'r-0', NULL)"),
        )
        self.as_shop(
            "INSERT INTO orders (id, customer, due_at) VALUES "
            "(1, 5, '2027-05-27 09:00'), (2, NULL, NULL)"
        )
        rows = self.db.sql(
            "SELECT user, deliver_at, expires_at, replace_key, cancels "
            "FROM vh_outbox ORDER BY id"
        )
        assert rows == [
            [
                "5",
                "2027-05-27 08:00:00.000",
                "2027-05-27 09:00:00.000",
                "r-1",
                "r-0",
            ],
            ["NULL", "0000-00-00 00:00:00.000", "NULL", "r-2", "NULL"],
        ], rows
        # Not at once.
        assert [row[1:] for row in self.taken()] == [
            ["scheduled", ""],
            ["rejected", "deliver_at: is over 400 days away, or no time"],
        ]
        self.as_shop("DELETE FROM orders")


# What a column may hold: its definition, SQL of a value, and the JSON.
NASTY = "'it''s \"q\" \\\\ / ` \\n\\r\\t\\b ', CHAR(1), CHAR(31), CHAR(127)"
NASTY_TEXT = 'it\'s "q" \\ / ` \n\r\t\b \x01\x1f\x7f'
VALUES = (
    ("TEXT", f"CONCAT({NASTY})", NASTY_TEXT),
    ("TEXT", "_utf8mb4 x'F09F918DE282AC00C3A9'", "\U0001f44d€\ufffdé"),
    ("TEXT", "'\\\\u0000'", "\\u0000"),
    ("TEXT", "REPEAT('x', 65000)", "x" * 65000),
    ("TEXT", "''", ""),
    ("CHAR(9)", "' a '", " a"),
    ("VARCHAR(9) CHARACTER SET latin1", "_latin1 x'E98022'", 'é€"'),
    (
        "VARCHAR(9) CHARACTER SET utf16",
        "_utf8mb4 x'F09F918D5C'",
        "\U0001f44d\\",
    ),
    ("VARCHAR(9) COLLATE utf8mb4_unicode_520_ci", "'Ünï'", "Ünï"),
    ("VARCHAR(9) COLLATE utf8mb4_bin", "'Ünï'", "Ünï"),
    ("ENUM('a', 'it''s \"b\"')", "2", 'it\'s "b"'),
    ("SET('a', 'b')", "3", "a,b"),
    ("JSON", "'{\"a\": [1, null]}'", '{"a": [1, null]}'),
    ("TINYINT(1)", "1", 1),
    ("INT(5) UNSIGNED ZEROFILL", "42", 42),
    ("DECIMAL(9,2) ZEROFILL", "4.5", "4.50"),
    ("BIGINT", "-9223372036854775808", -9223372036854775808),
    ("BIGINT UNSIGNED", "18446744073709551615", 18446744073709551615),
    ("DECIMAL(65,30)", "'-0.1'", "-0.1" + "0" * 29),
    ("DECIMAL(20,0)", "12345678901234567890", 12345678901234567890),
    ("FLOAT", "0.1", "0.1"),
    ("DOUBLE", "1.7976931348623157e308", "1.7976931348623157e308"),
    ("DOUBLE", "1e-300", "1e-300"),
    ("YEAR", "0", 0),
    ("BIT(1)", "b'1'", 1),
    ("BIT(64)", "0xFFFFFFFFFFFFFFFF", 18446744073709551615),
    ("DATE", "'2027-05-27'", "2027-05-27"),
    ("TIME(3)", "'-800:00:00.5'", "-800:00:00.500"),
    ("DATETIME", "'2027-05-27 08:00'", "2027-05-27 08:00:00"),
    ("DATETIME(6)", "'0000-00-00'", "0000-00-00 00:00:00.000000"),
    ("TIMESTAMP NULL", "'2027-05-27 08:00'", "2027-05-27T10:00:00Z"),
    (
        "TIMESTAMP(2) NULL",
        "'2027-05-27 08:00:00.25'",
        "2027-05-27T10:00:00.250000Z",
    ),
    ("TIMESTAMP NULL", "'0000-00-00'", None),
    ("BINARY(3)", "x'00'", "AAAA"),
    ("VARBINARY(99)", "REPEAT(x'FF', 99)", "////" * 33),
    ("BLOB", "x'0A22'", "CiI="),
    ("POINT", "POINT(1, 2.5)", "POINT(1 2.5)"),
    ("VARCHAR(99) AS (CONCAT(c0, '!')) VIRTUAL", None, NASTY_TEXT + "!"),
    ("VARCHAR(99) AS (CONCAT(c0, '!')) STORED", None, NASTY_TEXT + "!"),
)

# Names that need care, which all columns get in turn.
AWKWARD = (
    "a b",
    'quo"te',
    "it's",
    "back\\slash",
    "tick`s",
    "ünï",
    "a,b",
    "NEW",
)


class Values(_TriggerCase):
    """Any value becomes valid JSON, and the value that it was."""

    # Modes in which the SQL is run, and of the application's session.
    MODES = (
        "",
        "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE",
        "TRADITIONAL",
        "HIGH_NOT_PRECEDENCE,PAD_CHAR_TO_FULL_LENGTH",
    )

    def make_table(self):
        self.db.sql(
            "DROP TABLE IF EXISTS shop.wide; CREATE TABLE shop.wide ("
            + ", ".join(f"c{n} {c[0]}" for n, c in enumerate(VALUES))
            + ") ENGINE=InnoDB CHARACTER SET utf8mb4"
        )

    def test_all_values(self):
        self.make_table()
        names = ",".join(f"c{n}" for n in range(len(VALUES)))
        self.install("--columns", names, table="shop.wide")
        given = [n for n, c in enumerate(VALUES) if c[1]]
        insert = (
            f"INSERT INTO wide ({','.join(f'c{n}' for n in given)}) VALUES "
            f"({', '.join(VALUES[n][1] for n in given)})"
        )
        self.as_shop(f"SET sql_mode = '', time_zone = '-02:00'; {insert}")
        [got] = self.published()
        for n, (column, _, want) in enumerate(VALUES):
            assert got[f"c{n}"] == want, (column, want, got[f"c{n}"])

        self.as_shop(f"SET sql_mode = '', time_zone = '-02:00'; {insert}")
        assert [row[1:] for row in self.taken()] == [["unmatched", ""]]

    def test_all_null(self):
        self.make_table()
        self.install(table="shop.wide")
        self.as_shop("INSERT INTO wide () VALUES ()")
        [got] = self.published()
        assert set(got.values()) == {None}, got
        # Without the BLOB.
        assert len(got) == len(VALUES) - 1, got

    def test_each_value_changes(self):
        self.make_table()
        names = ",".join(f"c{n}" for n in range(len(VALUES)))
        self.install("--columns", names, "--on", "update", table="shop.wide")
        self.as_shop("INSERT INTO wide () VALUES ()")
        self.as_shop(
            "SET sql_mode = '', time_zone = '-02:00'; UPDATE wide SET "
            + ", ".join(f"c{n} = {c[1]}" for n, c in enumerate(VALUES) if c[1])
        )
        [got] = self.published()
        for n, (column, _, want) in enumerate(VALUES):
            if want is not None:
                change = got["changed"].pop(f"c{n}")
                assert change == {"old": None, "new": want}, (column, change)
        # A TIMESTAMP of zeros shows as null, too.
        assert set(map(str, got["changed"].values())) <= {
            "{'old': None, 'new': None}"
        }, got
        self.as_shop("UPDATE wide SET c0 = c0, c4 = c4")
        assert self.published() == []

    def test_names_and_modes(self):
        table = "we`ird. tab"
        quoted = [f"`{n.replace('`', '``')}`" for n in AWKWARD]
        self.db.sql(
            "CREATE TABLE shop.`we``ird. tab` (changed TEXT, "
            + ", ".join(f"{q} TEXT" for q in quoted)
            + ") ENGINE=InnoDB CHARACTER SET utf8mb4"
        )
        columns = ",".join(("changed", *quoted))
        for mode in self.MODES:
            self.db.sql(f"SET GLOBAL sql_mode = '{mode}'", name="")
            for event in ("insert", "update"):
                self.install(
                    *("--on", event, "--columns", columns),
                    table="`shop`.`we``ird. tab`",
                )
                self.as_shop(
                    "DELETE FROM `we``ird. tab`; INSERT INTO `we``ird. tab` "
                    f"({','.join(quoted)}) VALUES "
                    f"({','.join('1' for _ in quoted)}); "
                    "UPDATE `we``ird. tab` SET changed = 'y'"
                )
                [got] = self.published()
                told = got.pop("_changed", None)
                assert set(got) == {*AWKWARD, "changed"}, (mode, table, got)
                assert (event == "update") == (told is not None), told
                if told:
                    assert told == {"changed": {"old": None, "new": "y"}}
            mode_after = self.as_owner(self.trigger() + "SELECT @@sql_mode")
            mode_before = self.as_owner("SELECT @@sql_mode")
            assert mode_after == mode_before, (mode_after, mode_before)

    def test_what_is_too_long_is_rejected(self):
        self.db.sql("CREATE TABLE shop.book (t LONGTEXT) ENGINE=InnoDB")
        self.install(table="shop.book")
        self.as_shop("INSERT INTO book VALUES (REPEAT('x', 130000))")
        [row] = self.taken()
        assert row[1] == "rejected" and "max_body" in row[2], row


class Failing(_TriggerCase):
    """Publishing fails, and what the application sees of it."""

    INSERT = "INSERT INTO orders (id) VALUES (1)"

    @contextlib.contextmanager
    def broken(self, how, mend):
        self.db.sql(how)
        try:
            yield
        finally:
            self.db.sql(mend)
            self.db.sql("DELETE FROM shop.orders; DELETE FROM vh_outbox")

    def ways(self):
        return (
            (f"REVOKE {PUBLISH} FROM '{OWNER}'@'localhost'", GRANT),
            (
                "RENAME TABLE vh_outbox TO gone",
                "RENAME TABLE gone TO vh_outbox",
            ),
            (
                "ALTER TABLE vh_outbox ADD COLUMN more INT NOT NULL UNIQUE; "
                "INSERT INTO vh_outbox (organization, more) VALUES ('x', 0)",
                "ALTER TABLE vh_outbox DROP COLUMN more",
            ),
        )

    def test_the_application_goes_on(self):
        self.install()
        for way, mend in self.ways():
            with self.broken(way, mend):
                self.as_shop(
                    f"SET sql_mode = 'TRADITIONAL'; BEGIN; {self.INSERT}; "
                    "UPDATE other SET n = n + 1; COMMIT"
                )
                assert self.db.value("SELECT id FROM shop.orders") == "1", way
        assert self.db.value("SELECT n FROM shop.other") == "3"
        self.as_shop(self.INSERT)
        assert len(self.published()) == 1
        self.as_shop("DELETE FROM orders")

    def test_with_strict_it_fails(self):
        self.install("--strict")
        for way, mend in self.ways():
            with self.broken(way, mend):
                try:
                    self.as_shop(self.INSERT)
                except AssertionError as refused:
                    assert "ERROR" in str(refused), refused
                else:
                    raise AssertionError(f"published: {way}")
                assert self.db.value("SELECT COUNT(*) FROM shop.orders") == "0"
        self.as_shop(self.INSERT)
        assert len(self.published()) == 1
        self.as_shop("DELETE FROM orders")

    def test_whoever_made_it_must_stay(self):
        self.install()
        owner = f"'{OWNER}'@'localhost'"
        with self.broken(
            f"REVOKE TRIGGER ON shop.* FROM {owner}",
            f"GRANT TRIGGER ON shop.* TO {owner}",
        ):
            try:
                self.as_shop(self.INSERT)
            except AssertionError as refused:
                assert "TRIGGER command denied" in str(refused), refused
            else:
                raise AssertionError("doc/publish.md says otherwise")

    def test_an_action_that_was_removed_is_rejected(self):
        for flags in ((), ("--strict",)):
            self.install(*flags, action="order.gone")
            name = ("order.gone", "--org", self.organization)
            self.admin("action", "remove", *name)
            # What was inserted before the removal would still be published.
            self.db.sql(
                "UPDATE vh_actions SET until = until - INTERVAL 1 DAY "
                "WHERE until IS NOT NULL"
            )
            self.as_shop(self.INSERT)
            [row] = self.taken()
            assert row[:2] == ["order.gone", "rejected"], row
            self.as_shop("DELETE FROM orders")
            self.admin("action", "add", *name)

    def test_the_application_has_no_right_on_our_tables(self):
        try:
            self.as_shop("INSERT INTO vyte_hooks.vh_outbox () VALUES ()")
        except AssertionError as refused:
            assert "denied" in str(refused), refused
        else:
            raise AssertionError("the application may insert")

    def deadlock(self):
        """The application holds `other` and inserts into the outbox, of which
        a heavier transaction holds the end and wants `other`."""
        app = Session(self.db, SHOP, SHOP)
        heavy = Session(self.db)
        app.do("USE shop; BEGIN; UPDATE other SET n = n + 100")
        heavy.do(
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; BEGIN; "
            "INSERT INTO shop.orders (id) SELECT 1000 + seq FROM "
            f"{database.numbers(200)}; "
            "SELECT COUNT(*) FROM vyte_hooks.vh_outbox FOR UPDATE"
        )
        heavy.say("UPDATE shop.other SET n = n + 1")
        processes.wait_until(
            lambda: (
                self.db.value(
                    "SELECT COUNT(*) FROM information_schema.innodb_trx "
                    "WHERE trx_state = 'LOCK WAIT'"
                )
                == "1"
            ),
            20,
            "the heavier one's wait",
        )
        app.say("INSERT INTO orders (id) VALUES (1); COMMIT")
        refused = app.close()
        heavy.say("ROLLBACK")
        assert not (error := heavy.close()), (error, refused)
        return refused

    def test_a_deadlock_is_reported(self):
        """Else the application would commit half of its transaction."""
        for flags in ((), ("--strict",)):
            self.install(*flags)
            before = self.db.value("SELECT n FROM shop.other")
            refused = self.deadlock()
            assert "1213" in refused, refused
            assert self.db.value("SELECT n FROM shop.other") == before
            assert self.db.value("SELECT COUNT(*) FROM shop.orders") == "0"
            assert self.published() == []


class BinaryLog(_TriggerCase):
    """A server that keeps one asks for more."""

    def server(self):
        folder = processes.Folder()
        tap.at_end(folder.close)
        db = database.Database(folder, ("--log-bin=log", "--server-id=1"))
        tap.at_end(db.stop)
        db.start()
        db.sql((where.EXAMPLES / "database.sql").read_text(), name="")
        return folder, db

    def test_trusted(self):
        sql = self.trigger()
        self.db.sql("SET GLOBAL log_bin_trust_function_creators = 0")
        try:
            self.as_owner(sql)
        except AssertionError as refused:
            assert "1419" in str(refused), refused
        else:
            raise AssertionError("made without the right")
        self.db.sql("SET GLOBAL log_bin_trust_function_creators = 1")
        for form in ("ROW", "MIXED", "STATEMENT"):
            self.db.sql(f"SET GLOBAL binlog_format = '{form}'")
            self.install()
            self.as_shop("BEGIN; INSERT INTO orders () VALUES (); ROLLBACK")
            self.as_shop("INSERT INTO orders () VALUES ()")
            assert len(self.published()) == 1, form


tap.main()
