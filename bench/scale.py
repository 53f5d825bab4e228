# SPDX-License-Identifier: MIT
"""
Much due, much finished, many hooks, against an empty system: two databases
side by side, the first 20,000 deliveries of each timed by the receiver.

BENCH_SCALE is the part of the full size: 1,000,000 due, 10,000,000 finished,
1,000,000 hooks.
"""

import os

import stage as stages_

SCALE = float(os.environ.get("BENCH_SCALE", "0.1"))
DUE = max(int(1_000_000 * SCALE), 100_000)
FINISHED, HOOKS = int(10_000_000 * SCALE), int(1_000_000 * SCALE)
MEASURED = 20_000
# The deliveries belong to this many hooks, in the empty system too.
BUSY_HOOKS = 100
STEP = 500_000  # rows a statement


def _steps(total):
    for first in range(1, total + 1, STEP):
        yield first, min(first + STEP - 1, total)


def _fill(stage):
    """Organizations of a thousand hooks; ten finished deliveries a
    notification, spread over all hooks, with an attempt each."""
    stage.sql(f"""
        SET GLOBAL innodb_flush_log_at_trx_commit = 0;
        INSERT INTO vh_organizations (id, name, created_at, updated_at)
        SELECT UNHEX(LPAD(HEX(seq), 24, '0')), 'Many', UTC_TIMESTAMP(3),
            UTC_TIMESTAMP(3) FROM seq_0_to_{HOOKS // 1000};
        INSERT INTO vh_hooks (id, organization, target_url, action, created_at,
            updated_at)
        SELECT seq, UNHEX(LPAD(HEX(seq DIV 1000), 24, '0')),
            'https://www.toto.com/hooks?id=123', '*', UTC_TIMESTAMP(3),
            UTC_TIMESTAMP(3) FROM seq_1_to_{HOOKS};
        {stage.beside_hooks(1)}""")
    for first, last in _steps(FINISHED // 10):
        stage.sql(f"""
            INSERT INTO vh_notifications (id, organization, action, resource,
                state)
            SELECT seq, UNHEX(LPAD('0', 24, '0')), 'event.created',
                CONCAT('{{"text":"', REPEAT('x', 589), '"}}'), 'fanned_out'
            FROM seq_{first}_to_{last}""")
    for first, last in _steps(FINISHED):
        stage.sql(f"""
            INSERT INTO vh_deliveries (id, organization, notification_id,
                hook_id, state, attempts, tries, created_at, finished_at)
            SELECT seq, UNHEX(LPAD('0', 24, '0')), (seq + 9) DIV 10,
                1 + seq MOD {HOOKS}, 'delivered', 1, 1, UTC_TIMESTAMP(3),
                UTC_TIMESTAMP(3)
            FROM seq_{first}_to_{last};
            INSERT INTO vh_attempts (delivery_id, attempt, started_at,
                first_byte_us, total_us, remote, status, response_headers)
            SELECT seq, 1, UTC_TIMESTAMP(3), 900, 1000, '192.0.2.1:443', 200,
                'content-length: 0' FROM seq_{first}_to_{last}""")
    stage.sql(
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1; "
        "ANALYZE TABLE vh_deliveries, vh_lanes, vh_hooks, vh_notifications;"
    )


def _rate(stage):
    return stage.lingering_rate("event.created", MEASURED)


def _busy_hooks(stage):
    """Told from the many by their action."""
    hooks = stage.hooks(
        stage.service.organization("Busy"), BUSY_HOOKS, "http://127.0.0.1:1/"
    )
    stage.sql(
        "UPDATE vh_hooks h JOIN vh_hook_actions a ON a.hook_id = h.id SET "
        "h.action = 'event.created', a.name = 'event.created' "
        f"WHERE h.id BETWEEN {hooks[0]} AND {hooks[1]}"
    )
    return hooks


def scale(_):
    empty, full = stages_.Stage(), None
    try:
        full = stages_.Stage()
        _fill(full)
        full.due(_busy_hooks(full), DUE)
        few = _busy_hooks(empty)

        def in_empty():
            empty.clear()
            empty.due(few, MEASURED + MEASURED // 2)
            return _rate(empty)

        baseline, ours = stages_.rounds(in_empty, lambda: _rate(full))
    finally:
        for stage in (empty, full):
            if stage:
                stage.close()
    return [
        stages_.at_least(
            f"deliveries with {DUE:,} due, {FINISHED:,} finished, {HOOKS:,} "
            "hooks; baseline: nothing else there",
            stages_.per_second,
            baseline,
            ours,
            0.85,
        )
    ]
