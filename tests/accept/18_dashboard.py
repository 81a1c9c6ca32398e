#!/usr/bin/python3
"""The dashboard of a real collection, in tmux at 80x24 and 200x50, read line by
line; what it shows is what the database holds; and the same screens with
hostile log lines."""
import json
import os
import re
import subprocess
import sys
import time

from accept import BINARY, BUILD, ROOT, WORK, at_most, connect, figure, finish
from accept import note, same, tillstorm

sys.path.insert(0, str(ROOT / "tests/terminal"))
import tmux  # pylint: disable=wrong-import-position

METRICS = {"Device Metrics": "device_metrics",
           "API Request Logs": "api_request_logs", "Error Logs": "error_logs",
           "User Activity": "user_activities", "Job Outcomes": "job_outcomes",
           "Config History": "configuration_history"}
NUMBER = r"[\d,]+"
RATE = r"[\d,.]+[kMG]?"
GRAPH = r"[▁▂▃▄▅▆▇█]"
GAUGES = [r"elapsed +\d+s", r"remaining +(-|\d)", r"agents +31/31",
          r"clock lag +\d+(\.\d)? [mu]?s",
          r"limited by +(schedule|agents|queue|engine)",
          rf"queue +{NUMBER} rows", rf"credits +{NUMBER}/{NUMBER}",
          rf"batch size +{NUMBER} rows", r"commit p50 +[\d.]+ [mu]s",
          r"commit p99 +[\d.]+ [mu]s", r"commit max +[\d.]+ [mu]s",
          r"WAL size +[\d.]+ [kM]?B", r"last commit \d\d:\d\d:\d\d",
          r"durability +process"]
COLLECT = ["--sites", "3", "--devices", "24", "--traffic", "4", "--speed",
           "60x"]


def holds(what, pattern, screen):
    found = re.search(pattern, screen, re.MULTILINE)
    if found is None:
        note(f"not on the screen: {what}")
    return found is not None


def metric_rows(screen, height):
    """Whether all six stand there with total, new, rates and a graph."""
    good = True
    lines = screen.split("\n")
    for name in METRICS:
        at = next((i for i, line in enumerate(lines)
                   if line.startswith(f" {name} ")), None)
        good &= at is not None and holds(
            name, rf"^ {name} +{NUMBER} +\+{NUMBER} +{RATE} +{RATE}\b",
            lines[at])
        graph = "" if at is None else "".join(lines[at - height + 1:at + 1])
        good &= holds(f"the graph of {name}", GRAPH, graph)
    return good


def total_of(screen, name):
    found = re.search(rf"^ {name} +({NUMBER}) ", screen, re.MULTILINE)
    return int(found.group(1).replace(",", "")) if found else None


def as_stored(screen, path):
    """What the paused screen says of each metric, and the database."""
    with connect(path) as file:
        stored = {name: file.execute(
            f"SELECT count(*) FROM {table}").fetchone()[0]
            for name, table in METRICS.items()}
    return {name: total_of(screen, name) for name in METRICS}, stored


def collection(columns, rows):
    size = f"{columns}x{rows}"
    path = f"{size}.db"
    terminal = tmux.Tmux(str(WORK), size, " ".join(
        [str(BINARY), "collect", "--to", str(WORK / path), "--log",
         str(WORK / f"{size}.log"), *COLLECT]), columns=columns, rows=rows)
    terminal.wait("Device Metrics", f"{size}: it draws")
    time.sleep(25)
    screen = terminal.screen()
    print(screen)
    lines = screen.rstrip("\n").split("\n")
    same(f"{size}: the screen has its size",
         len(lines) <= rows and max(map(len, lines)) <= columns, True)
    same(f"{size}: title, virtual time and phase", holds(
        "the title", rf"^ tillstorm  .*({path}|\.\.\.) .*\d\d:\d\d:\d\d UTC "
        "+collecting", lines[0]), True)
    same(f"{size}: heads of the columns", holds(
        "heads", r"total +new +now/min +avg/min +last \d", lines[1]), True)
    same(f"{size}: six metrics with total, new, rates, graph",
         metric_rows(screen, 2 if rows >= 40 else 1), True)
    missing = [g for g in GAUGES if not holds(g, g, screen)]
    same(f"{size}: gauges missing", missing, [])
    log = [line[-(columns - 63 if columns >= 150 else columns):]
           for line in lines
           if re.search(r" \d\d:\d\d:\d\d [ !] \d{4}-\d\d-\d\d", line)]
    stamps = [re.search(r"\d\d:\d\d:\d\d", line).group() for line in log]
    figure(f"{size}: log lines, newest last", len(log), ">= 3, in order",
           len(log) >= 3 and stamps == sorted(stamps))
    same(f"{size}: the log file has them too",
         log[-1].split(" job ")[-1][:12] in
         (WORK / f"{size}.log").read_text(errors="replace"), True)
    keys(terminal, size, path, rows)
    return terminal, path


