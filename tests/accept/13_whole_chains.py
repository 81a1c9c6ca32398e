#!/usr/bin/python3
"""Every chain is whole. Of 1,000 random jobs, pushes and alerts: parents exist,
times are ordered, counts add up, acknowledgements point to sent messages."""
import json
import random
import sqlite3
from datetime import datetime, timedelta

from accept import WORK, connect, figure, finish, generate, note, same

SAMPLE = 1000
# Chains of jobs that began this long before the end may still go on.
OPEN = timedelta(minutes=30)
random.seed(20260124)
# A bad configuration is measured after ten minutes at this interval, undone
# an hour or so later, and measured again.
MEASURED = timedelta(minutes=10)
ROLLED_BACK = timedelta(hours=2)
wrong = {}
slower = []


def at(text):
    return datetime.fromisoformat(text)


def expect(kind, truth, what):
    if not truth:
        wrong.setdefault(kind, []).append(what)


def ordered(*instants):
    known = [i for i in instants if i is not None]
    return known == sorted(known)


def sample(file, sql, *parameters):
    rows = file.execute(sql, parameters).fetchall()
    return random.sample(rows, min(SAMPLE, len(rows)))


def report(kind, rows, minimum=SAMPLE):
    figure(f"{kind} looked at", len(rows), f">= {minimum}",
           len(rows) >= minimum)
    bad = wrong.get(kind, [])
    for what in bad[:5]:
        note(f"{kind}: {what}")
    same(f"{kind} that are not whole", len(bad), 0)


def check_jobs(file, end):
    rows = sample(file, "SELECT * FROM jobs WHERE created_at < ?",
                  str(end - OPEN))
    devices_of_site = {}
    for device in file.execute("SELECT id, site_id FROM devices"):
        devices_of_site.setdefault(device["site_id"], []).append(device["id"])
    names = dict(file.execute("SELECT id, device_id FROM devices").fetchall())
    for job in rows:
        name = job["job_id"]
        def check(truth, what):
            expect("jobs", truth, f"{name}: {what}")
        check(job["site_id"] in devices_of_site, "its site exists")
        targets = devices_of_site[job["site_id"]]
        if job["device_id"] is not None:
            check(job["device_id"] in targets, "its device is of its site")
            targets = [job["device_id"]]
        targets = sorted(names[t] for t in targets)
        pushes = file.execute("SELECT * FROM push_notification_logs WHERE "
                              "job_id = ?", (name,)).fetchall()
        outcomes = file.execute("SELECT * FROM job_outcomes WHERE job_id = ?",
                                (name,)).fetchall()
        by_device = {o["device_id"]: o for o in outcomes
                     if o["device_id"] is not None}
        whole = [o for o in outcomes if o["device_id"] is None]
        check(sorted(p["device_id"] for p in pushes) == targets,
              "one push per device")
        check(sorted(by_device) == targets and
              len(outcomes) == len(targets) + 1, "one outcome per device")
        check(len(whole) == 1, "one outcome of its own")
        check(ordered(job["created_at"], job["started_at"],
                      job["completed_at"]) and job["completed_at"],
              "created <= started <= completed")
        check(whole[0]["timestamp"] == job["completed_at"],
              "its outcome is of its end")
        check((whole[0]["status"] == "completed") ==
              (job["status"] == "completed"), "its outcome says its status")
        result = json.loads(job["result"])
        check(result["total_devices"] == len(targets), "devices of its result")
        check(result["successful_pushes"] ==
              sum(p["status"] == "delivered" for p in pushes),
              "delivered pushes of its result")
        for push in pushes:
            outcome = by_device[push["device_id"]]
            check(ordered(job["started_at"], push["sent_at"],
                          push["received_at"], outcome["timestamp"],
                          job["completed_at"]), "push and outcome in order")
            check(outcome["status"] != "completed" or
                  push["status"] == "delivered", "only delivered work is done")
        audit = [a["event_type"] for a in file.execute(
            "SELECT event_type FROM audit_logs WHERE job_id = ? "
            "ORDER BY created_at", (job["id"],))]
        check(audit[0] == "job_created" and
              audit[-1] in ("job_completed", "job_failed"), "audit from end to end")
        if job["config_version"] is not None:
            done = sum(o["status"] == "completed" for o in by_device.values())
            history = file.execute(
                "SELECT count(*) FROM configuration_history WHERE "
                "parameter_name = 'config_update_job' AND timestamp = ? AND "
                "json_extract(new_value, '$.job_id') = ?",
                (job["created_at"], name)).fetchone()[0]
            applied = file.execute(
                "SELECT count(*) FROM configuration_history h JOIN "
                "job_outcomes o ON o.job_id = ? AND o.device_id = h.entity_id "
                "AND o.timestamp = h.timestamp WHERE h.parameter_name = "
                "'config_version'", (name,)).fetchone()[0]
            check(history == 1, "one configuration row of the site")
            check(applied == done, "one configuration row per device")
            versions = {json.loads(row[0])["version"] for row in file.execute(
                "SELECT h.new_value FROM configuration_history h JOIN "
                "job_outcomes o ON o.job_id = ? AND o.device_id = h.entity_id "
                "AND o.timestamp = h.timestamp WHERE h.parameter_name = "
                "'config_version'", (name,))}
            check(versions <= {job["config_version"]},
                  f"devices run {versions}, not {job['config_version']}")
        if job["action"] == "restart":
            commands = file.execute(
                "SELECT count(*) FROM device_commands WHERE "
                "json_extract(payload, '$.job_id') = ?", (name,)).fetchone()[0]
            delivered = sum(p["status"] == "delivered" for p in pushes)
            check(commands == delivered, "a command per delivered restart")
    report("jobs", rows)


