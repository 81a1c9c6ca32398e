#!/usr/bin/python3
"""Four days that end now pass the twelve checks and break no invariant, a fixed
four days fill every table and layer too; each check, each reference and each
invariant is shown to notice a database damaged for it."""
import json
import shutil
import sqlite3

from accept import WORK, figure, finish, generate, note, same, tillstorm

# Exactly what a user types.
generate("four.db", "--days", 4, "--end", "now")
report = json.loads(tillstorm("validate", "--min-days", 3, "--json",
                              "--report", "report.json", "four.db"))
same("four days that end now: checks passed", report["summary"],
     {"passed": 12, "warnings": 0, "failed": 0, "total": 12})


def all_passed(what, result, *parts):
    for part in parts:
        found = result["tillstorm"][part]
        for entry in found:
            if entry["status"] != "passed":
                note(f"{entry['name']}: {entry['message']}")
        same(f"{what}: {part} passed",
             len([x for x in found if x["status"] == "passed"]), len(found))


# Whether something as rare as an alert happens in four days is up to the days.
all_passed("four days that end now", report, "foreign_keys", "invariants")
same("--report holds the same",
     json.loads((WORK / "report.json").read_text()) == report, True)
(WORK / "four.db").unlink()
generate("fixed.db", "--days", 4, "--end", "2026-03-06", "--interval", "30s")
report = json.loads(tillstorm("validate", "--min-days", 3, "--json", "--now",
                              "dataset-end", "fixed.db"))
same("four fixed days", report["overall_status"], "passed")
all_passed("four fixed days", report, "coverage", "foreign_keys", "invariants")
(WORK / "fixed.db").unlink()

# A small one to damage.
summary = generate("sound.db", "--days", 4, "--sites", 1, "--devices", 6,
                   "--interval", "60s", "--seed", 2)
sound = json.loads(tillstorm("validate", "--now", "dataset-end", "--json",
                             "sound.db"))
same("the small one", sound["overall_status"], "passed")
DAY_2, DAY_3 = (summary["start"][:8] + f"{int(summary['start'][8:10]) + n:02d}"
                for n in (1, 2))


def statuses(result):
    found = {c["name"]: c["status"] for c in result["checks"]}
    for part in ("coverage", "foreign_keys", "invariants"):
        found.update({x["name"]: x["status"] for x in result["tillstorm"][part]})
    return found


def damaged(name, status, *statements):
    """A copy in which these statements must make `name` say `status`."""
    shutil.copy(WORK / "sound.db", WORK / "damaged.db")
    file = sqlite3.connect(WORK / "damaged.db")
    changed = 0
    for statement in statements:
        changed += file.execute(statement).rowcount
    file.commit()
    file.close()
    result = json.loads(tillstorm("validate", "--now", "dataset-end", "--json",
                                  "damaged.db", codes=(0, 1)))
    found = statuses(result)[name]
    figure(f"{name}: damaged in {changed} rows"[:52], found, status,
           found == status and changed > 0)
    if status == "failed":
        same(f"{name}: overall"[:52], result["overall_status"], "failed")


damaged("Agent Activity", "warning", "UPDATE devices SET is_active = 0")
for check, table, status in [
        ("Device Metrics", "device_metrics", "failed"),
        ("Job Outcomes", "job_outcomes", "failed"),
        ("Device State History", "device_state_history", "failed"),
        ("Error Logs", "error_logs", "warning"),
        ("Configuration History", "configuration_history", "warning"),
        ("API Request Logs", "api_request_logs", "warning"),
        ("User Activities", "user_activities", "warning")]:
    damaged(check, status, f"DELETE FROM {table}")
    damaged(check, "warning",
            f"DELETE FROM {table} WHERE timestamp > '{DAY_3}'")
damaged("Site Operating Schedules", "warning",
        "DELETE FROM site_operating_schedules WHERE day_of_week = 6")
for metric in ("cpu_percent", "memory_percent", "disk_percent",
               "network_latency_ms", "transaction_count", "transaction_volume",
               "error_rate", "active_connections", "queue_depth"):
    damaged("Data Quality", "warning",
            f"UPDATE device_metrics SET {metric} = NULL WHERE id = 77")
damaged("Data Quality", "warning",
        "UPDATE device_metrics SET memory_percent = 100.1 WHERE id = 77")
damaged("Collection Continuity", "warning",
        f"DELETE FROM device_metrics WHERE timestamp > '{DAY_2} 01' AND "
        f"timestamp < '{DAY_2} 02:10'")
