#!/usr/bin/python3
"""Whatever happens to the server, to its sessions or to the client in the
middle of a collection at durability power: nothing that was acknowledged is
lost, and the dataset verifies after it was gone on with. Then each fault that
has an exit code and a sentence of its own. FAULTS=N makes it shorter, SEED=N
another one."""
import os
import random
import signal
import subprocess
import time

from accept import BINARY, figure, finish, note, same, tillstorm
from postgres import wait_for
from postgres_server import Disk, Server

FAULTS = int(os.environ.get("FAULTS", "28"))
SEED = int(os.environ.get("SEED", "20261129"))
random.seed(SEED)
FLEET = ["--sites", 4, "--devices", 40, "--traffic", 4]
# Ended by the fault; all of them say that the same command goes on.
GOES_ON = {0, 69, 74, 75}
WRITERS = ("FROM pg_stat_activity WHERE application_name LIKE "
           "'tillstorm writer%' AND datname=current_database()")


def start(url, *flags):
    return subprocess.Popen(
        [str(BINARY), "collect", "--to", url, *map(str, FLEET), "--durability",
         "power", "--dashboard", "off", *map(str, flags)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)


def verifies(url):
    return subprocess.run([str(BINARY), "verify", url, "--progress", "never"],
                          check=False, stdin=subprocess.DEVNULL,
                          capture_output=True).returncode


def acknowledged(server, database):
    """Batches that are in the dataset: at power they are on the disk before
    anybody sees them."""
    try:
        return int(server.sql(database, "SELECT count(*) FROM "
                              "tillstorm_ledger"))
    except subprocess.CalledProcessError:
        return 0


def a_writer(server, database):
    """The server's process of one of its sessions of ours; 0 without one."""
    return int(server.sql(database, f"SELECT pid {WRITERS} ORDER BY random() "
                          "LIMIT 1") or 0)


def terminate_one(server, database, _client):
    process = a_writer(server, database)
    server.sql(database, f"SELECT pg_terminate_backend({process})")


def terminate_all(server, database, _client):
    server.sql(database, f"SELECT pg_terminate_backend(pid) {WRITERS}")


def pause(server, _database, _client):
    """All of it stands still for a while."""
    server.signal(signal.SIGSTOP)
    time.sleep(random.uniform(0.5, 2))
    server.signal(signal.SIGCONT)


def drop_one(server, database, _client):
    """One session stands still, then its process dies: the server takes that
    for a crash, disconnects everybody and recovers."""
    process = a_writer(server, database)
    if not process:
        return
    os.kill(process, signal.SIGSTOP)
    time.sleep(random.uniform(0.1, 1))
    os.kill(process, signal.SIGKILL)
    server.wait()


KINDS = {
    "immediate": lambda server, *_: server.restart("immediate"),
    "fast": lambda server, *_: server.restart("fast"),
    "terminate": terminate_all,
    "terminate one": terminate_one,
    "pause": pause,
    "drop one": drop_one,
    "kill": lambda _server, _database, client: client.kill(),
}


def faults_at_random(server):
    url = server.create("faults")
    lost = unverified = wrong_code = 0
    for number in range(FAULTS):
        kind = list(KINDS)[number % len(KINDS)]
        lanes = random.choice([1, 3])
        child = start(url, "--speed", random.choice(["20x", "60x", "300x"]),
                      "--duration", "3s", "--lanes", lanes, "--batch-rows",
                      random.choice([100, 1000, 10000]))
        time.sleep(random.uniform(0.3, 2.5))
        before = acknowledged(server, "faults")
        KINDS[kind](server, "faults", child)
        errors = child.communicate(timeout=120)[1]
        after = acknowledged(server, "faults")
        lost += after < before
        promised = {0} if kind == "pause" else GOES_ON
        if kind != "kill" and child.returncode not in promised:
            wrong_code += 1
            note(f"{kind}: exit {child.returncode}: {errors.strip()[-300:]}")
        if not before and not after:
            continue  # killed before there was a dataset
        code = verifies(url)
        unverified += code != 0
        note(f"{number + 1} {kind}, {lanes} lane(s): {before} batches before, "
             f"{after} after, collect {child.returncode}, verify {code}")
    same(f"{FAULTS} faults: acknowledged and lost", lost, 0)
    same(f"{FAULTS} faults: unverified afterwards", unverified, 0)
    same(f"{FAULTS} faults: other exit codes than promised", wrong_code, 0)
    goes_on("after the last one", url)


def goes_on(what, url, *flags):
    tillstorm("collect", "--to", url, "--speed", "max", "--span", "10m",
              "--dashboard", "off", *flags)
    same(f"{what} it goes on and verifies", verifies(url), 0)


def ends(what, client, code, says):
    """One sentence, with that in it."""
    sentences = client.communicate(timeout=120)[1].strip().splitlines()
    same(f"{what}: exit", client.returncode, code)
    found = [line for line in sentences if says in line]
    same(f"{what}: sentences", len(found), 1)
    if len(found) != 1 or client.returncode != code:
        note("\n  ".join(sentences))
    elif found:
        note(found[0])


def too_many_connections(server):
    url = server.create("room", role="narrow")
    server.sql("room", "ALTER ROLE narrow CONNECTION LIMIT 0")
    ends("no connection left", start(url, "--span", "1h", "--speed", "max"),
         69, "too many connections")
    server.sql("room", "ALTER ROLE narrow CONNECTION LIMIT 2")
    ends("none for the third lane", start(url, "--span", "1h", "--speed",
                                          "max", "--lanes", 3),
         69, "too many connections")
    server.sql("room", "ALTER ROLE narrow CONNECTION LIMIT 10")
    goes_on("with room for connections", url, "--lanes", "3")


def statement_timeout(server):
    """Every COPY into device_metrics is cancelled, in the middle of it."""
    url = server.create("slow")
    tillstorm("collect", "--to", url, *FLEET, "--span", "1m", "--speed", "max",
              "--dashboard", "off")
    server.sql("slow", "CREATE FUNCTION stall() RETURNS trigger LANGUAGE "
               "plpgsql AS 'BEGIN PERFORM pg_sleep(1000); RETURN NEW; END'; "
               "CREATE TRIGGER stall BEFORE INSERT ON device_metrics FOR EACH "
               "ROW EXECUTE FUNCTION stall(); "
               "ALTER DATABASE slow SET statement_timeout='1s'")
    before = acknowledged(server, "slow")
    ends("a statement timeout in each COPY",
         start(url, "--span", "10m", "--speed", "max"), 69, "57014")
    same("batches kept of those before it",
         acknowledged(server, "slow") >= before, True)
    server.sql("slow", "DROP TRIGGER stall ON device_metrics; "
               "ALTER DATABASE slow RESET statement_timeout")
    goes_on("without the timeout", url)


def read_only(server):
    """In the middle of it, by a setting; and a standby, from the start."""
    url = server.create("standing")
    client = start(url, "--speed", "60x", "--duration", "60s", "--lanes", 2)
    wait_for(lambda: acknowledged(server, "standing") > 3)
    server.sql("standing", "ALTER SYSTEM SET default_transaction_read_only=on")
    server.sql("standing", "SELECT pg_reload_conf()")
    ends("a server that turns read-only", client, 69,
         "connect to the primary")
    server.sql("standing", "ALTER SYSTEM RESET default_transaction_read_only")
    server.sql("standing", "SELECT pg_reload_conf()")
    same("what it kept verifies", verifies(url), 0)
    goes_on("written again", url)
    standby = server.standby()
    other = standby.url("standing")
    ends("a standby", start(other, "--span", "10m", "--speed", "max"), 69,
         "connect to the primary")
    wait_for(lambda: acknowledged(standby, "standing") ==
             acknowledged(server, "standing"))
    same("verify on the standby", verifies(other), 0)
    standby.stop("immediate")


def stands_still(server):
    """Nothing answers any more, not even to Ctrl-C."""
    url = server.create("still")
    client = start(url, "--speed", "60x", "--duration", "60s", "--lanes", 2)
    wait_for(lambda: acknowledged(server, "still") > 3)
    before = acknowledged(server, "still")
    server.signal(signal.SIGSTOP)
    time.sleep(1)
    client.send_signal(signal.SIGINT)
    ends("Ctrl-C while the server stands still", client, 130, "goes on with")
    server.signal(signal.SIGCONT)
    same("batches kept of those before it",
         acknowledged(server, "still") >= before, True)
    goes_on("when the server goes on", url)


def disk_full(what, codes, size, of_log):
    """Tables fill it, or its log does, and the server goes down."""
    disk = Disk(size)
    if not disk.mounted:
        figure(what, "SKIPPED: no tmpfs can be mounted here", "as root", False)
        return
    if of_log:
        server = Server(log=disk.path)
    else:
        server = Server(disk.path, "-c max_wal_size=32MB -c min_wal_size=32MB")
    url = server.create("small")
    client = start(url, "--speed", "max", "--span", "200d", "--lanes", 2)
    seen = 0
    while client.poll() is None:
        seen = max(seen, acknowledged(server, "small"))
        time.sleep(0.05)
    errors = client.communicate()[1]
    note(f"{seen} batches, exit {client.returncode}: {errors.strip()[-300:]}")
    figure(f"{what}: exit", client.returncode, f"of {codes}",
           client.returncode in codes)
    disk.resize("800m")
    server.restart("immediate")
    same(f"{what}: acknowledged and gone",
         max(0, seen - acknowledged(server, "small")), 0)
    goes_on(f"{what}: with room", url)
    server.stop("immediate")


main = Server()
faults_at_random(main)
too_many_connections(main)
statement_timeout(main)
read_only(main)
stands_still(main)
disk_full("a full disk", {74}, "120m", of_log=False)
disk_full("a full disk of the log", {69, 74, 75}, "40m", of_log=True)
finish()
