#!/usr/bin/python3
"""What `report --format gbench` prints is read by Google Benchmark's own
compare.py (Debian's libbenchmark-tools), repetitions as such: of runs that were
made up, and of real ones."""
import json
import re
import subprocess

from accept import BUILD, WORK, figure, finish, same, tillstorm

COMPARE = "/usr/share/benchmark/compare.py"


def demo(out, count):
    result = subprocess.run([str(BUILD / "tests/run_demo"), WORK / out,
                             str(count)], capture_output=True, text=True,
                            check=True)
    return result.stdout.split()


def bench(out, count):
    """Runs that are long enough to be VALID; those that are not are left out
    of a comparison."""
    text = tillstorm("bench", "--to", "sqlite:", "--mode", "rate", "--rate",
                     "20000", "--duration", "15s", "--ceilings", "off",
                     "--repeat", count, "--out", out, "--progress", "never",
                     "--json", codes=(0, 1))
    records = json.loads(text)
    for record in records:
        kind = record["verdict"]["kind"]
        figure(f"real: {record['name']}", kind, "VALID or with warnings",
               kind.startswith("VALID"))
    return [f"{out}/{record['name']}" for record in records]


def slow(report):
    """The same at half the speed."""
    other = json.loads(json.dumps(report))
    for benchmark in other["benchmarks"]:
        benchmark["real_time"] *= 2
    return other


def compare(before, after):
    for name, report in (("before.json", before), ("after.json", after)):
        (WORK / name).write_text(json.dumps(report))
    compared = subprocess.run(
        ["/usr/bin/python3", COMPARE, "--no-color", "benchmarks",
         WORK / "before.json", WORK / "after.json"],
        capture_output=True, text=True, check=False)
    print(compared.stdout[-1500:], compared.stderr[-1500:])
    return compared


def check(what, folders):
    before = json.loads(tillstorm("report", "--format", "gbench", *folders,
                                  codes=(0, 1)))
    count = len(folders)
    indices = [b["repetition_index"] for b in before["benchmarks"]]
    same(f"{what}: repetitions", indices, list(range(count)))
    if not indices:
        return
    compared = compare(before, slow(before))
    same(f"{what}: compare.py ends with", compared.returncode, 0)
    name = re.escape(before["benchmarks"][0]["name"])
    ratios = re.findall(rf"^{name}\s+([+-][\d.]+)", compared.stdout,
                        re.MULTILINE)
    same(f"{what}: relative time of each repetition", ratios,
         ["+1.0000"] * count)
    test = f"U Test, Repetitions: {count} vs {count}"
    figure(f"{what}: its U test sees {count} against {count}",
           test in compared.stdout, True, test in compared.stdout)


check("made up", demo("demo", 5))
check("real", bench("runs", 3))
finish()
