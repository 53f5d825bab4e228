# SPDX-License-Identifier: MIT
"""
Fan-out: notifications a second that become deliveries, of an organization that
has one hook, and of one with a large catalogue and many other hooks. The hook
that gets them is disabled, so that nothing is sent.
"""

import os
import time

import stage as stages_

COUNT = int(os.environ.get("BENCH_NOTIFICATIONS", "20000"))
ACTIONS, HOOKS, NAMES = 10_000, 1000, 32


def _organization(stage, name):
    """With a hook for 'shop.*'; the organization's id and the hook's key."""
    organization = stage.service.organization(name)
    hook, _ = stage.hooks(organization, 1, "http://127.0.0.1:1/")
    stage.sql(f"""
        UPDATE vh_hook_actions SET name = 'shop.*' WHERE hook_id = {hook};
        UPDATE vh_hooks SET action = 'shop.*' WHERE id = {hook}""")
    return organization, hook


def _many(stage, organization):
    """Actions, and hooks that name them."""
    stage.sql(f"""
        INSERT INTO vh_actions (organization, name, created_at, updated_at)
        SELECT UNHEX('{organization}'), CONCAT('many.', seq),
            UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_{ACTIONS}""")
    first, last = stage.hooks(organization, HOOKS, "http://127.0.0.1:1/")
    stage.sql(f"""
        DELETE FROM vh_hook_actions WHERE hook_id BETWEEN {first} AND {last};
        INSERT INTO vh_hook_actions (organization, name, hook_id, version,
            since)
        SELECT h.organization,
            CONCAT('many.', 1 + (h.id * {NAMES} + seq) MOD {ACTIONS}), h.id,
            1, UTC_TIMESTAMP(6)
        FROM vh_hooks h JOIN seq_1_to_{NAMES}
        WHERE h.id BETWEEN {first} AND {last};
        ANALYZE TABLE vh_actions, vh_hooks, vh_hook_actions""")


def _rate(stage, organization, hook):
    stage.clear()
    stage.sql(f"""
        UPDATE vh_hooks SET enabled = 0 WHERE id = {hook};
        INSERT INTO vh_notifications (organization, action, resource,
            accepted_at)
        SELECT UNHEX('{organization}'), 'shop.order.paid',
            {stages_.RESOURCE_SQL}, UTC_TIMESTAMP(6) FROM seq_1_to_{COUNT}""")
    began = time.monotonic()
    done = stage.service.send("--once")
    seconds = time.monotonic() - began
    made = stage.service.db.value(
        f"SELECT COUNT(*) FROM vh_deliveries WHERE hook_id = {hook}"
    )
    assert done.status == 0 and int(made) == COUNT, (done, made)
    return COUNT / seconds


def fanout(stages):
    stage = stages.get()
    alone, among = _organization(stage, "Alone"), _organization(stage, "Among")
    _many(stage, among[0])
    few, many = stages_.rounds(
        lambda: _rate(stage, *alone), lambda: _rate(stage, *among)
    )
    return [
        stages_.at_least(
            "fan-out, 10,000 actions and 1,000 other hooks of 32 names",
            stages_.per_second,
            few,
            many,
            0.95,
        )
    ]
