"""Shared by the Python scripts of tests/accept/, as lib.sh by the others.

A script measures figures and prints each with its bar and a verdict; it ends
with finish(), which exits 1 if any figure failed. Environment: TILLSTORM or
TILLSTORM_BUILD name the binary.
"""
import atexit
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TILLSTORM_BUILD", ROOT / "build/release"))
BINARY = pathlib.Path(os.environ.get("TILLSTORM", BUILD / "tillstorm"))
if not BINARY.exists():
    sys.exit(f"There is no {BINARY}: build it with ./test.sh --accept, "
             "or name one in TILLSTORM.")
# A folder of the script's own, removed at the end.
WORK = pathlib.Path(tempfile.mkdtemp(prefix="tillstorm-accept."))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)
failures = 0


def note(text):
    print("  " + text, flush=True)


def figure(what, value, bar, passed):
    global failures
    failures += not passed
    print(f"figure {what:<52} {value!s:<24} bar {bar!s:<20}",
          "passed" if passed else "failed", flush=True)


def same(what, found, wanted):
    figure(what, found, wanted, found == wanted)


def within(what, value, wanted, share):
    """A number that may miss the wanted one by a share of it."""
    figure(what, f"{value:.2f}", f"{wanted:.2f} +-{100 * share:.0f} %",
           abs(value - wanted) <= share * wanted)


def at_most(what, value, bar):
    figure(what, f"{value:.2f}", f"<= {bar:.2f}", value <= bar)


def at_least(what, value, bar):
    figure(what, f"{value:.2f}", f">= {bar:.2f}", value >= bar)


def finish():
    if failures:
        print(f"{failures} figure(s) failed")
        sys.exit(1)
    print("all figures passed")
    sys.exit(0)


def tillstorm(*arguments, codes=(0,), binary=BINARY):
    """Runs the program by that name alone and gives its standard output."""
    result = subprocess.run(["tillstorm", *map(str, arguments)],
                            executable=binary, capture_output=True, text=True,
                            check=False, cwd=WORK, stdin=subprocess.DEVNULL)
    if result.returncode not in codes:
        figure("tillstorm " + " ".join(map(str, arguments))[:60],
               f"exit {result.returncode}", f"exit {codes[0]}", False)
        print(result.stdout[-2000:], result.stderr[-2000:])
        finish()
    return result.stdout


def generate(to, *flags):
    """Makes a dataset and gives its summary."""
    return json.loads(tillstorm("generate", "--to", to, "--progress", "never",
                                "--json", *flags))


def connect(path):
    file = sqlite3.connect(f"file:{WORK / path}?mode=ro", uri=True)
    file.row_factory = sqlite3.Row
    return file
