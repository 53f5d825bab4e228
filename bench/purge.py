# SPDX-License-Identifier: MIT
"""
Retention over many old rows: how long it takes, and what a sender at work
beside it loses. BENCH_SCALE is the part of 10,000,000 finished deliveries.
"""

import time

import service
import stage as stages_
from scale import FINISHED, STEP

MEASURED = 40_000
BUSY_HOOKS = 100


def _fill(stage):
    """Deliveries with an attempt and a notification each, 40 days old."""
    hooks = stage.hooks(
        stage.service.organization("Old"), 100, "http://127.0.0.1:1/"
    )
    stage.sql(
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0; "
        "UPDATE vh_hooks h JOIN vh_hook_actions a ON a.hook_id = h.id SET "
        "h.action = 'user.joined', a.name = 'user.joined' "
        f"WHERE h.id BETWEEN {hooks[0]} AND {hooks[1]}"
    )
    old = "UTC_TIMESTAMP(3) - INTERVAL 40 DAY"
    for first in range(1, FINISHED + 1, STEP):
        seq = f"seq_{first}_to_{min(first + STEP - 1, FINISHED)}"
        stage.sql(f"""
            INSERT INTO vh_notifications (id, organization, action, resource,
                state, created_at)
            SELECT seq, h.organization, 'event.created',
                CONCAT('{{"text":"', REPEAT('x', 589), '"}}'), 'fanned_out',
                {old} FROM {seq} s JOIN vh_hooks h ON h.id = {hooks[0]};
            INSERT INTO vh_deliveries (id, organization, notification_id,
                hook_id, state, attempts, tries, created_at, finished_at)
            SELECT seq, h.organization, seq, h.id, 'delivered', 1, 1, {old},
                {old} FROM {seq} s JOIN vh_hooks h
                ON h.id = {hooks[0]} + s.seq MOD 100;
            INSERT INTO vh_attempts (delivery_id, attempt, started_at,
                first_byte_us, total_us, remote, status, response_headers)
            SELECT seq, 1, {old}, 900, 1000, '192.0.2.1:443', 200,
                'content-length: 0' FROM {seq}""")
    stage.sql(
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1; "
        "ANALYZE TABLE vh_deliveries, vh_attempts, vh_notifications;"
    )


def _rate(stage, hooks):
    stage.due(hooks, MEASURED + MEASURED // 4)
    return stage.lingering_rate("*", MEASURED)


def _chores(stage, when):
    """Before the first run of a sender the table is empty."""
    stage.sql(f"""
        INSERT INTO vh_chores (name, next_at) VALUES
            ('purge deliveries', {when}), ('purge notifications', {when})
        ON DUPLICATE KEY UPDATE next_at = {when}""")


def purge(_):
    stage = stages_.Stage()
    try:
        _fill(stage)
        hooks = stage.hooks(
            stage.service.organization("Busy"),
            BUSY_HOOKS,
            "http://127.0.0.1:1/",
        )

        def left():
            return int(
                stage.service.db.value(
                    "SELECT COUNT(*) FROM vh_deliveries WHERE finished_at < "
                    "UTC_TIMESTAMP(3) - INTERVAL 30 DAY"
                )
            )

        def alone():
            _chores(stage, "UTC_TIMESTAMP(3) + INTERVAL 1 DAY")
            return _rate(stage, hooks)

        def beside():
            _chores(stage, "UTC_TIMESTAMP(3)")
            return _rate(stage, hooks)

        before = left()
        baseline, ours = stages_.rounds(alone, beside)
        stages_.say(f"by the sender, beside: {before - left():,} deliveries")
        _chores(stage, "UTC_TIMESTAMP(3)")
        idle, before = 20, left()
        sender = stage.service.start_sender("--linger", f"{idle}s")
        sender.wait(idle + 20)
        stages_.say(f"by an idle sender: {(before - left()) / idle:,.0f}/s")
        before, began = left(), time.monotonic()
        done = stage.service.run(
            "hooks-admin",
            "purge",
            seconds=7200,
            config=stage.service.config(service.ADMIN),
        )
        assert done.status == 0, done
        seconds = time.monotonic() - began
    finally:
        stage.close()
    stages_.say(
        f"hooks-admin purge: {before:,} deliveries with attempt and "
        f"notification in {seconds:.0f} s"
    )
    return [
        stages_.at_least(
            f"deliveries while the sender removes {FINISHED:,} old ones; "
            "baseline: while it removes none",
            stages_.per_second,
            baseline,
            ours,
            0.9,
        ),
        stages_.Row(
            "hooks-admin purge, old deliveries a second",
            "",
            stages_.per_second(before / seconds),
            None,
            "",
            None,
        ),
    ]
