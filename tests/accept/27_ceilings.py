#!/usr/bin/python3
"""The reference results: SQLite and PostgreSQL at each durability beside the
ceilings of the same machine and minutes; of 5 interleaved runs, the one in the
middle of those that are VALID.

REFERENCE=DIR keeps the run in the middle of each in DIR/<engine>-<durability>
and lists them in DIR/README.md, unless a figure failed;
REFERENCE=results/reference also in README.md: so the project's own are made."""
import json
import os
import pathlib
import re
import shutil

import accept
from accept import ROOT, WORK, figure, finish, note, same, tillstorm

ROUNDS = 5
VALID_MIN = 3
# A PostgreSQL server that was just made takes up to 10 s to warm up.
DURATION = {"sqlite": "12s", "postgres": "24s"}
CONFIGURATIONS = (("sqlite", "power"), ("sqlite", "process"),
                  ("sqlite", "bulk"), ("postgres", "power"),
                  ("postgres", "process"))
CEILINGS = {"sqlite": ["agents", "null", "loop", "engine", "raw_copy"],
            "postgres": ["agents", "null", "loop", "engine"]}
HEAD = ("| engine, durability | VALID | agents | null | loop | engine | "
        "raw copy | tillstorm | settled | 5/2 | 5/3 | 5/4 |\n" +
        "|---" + "|---:" * 11 + "|\n")
RATIOS = """`settled`: until everything is where it stays, at `bulk` the indexes too. Ratios
above 1: the ceilings take a few seconds each from a cold start, of which
tillstorm's own warm-up is cut, and at `bulk` they write without a second thread
that pushes pages out; they are what a loop of that kind gets, and no proof of a
limit.
"""


def measure(engine, durability):
    output = tillstorm("bench", "--to", f"{engine}:", "--durability",
                       durability, "--duration", DURATION[engine], "--out", "runs",
                       "--progress", "never", "--json", codes=(0, 1))
    return json.loads(output)


def rate(record):
    return record["rates"]["acknowledged_rows_per_s"]


def ceilings(record):
    return {c["name"]: c["rows_per_s"] for c in record["ceilings"]}


def ratio(record, name):
    return rate(record) / ceilings(record)[name]


def line(configuration, record, valid):
    """Of the table under HEAD."""
    of = ceilings(record)
    cells = [f"{valid} of {ROUNDS}"]
    cells += [f"{of[n]:,.0f}" if n in of else "-" for n in CEILINGS["sqlite"]]
    cells += [f"{rate(record):,.0f}",
              f"{record['rates']['settled_rows_per_s']:,.0f}"]
    cells += [f"{ratio(record, n):.2f}" for n in ("null", "loop", "engine")]
    return f"| {', '.join(configuration)} | {' | '.join(cells)} |\n"


def judge(configuration, records):
    """Shows the runs of one configuration and returns the one in the middle of
    those that are VALID, and how many those are."""
    what = " ".join(configuration)
    note(f"{what}: rows/s " + ", ".join(f"{rate(r):,.0f}" for r in records))
    for record in records:
        for reason in record["verdict"]["reasons"]:
            note(f"  {record['name']}: {reason['code']}, {reason['sentence']}")
    valid = [r for r in records if r["verdict"]["kind"].startswith("VALID")]
    figure(f"{what}: VALID runs, with warnings or without", len(valid),
           f">= {VALID_MIN} of {ROUNDS}", len(valid) >= VALID_MIN)
    if not valid:
        finish()
    middle = sorted(valid, key=rate)[(len(valid) - 1) // 2]
    note(f"{what}: {middle['verdict']['kind']}: "
         f"{middle['verdict']['headline']}")
    same(f"{what}: ceilings", list(ceilings(middle)),
         CEILINGS[configuration[0]])
    for name, value in [*ceilings(middle).items(), ("tillstorm", rate(middle))]:
        figure(f"{what}: {name}, rows/s", f"{value:,.0f}", "> 0", value > 0)
    for number, name in ((2, "null"), (3, "loop"), (4, "engine")):
        value = ratio(middle, name)
        figure(f"{what}: 5/{number}", f"{value:.3f}", "> 0", value > 0)
    return middle, len(valid)


def table(medians):
    return HEAD + "".join(line(c, *found) for c, found in medians.items())


def keep(folder, medians):
    for (engine, durability), (record, _) in medians.items():
        to = folder / f"{engine}-{durability}"
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(WORK / "runs" / record["name"], to)
        tillstorm("report", to)  # it must still be the run that it was
    first, _ = next(iter(medians.values()))
    machine, build = first["machine"], first["build"]
    text = (f"Rows/s of {machine['cores']} cores of {machine['cpu_model']}, "
            f"{machine['kernel']}; tillstorm {build['version']} at\n"
            f"{build['commit']}. Of {ROUNDS} runs of `tillstorm bench --to "
            f"ENGINE: --durability LEVEL`, {DURATION['sqlite']}\nof SQLite and "
            f"{DURATION['postgres']} of PostgreSQL, which takes longer to warm "
            "up, the one in the middle of those\nthat are VALID, with warnings "
            f"or without:\n\n{table(medians)}\n{RATIOS}")
    (folder / "README.md").write_text(
        f"# Reference results\n\n{text}\n"
        "`tillstorm report FOLDER` shows a run with everything around it; "
        "`REFERENCE=results/reference\ntests/accept/27_ceilings.py` makes them "
        "again.\n")
    return text


def put_into_readme(text):
    """As the last part of `Measuring`, in place of the one before."""
    readme = ROOT / "README.md"
    heading = "### Reference results\n\n"
    part = (f"{heading}{text}\nThe runs are in "
            "[results/reference](results/reference/README.md).\n\n")
    old = readme.read_text()
    rest = re.sub(rf"{heading}.*?(?=^## )", "", old, flags=re.S | re.M)
    readme.write_text(rest.replace("## Design\n", part + "## Design\n", 1))


runs = {configuration: [] for configuration in CONFIGURATIONS}
for number in range(ROUNDS):
    for configuration, records in runs.items():
        records.append(measure(*configuration))
        note(f"round {number + 1}: {' '.join(configuration)}: "
             f"{records[-1]['verdict']['headline']}")
medians = {c: judge(c, records) for c, records in runs.items()}
print(table(medians))
reference = os.environ.get("REFERENCE")
if reference and accept.failures == 0:
    folder = pathlib.Path(reference).resolve()
    text = keep(folder, medians)
    if folder == ROOT / "results/reference":
        put_into_readme(text)
finish()
