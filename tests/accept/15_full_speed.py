#!/usr/bin/python3
"""At full speed a thread per agent reaches a million events a second, and a
writer a hundred times as slow costs no memory and loses nothing."""
import json
import subprocess

from accept import BUILD, at_least, at_most, finish, note, same, tillstorm


def slow_writer(ns_per_event):
    output = subprocess.run([BUILD / "bench/slow_writer", str(ns_per_event)],
                            check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


rates = []
for _ in range(5):
    summary = json.loads(tillstorm(
        "collect", "--to", "null:", "--sites", 100, "--devices", 4000,
        "--traffic", 100, "--host", "threads", "--speed", "max", "--span",
        "2h", "--dashboard", "off", "--json"))
    rates.append(summary["events_per_s"] / 1e6)
note("million events/s: " + ", ".join(f"{r:.2f}" for r in rates))
at_least("2 h of 4,000 devices, million events/s, median", sorted(rates)[2], 1)

fast = slow_writer(0)
per_event_ns = 1e9 * fast["seconds"] / fast["events"]
slow = slow_writer(int(100 * per_event_ns))
note(f"fast {fast['seconds']} s, slow {slow['seconds']} s")
at_least("the slow writer's time / the fast one's",
         slow["seconds"] / fast["seconds"], 50)
at_most("memory above that of the fast one, MiB",
        (slow["peak_kib"] - fast["peak_kib"]) / 1024, 64)
same("events of the slow and of the fast one", slow["events"], fast["events"])
same("digest of the slow and of the fast one", slow["digest"], fast["digest"])
same("events dropped", slow["dropped"], 0)
finish()
