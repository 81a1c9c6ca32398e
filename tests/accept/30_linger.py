#!/usr/bin/python3
"""The four parts of every row's latency sum to its total, and a longer linger
moves the batch wait and nothing else. A row comes at any moment of the linger
with the same chance, so half of them wait for half of it or more, and the
hundredth that waits longest for 99 % of it. Medians of RUNS runs."""
import statistics

from accept import at_most, finish, same, within
from bench import RUNS, Run

SHORT_MS, LONG_MS = 50, 400
# So few rows that those of a longer linger cost the engine next to nothing.
RATE = 200
# How far another part may move: 2 % of how far the linger does.
BAR_MS = 0.02 * (LONG_MS - SHORT_MS)


def runs(linger):
    # No batch is ever full.
    return [Run("--mode", "rate", "--rate", RATE, "--duration", "12s",
                "--batch-rows", 1_000_000, "--linger", f"{linger}ms")
            for _ in range(RUNS)]


def ms(of, part, percentile):
    return statistics.median(run.ms(part, percentile) for run in of)


short, long = runs(SHORT_MS), runs(LONG_MS)
same("rows whose parts do not sum to their total",
     sum(run.record["account"]["latency_off"] for run in short + long), 0)
same("rows that were lost", sum(run.record["account"]["failed"] +
                                run.record["account"]["in_flight"]
                                for run in short + long), 0)
difference = LONG_MS - SHORT_MS
for percentile, share in (("p50", 0.5), ("p99", 0.99)):
    within(f"batch wait {percentile} moves by, ms",
           ms(long, "batch_wait", percentile) -
           ms(short, "batch_wait", percentile), share * difference, 0.05)
for part in ("schedule_lag", "queue_wait", "engine"):
    at_most(f"{part} p50 moves by, ms",
            abs(ms(long, part, "p50") - ms(short, part, "p50")), BAR_MS)
within("total p50 moves as the batch wait does, ms",
       ms(long, "total", "p50") - ms(short, "total", "p50"),
       0.5 * difference, 0.1)
finish()
