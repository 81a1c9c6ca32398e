#!/usr/bin/python3
"""One seed, one digest: read back from SQLite and from PostgreSQL, by COPY and
by INSERT, through one lane and four, generated and collected; and as a program
of another author's computes it from the SQLite file."""
import json
import subprocess

from accept import ROOT, WORK, figure, finish, generate, tillstorm
from postgres_server import Server

FLEET = ["--sites", 3, "--devices", 12, "--seed", 11]
SPAN = ["--start", "2026-01-05T08:00:00Z", "--span", "2h"]
LOADS = {"copy": [], "insert": ["--load", "insert"], "copy4": ["--lanes", 4],
         "insert4": ["--load", "insert", "--lanes", 4]}


def read_back(location):
    """The digest of every table and of all."""
    return tillstorm("digest", location)


def same_digest(what, found):
    """Every table's, of which the last line is that of all."""
    def total(text):
        return text.split()[-1][:20]
    figure(what, total(found), total(wanted), found == wanted)


def independent(path):
    return subprocess.run(
        ["/usr/bin/python3", str(ROOT / "tests/support/dataset_digest.py"),
         str(WORK / path)], check=True, text=True,
        stdout=subprocess.PIPE).stdout


def collect(to, *flags):
    return json.loads(tillstorm("collect", "--to", to, *FLEET, *SPAN, "--speed",
                                "max", "--dashboard", "off", "--json", *flags))


server = Server()
generate("one.db", *FLEET, *SPAN)
wanted = read_back("one.db")
same_digest("SQLite as another program reads it", independent("one.db"))

for name, flags in LOADS.items():
    url = server.create("generated_" + name)
    generate(url, *FLEET, *SPAN, *flags)
    same_digest("PostgreSQL, generated " + " ".join(map(str, flags)),
                read_back(url))
    tillstorm("verify", url, "--progress", "never")

collect("live.db")
same_digest("SQLite, collected", read_back("live.db"))
for name, flags in LOADS.items():
    url = server.create("collected_" + name)
    collect(url, *flags)
    same_digest("PostgreSQL, collected " + " ".join(map(str, flags)),
                read_back(url))
    tillstorm("verify", url, "--progress", "never")
finish()
