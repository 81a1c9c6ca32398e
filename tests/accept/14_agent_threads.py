#!/usr/bin/python3
"""A thread per agent in real time: thousands of them start together, cost
little, are on time and write what they should; where threads run out nothing
begins."""
import json
import os
import pathlib
import resource
import subprocess
import sys

from accept import BINARY, BUILD, WORK, at_most, figure, finish, note, same
from accept import tillstorm

SPAN_S = 60


def collect(to, sites, devices, traffic):
    """Runs a collection; gives its summary, CPU seconds and peak MiB."""
    command = [BINARY, "collect", "--to", to, "--sites", sites, "--devices",
               devices, "--traffic", traffic, "--host", "threads", "--span",
               f"{SPAN_S}s", "--speed", "1x", "--dashboard", "off", "--json"]
    output = WORK / "summary.json"
    with open(output, "w", encoding="utf-8") as file:
        child = subprocess.Popen(list(map(str, command)), stdout=file,
                                 stderr=subprocess.DEVNULL, cwd=WORK,
                                 stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    same(f"{to}: exit", code, 0)
    summary = json.loads(output.read_text(encoding="utf-8"))
    return summary, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def bare_loop_cpu(file):
    """CPU seconds of a loop of prepared INSERTs of the same rows, committed in
    the same batches, into a file of its own."""
    output = subprocess.run([BUILD / "bench/live_floor", WORK / file],
                            check=True, capture_output=True, text=True)
    return json.loads(output.stdout)["cpu_s"]


def fleet(sites, devices, traffic):
    scale = devices / 4000
    what = f"{sites} sites, {devices} devices, {traffic} traffic agents"
    note(what)
    summary, cpu, mib = collect("null:", sites, devices, traffic)
    at_most("all threads up, s", summary["agents_up_s"], 2 * max(scale, 1))
    at_most("peak memory to null:, MiB", mib, 400 * scale)
    at_most(f"CPU to null: of {SPAN_S} s, s", cpu, 6 * scale)
    at_most("p99 lateness to null:, ms", summary["lateness"]["p99_ms"], 50)

    summary, sqlite_cpu, mib = collect("live.db", sites, devices, traffic)
    floor = bare_loop_cpu("live.db")
    at_most("peak memory to SQLite, MiB", mib, 400 * scale)
    at_most("CPU to SQLite, s (null: + 1.3 x bare loop)", sqlite_cpu,
            6 * scale + 1.3 * floor)
    note(f"bare loop {floor:.2f} s, null: {cpu:.2f} s")
    at_most("p99 lateness to SQLite, ms", summary["lateness"]["p99_ms"], 50)
    verified = json.loads(tillstorm("verify", "live.db", "--json",
                                    "--progress", "never", codes=(0, 1)))
    same("verified", verified["verified"], True)
    same("rows of the file and of the summary", verified["rows"],
         summary["rows"])
    same("digest of the file and of the ledger", verified["digest"],
         summary["digest"])
    (WORK / "live.db").unlink()


def too_few_threads():
    """In a pids cgroup of 5,000, 8,100 agents do not start."""
    for root in (pathlib.Path("/sys/fs/cgroup/pids"),
                 pathlib.Path("/sys/fs/cgroup")):
        group = root / f"tillstorm-accept-{os.getpid()}"
        try:
            group.mkdir()
            (group / "pids.max").write_text("5000")
            break
        except OSError:
            if group.exists():
                group.rmdir()
    else:
        figure("a pids limit of 5,000", "no pids cgroup", "one", False)
        return

    def enter():
        (group / "cgroup.procs").write_text(str(os.getpid()))

    result = subprocess.run(
        [BINARY, "collect", "--to", "limited.db", "--sites", "100",
         "--devices", "4000", "--traffic", "4000", "--duration", "5s",
         "--dashboard", "off"], preexec_fn=enter, cwd=WORK, text=True,
        capture_output=True, check=False)
    group.rmdir()
    same("pids limit of 5,000: exit", result.returncode, 71)
    note(result.stderr.strip()[-300:])
    figure("the sentence names limit and number",
           "pids" in result.stderr and "5000" in
           result.stderr.replace(",", ""), True,
           "pids" in result.stderr and "5000" in
           result.stderr.replace(",", ""))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    small = "--small" in sys.argv
    too_few_threads()
    fleet(100, 4000, 4000)
    if not small:
        fleet(1000, 10_000, 4000)
    finish()