(WORK / "garbage.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
tillstorm("validate", "garbage.db", codes=(65,))
figure("Database Connectivity: no database", "exit 65", "exit 65", True)

file = sqlite3.connect(WORK / "sound.db")
tables = [row[0] for row in file.execute(
    "SELECT name FROM sqlite_schema WHERE type = 'table'")]
references = [(table, key[3], key[2]) for table in tables
              for key in file.execute(f"PRAGMA foreign_key_list({table})")]
filled = [(t, c, p) for t, c, p in references if file.execute(
    f"SELECT count({c}) FROM {t}").fetchone()[0]]
file.close()
note(f"{len(references)} references, {len(filled)} of them used")
for table, column, parent in filled:
    damaged(f"{table}.{column} -> {parent}", "failed",
            f"UPDATE {table} SET {column} = 7777777 WHERE rowid = "
            f"(SELECT max(rowid) FROM {table} WHERE {column} IS NOT NULL)")

damaged("jobs: created <= started <= completed", "failed",
        "UPDATE jobs SET started_at = '2000-01-01 00:00:00.000000' WHERE id = "
        "(SELECT max(id) FROM jobs)")
damaged("jobs end with their outcome", "failed",
        "DELETE FROM job_outcomes WHERE id = (SELECT max(id) FROM job_outcomes "
        "WHERE device_id IS NULL)")
damaged("messages: sent <= received, delivered iff received", "failed",
        "UPDATE push_notification_logs SET received_at = sent_at, status = "
        "'sent' WHERE id = (SELECT max(id) FROM push_notification_logs)")
damaged("push latency is received - sent", "failed",
        "UPDATE push_notification_logs SET latency_ms = latency_ms + 2 WHERE id "
        "= (SELECT max(id) FROM push_notification_logs WHERE status = "
        "'delivered')")
damaged("percentages lie in 0 to 100", "failed",
        "UPDATE device_metrics SET disk_percent = -1 WHERE id = 77")
damaged("health checks: 200 iff healthy", "failed",
        "UPDATE health_checks SET status_code = 503 WHERE id = 77")
damaged("errors: resolved iff resolved_at", "failed",
        "UPDATE error_logs SET resolved = 1, resolved_at = NULL WHERE id = "
        "(SELECT max(id) FROM error_logs)")
damaged("alerts: resolved iff resolved_at", "failed",
        "UPDATE alerts SET status = 'active' WHERE resolved_at IS NOT NULL")
damaged("one schedule per site and weekday", "failed",
        "UPDATE site_operating_schedules SET day_of_week = 5 WHERE "
        "day_of_week = 4")
damaged("one schedule per site and weekday", "failed",
        "DELETE FROM site_operating_schedules WHERE day_of_week = 6")
damaged("each state follows from the one before", "failed",
        "UPDATE device_state_history SET previous_state = 'unknown' WHERE id = "
        "(SELECT max(id) FROM device_state_history)")
damaged("each state has its health check", "failed",
        "DELETE FROM health_checks WHERE is_healthy = 0")
damaged("each alert has failed checks before it", "failed",
        "UPDATE health_checks SET is_healthy = 1, status_code = 200")
damaged("devices have the status of their last state", "failed",
        "UPDATE devices SET status = 'error'")
damaged("devices were last seen when they last reported", "failed",
        "UPDATE devices SET last_seen = created_at")

# Part of the tables: a rule that needs another one has nothing to look at.
for tables in ("jobs", "device_state_history", "alerts", "device_metrics",
               "jobs,push_notification_logs,health_checks"):
    generate("part.db", "--days", 2, "--interval", "60s", "--tables", tables,
             "--force")
    result = json.loads(tillstorm("validate", "--now", "dataset-end", "--json",
                                  "part.db", codes=(0, 1)))
    all_passed(f"--tables {tables}"[:40], result, "foreign_keys", "invariants")

# One of ours whose manifest is damaged is checked like one of HOMEPOT's.
shutil.copy(WORK / "sound.db", WORK / "damaged.db")
file = sqlite3.connect(WORK / "damaged.db")
file.execute("DELETE FROM tillstorm_manifest WHERE key = 'scenario_hash'")
file.commit()
file.close()
result = json.loads(tillstorm("validate", "--now", "dataset-end", "--json",
                              "damaged.db"))
same("a damaged manifest: taken for ours",
     result["tillstorm"]["is_tillstorm_dataset"], False)
same("a damaged manifest: notices", len(result["tillstorm"]["notices"]), 1)
same("a damaged manifest: overall", result["overall_status"], "passed")

# A database without our own tables: findings beyond the twelve only warn.
shutil.copy(WORK / "sound.db", WORK / "homepot.db")
file = sqlite3.connect(WORK / "homepot.db")
for table in ("tillstorm_manifest", "tillstorm_ledger", "tillstorm_truth"):
    file.execute(f"DROP TABLE {table}")
file.execute("PRAGMA application_id = 0")
file.execute("PRAGMA user_version = 0")
file.execute("UPDATE health_checks SET status_code = 503 WHERE id = 77")
file.commit()
file.close()
result = json.loads(tillstorm("validate", "--now", "dataset-end", "--json",
                              "homepot.db"))
same("a database of HOMEPOT's own: overall", result["overall_status"],
     "warning")
same("a database of HOMEPOT's own: its broken rows warn",
     statuses(result)["health checks: 200 iff healthy"], "warning")
finish()
