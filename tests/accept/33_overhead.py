#!/usr/bin/python3
"""What measuring costs: processor time per row of a run with digest, ledger and
latencies, against a program that was built without them, in 15 pairs.

NOT_MEASURING=PATH names that program; without it, it is built here."""
import json
import os
import pathlib
import statistics
import subprocess

from accept import (BINARY, ROOT, WORK, at_most, figure, finish, note, same,
                    tillstorm)

PAIRS = 15
OVERHEAD_MAX = 5.0  # %
# 3 to 4 s on two quiet cores.
RUN = ("bench", "--to", "sqlite:", "--durability", "process", "--ceilings",
       "off", "--events", "300000", "--out", "runs", "--progress", "never",
       "--json")
# What a short run on any machine may be told; none of it is about its rows.
SHADES = {"too-short", "not-steady", "noisy-host"}


def build():
    folder = WORK / "not-measuring"
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2")
    for command in (
            ["cmake", "--preset", "release", "-B", folder,
             "-DTILLSTORM_MEASURING=OFF", "-DTILLSTORM_TESTS=OFF",
             "-DTILLSTORM_BENCH=OFF"],
            ["cmake", "--build", folder, "--target", "tillstorm", "-j", jobs]):
        subprocess.run(command, cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    return folder / "tillstorm"


def facts(binary):
    """What --version says, by the word that each line begins with."""
    text = tillstorm("--version", binary=binary)
    return {line[:11].strip(): line[12:] for line in text.splitlines()}


def cost(record):
    return record["cost"]["client_cpu_us_per_row"]


def measure(binary):
    return json.loads(tillstorm(*RUN, codes=(0, 1), binary=binary))


def reasons(records):
    return {reason["code"] for record in records
            for reason in record["verdict"]["reasons"]}


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} (quartiles {low:.3f} to {high:.3f})"


other = pathlib.Path(os.environ.get("NOT_MEASURING") or build())
ours, theirs = facts(BINARY), facts(other)
same("built from the same source with the same flags",
     [theirs[k] for k in ("commit", "compiler", "flags")],
     [ours[k] for k in ("commit", "compiler", "flags")])
same("only one says that it does not measure",
     ("measuring" in ours, "measuring" in theirs), (False, True))

measuring, bare = [], []
for pair in range(PAIRS):
    turns = [(BINARY, measuring), (other, bare)]
    # Whoever goes first may find another machine than the second.
    for binary, records in turns if pair % 2 == 0 else reversed(turns):
        records.append(measure(binary))
    note(f"pair {pair + 1:>2}: {cost(measuring[-1]):.3f} and "
         f"{cost(bare[-1]):.3f} CPU-us per row")

accounts = [record["account"] for record in measuring + bare]
same("different numbers of rows committed",
     len({a["committed"] for a in accounts}), 1)
same("rows found less rows expected",
     {a["rows_found"] - a["rows_expected"] for a in accounts}, {0})
same("measuring, digests are compared and equal",
     {r["account"]["digest_equal"] for r in measuring}, {True})
figure("measuring, nothing else is wrong with a run", reasons(measuring),
       SHADES, reasons(measuring) <= SHADES)
figure("without, every run is INVALID by that", reasons(bare),
       SHADES | {"not-measuring"},
       all("not-measuring" in reasons([r]) for r in bare) and
       reasons(bare) <= SHADES | {"not-measuring"})
same("without, no digest, no latencies, no ledger rows to look for",
     {(r["account"]["digest_equal"], r["latency"]["total"]["count"],
       r["account"]["acks_checked"]) for r in bare}, {(None, 0, 0)})

note("measuring: " + spread(list(map(cost, measuring))) + " CPU-us per row")
note("without:   " + spread(list(map(cost, bare))) + " CPU-us per row")
overheads = [100 * (cost(a) / cost(b) - 1) for a, b in zip(measuring, bare)]
note("overhead of each pair in %: " + spread(overheads))
at_most(f"overhead of measuring, median of {PAIRS} pairs, %",
        statistics.median(overheads), OVERHEAD_MAX)
finish()
