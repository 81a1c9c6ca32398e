#!/usr/bin/env python3
"""The dashboard in a real terminal: tmux, with screens captured and read.

    dashboard_test.py DEMO TILLSTORM [--show] [--no-cost]

DEMO is tests/support/dashboard_demo, TILLSTORM the program. --show prints the
screens that were captured, --no-cost does not judge the CPU. Exit 1 when an
expectation is not met.
"""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from tmux import PATIENCE_S, Tmux, expect, failures

DEMO, TILLSTORM = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
SHOW = "--show" in sys.argv
KEY_METRICS = ["Device Metrics", "API Request Logs", "Error Logs",
               "User Activity", "Job Outcomes", "Config History"]


def show(title, screen):
    if SHOW:
        print(f"--- {title}\n{screen.rstrip()}\n---")


def check_shape(screen, columns, rows, title):
    lines = screen.rstrip("\n").split("\n")
    expect(len(lines) <= rows and all(len(l) <= columns for l in lines),
           f"{title}: the screen has its size", screen)
    expect(re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
                     screen) is None, f"{title}: no control character", screen)
    places = [next((i for i, l in enumerate(lines) if l.startswith(" " + m)),
                   None) for m in KEY_METRICS]
    expect(None not in places and places == sorted(places),
           f"{title}: the six key metrics in their order", screen)
    return lines


def line_of(lines, name):
    return next((l for l in lines if l.startswith(" " + name)), "")


def main_screen(folder):
    """80x24, then other sizes, keys, and q."""
    t = Tmux(folder, "main", DEMO)
    # Two minutes of the demo's time, so that graphs are full.
    time.sleep(8)
    screen = t.wait("x...", "80x24: the log line of 4,000 characters is cut")
    show("80x24", screen)
    lines = check_shape(screen, 80, 24, "80x24")
    expect(re.match(r" tillstorm  fleet\.db .*2026-01-05 00:\d\d:\d\d UTC +"
                    r"collecting", lines[0]), "80x24: the title", screen)
    expect(re.search(r"total +new +now/min +avg/min +last 2m40s", lines[1]),
           "80x24: the heads of the columns", screen)
    for metric in KEY_METRICS + ["All tables"]:
        expect(re.match(rf" {metric} +[\d,]+ +\+[\d,]+ +[\d.,M]+ +[\d.,M]+ +"
                        "[▁▂▃▄▅▆▇█]+$", line_of(lines, metric)),
               f"80x24: {metric} has total, new, rates and graph", screen)
    for gauge in ["elapsed", "remaining", "agents      8,100/8,100",
                  "clock lag   12 ms", "limited by  engine",
                  "queue       12,345 rows", "credits     980/1,024",
                  "batch size  10,000 rows", "WAL size    4.19 MB",
                  "commit p50  1.2 ms", "commit p99  19 ms",
                  "commit max  431 ms", "last commit",
                  "durability  process"]:
        expect(gauge in screen, f"80x24: {gauge}", screen)
    for line in [r"\x1b[2J\x1b[1;1Hclears the screen\x1b[31m in red",
                 r"\x1b]0;owned\x07 sets the title",
                 r"two\x0alines\x0d\x0aand a \x9b31mC1, \xc2\x9b31m",
                 r"bidi \xe2\x80\xaegnp.exe\xe2\x81\xa6 and bad \xff\xc0\xaf",
                 "! alert 12 raised, critical", "café xxx"]:
        expect(line in screen, f"80x24: the log shows {line}", screen)
    expect(lines[-1].startswith(" q quit   p pause   tab all tables   ? help"),
           "80x24: the keys", screen)
    expect("owned" not in t.ask("#{pane_title}"), "the title was not set")
    other_sizes(t)
    pages(t)
    t.keys("q")
    screen = t.wait("exit 0", "q ends with 0")
    expect("demo ended" in screen and "Device Metrics" not in screen,
           "q brings the shell's screen back", screen)
    expect(t.modes_are_back(), "q brings the modes back")
    t.close()


def other_sizes(t):
    t.resize(200, 50)
    screen = t.wait("tillstorm_truth", "200x50: tables stand beside the log")
    show("200x50", screen)
    lines = check_shape(screen, 200, 50, "200x50")
    expect("last 11m20s" in lines[1] or "last 1" in lines[1],
           "200x50: longer graphs", screen)
    expect(" log ─" in screen and "café" in screen, "200x50: the log", screen)
    t.resize(40, 10)
    screen = t.wait(lambda s: "now/min" in s and "new" not in s,
                    "40x10: fewer columns")
    show("40x10", screen)
    lines = check_shape(screen, 40, 10, "40x10")
    expect("limited by  engine" in screen, "40x10: what limits", screen)
    expect(lines[-1].startswith(" q quit"), "40x10: the keys", screen)
    t.resize(12, 3)
    time.sleep(1)
    t.resize(80, 24)
    screen = t.wait("durability", "80x24 again after 12x3")
    check_shape(screen, 80, 24, "80x24 again")