def check_pushes(file, end):
    rows = sample(file, "SELECT p.*, j.id AS job, j.started_at FROM "
                  "push_notification_logs p LEFT JOIN jobs j USING (job_id) "
                  "WHERE p.sent_at < ?", str(end - OPEN))
    providers = {}
    for device in file.execute("SELECT device_id, push_channel FROM devices"):
        providers[device["device_id"]] = device["push_channel"]
    for push in rows:
        def check(truth, what):
            expect("pushes", truth, f"{push['message_id']}: {what}")
        check(push["job"] is not None, "its job exists")
        check(providers.get(push["device_id"]) == push["provider"],
              "its device exists and has that provider")
        check(ordered(push["started_at"], push["sent_at"],
                      push["received_at"]), "times in order")
        check(push["status"] in ("delivered", "failed", "expired"), "settled")
        check((push["status"] == "delivered") ==
              (push["received_at"] is not None), "delivered iff received")
        if push["received_at"] is not None:
            took = at(push["received_at"]) - at(push["sent_at"])
            check(int(took / timedelta(milliseconds=1)) == push["latency_ms"],
                  "latency is received - sent")
            asked = file.execute(
                "SELECT count(*) FROM api_request_logs WHERE timestamp = ? AND "
                "endpoint = '/api/v1/push/ack' AND method = 'POST'",
                (push["received_at"],)).fetchone()[0]
            check(asked >= 1, "it was acknowledged")
        retries = file.execute(
            "SELECT retry_count FROM job_outcomes WHERE job_id = ? AND "
            "device_id = ?", (push["job_id"], push["device_id"])).fetchall()
        check(len(retries) == 1 and retries[0][0] in (0, 1), "one outcome")
    report("pushes", rows)
    acks = sample(file, "SELECT timestamp FROM api_request_logs WHERE endpoint "
                  "= '/api/v1/push/ack' AND status_code = 200")
    for ack in acks:
        found = file.execute("SELECT count(*) FROM push_notification_logs "
                             "WHERE received_at = ? AND status = 'delivered'",
                             (ack["timestamp"],)).fetchone()[0]
        expect("acknowledgements", found >= 1,
               f"{ack['timestamp']} points to no message")
    report("acknowledgements", acks)


def check_changes(file, end):
    """Of devices: what each row of configuration_history says of itself."""
    # All of them: firmware and roll-backs are rare.
    rows = file.execute("SELECT * FROM configuration_history WHERE "
                        "entity_type = 'device' AND timestamp < ?",
                        (str(end - ROLLED_BACK),)).fetchall()
    firmware = bad = 0
    for row in rows:
        def check(truth, what):
            expect("changes", truth, f"{row['id']}: {what}")
        old = json.loads(row["old_value"])["version"]
        new = json.loads(row["new_value"])["version"]
        check(row["performance_before"] and row["performance_after"],
              "measured before and after")
        check(row["was_successful"] is not None, "judged")
        if row["parameter_name"] == "firmware_version":
            firmware += 1
            check([int(x) for x in new.split(".")] ==
                  [int(x) + (i == 2) for i, x in enumerate(old.split("."))],
                  f"firmware goes from {old} to {new}")
            done = file.execute(
                "SELECT count(*) FROM job_outcomes WHERE job_type = "
                "'firmware_update' AND device_id = ? AND timestamp = ? AND "
                "status = 'completed'",
                (row["entity_id"], row["timestamp"])).fetchone()[0]
            check(done == 1, "a firmware job did it")
        if not row["was_rolled_back"]:
            check(row["rolled_back_at"] is None and
                  row["rollback_performance"] is None, "not rolled back")
            continue
        bad += 1
        check(row["was_successful"] == 0, "rolled back, so no success")
        check(at(row["timestamp"]) + MEASURED < at(row["rolled_back_at"]),
              "applied < measured < rolled back")
        before, after, undone = (
            json.loads(row[column])["response_time_ms"] for column in (
                "performance_before", "performance_after",
                "rollback_performance"))
        # One check each, so now and then it is the load that speaks.
        slower.append(after > before and after > undone)
    report("changes", rows)
    figure("changes of firmware among them", firmware, "> 0", firmware > 0)
    figure("changes rolled back among them", bad, "> 0", bad > 0)


