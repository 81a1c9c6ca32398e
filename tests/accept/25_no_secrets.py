#!/usr/bin/python3
"""Nothing shows a password: a canary in the URL, in the environment, in a
password file and in a service file, against a server with scram authentication
on loopback; looked for in every output, in the arguments of all processes, in
log files, in the server's log and in a dump of the database."""
import os
import subprocess
import threading

from accept import BINARY, figure, finish, note, same
from postgres import BIN, PasswordServer, folder, psql

CANARY = "kanarienvogel-7f3a"
WORK = folder()
SERVER = PasswordServer(CANARY)
FLEET = ["--devices", "2", "--span", "30m"]
seen_arguments = set()


def watch_processes(done):
    """What every user of the machine can read, again and again."""
    while not done.wait(0.02):
        listed = subprocess.run(["ps", "axww", "-o", "args="],
                                capture_output=True, text=True, check=False)
        seen_arguments.update(listed.stdout.splitlines())


def run(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("PG")}
    done = threading.Event()
    watcher = threading.Thread(target=watch_processes, args=(done,))
    watcher.start()
    ended = subprocess.run(
        [str(BINARY), *arguments], env={**clean, "HOME": str(WORK),
                                        **environment},
        capture_output=True, text=True, check=False, cwd=WORK,
        stdin=subprocess.DEVNULL, timeout=120)
    done.set()
    watcher.join()
    return ended


def check(what, ended, code):
    """The right exit code, one sentence for an error, and no canary."""
    text = ended.stdout + ended.stderr
    wrong = []
    if ended.returncode != code:
        wrong.append(f"exit {ended.returncode}")
    if code != 0 and ended.stderr.count("\n") != 1:
        wrong.append(f"{ended.stderr.count(chr(10))} lines")
    if CANARY in text or "vogel" in text:
        wrong.append("canary shown")
    figure(what, ", ".join(wrong) or f"exit {code}, no canary",
           f"exit {code}, no canary", not wrong)
    if wrong:
        note(ended.stderr[-500:])


def in_a_url():
    at = f"127.0.0.1:{SERVER.port}/postgres"
    for url in (f"postgresql://canary_role:{CANARY}@{at}",
                f"postgres://canary_role:{CANARY}@{at}",
                f"postgresql://canary_role%3A{CANARY}@{at}",
                f"postgresql://{at}?user=canary_role&password={CANARY}",
                f"postgresql://{at}?user=canary_role&%70assword={CANARY}",
                f"postgresql://canary_role:{CANARY}",
                f"postgresql+psycopg2://canary_role:{CANARY}@{at}",
                f"host=127.0.0.1 password={CANARY}"):
        shown = url.replace(CANARY, "CANARY").replace(at, "...")
        check(f"verify {shown}"[:52], run("verify", url), 2)
    url = f"postgresql://canary_role:{CANARY}@{at}"
    for command in ("generate", "collect"):
        check(f"{command} --to with a password", run(command, "--to", url), 2)
        check(f"{command} with it in the wrong place", run(command, url), 2)
    for command in ("digest", "validate", "dashboard", "doctor"):
        check(f"{command} with a password", run(command, url), 2)
    check("as a command", run(url), 2)
    check("in an unknown flag", run("generate", f"--database={url}"), 2)


def work_with(what, url, **environment):
    """Every command, with a password that comes from somewhere else."""
    log = WORK / "collect.log"
    check(f"generate, {what}",
          run("generate", "--to", url, "--force", *FLEET, "--progress",
              "never", "--json", **environment), 0)
    check(f"collect, {what}",
          run("collect", "--to", url, "--duration", "1s", "--dashboard", "off",
              "--log", str(log), **environment), 0)
    for command in ("verify", "digest", "validate", "doctor"):
        ended = run(command, url, **environment)
        check(f"{command}, {what}", ended,
              ended.returncode if command == "validate" else 0)
    same(f"canary in the log of collect, {what}",
         CANARY in log.read_text(), False)
    log.unlink()


def outside_of_arguments():
    work_with("PGPASSWORD", SERVER.url(), PGPASSWORD=CANARY)
    password_file = WORK / ".pgpass"
    password_file.write_text(f"127.0.0.1:*:*:canary_role:{CANARY}\n")
    password_file.chmod(0o600)
    work_with("~/.pgpass", SERVER.url(), PGPASSFILE=str(password_file))
    password_file.unlink()
    service_file = WORK / "service"
    service_file.write_text(
        f"[fleet]\nhost=127.0.0.1\nport={SERVER.port}\nuser=canary_role\n"
        f"dbname=postgres\npassword={CANARY}\n")
    work_with("service file", "postgresql:///?service=fleet",
              PGSERVICEFILE=str(service_file))


def refused_by_the_server():
    wrong = {"PGPASSWORD": CANARY + "-wrong"}
    for command in ("verify", "doctor"):
        check(f"{command}, wrong password",
              run(command, SERVER.url(), **wrong), 77)
    check("generate, wrong password",
          run("generate", "--to", SERVER.url(), *FLEET, **wrong), 77)
    check("verify, no password", run("verify", SERVER.url()), 77)
    check("verify, missing database",
          run("verify", SERVER.url("nowhere"), PGPASSWORD=CANARY), 69)
    check("verify, nobody listens",
          run("verify", "postgresql://canary_role@127.0.0.1:1/postgres",
              PGPASSWORD=CANARY), 69)
    check("verify, no such host",
          run("verify", "postgresql://canary_role@host.invalid/postgres",
              PGPASSWORD=CANARY), 69)


def nothing_stored():
    environment = {**os.environ, "PGPASSWORD": CANARY}
    dump = subprocess.run([str(BIN / "pg_dump"), "-d", SERVER.url()],
                          capture_output=True, text=True, check=True,
                          env=environment).stdout
    figure("rows of the dump", dump.count("\n"), "> 1000",
           dump.count("\n") > 1000)
    same("canary in a dump of the database", CANARY in dump, False)
    same("canary in the server's log", CANARY in SERVER.log.read_text(), False)
    named = psql(SERVER.url(), "SELECT count(*) FROM pg_stat_activity WHERE "
                 f"application_name LIKE '%{CANARY}%'", env=environment)
    same("canary in application names", named, ["0"])
    same("canary in the arguments of a process",
         [line for line in seen_arguments if CANARY in line], [])
    figure("lines of arguments looked at", len(seen_arguments), "> 20",
           len(seen_arguments) > 20)


in_a_url()
seen_arguments.clear()  # what the user typed there is for all to see
outside_of_arguments()
refused_by_the_server()
nothing_stored()
finish()
