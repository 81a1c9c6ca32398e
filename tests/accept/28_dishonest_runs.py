#!/usr/bin/python3
"""Benchmark runs that are dishonest in one way each get the verdict and the
exit code that they deserve, and an honest one beside them does not."""
import os
import re
import subprocess

from accept import BINARY, BUILD, ROOT, WORK, figure, finish, same
from bench import Run

LENGTH = ("--duration", "8s")
# What no honest run may be told, whatever else the machine does meanwhile.
ACCUSATIONS = {"debug-build", "durability", "wrong-data", "lost-ack", "ledger",
               "latency-parts", "failed-events", "too-short",
               "generator-bound"}


def caught(what, run, code):
    """On a machine that others use there may be other reasons beside it."""
    found = (run.kind, run.code, *sorted(run.reasons))
    figure(what, " ".join(map(str, found)), f"INVALID 1 {code}",
           run.kind == "INVALID" and run.code == 1 and code in run.reasons)
    print("  " + run.reasons.get(code, "no such reason"))


def lie(name):
    return Run(*LENGTH, program=(BUILD / "tests/bench_liar", name))


def report(folder):
    return subprocess.run([BINARY, "report", folder], capture_output=True,
                          text=True, check=False)


honest = lie("honest")
same("an honest run is accused of", sorted(ACCUSATIONS & set(honest.reasons)),
     [])
same("its exit code is 0 if it is VALID", honest.code,
     int(not honest.kind.startswith("VALID")))
same("acknowledgements were looked for in it",
     honest.record["account"]["acks_checked"] > 0, True)
same("without a neighbour it is", "noisy-host" in honest.reasons, False)

caught("drops one row", lie("drops-a-row"), "wrong-data")
caught("commits a batch with the next one", lie("commits-late"), "lost-ack")
caught("acknowledges before it commits", lie("acknowledges-first"), "lost-ack")
caught("synchronous is off underneath", lie("synchronous-off"), "durability")
caught("too short", Run("--duration", "2s"), "too-short")
# Agents live through all of their days for the rows of one table.
caught("agents slower than the engine",
       Run(*LENGTH, "--tables", "alerts", ceilings="on"),
       "generator-bound")

neighbours = [subprocess.Popen(["sha256sum", "/dev/zero"])
              for _ in range(os.cpu_count())]
try:
    caught("beside busy neighbours", Run(*LENGTH), "noisy-host")
finally:
    for neighbour in neighbours:
        neighbour.kill()
        neighbour.wait()

before = report(honest.folder)
same("report of the honest run ends as it did", before.returncode, honest.code)
path = f"{honest.folder}/run.json"
with open(path, encoding="utf-8") as file:
    text = file.read()
edited = re.sub(r'("acknowledged_rows_per_s": *)(\d)',
                lambda m: m[1] + str(int(m[2]) % 9 + 1), text, count=1)
same("a digit of run.json was changed", sum(
    a != b for a, b in zip(text, edited)), 1)
with open(path, "w", encoding="utf-8") as file:
    file.write(edited)
after = report(honest.folder)
figure("report of the edited run", f"exit {after.returncode}", "exit 1, edited",
       after.returncode == 1 and "edited: " in after.stdout)
print("  " + after.stderr.strip())


def debug_build():
    """DEBUG_TILLSTORM names one that is there; without it one is made."""
    if "DEBUG_TILLSTORM" in os.environ:
        return os.environ["DEBUG_TILLSTORM"]
    folder = WORK / "debug"
    for step in (["-S", ROOT, "-B", folder, "-G", "Ninja",
                  "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
                  "-DTILLSTORM_TESTS=OFF", "-DTILLSTORM_BENCH=OFF"],
                 ["--build", folder, "-j2", "--target", "tillstorm"]):
        done = subprocess.run(["cmake", *step], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            print(done.stdout[-2000:], done.stderr[-2000:])
            figure("a debug build", f"exit {done.returncode}", "exit 0", False)
            finish()
    return folder / "tillstorm"


caught("a debug build", Run(*LENGTH, program=(debug_build(),)), "debug-build")
finish()