def pages(t):
    t.keys("Tab")
    screen = t.wait("site_operating_schedules", "tab shows all tables")
    show("all tables, 80x24", screen)
    expect(all(name in screen for name in
               ["push_notification_logs", "tillstorm_truth", "tenants",
                "device_lifecycle_events"]), "every table is there", screen)
    t.keys("Tab")
    t.wait("Device Metrics", "tab goes back")
    t.keys("?")
    screen = t.wait("not known", "? shows the help")
    show("help, 80x24", screen)
    t.keys("Up", "F5")  # their sequences end in letters that are no keys
    t.keys("?")
    t.wait(lambda s: "not known" not in s, "? hides the help")
    t.keys("p")
    screen = t.wait(lambda s: " paused" in s.split("\n")[0], "p pauses")
    show("paused, 80x24", screen)
    expect("p go on" in screen, "paused: p goes on", screen)
    t.keys("p")
    t.wait(lambda s: "collecting" in s.split("\n")[0], "p goes on")


def ends(folder):
    """However it ends, the terminal is as before."""
    for name, act, code in [("int", lambda t: t.keys("C-c"), "exit 130"),
                            ("crash", lambda t: None, "exit 134")]:
        t = Tmux(folder, name, DEMO + (" crash" if name == "crash" else ""))
        t.wait("Device Metrics", f"{name}: it draws")
        expect(t.ask("#{alternate_on}") == "1", f"{name}: on its own screen")
        act(t)
        screen = t.wait(code, f"{name}: {code}")
        expect("Device Metrics" not in screen, f"{name}: the shell's screen",
               screen)
        expect(t.ask("#{alternate_on} #{cursor_flag}") == "0 1",
               f"{name}: screen and cursor are back")
        expect(t.modes_are_back(), f"{name}: the modes are back")
        t.close()


def job_control(folder):
    t = Tmux(folder, "jobs", "sh -i")
    t.wait("prompt>", "a shell")
    t.keys(DEMO, "Enter")
    t.wait("Device Metrics", "it draws")
    t.keys("C-z")
    # The second prompt: the first is already on the screen that comes back.
    screen = t.wait(lambda s: s.count("prompt>") == 2,
                    "Ctrl-Z gives the shell back")
    expect("Device Metrics" not in screen, "Ctrl-Z: the shell's screen", screen)
    t.keys("echo typed $((6 * 7))", "Enter")
    t.wait("typed 42", "Ctrl-Z: the shell's modes")
    t.keys("bg", "Enter")
    time.sleep(1.5)
    screen = t.screen()
    expect("Device Metrics" not in screen, "nothing is drawn in the background",
           screen)
    t.keys("fg", "Enter")
    screen = t.wait("Device Metrics", "fg draws again")
    check_shape(screen, 80, 24, "after fg")
    t.keys("q")
    t.wait("demo ended", "q after fg")
    t.close()


def plain_terminals(folder):
    t = Tmux(folder, "mono", DEMO, NO_COLOR="1")
    t.wait("Device Metrics", "NO_COLOR: it draws")
    coloured = re.compile(r"\x1b\[[\d;]*\b(3[0-7]|4[0-7]|[39]8;5)[\d;]*m")
    expect(coloured.search(t.screen("-e")) is None, "NO_COLOR: no colours",
           t.screen("-e"))
    t.close()
    t = Tmux(folder, "colour", DEMO)
    t.wait("Device Metrics", "it draws")
    expect(coloured.search(t.screen("-e")), "colours otherwise")
    t.close()
    t = Tmux(folder, "ascii", DEMO, LC_ALL="C")
    time.sleep(6)
    screen = t.wait("Device Metrics", "LC_ALL=C: it draws")
    show("ASCII, 80x24", screen)
    expect(screen.isascii() and "caf? xxx" in screen, "LC_ALL=C: ASCII only",
           screen)
    t.close()
    t = Tmux(folder, "dumb", DEMO, TERM="dumb")
    t.wait("rows/s", "TERM=dumb: plain lines")
    expect(t.ask("#{alternate_on}") == "0", "TERM=dumb: no screen of its own")
    t.close()
    t = Tmux(folder, "nosuch", DEMO + " on", TERM="no-such-terminal")
    screen = t.wait("exit 2", "an unknown TERM with on is a usage error")
    expect("TERM is no-such-terminal" in screen, "it names TERM", screen)
    t.close()


