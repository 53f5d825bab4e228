# SPDX-License-Identifier: MIT
"""
The books of a case, kept outside of the product: what was accepted, what went
wrong and when, what the receivers saw. judge() compares them with the database
at the end.

    book = Ledger(records, sinks)
    book.accepted(organization, 17)
    book.crash()              # something that may leave copies
    verdict = book.judge()    # .problems is empty when all is well
"""

import collections
import time

# What deliveries may have come to, beside delivered, must be said.
_ENDS = ("failed", "held", "cancelled")
_SHOWN = 4


class Verdict:
    def __init__(self):
        self.problems = []
        self.counts = collections.Counter()

    def complain(self, kind, text):
        """Counted all, told the first few."""
        self.counts[kind] += 1
        if self.counts[kind] <= _SHOWN:
            self.problems.append(f"{kind}: {text}")

    def __getattr__(self, name):
        return self.counts[name]


class Ledger:
    """`ends`: the states, beside delivered, that a delivery may have in the
    end."""

    def __init__(self, records, sinks, ends=()):
        assert all(end in (*_ENDS, "rejected") for end in ends)
        self.records = records
        self.sinks = sinks
        self.ends = ends
        self.accepts = {}  # n: (organization, time)
        self.doubtful = set()  # n: published perhaps
        self.forgettable = set()
        self.removable = set()
        # Paths whose receivers answer what nobody asked: their answers cannot
        # be held against requests.
        self.distrusted = set()
        self.late_commits = False  # of publishers: keys are in no order
        self.crashes = []
        self.forgets = []  # of them, those that the database lost
        self.asked = collections.defaultdict(list)  # (path, n): times
        self.perhaps = collections.Counter()  # path: replays of some of it

    # ---- what is noted while it goes on ----

    def accepted(self, organization, *numbers):
        now = time.time()
        for n in numbers:
            self.accepts[n] = (organization, now)

    def doubted(self, *numbers):
        """No answer came, or one that says try again."""
        self.doubtful.update(numbers)

    def crash(self):
        """Something died or stood still for longer than a lease: what was in
        flight may come again, once, and its record may be missing. Where none
        is noted, a single copy is one too many."""
        self.crashes.append((time.time(),) * 2)

    def forgot(self, since):
        """The database lost what was committed after `since`."""
        self.crashes.append((since, time.time()))
        self.forgets.append((since, time.time()))
        self.forgettable.update(
            n for n, (_, at) in self.accepts.items() if at >= since
        )

    def withdrawn(self, organization):
        """It was deleted: nobody asks any more."""
        for n, (org, _) in list(self.accepts.items()):
            if org == organization:
                self.doubted(n)
                del self.accepts[n]

    def purged(self, *numbers):
        """What was delivered may be removed from now on."""
        self.removable.update(numbers)

    def asked_again(self, path, n, moment):
        """A redelivery that was asked for then, and answered 202."""
        self.asked[path, n].append(moment)

    def may_ask(self, path):
        """A replay that takes what is finished there, whatever that is."""
        self.perhaps[path] += 1

    # ---- the judgement ----

    def judge(self, finished=True):
        """`finished`: nothing may wait any more."""
        verdict = Verdict()
        books = _Books(self)
        verdict.counts["notifications"] = len(self.accepts)
        verdict.counts["deliveries"] = len(books.expected())
        verdict.counts["crashes"] = len(self.crashes)
        for check in (
            _check_presence,
            _check_addressee,
            _check_copies,
            _check_attempts,
            _check_redeliveries,
            _check_order,
        ):
            check(books, verdict)
        if not finished:
            verdict.problems = [
                p for p in verdict.problems if not p.startswith("stuck")
            ]
        return verdict


