# SPDX-License-Identifier: MIT
"""
Deliveries a second and CPU a delivery, against bench/loop: the same number of
bytes, to the same receiver, as many at once.

The measured time is that of `hooks-send --once` from its start to its end, when
all is recorded. The fan-out is done before.
"""

import os

import stage as stages_

COUNT = int(os.environ.get("BENCH_DELIVERIES", "60000"))
HOOK_CONCURRENCY, CONCURRENCY = 32, 256  # as configured by default


def _measure(stage, name, sink, hooks, places):
    ca = stage.ca if sink.secure else None

    def ours():
        stage.clear()
        stage.due(hooks, COUNT)
        sent = stages_.Sent(stage, COUNT)
        recorded = stage.delivered()
        assert recorded == COUNT, f"{recorded} recorded of {COUNT}"
        return sent

    loops, sents = stages_.rounds(
        lambda: stages_.run_loop(sink.url(), COUNT, places, ca), ours
    )
    sink.stop()
    return [
        stages_.at_least(
            f"deliveries, {name}",
            stages_.per_second,
            [r.rate for r in loops],
            [r.rate for r in sents],
            0.6,
        ),
        stages_.at_most(
            f"sender CPU a delivery, {name}",
            lambda us: f"{us:.1f} us",
            [r.cpu_us for r in loops],
            [r.cpu_us for r in sents],
            1.5,
        ),
    ]


def _line(stages, name, count, places, secure=False):
    stage = stages.get()
    options = ("-c", stage.certificate) if secure else ()
    sink = stages_.Sink(stage, *options)
    hooks = stage.hooks(stage.service.organization(), count, sink.url())
    return _measure(stage, name, sink, hooks, places)


def http1(stages):
    return _line(stages, "HTTP, 1 hook", 1, HOOK_CONCURRENCY)


def http100(stages):
    return _line(stages, "HTTP, 100 hooks", 100, CONCURRENCY)


def https(stages):
    return _line(stages, "HTTPS, 100 hooks", 100, CONCURRENCY, secure=True)
