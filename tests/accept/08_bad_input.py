#!/usr/bin/python3
"""Bad input against the real binary: one sentence on standard error, the right
exit code, no partial file, nothing overwritten. Then Ctrl-C.

Same output as the shell scripts beside it: one line per figure. Environment:
TILLSTORM or TILLSTORM_BUILD name the binary.
"""
import hashlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TILLSTORM_BUILD", ROOT / "build/release"))
BINARY = pathlib.Path(os.environ.get("TILLSTORM", BUILD / "tillstorm"))
NOBODY = 65534
SMALL = ["--devices", "2", "--span", "10m", "--progress", "never"]
failures = 0


def figure(what, value, bar, passed):
    global failures
    failures += not passed
    print(f"figure {what:<52} {value:<24} bar {bar:<20}",
          "passed" if passed else "failed", flush=True)


def contents(folder):
    """Every file below a folder with a hash of its bytes."""
    return {p.relative_to(folder).as_posix():
            hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "/"
            for p in sorted(folder.rglob("*"))}


def run(arguments, cwd, as_nobody=False):
    prefix = []
    if as_nobody and os.geteuid() == 0:
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                  "--clear-groups"]
    return subprocess.run(prefix + [str(BINARY), *arguments], cwd=cwd,
                          capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, errors="replace",
                          check=False)


def what_is_wrong(result, codes, before, after, names):
    """What makes the answer a bad one, or nothing."""
    lines = result.stderr.splitlines()
    if result.returncode not in codes:
        yield f"exit {result.returncode}"
    if len(lines) != 1 or not lines[0].strip():
        yield f"{len(lines)} lines on stderr"
    if len(result.stderr) > 500:
        yield f"{len(result.stderr)} characters"
    for name in names:
        if name not in result.stderr:
            yield f"does not name {name}"
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield (f"left {name}" if name not in before else
                   f"removed {name}" if name not in after else
                   f"changed {name}")


def case(what, codes, arguments, folder, names=(), as_nobody=False):
    """codes: the exit codes that are right; names: what the sentence must
    mention."""
    before = contents(folder)
    result = run(arguments, folder, as_nobody)
    wrong = list(what_is_wrong(result, codes, before, contents(folder), names))
    figure(what, f"exit {result.returncode}", "exit " + "/".join(
        map(str, codes)), not wrong)
    if wrong:
        print(f"    {'; '.join(wrong)}\n    {result.stderr.strip()[:600]}")


