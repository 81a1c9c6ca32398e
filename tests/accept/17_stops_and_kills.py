#!/usr/bin/python3
"""However a collection ends, the dataset is sound and is gone on with: SIGINT
at random moments, kill -9 at random moments, and a collection on top of what
generate made. ROUNDS=N and KILLS=N make it shorter."""
import json
import os
import random
import signal
import subprocess
import time

from accept import BINARY, WORK, at_most, connect, figure, finish, generate
from accept import note, same, tillstorm

ROUNDS = int(os.environ.get("ROUNDS", "100"))
KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", "20261124"))
random.seed(SEED)
FLEET = ["--sites", 4, "--devices", 40, "--traffic", 4]


def start(path, *flags):
    return subprocess.Popen(
        [str(BINARY), "collect", "--to", str(WORK / path), "--dashboard",
         "off", "--json", *map(str, flags)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def verified(path):
    report = json.loads(tillstorm("verify", path, "--json", "--progress",
                                  "never", codes=(0, 1)))
    return report


def counts(path):
    with connect(path) as file:
        tables = [t for (t,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT "
            "IN ('tillstorm_ledger', 'tillstorm_manifest')")]
        return {t: file.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
                for t in tables}


def remove(path):
    for file in WORK.glob(path + "*"):
        file.unlink()


def interrupt_at_random():
    wrong_code = wrong_rows = unverified = early = 0
    slowest = 0.0
    for number in range(ROUNDS):
        path = f"int-{number % 4}.db"  # each is gone on with many times
        speed = random.choice(["1x", "60x", "1000x", "max"])
        child = start(path, *FLEET, "--speed", speed, "--batch-rows",
                      random.choice([1, 100, 10000]))
        time.sleep(random.uniform(0.02, 1.2))
        asked = time.monotonic()
        child.send_signal(signal.SIGINT)
        output, errors = child.communicate(timeout=60)
        slowest = max(slowest, time.monotonic() - asked)
        if child.returncode != 130:
            wrong_code += 1
            note(f"round {number}: exit {child.returncode}: {errors[-200:]}")
        if not (WORK / path).exists():
            early += 1  # before there was a dataset
            continue
        report = verified(path)
        if not report["verified"]:
            unverified += 1
            note(f"round {number}: {report['differences'][:2]}")
        try:
            summary = json.loads(output)
        except ValueError:
            summary = {}
        if "tables" not in summary:
            early += 1  # stopped before collecting began
            continue
        found = counts(path)
        total = {t: rows["total"] for t, rows in summary["tables"].items()}
        if found != total or summary["digest"] != report["digest"]:
            wrong_rows += 1
            note(f"round {number}: summary differs from the database")
    same(f"SIGINT {ROUNDS} times: other exits than 130", wrong_code, 0)
    at_most("SIGINT: slowest end, s", slowest, 5)
    same("SIGINT: datasets that verify does not accept", unverified, 0)
    same("SIGINT: summaries that differ from the database", wrong_rows, 0)
    figure("SIGINT: rounds before collecting began", early, "< half",
           early < ROUNDS / 2)
    for number in range(4):
        remove(f"int-{number}.db")


def kill_at_random():
    unverified = failed = 0
    for number in range(KILLS):
        path = f"kill-{number % 2}.db"
        child = start(path, *FLEET, "--speed",
                      random.choice(["60x", "1000x", "max"]), "--batch-rows",
                      random.choice([1, 100, 10000]))
        time.sleep(random.uniform(0.05, 1.5))
        child.kill()
        child.communicate()
        if (WORK / path).exists() and not verified(path)["verified"]:
            unverified += 1
            note(f"kill {number}: what was left is not accepted")
        again = start(path, *FLEET, "--speed", "max", "--span", "2m")
        _, errors = again.communicate(timeout=120)
        if again.returncode != 0:
            failed += 1
            note(f"kill {number}: going on: {errors[-200:]}")
        if not verified(path)["verified"]:
            unverified += 1
            note(f"kill {number}: after going on it is not accepted")
    same(f"kill -9 {KILLS} times: runs that did not go on", failed, 0)
    same("kill -9: datasets that verify does not accept", unverified, 0)


def on_top_of_generate():
    generate("top.db", "--days", 4, "--end", "now", "--interval", "30s")
    child = start("top.db", "--duration", "30s")
    _, errors = child.communicate(timeout=120)
    same("collect on 4 generated days: exit", child.returncode, 0)
    if child.returncode != 0:
        note(errors[-300:])
    same("verify accepts it", verified("top.db")["verified"], True)
    report = json.loads(tillstorm("validate", "top.db", "--min-days", 3,
                                  "--json", codes=(0, 1)))
    same("validate", report["overall_status"], "passed")
    bad = [i for i in report["tillstorm"]["invariants"]
           if i["status"] != "passed"]
    for invariant in bad:
        note(f"{invariant['name']}: {invariant['message']}")
    same("invariants that do not hold", len(bad), 0)


note(f"seed {SEED}")
interrupt_at_random()
kill_at_random()
on_top_of_generate()
finish()
