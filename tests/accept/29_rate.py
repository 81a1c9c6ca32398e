#!/usr/bin/python3
"""Half of what SQLite can take is taken when it is due; more than it can take
is called an overload and its latencies are withheld. Medians of RUNS runs.

That the 99th percentile of schedule lag + queue wait is low follows from the
99.5th of each: at most 0.5 % of the rows are above the one, 0.5 % above the
other, so at most 1 % above their sum."""
import re
import statistics

from accept import at_least, at_most, figure, finish, note, same, within
from bench import RUNS, Run, parts, percentile_ms

LINGER_MS = 100


def median(values):
    return statistics.median(list(values))


def rate_runs(share):
    rate = round(share * capacity)
    return [Run("--mode", "rate", "--rate", rate, "--duration", "15s",
                "--linger", f"{LINGER_MS}ms") for _ in range(RUNS)]


def waiting(run):
    counts = parts(run)
    ours = percentile_ms(counts["total"], 99)
    # The log is what run.json was made of: told to 0.1 %.
    if abs(ours - run.ms("total", "p99")) > 0.002 * ours:
        figure("p99 of the total from the log, ms", ours,
               run.ms("total", "p99"), False)
    return (percentile_ms(counts["schedule_lag"], 99.5) +
            percentile_ms(counts["queue_wait"], 99.5))


capacity = median(Run("--duration", "15s").rate() for _ in range(RUNS))
at_least("capacity, rows/s", capacity, 1)

half = rate_runs(0.5)
for run in half:
    note("p99 in ms: " + ", ".join(
        f"{part} {run.ms(part, 'p99'):.2f}" for part in run.record["latency"]))
same("at 50 % of it: overloaded or generator-bound",
     [r for run in half for r in run.reasons
      if r in ("overloaded", "generator-bound")], [])
within("acknowledged of what is offered", median(
    run.rate() / run.record["setup"]["rate_rows_per_s"] for run in half), 1,
       0.02)
at_most("schedule lag + queue wait, p99 is at most, ms",
        median(map(waiting, half)), 5)
at_most("total p99 - linger - engine p99, ms",
        median(run.ms("total", "p99") - LINGER_MS - run.ms("engine", "p99")
               for run in half), 5)

for run in rate_runs(1.5):
    offered = run.record["setup"]["rate_rows_per_s"]
    slope = run.record["rates"]["backlog_slope_rows_per_s"]
    same("at 150 %: verdict, exit code, overloaded",
         (run.kind, run.code, "overloaded" in run.reasons),
         ("INVALID", 1, True))
    within("the backlog grows by what is not taken, rows/s", slope,
           offered - run.rate(), 0.1)
    shown = re.sub(r"\s+", " ", run.text)
    figure("the first line says so", shown[:40] + "...",
           "overloaded, backlog", "is overloaded by" in shown and
           f"the backlog grows by {round(slope):,} rows/s" in shown)
    same("percentiles shown", re.findall(
        r"^ +(?:schedule lag|queue wait|batch wait|engine|total) .*\d.*$",
        run.text, re.MULTILINE), [])
finish()