def usage_cases(folder):
    """Flags and values, in an empty folder that must stay empty."""
    for what, arguments, names in (
            ("unknown command", ["generat"], ["generat"]),
            ("unknown flag", ["--bogus", "1"], ["--bogus"]),
            ("flag without its value", ["--seed"], ["--seed"]),
            ("flag given twice", ["--seed", "1", "--seed", "2"], ["--seed"]),
            ("stray argument", ["stray"], ["stray"]),
            ("--days -1", ["--days", "-1"], ["--days"]),
            ("--days 0", ["--days", "0"], ["--days"]),
            ("--days x", ["--days", "x"], ["--days"]),
            ("--days nan", ["--days", "nan"], ["--days"]),
            ("--days 1e300", ["--days", "1e300"], ["--days"]),
            ("--days and --span", ["--days", "1", "--span", "2d"], ["--"]),
            ("--span 5x", ["--span", "5x"], ["--span"]),
            ("--devices 0", ["--devices", "0"], ["--devices"]),
            ("--devices -5", ["--devices", "-5"], ["--devices"]),
            ("--devices 1.5", ["--devices", "1.5"], ["--devices"]),
            ("--devices 4294967297", ["--devices", "4294967297"],
             ["--devices"]),
            ("--devices 99999999999999999999",
             ["--devices", "99999999999999999999"], ["--devices"]),
            ("--devices 1000001", ["--devices", "1000001"], ["--devices"]),
            ("--sites -1", ["--sites", "-1"], ["--sites"]),
            ("--sites 100001", ["--sites", "100001"], ["--sites"]),
            ("--traffic 0", ["--traffic", "0"], ["--traffic"]),
            ("--traffic 100001", ["--traffic", "100001"], ["--traffic"]),
            ("--profile fast", ["--profile", "fast"], ["--profile"]),
            ("--job-success done", ["--job-success", "done"],
             ["--job-success"]),
            ("--tables of nothing", ["--tables", ","], ["--tables"]),
            ("--tables with an unknown name", ["--tables", "jobs,alert"],
             ["--tables", "alerts"]),
            ("--tables with a table of the fleet", ["--tables", "devices"],
             ["--tables", "devices"]),
            ("--tables with a name twice", ["--tables", "jobs,jobs"],
             ["--tables", "jobs"]),
            ("more sites than devices", ["--sites", "5", "--devices", "4"],
             ["--"]),
            ("more ids than 31 bits hold",
             ["--sites", "1000", "--devices", "100000", "--days", "36500"],
             ["--"]),
            ("--seed -1", ["--seed", "-1"], ["--seed"]),
            ("--seed 18446744073709551616",
             ["--seed", "18446744073709551616"], ["--seed"]),
            ("--seed 0x", ["--seed", "0x"], ["--seed"]),
            ("--interval 0s", ["--interval", "0s"], ["--interval"]),
            ("--interval 2h", ["--interval", "2h"], ["--interval"]),
            ("--interval 1.5s", ["--interval", "1.5s"], ["--interval"]),
            ("--threads 0", ["--threads", "0"], ["--threads"]),
            ("--threads 257", ["--threads", "257"], ["--threads"]),
            ("--batch-rows 0", ["--batch-rows", "0"], ["--batch-rows"]),
            ("--batch-bytes 1", ["--batch-bytes", "1"], ["--batch-bytes"]),
            ("--indexes some", ["--indexes", "some"], ["--indexes"]),
            ("--progress maybe", ["--progress", "maybe"], ["--progress"]),
            ("--start 2026-13-01", ["--start", "2026-13-01"], ["--start"]),
            ("--start 2026-02-30", ["--start", "2026-02-30"], ["--start"]),
            ("--start yesterday", ["--start", "yesterday"], ["--start"]),
            ("--end before --start", ["--start", "2026-01-05", "--end",
                                      "2026-01-01"], ["--end"])):
        if not what.startswith("unknown command"):
            arguments = ["generate", "--to", "new.sqlite", *arguments]
        case(what, [2], arguments, folder, names)
    case("generate without --to", [2], ["generate"], folder, ["--to"])
    case("--to with nothing in it", [2], ["generate", "--to", ""], folder,
         ["--to"])
    case("unknown option of a location", [2],
         ["generate", "--to", "sqlite:new.sqlite?bogus=1", *SMALL], folder,
         ["bogus"])
    case("unknown kind of location", [2],
         ["generate", "--to", "oracle:new", *SMALL], folder, ["oracle"])
    case("something after null:", [2],
         ["generate", "--to", "null:new.sqlite", *SMALL], folder, ["null:"])
    for command in "digest", "verify":
        case(f"{command}: null:", [2], [command, "null:"], folder,
             ["null: stores nothing"])
    case("digest without a location", [2], ["digest"], folder)
    case("doctor with two locations", [2], ["doctor", "a", "b"], folder)
    case("verify with two locations", [2], ["verify", "a", "b"], folder)
    case("schema of an unknown backend", [2],
         ["schema", "--backend", "oracle"], folder, ["oracle"])


