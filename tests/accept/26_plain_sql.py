#!/usr/bin/python3
"""A dataset in PostgreSQL against plain SQL by HOMEPOT's own names: its schema
is the one that HOMEPOT's models make (tests/golden/homepot_schema.json), a row
inserted into each of the 25 tables gets the next free id, and every instant is
the one that stands in the SQLite file, whatever the client's time zone."""
import json
import os
import re
import subprocess

from accept import ROOT, connect, figure, finish, generate, note, same
from postgres import BIN, PasswordServer, psql

TABLES = json.loads((ROOT / "tests/golden/homepot_schema.json").read_text())
PASSWORD = "not-a-secret"
os.environ["PGPASSWORD"] = PASSWORD
SERVER = PasswordServer(PASSWORD)
FLEET = ["--devices", "8", "--span", "6h", "--seed", "7"]
ZONED = "TIMESTAMP WITH TIME ZONE"
NAIVE = "TIMESTAMP WITHOUT TIME ZONE"


def is_serial(table):
    return table["primary_key"] == ["id"]


def create_table(table):
    """The statement that SQLAlchemy makes of such a model, without its
    references."""
    parts = []
    for column in table["columns"]:
        serial = column["name"] == "id" and is_serial(table)
        parts.append(f"{column['name']} "
                     f"{'SERIAL' if serial else column['postgres']}"
                     f"{' NOT NULL' if column['not_null'] else ''}")
    parts.append(f"PRIMARY KEY ({', '.join(table['primary_key'])})")
    parts += [f"UNIQUE ({', '.join(columns)})" for columns in table["unique"]]
    return f"CREATE TABLE {table['table']} ({', '.join(parts)});"


def upstream_ddl():
    statements = ["CREATE SEQUENCE health_checks_id_seq;"]
    statements += [create_table(table) for table in TABLES]
    for table in TABLES:
        for key in table["foreign_keys"]:
            other, column = key["references"].split(".")
            statements.append(
                f"ALTER TABLE {table['table']} ADD FOREIGN KEY "
                f"({key['column']}) REFERENCES {other} ({column});")
        for index in table["indexes"]:
            statements.append(
                f"CREATE {'UNIQUE ' * index['unique']}INDEX {index['name']} "
                f"ON {table['table']} ({', '.join(index['columns'])});")
    return "\n".join(statements)


def dumped_statements(database):
    """The statements of a schema dump, without our own tables."""
    dump = subprocess.run(
        [str(BIN / "pg_dump"), "--schema-only", "--no-owner", "-d",
         SERVER.url(database), "--exclude-table", "tillstorm_*"],
        capture_output=True, text=True, check=True).stdout
    text = re.sub(r"^(--.*|SET .*|SELECT pg_catalog.*|\\.*)$", "", dump,
                  flags=re.M)
    return {" ".join(one.split()) for one in text.split(";") if one.strip()}


def schema_is_upstreams():
    psql(SERVER.url(), "CREATE DATABASE upstream")
    psql(SERVER.url("upstream"), upstream_ddl())
    ours, theirs = dumped_statements("ours"), dumped_statements("upstream")
    for one in sorted(ours - theirs):
        note("only ours: " + one[:300])
    for one in sorted(theirs - ours):
        note("only upstream's: " + one[:300])
    figure("statements of upstream's schema", len(theirs), "> 250",
           len(theirs) > 250)
    same("statements that differ", len(ours ^ theirs), 0)
    names = psql(SERVER.url("ours"),
                 "SELECT conname FROM pg_constraint c JOIN pg_class t ON "
                 "t.oid=c.conrelid WHERE NOT starts_with(relname, 'tillstorm_')"
                 " AND NOT convalidated")
    same("constraints that are not validated", names, [])


def value_of(table, column, new_ids):
    """An SQL literal for a new row."""
    for key in table["foreign_keys"]:
        if key["column"] == column["name"]:
            return str(new_ids[key["references"].split(".")[0]])
    kind = column["postgres"]
    if kind.startswith("VARCHAR"):
        longest = int(kind[8:-1])
        return "'" + f"plain-sql-{table['table']}"[:longest] + "'"
    return {"INTEGER": "1", "FLOAT": "0.5", "TEXT": "'text'",
            "BOOLEAN": "true", "JSON": "'{\"a\": [1, null]}'",
            "TIME WITHOUT TIME ZONE": "'08:30'",
            NAIVE: "'2031-07-01 12:00:00'",
            ZONED: "'2031-07-01 12:00:00+02'"}[kind]


def insert_order():
    """Tables after those that they must refer to."""
    done, order = set(), []
    while len(order) < len(TABLES):
        for table in TABLES:
            required = {c["name"] for c in table["columns"] if c["not_null"]}
            needs = {k["references"].split(".")[0]
                     for k in table["foreign_keys"] if k["column"] in required}
            if table["table"] not in done and needs <= done:
                done.add(table["table"])
                order.append(table)
    return order


def rows_get_the_next_free_id():
    new_ids, wrong = {}, []
    for table in insert_order():
        name = table["table"]
        # A health check takes its id from the sequence by itself, as
        # HOMEPOT's model does: its column has no default.
        values = {} if is_serial(table) else {
            "id": "nextval('health_checks_id_seq')"}
        for column in table["columns"]:
            if column["name"] != "id" and column["not_null"]:
                values[column["name"]] = value_of(table, column, new_ids)
        before, made = psql(
            SERVER.url("ours"),
            f"SELECT coalesce(max(id), 0) FROM {name};\n"
            f"INSERT INTO {name} ({', '.join(values)}) VALUES "
            f"({', '.join(values.values())}) RETURNING id;")
        new_ids[name] = int(made)
        if int(made) != int(before) + 1:
            wrong.append((name, before, made))
    same("tables with a new row", len(new_ids), 25)
    same("rows whose id is not the next free one", wrong, [])
    for name, text in (
            ("health_checks", "2031-07-01 10:00:00+00"),
            ("device_metrics", "2031-07-01 12:00:00")):
        found = psql(SERVER.url("ours"),
                     "SET TimeZone='UTC'; SELECT timestamp FROM "
                     f"{name} WHERE id={new_ids[name]}")
        same(f"the new instant in {name}", found, [text])


def instants_are_those_of_the_file():
    generate("reference.db", *FLEET)
    differing, columns = [], 0
    with connect("reference.db") as file:
        for table in TABLES:
            for column in table["columns"]:
                if column["postgres"] not in (ZONED, NAIVE):
                    continue
                columns += 1
                name = column["name"]
                utc = name + (" AT TIME ZONE 'UTC'" *
                              (column["postgres"] == ZONED))
                wanted = file.execute(
                    f"SELECT min({name}), max({name}), count({name}) FROM "
                    f"{table['table']}").fetchone()
                style = "'YYYY-MM-DD HH24:MI:SS.US'"
                found = psql(
                    SERVER.url("ours"),
                    "SET TimeZone='Asia/Tokyo'; SELECT "
                    f"to_char(min({utc}), {style}), "
                    f"to_char(max({utc}), {style}), count({name}) "
                    f"FROM {table['table']}")[0].split("|")
                if found != [str(w) if w is not None else "" for w in wanted]:
                    differing.append((table["table"], name, found,
                                      list(wanted)))
    figure("columns with instants", columns, "> 50", columns > 50)
    same("columns whose instants are not those of the file", differing, [])


psql(SERVER.url(), "CREATE DATABASE ours")
generate(SERVER.url("ours"), *FLEET)
instants_are_those_of_the_file()
schema_is_upstreams()
rows_get_the_next_free_id()
finish()
