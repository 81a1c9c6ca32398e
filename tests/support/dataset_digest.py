#!/usr/bin/python3
"""Prints what `tillstorm digest FILE` prints, computed from the file alone:
dataset_digest.py FILE. Written from the comments of harness/core/row_codec.h
and digest.h. Of a database that was adopted the fleet is its devices that take
part, as far as they are current state. Needs python3-xxhash, hence Debian's own Python."""
import functools
import json
import re
import sqlite3
import struct
import sys
from datetime import datetime, timedelta

import xxhash

WRITER_IDS = """user_activities api_request_logs audit_logs job_outcomes
health_checks device_metrics device_state_history tillstorm_truth""".split()
TABLES = """tenants users sites devices lifecycle_epochs tenant_memberships
site_memberships site_operating_schedules enrolment_intents device_credentials
device_assignments device_lifecycle_events jobs device_commands
push_notification_logs audit_logs configuration_history alerts error_logs
job_outcomes health_checks device_metrics device_state_history api_request_logs
user_activities tillstorm_truth""".split()
FLEET = TABLES[:TABLES.index("jobs")]
STATE = "id status health_state last_seen last_heartbeat_at".split()
INT, REAL, SIZE = (struct.Struct(f).pack for f in ("<Bq", "<Bd", "<BI"))
DATE_TIME = re.compile(r"([0-9-]{10} [0-9:]{8})\.([0-9]{6})").fullmatch

def foreign(value):  # a value of another type than its column's
    letter, raw = {int: lambda: (b"i", INT(1, value)[1:]),
                   float: lambda: (b"r", REAL(1, value)[1:]),
                   str: lambda: (b"t", value.encode()),
                   bytes: lambda: (b"b", value)}[type(value)]()
    return b"\2" + letter + struct.pack("<I", len(raw)) + raw

def text(value):
    raw = value.encode()
    return SIZE(1, len(raw)) + raw

@functools.lru_cache(4096)
def seconds(date):
    epoch = datetime(1970, 1, 1)
    return (datetime.fromisoformat(date) - epoch) // timedelta(seconds=1)

def date_time(value):
    try:
        date, micros = DATE_TIME(value).groups()
        return INT(1, seconds(date) * 1000000 + int(micros))
    except (AttributeError, ValueError):  # not the form, or no such date
        return foreign(value)

def time(value):  # a time of day is an instant of the first day
    encoded = date_time("1970-01-01 " + value)
    return encoded if encoded[0] == 1 else foreign(value)

ENCODERS = {  # declared type -> (Python type, encoding of such a value)
    "INTEGER": (int, lambda v: INT(1, v)),
    "FLOAT": (float, lambda v: REAL(1, v + 0.0)),
    "BOOLEAN": (int, lambda v: bytes((1, v)) if v in (0, 1) else foreign(v)),
    "VARCHAR": (str, text), "TEXT": (str, text), "JSON": (str, text),
    "DATETIME": (str, date_time), "TIME": (str, time),
    "BLOB": (bytes, lambda v: SIZE(1, len(v)) + v)}

def encode_column(values, kind, encode):
    return [b"\0" if v is None else encode(v) if type(v) is kind
            else foreign(v) for v in values]

def adopted_devices(file):  # ids, or None
    (scenario,), = file.execute(
        "SELECT value FROM tillstorm_manifest WHERE key = 'scenario'")
    fleet = json.loads(scenario).get("adopted")
    return fleet and [device["id"] for device in fleet["devices"]]

def state_digest(file, ids):  # all other columns as if nobody filled them
    rows = total = 0
    columns = file.execute("PRAGMA table_info(devices)").fetchall()
    for row in file.execute("SELECT * FROM devices"):
        if row[0] not in ids:
            continue
        encoded = b""
        for (_, name, declared, required, *_), value in zip(columns, row):
            kind, encode = ENCODERS[declared.split("(")[0]]
            if name not in STATE:
                value = kind() if required else None
            encoded += encode_column([value], kind, encode)[0]
        rows += 1
        total += xxhash.xxh3_128_intdigest(encoded)
    return rows, f"{total % 2**128:032x}"

def table_digest(file, table, adopted):
    if adopted and table in FLEET:
        return state_digest(file, adopted if table == "devices" else [])
    columns = [(name, *ENCODERS[declared.split("(")[0]]) for _, name, declared,
               *_ in file.execute(f"PRAGMA table_info({table})")
               if not (name == "id" and table in WRITER_IDS)]
    names = ", ".join(f'"{name}"' for name, *_ in columns)
    cursor = file.execute(f'SELECT {names} FROM "{table}"')
    rows = total = 0
    while chunk := cursor.fetchmany(10000):
        encoded = [encode_column(values, kind, encode) for values,
                   (_, kind, encode) in zip(zip(*chunk), columns)]
        rows += len(chunk)
        total += sum(map(xxhash.xxh3_128_intdigest,
                         map(b"".join, zip(*encoded))))
    return rows, f"{total % 2**128:032x}"

file = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
adopted = adopted_devices(file)
digests = [(table, *table_digest(file, table, adopted)) for table in TABLES]
lines = "".join("%s %d %s\n" % digest for digest in digests)
print(lines + "total", sum(rows for _, rows, _ in digests),
      xxhash.xxh3_128_hexdigest(lines.encode()))