def output_cases(folder, dataset):
    """Outputs that cannot or may not be made."""
    new = ["generate", *SMALL, "--to"]
    shutil.copy(dataset, folder / "ours.sqlite")
    (folder / "notes.txt").write_text("not a database\n")
    (folder / "empty").write_text("")
    other = sqlite3.connect(folder / "other.sqlite")
    other.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    other.close()
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("nowhere")

    case("output exists: a dataset, no --force", [73], [*new, "ours.sqlite"],
         folder, ["ours.sqlite", "--force"])
    case("output exists: a text", [73], [*new, "notes.txt"], folder,
         ["notes.txt"])
    case("output exists: a text, --force", [73],
         [*new, "notes.txt", "--force"], folder, ["notes.txt"])
    case("output exists: another's database", [73], [*new, "other.sqlite"],
         folder, ["other.sqlite"])
    case("output exists: another's database, --force", [73],
         [*new, "other.sqlite", "--force"], folder, ["other.sqlite"])
    case("output is a folder", [73], [*new, "folder"], folder, ["folder"])
    case("output is a folder, --force", [73], [*new, "folder", "--force"],
         folder, ["folder"])
    case("output is a dangling link", [73], [*new, "link"], folder, ["link"])
    case("output in a missing folder", [73], [*new, "missing/new.sqlite"],
         folder, ["missing"])
    case("output below a file", [73], [*new, "notes.txt/new.sqlite"], folder,
         ["notes.txt"])
    case("bench: in a missing folder", [73],
         ["bench", "--to", "missing/new.sqlite"], folder,
         ["missing/new.sqlite: ", "choose a location"])
    case("bench: a server in a missing folder", [73],
         ["bench", "--to", "postgres:missing/new"], folder,
         ["postgres:missing/new: ", "choose a location"])
    case("bench: --out below a file", [73],
         ["bench", "--to", "null:", "--out", "notes.txt/runs"], folder,
         ["--out is ", "notes.txt/runs", "choose a folder"])

    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    # Root may write anywhere, so this one runs as nobody.
    case("doctor: a folder", [65], ["doctor", "folder"], folder, ["folder"])
    case("doctor: a text", [65], ["doctor", "notes.txt"], folder,
         ["notes.txt"])
    case("doctor: another's database", [65], ["doctor", "other.sqlite"],
         folder, ["other.sqlite"])
    case("doctor: a dangling link", [65], ["doctor", "link"], folder, ["link"])
    case("doctor: in a missing folder", [73], ["doctor", "missing/new.sqlite"],
         folder, ["missing"])
    case("doctor: more threads than there can be", [71],
         ["doctor", "--devices", "100000", "--sites", "100000", "--traffic",
          "100000"], folder, ["--host pool"])
    case("doctor: in a read-only folder", [77],
         ["doctor", str(locked / "new.sqlite")], folder, ["locked"],
         as_nobody=True)
    case("output in a read-only folder", [77],
         [*new, str(locked / "new.sqlite")], folder, ["locked"],
         as_nobody=True)


