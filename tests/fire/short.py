# SPDX-License-Identifier: MIT
"""
What `make check` runs of the cases: of each sort a quick one, under two minutes
together.
"""

import databases
import kinds
import publishes
import senders
import tap

CHOSEN = (
    (kinds.V1, "test_a_sender_that_is_stopped_in_a_transaction"),
    (kinds.V1, "test_a_gap_that_an_application_holds"),
    (kinds.V2, "test_what_is_accepted_afterwards_is_sent"),
    (kinds.V3, "test_a_second_answer"),
    (kinds.V5, "test_while_a_commit_is_in_doubt"),
    (kinds.V6, "test_held_is_told"),
    (kinds.V8, "test_disabled_means_disabled"),
    (kinds.V8, "test_the_time_is_the_databases"),
    (kinds.V8, "test_a_log_that_nobody_reads"),
    (senders.Killed, "test_at_random_moments"),
    (senders.Hosts, "test_gone_outside_of_a_transaction"),
    (databases.Answers, "test_one_in_five"),
    (databases.Faults, "test_killed_connections"),
    (databases.FailOver, "test_a_replica_that_lacks_a_second"),
    (publishes.EveryPacket, "test_publish_no_answer"),
)


class Short(tap.Case):
    """Each as its own file runs it."""


def _of(kind, name):
    return lambda self: getattr(kind(None), name)()


for kind, name in CHOSEN:
    setattr(Short, name, _of(kind, name))

if __name__ == "__main__":
    tap.main()
