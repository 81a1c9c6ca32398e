#!/usr/bin/python3
"""All 25 tables have rows, references hold, every invariant holds over five
seeds; and each table fills at the rate of its profile: over a week for 3 sites
in a file, for 30 and 300 sites counted on null: with telemetry left out."""
import json

from accept import connect, figure, finish, generate, note, same, tillstorm
from accept import WORK, within

# Of the suite's reference, per minute for 12 devices on 3 sites.
DOCUMENT = {"user_activities": 15, "job_outcomes": 5, "error_logs": 1,
            "api_request_logs": 125}
# Of the generator's code, at 48 rounds a minute.
CODE = {"user_activities": 48 * .25, "error_logs": 48 * .15, "jobs": 48 * .3,
        "api_request_logs": 48 * 2.6}
TELEMETRY = {"health_checks", "device_metrics", "device_state_history"}
WEEK = 7 * 24 * 60
TOLERANCE = 0.10


def rates(what, tables, wanted, triples):
    for table, rate in wanted.items():
        within(f"{what}: {table}, rows a minute per 3 sites",
               tables[table] / WEEK / triples, rate, TOLERANCE)


def whole(seed):
    """A dataset in which everything happens."""
    path = f"seed-{seed}.db"
    tables = generate(path, "--days", 7, "--interval", "60s", "--seed", seed)[
        "tables"]
    empty = [t for t, rows in tables.items()
             if rows == 0 and not t.startswith("tillstorm_")]
    same(f"seed {seed}: HOMEPOT tables with rows", 25 - len(empty), 25)
    with connect(path) as file:
        broken = len(file.execute("PRAGMA foreign_key_check").fetchall())
    same(f"seed {seed}: rows of foreign_key_check", broken, 0)
    report = json.loads(tillstorm("validate", path, "--json", "--now",
                                  "dataset-end", codes=(0, 1)))
    invariants = report["tillstorm"]["invariants"]
    held = [i for i in invariants if i["status"] == "passed"]
    for broken in (i for i in invariants if i["status"] != "passed"):
        note(f"{broken['name']}: {broken['message']}")
    same(f"seed {seed}: invariants that hold", len(held), len(invariants))
    figure(f"seed {seed}: invariants checked", len(invariants), ">= 11",
           len(invariants) >= 11)
    if seed == 42:
        rates("3 sites in a file, document", tables, DOCUMENT, 1)
    (WORK / path).unlink()


for number in (42, 1, 2, 3, 4):
    whole(number)
code = generate("code.db", "--days", 7, "--interval", "60s", "--profile",
                "code")
rates("3 sites in a file, code", code["tables"], CODE, 1)
(WORK / "code.db").unlink()

everything = [t for t in code["tables"] if not t.startswith("tillstorm_")]
first_event = everything.index("jobs")
kept = [t for t in everything[first_event:] if t not in TELEMETRY]
for sites in (30, 300):
    counted = generate("null:", "--days", 7, "--sites", sites, "--tables",
                       ",".join(kept))
    rates(f"{sites} sites counted", counted["tables"], DOCUMENT, sites / 3)
    same(f"{sites} sites counted: telemetry rows",
         sum(counted["tables"][t] for t in TELEMETRY), 0)
finish()