def input_cases(folder, dataset):
    """Locations that hold no sound dataset of ours."""
    (folder / "notes.txt").write_text("not a database\n" * 500)
    (folder / "empty").write_text("")
    (folder / "folder").mkdir()
    other = sqlite3.connect(folder / "other.sqlite")
    other.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    other.close()
    whole = dataset.read_bytes()
    (folder / "truncated.sqlite").write_bytes(whole[:len(whole) // 2])
    (folder / "stub.sqlite").write_bytes(whole[:50])
    shutil.copy(dataset, folder / "future.sqlite")
    future = sqlite3.connect(folder / "future.sqlite")
    future.execute("UPDATE tillstorm_manifest SET value = '999' "
                   "WHERE key = 'stream_version'")
    future.commit()
    future.close()
    shutil.copy(dataset, folder / "bare.sqlite")
    bare = sqlite3.connect(folder / "bare.sqlite")
    bare.execute("DROP TABLE tillstorm_manifest")
    bare.commit()
    bare.close()

    for command in "digest", "verify":
        for what, name in (("no database", "notes.txt"),
                           ("an empty file", "empty"),
                           ("a folder", "folder"),
                           ("a missing file", "missing.sqlite"),
                           ("a database of someone else", "other.sqlite"),
                           ("a dataset cut in half", "truncated.sqlite"),
                           ("the first 50 bytes", "stub.sqlite"),
                           ("a dataset without its manifest", "bare.sqlite")):
            case(f"{command}: {what}", [65], [command, name], folder, [name])
    case("verify: another stream version", [65], ["verify", "future.sqlite"],
         folder, ["999"])
    case("generate: a dataset cut in half exists", [73],
         ["generate", *SMALL, "--to", "truncated.sqlite"], folder)


def validate_cases(folder, dataset):
    """Flags, report files and locations of validate."""
    shutil.copy(dataset, folder / "ours.sqlite")
    (folder / "notes.txt").write_text("not a report\n")
    (folder / "large.json").write_text("[" + "1," * 700_000 + "1]")
    (folder / "folder").mkdir()
    other = sqlite3.connect(folder / "other.sqlite")
    other.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    other.close()
    whole = dataset.read_bytes()
    (folder / "truncated.sqlite").write_bytes(whole[:len(whole) // 2])
    (folder / "empty").write_text("")
    for flags in (["--min-days", "-1"], ["--min-days", "x"],
                  ["--min-days", "1.5"], ["--min-days", "36526"],
                  ["--min-days", ""], ["--now", "yesterday"],
                  ["--now", "2026-13-01"], ["--now", ""], ["--report", ""]):
        case("validate " + " ".join(flags), [2],
             ["validate", "ours.sqlite", *flags], folder, [flags[0]])
    case("validate without a location", [2], ["validate"], folder)
    case("validate two locations", [2], ["validate", "a", "b"], folder)
    case("validate: null:", [2], ["validate", "null:"], folder,
         ["null: stores nothing"])
    case("validate: a throw-away", [2], ["validate", "sqlite:"], folder,
         ["throw-away"])
    for what, name in (("no database", "notes.txt"),
                       ("an empty file", "empty"), ("a folder", "folder"),
                       ("a missing file", "missing.sqlite"),
                       ("a database of someone else", "other.sqlite"),
                       ("a dataset cut in half", "truncated.sqlite")):
        case(f"validate: {what}", [65], ["validate", name], folder, [name])

    report = ["validate", "ours.sqlite", "--report"]
    # The location is missing: whoever looks at the report file first says so.
    early = ["validate", "missing.sqlite", "--report"]
    for what, name in (("in a missing folder", "missing/report.json"),
                       ("below a file", "notes.txt/report.json"),
                       ("a folder", "folder"), ("a text", "notes.txt"),
                       ("a dataset", "ours.sqlite"),
                       ("a large file", "large.json")):
        case(f"validate --report: {what}", [73], [*report, name], folder,
             ["--report", name])
        case(f"validate --report: {what}, found first", [73], [*early, name],
             folder, ["--report"])
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    case("validate --report: in a read-only folder", [77],
         [*report, "locked/report.json"], folder, ["locked"], as_nobody=True)


def disk_case(what, folder, code, size, prepare, arguments):
    """Generates onto a disk of that many bytes, in a mount namespace so that
    nothing can be left."""
    script = (f'mount -t tmpfs -o size={size} none "{folder}" && {prepare} && '
              f'"{BINARY}" generate --to "{folder}/new.sqlite" '
              f'--progress never {arguments}; code=$?; ls -A "{folder}"; '
              'exit $code')
    result = subprocess.run(["unshare", "--mount", "sh", "-c", script],
                            capture_output=True, text=True, timeout=120,
                            check=False)
    wrong = list(what_is_wrong(result, [code], {}, {}, []))
    if result.stdout.strip():
        wrong.append(f"left or printed {result.stdout.strip()!r}")
    figure(what, f"exit {result.returncode}", f"exit {code}, disk empty",
           not wrong)
    if wrong:
        print(f"    {'; '.join(wrong)}\n    {result.stderr.strip()[:600]}")


def disk_cases(folder):
    if os.geteuid() != 0:
        figure("a disk that fills up", "skipped: needs root",
               "exit 74, disk empty", False)
        return
    sizes = {}
    for indexes in "none", "deferred":
        made = folder.parent / f"{indexes}.sqlite"
        run(["generate", "--to", str(made), "--span", "1h", "--progress",
             "never", "--indexes", indexes], folder)
        sizes[indexes] = made.stat().st_size
    disk_case("a disk that fills up with rows", folder, 74, sizes["none"] // 4,
              "true", "--span 1h")
    disk_case("a disk that fills up with indexes", folder, 74,
              (sizes["none"] + sizes["deferred"]) // 2, "true", "--span 1h")
    disk_case("a disk mounted read-only", folder, 73, 2**20,
              f'mount -o remount,ro "{folder}"', "--span 1h")


def interrupted(what, folder, arguments, ready, send, code):
    """Runs in a terminal, sends a signal once `ready` says so of what has been
    shown, and times the end."""
    before = contents(folder)
    master, slave = pty.openpty()
    process = subprocess.Popen([str(BINARY), *arguments], cwd=folder,
                               stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=slave)
    os.close(slave)
    shown, sent_at, at_signal = "", None, 0
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.02)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            shown += data.decode(errors="replace")
        if sent_at is None and ready(shown):
            at_signal = len(shown)
            sent_at = time.monotonic()
            process.send_signal(send)
    else:
        process.kill()
    process.wait()
    took = time.monotonic() - (sent_at or 0)
    os.close(master)
    wrong = []
    if sent_at is None:
        wrong.append("it ended before the signal could be sent")
        took = 0
    if process.returncode != code:
        wrong.append(f"exit {process.returncode}")
    if took > 1:
        wrong.append("too slow")
    if contents(folder) != before:
        wrong.append(f"left {sorted(contents(folder).keys() - before.keys())}")
    # What it says comes after the progress line, which uses \r.
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown[at_signal:])
    if not re.search(r"remov|nothing is left|no file", said, re.I):
        wrong.append("does not say that the partial file is gone")
    figure(what, f"exit {process.returncode} after {took:.2f} s",
           f"exit {code}, <= 1 s", not wrong)
    if wrong:
        print(f"    {'; '.join(wrong)}\n    {said.strip()[-600:]!r}")


def signal_cases(folder, dataset):
    long = ["generate", "--to", "new.sqlite", "--devices", "120", "--days",
            "365", "--progress", "auto"]
    indexing = ["generate", "--to", "new.sqlite", "--devices", "60", "--days",
                "2", "--progress", "auto"]

    def rows(shown):  # a share of the work has been shown
        return re.search(r"[1-9][0-9.]* ?%|0\.[0-9]*[1-9] ?%|rows/s", shown)

    def indexes(shown):
        return re.search(r"index", shown, re.I)

    interrupted("Ctrl-C while rows are written", folder, long, rows,
                signal.SIGINT, 130)
    interrupted("SIGTERM while rows are written", folder, long, rows,
                signal.SIGTERM, 143)
    interrupted("Ctrl-C while indexes are built", folder, indexing, indexes,
                signal.SIGINT, 130)
    shutil.copy(dataset, folder / "new.sqlite")
    interrupted("Ctrl-C with --force: the old dataset stays", folder,
                [*long, "--force"], rows, signal.SIGINT, 130)


def main():
    global BINARY
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"There is no {BINARY}: build it with ./test.sh --accept, "
                 "or name one in TILLSTORM.")
    with tempfile.TemporaryDirectory(prefix="tillstorm-accept.") as name:
        work = pathlib.Path(name)
        work.chmod(0o755)  # nobody must get at the binary
        BINARY = pathlib.Path(shutil.copy(BINARY, work / "tillstorm"))
        dataset = work / "dataset.sqlite"
        made = run(["generate", "--to", str(dataset), *SMALL], work)
        if made.returncode != 0:
            sys.exit(f"cannot make a dataset: {made.stderr}")
        folders = []
        for part in ("usage", "output", "input", "disk", "signals",
                     "validate"):
            folders.append(work / part)
            folders[-1].mkdir()
        usage_cases(folders[0])
        output_cases(folders[1], dataset)
        input_cases(folders[2], dataset)
        validate_cases(folders[5], dataset)
        disk_cases(folders[3])
        signal_cases(folders[4], dataset)
    print(f"{failures} figure(s) failed" if failures else "all figures passed")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
