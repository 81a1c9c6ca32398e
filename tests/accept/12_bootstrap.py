#!/usr/bin/python3
"""--sites 0: refused, refused, signed up, one site with its schedule, its
terminals, then telemetry, in this order; references hold at every instant."""
from accept import connect, figure, finish, generate, same, tillstorm

DEVICES = 5
generate("new.db", "--sites", 0, "--devices", DEVICES, "--span", "2h")
file = connect("new.db")


def one(sql):
    return file.execute(sql).fetchone()[0]


requests = file.execute("SELECT * FROM api_request_logs ORDER BY timestamp, id "
                        f"LIMIT {4 + DEVICES}").fetchall()
same("first requests", [r["status_code"] for r in requests],
     [401, 401] + [201] * (2 + DEVICES))
same("their endpoints",
     [r["endpoint"].split("/")[3] + "/" + r["endpoint"].split("/")[-1]
      for r in requests],
     ["auth/login", "auth/login", "auth/signup", "sites/"] +
     ["devices/devices"] * DEVICES)
same("their method", {r["method"] for r in requests}, {"POST"})
same("users", one("SELECT count(*) FROM users"), 1)
same("sites", one("SELECT count(*) FROM sites"), 1)
same("schedule rows", one("SELECT count(*) FROM site_operating_schedules"), 7)
same("devices", one("SELECT count(*) FROM devices"), DEVICES)
made = [("sign-up", one("SELECT created_at FROM users")),
        ("site", one("SELECT created_at FROM sites")),
        ("first device", one("SELECT min(created_at) FROM devices")),
        ("last device", one("SELECT max(created_at) FROM devices"))]
same("made at the instants of their requests", [at for _, at in made],
     [requests[i]["timestamp"] for i in (2, 3, 4, 3 + DEVICES)])
for table, column in [
        ("health_checks", "timestamp"), ("device_metrics", "timestamp"),
        ("jobs", "created_at"), ("user_activities", "timestamp"),
        ("error_logs", "timestamp"), ("audit_logs", "created_at")]:
    first = one(f"SELECT min({column}) FROM {table}")
    figure(f"first of {table} after the last device", first or "no row",
           "> " + made[-1][1], first is not None and first > made[-1][1])
other = one("SELECT count(*) FROM api_request_logs WHERE timestamp < "
            "(SELECT max(created_at) FROM devices)")
same("requests before the last device", other, 3 + DEVICES)
same("rows of foreign_key_check",
     len(file.execute("PRAGMA foreign_key_check").fetchall()), 0)
verified = tillstorm("verify", "new.db", "--progress", "never")
figure("verify", verified.split(":")[0], "verified",
       verified.startswith("verified"))

# It may end in the middle of it.
for span in ("1s", "2s", "3s"):
    generate(f"cut-{span}.db", "--sites", 0, "--devices", 3, "--span", span)
    cut = connect(f"cut-{span}.db")
    same(f"cut after {span}: rows of foreign_key_check",
         len(cut.execute("PRAGMA foreign_key_check").fetchall()), 0)
    verified = tillstorm("verify", f"cut-{span}.db", "--progress", "never")
    figure(f"cut after {span}: verify", verified.split(":")[0], "verified",
           verified.startswith("verified"))
finish()