def check_firmware(file):
    rows = sample(file, "SELECT * FROM configuration_history WHERE "
                  "parameter_name = 'firmware_version'")
    for row in rows:
        count = file.execute(
            "SELECT count(*) FROM configuration_history WHERE parameter_name = "
            "'firmware_version' AND entity_id = ? AND substr(timestamp, 1, 7) "
            "= ?", (row["entity_id"], row["timestamp"][:7])).fetchone()[0]
        expect("firmware", count == 1,
               f"{row['entity_id']}: {count} in one month")
    report("firmware", rows, 10)


def check_commands(file, end):
    rows = sample(file, "SELECT * FROM device_commands WHERE created_at < ?",
                  str(end - OPEN))
    for row in rows:
        def check(truth, what):
            expect("commands", truth, f"{row['command_id']}: {what}")
        check(ordered(row["created_at"], row["sent_at"], row["executed_at"]) and
              row["sent_at"], "created <= sent <= executed")
        check((row["status"] == "completed") ==
              (row["executed_at"] is not None), "completed iff executed")
        check(row["status"] in ("completed", "failed", "expired"), "ended")
    report("commands", rows, 5)


def check_failed_rollouts(file, end):
    """Each run of a roll-out or a firmware update that failed left an error."""
    rows = sample(file, "SELECT o.* FROM job_outcomes o WHERE o.job_type IN "
                  "('config_update', 'firmware_update') AND o.device_id IS NOT "
                  "NULL AND o.status <> 'completed' AND o.timestamp < ?",
                  str(end - timedelta(hours=2)))
    for row in rows:
        errors = file.execute(
            "SELECT * FROM error_logs WHERE timestamp = ? AND "
            "json_extract(context, '$.job_id') = ? AND "
            "json_extract(context, '$.device_id') = ?",
            (row["timestamp"], row["job_id"], row["device_id"])).fetchall()
        expect("failed roll-outs", len(errors) == 1,
               f"{row['job_id']} on {row['device_id']}: {len(errors)} errors")
        for error in errors:
            expect("failed roll-outs", error["resolved"] and
                   error["error_code"] == row["error_code"],
                   f"{row['job_id']}: its error is another or still open")
    report("failed roll-outs", rows, 5)


def check_alerts(file, end):
    rows = sample(file, "SELECT * FROM alerts WHERE timestamp < ?",
                  str(end - timedelta(hours=48)))
    sites, devices, whole_sites = {}, {}, 0
    for device in file.execute("SELECT id, device_id, site_id FROM devices"):
        sites[device["device_id"]] = (device["site_id"], device["id"])
        devices.setdefault(device["site_id"], []).append(device["id"])
    for alert in rows:
        def check(truth, what):
            expect("alerts", truth, f"{alert['id']}: {what}")
        check(alert["status"] == "resolved", "resolved in two days")
        check(ordered(alert["timestamp"], alert["resolved_at"]) and
              alert["resolved_at"], "raised before resolved")
        if alert["device_id"] is None:
            whole_sites += 1
            # Nobody hears from its devices: of each at least the first check.
            for number in devices[alert["site_id"]]:
                check(failed_before(file, number, alert, "30 minutes"),
                      f"device {number} failed no check before it")
            continue
        site, device = sites.get(alert["device_id"], (None, None))
        check(site == alert["site_id"], "its device exists at its site")
        check(failed_before(file, device, alert, "2 hours"),
              "failed checks came before it")
    report("alerts", rows)
    figure("alerts of whole sites among them", whole_sites, "> 0",
           whole_sites > 0)


def failed_before(file, device, alert, within):
    """Whether a check of the device failed so shortly before the alert."""
    return file.execute(
        "SELECT count(*) FROM health_checks WHERE device_id = ? AND is_healthy "
        "= 0 AND timestamp < ? AND timestamp > strftime('%Y-%m-%d %H:%M:%f', "
        "?, '-' || ?)", (device, alert["timestamp"], alert["timestamp"],
                         within)).fetchone()[0] > 0


summary = generate("chains.db", "--sites", 12, "--days", 2, "--interval", "5m")
chains = connect("chains.db")
chains.execute("PRAGMA query_only = 1")
finished = at(summary["end"].replace("Z", ""))
check_jobs(chains, finished)
check_pushes(chains, finished)
check_changes(chains, finished)
check_commands(chains, finished)
check_failed_rollouts(chains, finished)
share = sum(slower) / max(len(slower), 1)
figure("bad configurations that answered slower", f"{share:.2f}", ">= 0.7",
       share >= 0.7)
generate("firmware.db", "--sites", 1, "--devices", 12, "--days", 93,
         "--interval", "1h", "--tables", "configuration_history")
check_firmware(connect("firmware.db"))
summary = generate("alerts.db", "--sites", 300, "--days", 14, "--interval",
                   "10m", "--tables", "alerts,health_checks")
# The file is of this script alone: one index makes its questions quick.
writable = sqlite3.connect(WORK / "alerts.db")
writable.row_factory = sqlite3.Row
writable.execute("CREATE INDEX unhealthy ON health_checks(device_id, timestamp)"
                 " WHERE is_healthy = 0")
check_alerts(writable, at(summary["end"].replace("Z", "")))
finish()
