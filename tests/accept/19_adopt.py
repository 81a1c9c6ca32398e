#!/usr/bin/python3
"""collect --adopt on a database with upstream's schema and a fleet made by
hand: its rows stay but for the current state of devices, its devices get
telemetry, references hold, and stops, kills and refusals do as they say."""
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from accept import BINARY, ROOT, WORK, connect, figure, finish, same, tillstorm

SCRIPT = ROOT / "tests/support/homepot_database.sql"
STATE = {"status", "health_state", "last_seen", "last_heartbeat_at"}
TAKING_PART = {3, 8, 17, 31, 40}
FLEET = ["tenants", "users", "sites", "devices", "lifecycle_epochs",
         "tenant_memberships", "site_memberships", "site_operating_schedules",
         "enrolment_intents", "device_credentials", "device_assignments",
         "device_lifecycle_events"]
COLLECT = ("--dashboard", "off", "--speed", "max")


def make(name, *statements):
    file = sqlite3.connect(WORK / name)
    file.executescript(SCRIPT.read_text(encoding="utf-8"))
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()


def rows(name, table):
    found = connect(name).execute(f"SELECT * FROM {table} ORDER BY id")
    return {row["id"]: dict(row) for row in found}


def verify(name):
    verified = tillstorm("verify", name, "--progress", "never")
    return verified.split(":")[0]


# --- What happens to its rows. ---
make("homepot.db")
before = {table: rows("homepot.db", table) for table in FLEET}
definitions = connect("homepot.db").execute(
    "SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
summary = json.loads(tillstorm("collect", "--to", "homepot.db", "--adopt",
                               "--span", "2h", "--json", *COLLECT))
after = {table: rows("homepot.db", table) for table in FLEET}
same("fleet tables with the rows of before",
     sum(before[t].keys() == after[t].keys() for t in FLEET), len(FLEET))
changed = {(table, id, column) for table in FLEET for id in before[table]
           for column in before[table][id]
           if before[table][id][column] != after[table][id][column]}
same("columns that were changed",
     sorted({column for table, _, column in changed if table == "devices"}),
     sorted(STATE))
same("changed outside of devices",
     len([c for c in changed if c[0] != "devices"]), 0)
same("devices that were changed", {id for _, id, _ in changed}, TAKING_PART)
file = connect("homepot.db")
kept = {(row["name"], row["sql"]) for row in definitions}
found = {(row["name"], row["sql"])
         for row in file.execute("SELECT name, sql FROM sqlite_schema")}
same("definitions of HOMEPOT's that are gone", len(kept - found), 0)
same("tables and indexes that are new and not ours",
     len([name for name, _ in found - kept
          if "tillstorm_" not in name]), 0)

# --- Telemetry. ---
for table in ("device_metrics", "health_checks"):
    counts = dict(file.execute(
        f"SELECT device_id, count(*) FROM {table} GROUP BY device_id"))
    same(f"{table}: its devices", set(counts), TAKING_PART)
    figure(f"{table}: fewest rows of one in 2 h at 5 s",
           min(counts.values()), ">= 1300", min(counts.values()) >= 1300)
same("rows of foreign_key_check",
     len(file.execute("PRAGMA foreign_key_check").fetchall()), 0)
names = {row["device_id"] for row in after["devices"].values()
         if row["id"] in TAKING_PART}
same("outcomes for other devices", file.execute(
    "SELECT count(*) FROM job_outcomes WHERE device_id IS NOT NULL AND "
    f"device_id NOT IN ({','.join('?' * len(names))})",
    sorted(names)).fetchone()[0], 0)
same("who acts", {row[0] for row in file.execute(
    "SELECT DISTINCT user_id FROM user_activities")},
     {"root@corner.example", "ana@corner.example", "ben@corner.example"})
same("first id of device_metrics",
     file.execute("SELECT min(id) FROM device_metrics").fetchone()[0], 1)
same("quick_check", file.execute("PRAGMA quick_check").fetchone()[0], "ok")
file.close()
same("verify", verify("homepot.db"), "verified")
same("digest is that of the summary",
     json.loads(tillstorm("digest", "homepot.db", "--json",
                          "--progress", "never"))["digest"],
     summary["digest"])

independent = subprocess.run(
    ["/usr/bin/python3", ROOT / "tests/support/dataset_digest.py",
     WORK / "homepot.db"], capture_output=True, text=True, check=True).stdout
same("digest by an independent program",
     tillstorm("digest", "homepot.db", "--progress", "never") == independent,
     True)

# --- Going on: with --adopt and without it. ---
for flags in ((), ("--indexes", "none")):
    tillstorm("collect", "--to", "homepot.db", "--adopt", "--span", "10m",
              *flags, *COLLECT)
    same("the same command goes on: verify", verify("homepot.db"), "verified")
tillstorm("collect", "--to", "homepot.db", "--span", "10m", *COLLECT)
same("so does one without --adopt: verify", verify("homepot.db"), "verified")


def run_and_end(name, number):
    process = subprocess.Popen(
        [str(BINARY), "collect", "--to", name, "--adopt", "--dashboard", "off",
         "--speed", "600x"], cwd=WORK, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.9)
    process.send_signal(number)
    return process.wait(timeout=10)


make("ended.db")
same("stopped: exit", run_and_end("ended.db", signal.SIGINT), 130)
same("stopped: verify", verify("ended.db"), "verified")
codes = [run_and_end("ended.db", signal.SIGKILL) for _ in range(5)]
same("killed 5 times: exits", codes, [-signal.SIGKILL] * 5)
same("killed: verify", verify("ended.db"), "verified")
ended = rows("ended.db", "devices")
same("killed: columns of devices that were changed",
     sorted({column for id in ended for column in ended[id]
             if ended[id][column] != before["devices"][id][column]}),
     sorted(STATE))

# A kill at any moment of the adoption: HOMEPOT's database or a dataset.
make("pristine.db")
neither = 0
adopted = 0
for step in range(20):
    shutil.copy(WORK / "pristine.db", WORK / "moment.db")
    process = subprocess.Popen(
        [str(BINARY), "collect", "--to", "moment.db", "--adopt", "--dashboard",
         "off"], cwd=WORK, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.01 * step)
    process.kill()
    process.wait()
    connection = sqlite3.connect(WORK / "moment.db")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE "
                                "name='tillstorm_manifest'").fetchone()[0]
    connection.close()
    if tables:
        adopted += 1
        neither += verify("moment.db") != "verified"
    else:
        neither += rows("moment.db", "devices") != before["devices"]
    for left in WORK.glob("moment.db*"):
        left.unlink()
