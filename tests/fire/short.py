# SPDX-License-Identifier: MIT
"""
The cases that `make check` runs: a quick one of each sort, in under two minutes
together.
"""

import clocks
import databases
import kinds
import publishes
import senders
import tap

CHOSEN = (
    (kinds.HeldLock, "test_a_sender_that_is_stopped_in_a_transaction"),
    (kinds.HeldLock, "test_a_gap_that_an_application_holds"),
    (kinds.WentBack, "test_what_is_accepted_afterwards_is_sent"),
    (kinds.WentBack, "test_what_was_sent_before_comes_marked"),
    (kinds.WentBack, "test_a_later_sender_marks_what_it_sends_again"),
    (kinds.WentBack, "test_another_host_marks_what_it_sends_again"),
    (kinds.SecondAnswer, "test_a_second_answer_is_recorded_for_nobody"),
    (kinds.InDoubt, "test_a_redelivery_while_a_commit_is_in_doubt_is_sent"),
    (kinds.Kills, "test_a_held_delivery_is_reported"),
    (kinds.Rest, "test_nothing_leaves_after_a_disable_is_answered"),
    (kinds.Rest, "test_timestamps_are_of_the_databases_clock"),
    (kinds.Rest, "test_a_log_that_nobody_reads"),
    (senders.Killed, "test_at_random_moments"),
    (senders.Hosts, "test_gone_outside_of_a_transaction"),
    (clocks.Databases, "test_set_back_during_a_request"),
    (databases.Answers, "test_one_in_five_is_lost"),
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
