#!/usr/bin/python3
"""A server of our own: its data is there for the next process, a throw-away one
leaves nothing, also after kill -9 and the next start, and who started one waits
for its other clients. KILLS=N makes it shorter."""
import os
import random
import signal
import subprocess
import time

from accept import BINARY, figure, finish, generate, note, same
from accept import tillstorm
from postgres import BIN, folder, servers, socket_folder, wait_for

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "20261129"))
random.seed(SEED)
WORK = folder()
TEMPORARY = folder()  # for throw-away servers and all sockets
os.environ["TMPDIR"] = str(TEMPORARY)
os.environ.pop("XDG_RUNTIME_DIR", None)
RUNTIME = TEMPORARY / f"tillstorm-{os.geteuid()}"
FLEET = ["--devices", "4", "--span", "1h"]


def collect(location, *flags):
    return subprocess.Popen(
        [str(BINARY), "collect", "--to", location, "--dashboard", "off",
         *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def left_over():
    """Whatever is still there of throw-away servers and sockets."""
    names = [path.name for path in TEMPORARY.glob("tillstorm-pg-*")]
    return sorted(names + [path.name for path in RUNTIME.glob("*")])


def verify(location):
    return subprocess.run([str(BINARY), "verify", location, "--progress",
                           "never"], capture_output=True, text=True,
                          check=False)


def another_process_finds_the_data():
    made = generate(f"postgres:{WORK / 'pg'}", *FLEET)
    same("processes after generate --to postgres:DIR", servers(WORK), [])
    same("exit of verify postgres:DIR in another process",
         verify(f"postgres:{WORK / 'pg'}").returncode, 0)
    same("processes after verify", servers(WORK), [])
    file = generate("sqlite:", *FLEET)
    same("digest of the same dataset in SQLite", file["digest"],
         made["digest"])
    same("left of sockets and records", left_over(), [])
    shown = [name for name in ("fsync", "full_page_writes",
                               "synchronous_commit", "wal_level",
                               "shared_buffers", "max_wal_size")
             if name in made["settings"]]
    same("settings of the server in the report", len(shown), 6)


def throw_away_leaves_nothing():
    generate("postgres:", *FLEET)
    same("processes after generate --to postgres:", servers(TEMPORARY), [])
    same("left of it", left_over(), [])
    for number in range(KILLS):
        child = collect("postgres:", *FLEET[:2])
        time.sleep(random.uniform(0.1, 4.0))  # initdb takes part of it
        child.kill()
        child.communicate()
        tillstorm("--version")  # the next start of any tillstorm
        same(f"processes after kill -9 number {number + 1}, next start",
             servers(TEMPORARY), [])
        same("left of it", left_over(), [])


def interrupted_at_any_time():
    """SIGINT while a server is made, started or used: it says so, ends in time
    and leaves nothing, without help of the next start."""
    slowest = 0
    for number in range(2 * KILLS):
        location = "postgres:" if number % 2 else f"postgres:{WORK / 'made'}"
        child = collect(location, *FLEET[:2])
        time.sleep(random.uniform(0.3, 3.0))
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate()
        slowest = max(slowest, time.monotonic() - began)
        same(f"exit of interrupted collect number {number + 1}",
             child.returncode, 130)
        if "stopped by SIGINT; " not in errors:
            figure("what it said", errors.strip(), "stopped by SIGINT", False)
        same("left of it", left_over(), [])
        same("half-made data", list(WORK.glob("made/*.partial")), [])
        same("processes after it", servers(WORK) + servers(TEMPORARY), [])
    figure("slowest end after SIGINT", f"{slowest:.2f} s", "at most 5 s",
           slowest <= 5)


def killed_on_a_directory():
    location = f"postgres:{WORK / 'killed'}"
    wrong = []
    for _ in range(KILLS):
        child = collect(location, *FLEET[:2], "--speed", "60x")
        wait_for(lambda: servers(WORK))
        time.sleep(random.uniform(1.0, 4.0))
        child.kill()
        child.communicate()
        ended = verify(location)
        # A kill may come before there is a dataset.
        if ended.returncode not in (0, 65):
            wrong.append((ended.returncode, ended.stderr))
    same("verify after kill -9 of collect on a directory", wrong, [])
    ended = subprocess.run([str(BINARY), "collect", "--to", location,
                            "--duration", "2s", "--dashboard", "off"],
                           capture_output=True, text=True, check=False)
    same("exit of the collect that goes on", ended.returncode, 0)
    same("exit of verify then", verify(location).returncode, 0)
    same("processes at the end", servers(WORK), [])
    same("left of sockets and records", left_over(), [])


def other_clients_are_waited_for():
    directory = WORK / "pg"
    child = collect(f"postgres:{directory}", "--duration", "10s")
    wait_for(lambda: "ready" in (directory / "data/postmaster.pid").read_text()
             if (directory / "data/postmaster.pid").exists() else False)
    time.sleep(0.5)
    client = subprocess.Popen(
        [str(BIN / "psql"), "-XAtq", "-h", socket_folder(directory), "-U",
         "postgres", "-c", "SELECT pg_sleep(15), 'slept'"],
        stdout=subprocess.PIPE, text=True)
    second = subprocess.run(
        [str(BINARY), "collect", "--to", f"postgres:{directory}",
         "--duration", "1s", "--dashboard", "off"], capture_output=True,
        text=True, check=False)
    same("exit of a second collect on it", second.returncode, 69)
    third = subprocess.run([str(BINARY), "digest", f"postgres:{directory}"],
                           capture_output=True, text=True, check=False)
    same("exit of digest while collect runs", third.returncode, 0)
    same("the first one goes on", child.poll(), None)
    output, _ = client.communicate()
    ended = time.monotonic()
    child.communicate(timeout=60)
    note(f"collect ended {time.monotonic() - ended:.2f} s after psql")
    same("what psql got that outlived collect's work", output.strip(),
         "|slept")
    same("exit of collect", child.returncode, 0)
    same("processes at the end", servers(WORK), [])


def refusals():
    def refused(what, location, code, word):
        ended = subprocess.run(
            [str(BINARY), "generate", "--to", location, *FLEET],
            capture_output=True, text=True, check=False)
        passed = (ended.returncode == code and word in ended.stderr and
                  ended.stderr.count("\n") == 1)
        figure(what, f"exit {ended.returncode}", f"exit {code}", passed)
        if not passed:
            note(ended.stderr)

    if os.geteuid() == 0:
        closed = WORK / "closed"
        closed.mkdir(mode=0o700)
        refused("a directory that the user postgres cannot reach",
                f"postgres:{closed / 'pg'}", 77, "postgres")
        same("what it left there", list(closed.iterdir()), [])
    else:
        figure("a directory that another user cannot reach", "skipped",
               "root", False)
    other = WORK / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    refused("a directory with other files", f"postgres:{other}", 73,
            "other files")
    (other / "PG_VERSION").write_text("15\n")
    refused("a data directory of somebody else", f"postgres:{other}", 73,
            "did not make")
    same("files in it afterwards", len(list(other.iterdir())), 2)


note(f"seed {SEED}, {KILLS} kills each")
another_process_finds_the_data()
throw_away_leaves_nothing()
interrupted_at_any_time()
killed_on_a_directory()
other_clients_are_waited_for()
refusals()
finish()