class _Books:
    """All of it, read once. A delivery is known by its hook's path and its
    notification's number, never by an id that the product made."""

    def __init__(self, ledger):
        self.ledger = ledger
        records = ledger.records
        self.hooks = {hook.id: hook for hook in records.hooks()}
        self.paths = {hook.path: hook for hook in self.hooks.values()}
        self.notes = {
            note.id: note
            for note in records.notifications()
            if note.n is not None
        }
        self.by_number = {note.n: note for note in self.notes.values()}
        self.rows = {}
        self.keys = {}
        self.known = set()
        for row in records.deliveries():
            self.known.add(row.id)
            if row.notification in self.notes:
                key = (
                    self.hooks[row.hook].path,
                    self.notes[row.notification].n,
                )
                self.rows[key] = row
                self.keys[row.id] = key
        self.attempts = collections.defaultdict(list)
        for attempt in records.attempts():
            self.attempts[self.keys.get(attempt.delivery)].append(attempt)
        self.orphans = [
            a
            for a in self.attempts.pop(None, ())
            if a.delivery not in self.known
        ]
        self.requests = [r for sink in ledger.sinks for r in sink.at()]
        self.serials = {
            (sink.port, r.serial): r for sink in ledger.sinks for r in sink.at()
        }
        self.seen = collections.defaultdict(list)
        for request in sorted(self.requests, key=lambda r: r.time):
            for n in request.numbers:
                if n is not None:
                    self.seen[request.path, n].append(request)
        self.seen.default_factory = self.attempts.default_factory = None

    def expected(self):
        """(path, number) of what must have come to an end."""
        return [
            (hook.path, n)
            for n, (org, _) in self.ledger.accepts.items()
            for hook in self.hooks.values()
            if hook.org == org and hook.action == "*"
        ]

    def request_of(self, path, attempt):
        """What an attempt's answer says that it answers."""
        if attempt.seen is None:
            return None
        port = int(self.paths[path].url.split("/")[2].partition(":")[2])
        return self.serials.get((port, attempt.seen))

    def done(self, path):
        return {
            n
            for (at, n), requests in self.seen.items()
            if at == path
            and any(r.answered and r.answered // 100 == 2 for r in requests)
        }

    def may_come(self, n):
        return n in self.ledger.accepts or n in self.ledger.doubtful

    def crashes_at(self, requests):
        """Those that may have hit what these requests were about. A receiver
        that is busy sees them late."""
        first, last = requests[0].time - 5, requests[-1].time + 3
        return sum(
            begin <= last and end >= first for begin, end in self.ledger.crashes
        )


def _check_presence(books, verdict):
    """Accepted = delivered, or visibly something else that was foreseen."""
    ledger = books.ledger
    for path, n in books.expected():
        note = books.by_number.get(n)
        row = books.rows.get((path, n))
        if note and note.state == "queued":
            verdict.complain("stuck", f"{n} for {path}: {note}")
        elif not note or not row:
            if n in ledger.forgettable:
                verdict.counts["forgotten"] += 1
            elif n in ledger.removable:
                verdict.counts["delivered"] += n in books.done(path)
            elif not (note and note.state in ledger.ends) and not (
                books.paths[path].deleted
            ):
                verdict.complain("lost", f"{n} for {path}: {note or 'gone'}")
        elif row.state == "pending":
            verdict.complain("stuck", f"{n} for {path}: {row}")
        else:
            _check_end(books, verdict, path, n, row)
    for note in books.notes.values():
        if note is not books.by_number[note.n]:
            verdict.complain("there twice", f"{note}")
    for n, note in books.by_number.items():
        if not books.may_come(n):
            verdict.complain("invented", f"{note}")


def _check_end(books, verdict, path, n, row):
    verdict.counts[row.state] += 1
    if row.state != "delivered":
        if row.state not in books.ledger.ends:
            verdict.complain("not delivered", f"{n} for {path}: {row}")
    elif path not in books.ledger.distrusted and not any(
        r.answered and r.answered // 100 == 2
        for r in books.seen.get((path, n), ())
    ):
        verdict.complain("never sent", f"{n} for {path}: {row}")


def _check_addressee(books, verdict):
    """Each request came to a hook of its organization, with one id and one
    body however often."""
    for request in books.requests:
        hook = books.paths.get(request.path)
        for member in request.members:
            if not hook and request.numbers[0] in books.ledger.doubtful:
                continue  # of an organization that was deleted
            if not hook or member["organization"] != hook.org:
                verdict.complain("wrong hook", f"{request}")
            n = member["resource"].get("n")
            if n is not None and not books.may_come(n):
                verdict.complain("not accepted", f"{request}")
    bodies, owners = {}, {}
    for key, requests in books.seen.items():
        for request in requests:
            name = request.header("webhook-id")
            if bodies.setdefault(name, request.body) != request.body:
                verdict.complain("another body", f"{name}: {request}")
            if owners.setdefault(name, request.numbers) != request.numbers:
                verdict.complain("id twice", f"{name}: {key}")


def _doubt(earlier):
    """Whether a request's sender may not know how it ended, or has got
    through: the next one must say so."""
    return earlier.answered is None or earlier.answered // 100 == 2


def _history(requests):
    """When each came, as which attempt, marked with *, and its answer."""
    begin = requests[0].time
    return ", ".join(
        f"{r.time - begin:+.1f} s #{r.header('webhook-attempt')}"
        f"{'*' if r.header('webhook-maybe-duplicate') else ''} {r.answered}"
        for r in requests
    )


def _check_copies(books, verdict):
    ledger = books.ledger
    for (path, n), requests in books.seen.items():
        asked = len(ledger.asked[path, n]) + ledger.perhaps[path]
        spare = asked
        allowed = False  # to come unmarked, as it was asked for
        copies = 0
        for i, request in enumerate(requests):
            if not any(_doubt(r) for r in requests[:i]):
                continue
            again = any(
                r.answered and r.answered // 100 == 2 for r in requests[:i]
            )
            marked = request.header("webhook-maybe-duplicate") == "1"
            # After a failure it is a retry of what was one copy.
            begins = _doubt(requests[i - 1])
            if begins:
                allowed = bool(again and spare)
                spare -= allowed and not marked
            if again:
                copies += begins
                verdict.counts["marked" if marked else "plain"] += 1
            if not marked and not allowed:
                verdict.complain(
                    "unmarked", f"{n} at {path}: {_history(requests)}"
                )
        if copies > asked + books.crashes_at(requests):
            verdict.complain(
                "too many",
                f"{n} at {path}: {copies} copies, {_history(requests)}",
            )


def _check_attempts(books, verdict):
    """Attempts recorded = requests seen, each by its own answer."""
    for orphan in books.orphans:
        verdict.complain("no such delivery", f"{orphan}")
    for key, attempts in books.attempts.items():
        for attempt in attempts:
            _check_attempt(books, verdict, key, attempt)
    for key, requests in books.seen.items():
        row = books.rows.get(key)
        # Those that never got through were seen by nobody.
        made = len(books.attempts.get(key, ()))
        missing = len(requests) - made
        if missing > 0:
            verdict.counts["unrecorded"] += missing
        if row and missing > books.crashes_at(requests) + sum(
            begin <= r.time <= end
            for r in requests
            for begin, end in books.ledger.forgets
        ):
            verdict.complain(
                "not recorded", f"{key}: {len(requests)} seen, {made} recorded"
            )


def _check_attempt(books, verdict, key, attempt):
    path, n = key
    if attempt.status is None or path in books.ledger.distrusted:
        return
    request = books.request_of(path, attempt)
    if (
        not request
        and attempt.seen is None
        and any(r.path == path for r in books.requests)
        and attempt.error
    ):
        return  # an answer that was cut off before the number
    if not request:
        verdict.complain("unknown answer", f"{key}: {attempt}")
    elif request.path != path or n not in request.numbers:
        verdict.complain(
            "borrowed",
            f"{key} has the answer of {request.path} {request.numbers}",
        )
    elif request.answered and request.answered != attempt.status:
        verdict.complain("other status", f"{key}: {attempt}")


def _check_redeliveries(books, verdict):
    for (path, n), times in books.ledger.asked.items():
        for moment in times:
            if not any(r.time >= moment for r in books.seen.get((path, n), ())):
                verdict.complain("swallowed", f"redelivery of {n} at {path}")


def _check_order(books, verdict):
    """First arrivals at an ordered hook come in the order of keys, except of
    those that may have got their keys anew."""
    for hook in books.hooks.values():
        if not hook.ordered:
            continue
        last = 0
        done = set()
        for request in books.requests:
            if request.path != hook.path:
                continue
            for n in request.numbers:
                note = books.by_number.get(n)
                if not note or n in done or n in books.ledger.forgettable:
                    continue
                done.add(n)
                key = note.id
                if books.ledger.late_commits and (hook.path, n) in books.rows:
                    key = books.rows[hook.path, n].id
                if key < last:
                    verdict.complain("out of order", f"{n} at {hook.path}")
                last = max(last, key)
