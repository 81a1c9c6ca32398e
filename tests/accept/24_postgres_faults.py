#!/usr/bin/python3
"""Whatever happens to the server, to its sessions or to the client in the
middle of a collection at durability power: nothing that was acknowledged is
lost, and the dataset verifies after it was gone on with. FAULTS=N makes it
shorter, SEED=N another one."""
import os
import random
import subprocess
import time

from accept import BINARY, figure, finish, note, same, tillstorm
from postgres_server import Server

FAULTS = int(os.environ.get("FAULTS", "20"))
SEED = int(os.environ.get("SEED", "20261129"))
random.seed(SEED)
FLEET = ["--sites", 4, "--devices", 40, "--traffic", 4]
# Ended by the fault; all of them say that the same command goes on.
GOES_ON = {0, 69, 74, 75}

server = Server()
url = server.create("faults")


def start():
    return subprocess.Popen(
        [str(BINARY), "collect", "--to", url, *map(str, FLEET), "--durability",
         "power", "--speed", random.choice(["20x", "60x", "300x"]),
         "--duration", "3s", "--batch-rows",
         str(random.choice([100, 1000, 10000])), "--dashboard", "off"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)


def acknowledged():
    """Batches that are in the dataset: at power they are on the disk before
    anybody sees them."""
    try:
        return int(server.sql("faults", "SELECT count(*) FROM "
                              "tillstorm_ledger"))
    except subprocess.CalledProcessError:
        return 0


def terminate():
    server.sql("faults", "SELECT pg_terminate_backend(pid) FROM "
               "pg_stat_activity WHERE application_name LIKE "
               "'tillstorm writer%'")


lost = unverified = wrong_code = 0
kinds = ["immediate", "fast", "terminate", "kill"]
for number in range(FAULTS):
    kind = kinds[number % len(kinds)]
    child = start()
    time.sleep(random.uniform(0.3, 2.5))
    before = acknowledged()
    if kind in ("immediate", "fast"):
        server.restart(kind)
    elif kind == "terminate":
        terminate()
    else:
        child.kill()
    errors = child.communicate(timeout=120)[1]
    after = acknowledged()
    lost += after < before
    if kind != "kill" and child.returncode not in GOES_ON:
        wrong_code += 1
        note(f"{kind}: exit {child.returncode}: {errors.strip()[-300:]}")
    if not before and not after:
        continue  # killed before there was a dataset
    code = subprocess.run([str(BINARY), "verify", url, "--progress", "never"],
                          check=False, stdin=subprocess.DEVNULL,
                          capture_output=True).returncode
    unverified += code != 0
    note(f"{number + 1} {kind}: {before} batches before, {after} after, "
         f"collect {child.returncode}, verify {code}")

same(f"{FAULTS} faults: acknowledged and lost", lost, 0)
same(f"{FAULTS} faults: unverified afterwards", unverified, 0)
same(f"{FAULTS} faults: other exit codes than promised", wrong_code, 0)
tillstorm("collect", "--to", url, "--speed", "max", "--span", "10m",
          "--dashboard", "off")
output = tillstorm("verify", url, "--progress", "never")
figure("after the last one it goes on and verifies", "verified",
       "verified", output.startswith("verified"))
finish()
