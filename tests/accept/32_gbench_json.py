#!/usr/bin/python3
"""What `report --format gbench` prints is read by Google Benchmark's own
compare.py (Debian's libbenchmark-tools), repetitions as such."""
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


def write(name, folders):
    text = tillstorm("report", "--format", "gbench", *folders)
    (WORK / name).write_text(text)
    return json.loads(text)


before = write("before.json", demo("before", 5))
after = json.loads(json.dumps(write("after.json", demo("after", 5))))
same("repetitions", [b["repetition_index"] for b in before["benchmarks"]],
     [0, 1, 2, 3, 4])
for benchmark in after["benchmarks"]:
    benchmark["real_time"] *= 2  # half as fast
(WORK / "after.json").write_text(json.dumps(after))
compared = subprocess.run(
    ["/usr/bin/python3", COMPARE, "--no-color", "benchmarks",
     WORK / "before.json", WORK / "after.json"],
    capture_output=True, text=True, check=False)
print(compared.stdout[-1500:], compared.stderr[-1500:])
same("compare.py ends with", compared.returncode, 0)
name = re.escape(before["benchmarks"][0]["name"])
ratios = re.findall(rf"^{name}\s+([+-][\d.]+)", compared.stdout, re.MULTILINE)
figure("relative time of each repetition", ratios, ["+1.0000"] * 5,
       ratios == ["+1.0000"] * 5)
figure("its U test sees 5 against 5",
       "5 vs 5" in compared.stdout, True,
       "U Test, Repetitions: 5 vs 5" in compared.stdout)
finish()