def keys(terminal, size, path, rows):
    terminal.keys("p")
    screen = terminal.wait(lambda s: " paused" in s.split("\n")[0], "paused")
    time.sleep(1)
    screen = terminal.screen()
    shown, stored = as_stored(screen, path)
    same(f"{size}: paused, totals are those of the database", shown, stored)
    with connect(path) as file:
        intervals = json.loads(file.execute(
            "SELECT value FROM tillstorm_manifest WHERE key = 'intervals'"
        ).fetchone()[0])
    same(f"{size}: paused, the last commit is still shown",
         holds("last commit", r"last commit \d\d:\d\d:\d\d", screen), True)
    same(f"{size}: p closes the interval", intervals[0][1] is not None, True)
    terminal.keys("p")
    terminal.wait(lambda s: "collecting" in s.split("\n")[0], "going on")
    terminal.keys("Tab")
    screen = terminal.wait("site_operating_schedules", "tab: all tables")
    same(f"{size}: tab shows all tables", all(
        table in screen for table in [*METRICS.values(), "tillstorm_truth",
                                      "tenants", "push_notification_logs"]),
         True)
    terminal.keys("Tab", "?")
    screen = terminal.wait("not known", "?: help")
    same(f"{size}: ? shows the help", "rows a minute" in screen, True)
    terminal.keys("?")


def watched(path):
    """A second program shows what the ledger holds."""
    terminal = tmux.Tmux(str(WORK), "watch", f"{BINARY} dashboard {WORK/path}")
    screen = terminal.wait(lambda s: re.search(r"last commit +\d", s),
                           "the other one's commits are seen")
    print(screen)
    same("dashboard LOCATION: rows grow",
         holds("new rows", rf"^ All tables +{NUMBER} +\+[1-9]", screen), True)
    same("dashboard LOCATION: what it cannot know reads -", all(
        holds(g, rf"{g} +-", screen) for g in
        ["queue", "commit p50", "clock lag", "limited by", "agents",
         "credits"]), True)
    terminal.keys("q")
    terminal.wait("exit 0", "q ends it")
    terminal.close()


def sizes_and_end(terminal, path):
    terminal.resize(200, 50)
    screen = terminal.wait(" all tables ─", "200x50 beside the log")
    same("resized to 200x50", len(screen.split("\n")[0]) > 150, True)
    terminal.resize(80, 24)
    screen = terminal.wait("durability", "80x24 again")
    same("resized to 80x24", metric_rows(screen, 1), True)
    terminal.keys("q")
    screen = terminal.wait("exit 0", "q ends with 0")
    same("q: exit 0, the shell's screen and modes are back",
         "Device Metrics" not in screen and terminal.modes_are_back(), True)
    terminal.close()
    same("verified afterwards", json.loads(tillstorm(
        "verify", path, "--json", "--progress", "never"))["verified"], True)


def cpu_s(*flags, columns=None):
    """CPU of 20 s of collecting, with the dashboard or without."""
    path = WORK / f"cpu-{columns}.db"
    command = [str(BINARY), "collect", "--to", str(path), "--duration", "20s",
               *COLLECT[:-2], *flags]
    usage = WORK / f"usage-{columns}"
    line = ["/usr/bin/time", "-f", "%U+%S", "-o", str(usage), *command]
    if columns is None:
        subprocess.run(line, check=True, capture_output=True)
    else:
        terminal = tmux.Tmux(str(WORK), f"cpu{columns}", " ".join(line),
                             columns=columns, rows=50)
        terminal.wait("exit 0", "it ends by itself")
        terminal.close()
    return sum(map(float, usage.read_text().split("+")))


def main():
    terminal, path = collection(200, 50)
    terminal.keys("q")
    terminal.wait("exit 0", "q ends with 0")
    terminal.close()
    terminal, path = collection(80, 24)
    watched(path)
    sizes_and_end(terminal, path)
    with_it, without = cpu_s(columns=200), cpu_s("--dashboard", "off")
    note(f"20 s: {with_it:.2f} s of CPU with the dashboard, {without:.2f} s "
         "without")
    at_most("share of a core that the dashboard takes, %",
            100 * (with_it - without) / 20, 2)
    plain = subprocess.run(
        [str(BINARY), "collect", "--to", str(WORK / "plain.db"), "--duration",
         "12s", *COLLECT], capture_output=True, text=True, check=False)
    lines = [l for l in (plain.stdout + plain.stderr).split("\n")
             if re.match(rf"tillstorm: \d+s.*  {NUMBER} rows", l)]
    figure("no terminal: plain lines in 12 s", len(lines), "2 to 12",
           2 <= len(lines) <= 12)
    same("no terminal: no escape sequence", "\x1b" in plain.stdout +
         plain.stderr, False)
    demo = subprocess.run(
        [sys.executable, str(ROOT / "tests/terminal/dashboard_test.py"),
         str(BUILD / "tests/dashboard_demo"), str(BINARY), "--show"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"})
    print(demo.stdout)
    same("hostile and 4,000 character log lines, NO_COLOR, sizes",
         demo.returncode, 0)
    same("waits that were not met", tmux.failures, [])


if __name__ == "__main__":
    main()
    finish()