def cost(folder):
    """CPU of ten seconds at 200x50, a frame whenever one is due."""
    t = Tmux(folder, "cost", f"{DEMO} flood", columns=200, rows=50)
    t.wait("Device Metrics", "cost: it draws")
    pid = subprocess.run(["pgrep", "-f", f"^{DEMO} flood$"], check=True,
                         capture_output=True, text=True).stdout.split()[0]

    def cpu_s():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    before, begun = cpu_s(), time.monotonic()
    time.sleep(10)
    share = (cpu_s() - before) / (time.monotonic() - begun)
    print(f"CPU at 200x50 with a flood of log lines: {share:.2%} of a core")
    if "--no-cost" not in sys.argv:
        expect(share < 0.02, "under 2 % of a core")
    screen = t.screen()
    expect(re.search(r"\d+ more lines", screen), "a flood is counted", screen)
    t.close()


def pipes(folder):
    def run(*arguments, **more):
        return subprocess.run(arguments, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False, **more)

    done = run(DEMO, "on")
    expect(done.returncode == 2 and
           "--dashboard is on, but standard output is no terminal"
           in done.stderr, "on without a terminal is a usage error", done.stderr)
    fleet = f"{folder}/fleet.db"
    done = run(TILLSTORM, "generate", "--to", fleet, "--span", "10m",
               "--progress", "never")
    expect(done.returncode == 0, "a dataset is made", done.stderr)
    done = run("sh", "-c", f"'{TILLSTORM}' dashboard '{fleet}' | head -1")
    expect(re.match(r"tillstorm: 0s  [\d,]+ rows \(\+0\)  - rows/s  lag -  "
                    r"limit -\n$", done.stdout), "| head -1 gets a line",
           done.stdout + done.stderr)
    done = run("sh", "-c", f"'{TILLSTORM}' dashboard '{fleet}' >&-")
    expect(done.returncode == 74 and "it is closed" in done.stderr,
           "a closed standard output is an error", done.stderr)
    for location, code in [(f"{folder}/nothing.db", 65), ("null:", 2),
                           ("sqlite:", 2), (__file__, 65)]:
        done = run(TILLSTORM, "dashboard", location)
        expect(done.returncode == code, f"dashboard {location}: {code}",
               done.stderr)
    watch_a_writer(folder, fleet)


def watch_a_writer(folder, fleet):
    """Somebody else adds a batch: new rows, rate, last commit."""
    t = Tmux(folder, "watch", f"{TILLSTORM} dashboard {fleet}")
    screen = t.wait("watching", "dashboard LOCATION draws")
    check_shape(screen, 80, 24, "watching")
    expect(re.search(r"queue +-", screen) and
           re.search(r"commit p50 +-", screen) and
           re.search(r"last commit +-", screen), "what it cannot know reads -",
           screen)
    db = sqlite3.connect(fleet)
    lane, batch = db.execute("SELECT lane, max(batch) FROM tillstorm_ledger "
                             "WHERE lane = 0").fetchone()
    delta = json.dumps({"device_metrics": {"rows": 1234, "sum": "0" * 32}})
    db.execute("INSERT INTO tillstorm_ledger (lane, batch, run, rows, owners, "
               "digest_delta) VALUES (?, ?, 2, 1234, x'', ?)",
               (lane, batch + 1, delta))
    db.commit()
    db.close()
    screen = t.wait(lambda s: "+1,234" in line_of(s.split("\n"),
                                                  "Device Metrics"),
                    "a new batch is seen")
    screen = t.wait(lambda s: re.search(r"last commit +\d\d:\d\d:\d\d", s),
                    "when it was seen")
    show("tillstorm dashboard, 80x24", screen)
    expect(re.search(r"batch size +1,234 rows", screen), "its size", screen)
    t.keys("q")
    t.wait("exit 0", "q ends it with 0")
    expect(t.modes_are_back(), "the modes are back")
    t.close()


def main():
    if shutil.which("tmux") is None:
        print("tmux is missing: cmake/packages.sh test")
        return 1
    with tempfile.TemporaryDirectory(prefix="tillstorm-terminal-") as folder:
        for part in [main_screen, ends, job_control, plain_terminals, cost,
                     pipes]:
            print(f"{part.__name__} ...", flush=True)
            part(folder)
    print(f"{len(failures)} expectations failed" if failures else "all met")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