figure("killed at 20 moments of the adoption: neither",
       f"{neither} ({adopted} adopted)", "0", neither == 0)


# --- Refusals. ---
def refusal(name, code, word, *flags):
    """Exit code, one sentence with that word, nothing changed."""
    path = WORK / name
    content = path.read_bytes() if path.exists() else None
    result = subprocess.run(
        [str(BINARY), "collect", "--to", name, "--adopt", "--span", "1m",
         *COLLECT, *flags], cwd=WORK, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL)
    lines = result.stderr.strip().splitlines()
    now = path.read_bytes() if path.exists() else None
    told = [line for line in lines
            if "warning: " not in line and " rows/s " not in line]
    passed = (result.returncode == code and len(told) == 1 and
              word in told[0] and content == now)
    figure(f"refused: {name} {' '.join(flags)}".strip(),
           f"exit {result.returncode}", f"exit {code}, {word}"[:20], passed)
    if not passed:
        print(result.stderr)


ALERT = ("INSERT INTO alerts (id, timestamp, title, severity, category) VALUES "
         "(1, '2026-01-01 00:00:00.000000', 't', 'info', 'network')")
make("events.db", ALERT)
refusal("events.db", 65, "alerts")
make("table.db", "DROP TABLE health_checks")
refusal("table.db", 65, "health_checks")
make("column.db", "ALTER TABLE device_metrics DROP COLUMN queue_depth")
refusal("column.db", 65, "queue_depth")
make("empty.db", "DELETE FROM lifecycle_epochs", "DELETE FROM devices")
refusal("empty.db", 65, "no device")
make("users.db", "UPDATE users SET is_active = 0")
refusal("users.db", 65, "no active user")
make("orphan.db", "UPDATE devices SET site_id = 77 WHERE id = 8")
refusal("orphan.db", 65, "site 77")
make("flags.db")
refusal("flags.db", 2, "--sites", "--sites", "3")
refusal("flags.db", 2, "--devices", "--devices", "5")
refusal("missing.db", 65, "missing.db")
tillstorm("generate", "--to", "ours.db", "--span", "1m", "--progress", "never")
refusal("ours.db", 65, "leave --adopt out")
refusal("null:", 2, "--adopt")
(WORK / "text.db").write_text("hello")
refusal("text.db", 65, "not an SQLite database")
shutil.copy(WORK / "ended.db", WORK / "forced.db")
content = (WORK / "forced.db").read_bytes()
tillstorm("generate", "--to", "forced.db", "--force", "--span", "1m",
          "--progress", "never", codes=(73,))
same("generate --force on an adopted one changes it",
     (WORK / "forced.db").read_bytes() != content, False)

# --- HOMEPOT keeps it open. ---
make("open.db")
homepot = sqlite3.connect(WORK / "open.db")
homepot.execute("SELECT count(*) FROM devices").fetchone()
tillstorm("collect", "--to", "open.db", "--adopt", "--span", "1m", *COLLECT)
same("open elsewhere, idle: verify", verify("open.db"), "verified")
homepot.close()
make("locked.db")
for kind, word in (("IMMEDIATE", "lock"), ("EXCLUSIVE", "wait until")):
    # In a process of its own: to read the file here would drop its locks.
    homepot = subprocess.Popen(
        [sys.executable, "-c", "import sqlite3, sys\n"
         "file = sqlite3.connect('locked.db', isolation_level=None)\n"
         f"file.execute('BEGIN {kind}')\nprint('locked', flush=True)\n"
         "sys.stdin.read()"],
        cwd=WORK, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    homepot.stdout.readline()
    refusal("locked.db", 69, word)
    homepot.communicate()
finish()
