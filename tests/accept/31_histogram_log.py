#!/usr/bin/python3
"""The histogram logs of benchmark runs, opened by another program
(hdr-histogram-js, from npm): the same counts and percentiles as in run.json. Of
a run that was made up, so that each tag has values of its own, and of a real
one."""
import json
import subprocess

from accept import BUILD, WORK, figure, finish, same, tillstorm

READER = """
const fs = require("fs");
const hdr = require("hdr-histogram-js");
const [file, from] = process.argv.slice(2);
const log = new hdr.HistogramLogReader(fs.readFileSync(file, "utf8"), 64);
const sums = {};
for (let h; (h = log.nextIntervalHistogram(Number(from))) !== null;) {
  sums[h.tag] ??= hdr.build({bitBucketSize: 64, lowestDiscernibleValue: 1000,
    highestTrackableValue: 3600000000000, numberOfSignificantValueDigits: 3});
  sums[h.tag].add(h);
}
const out = {};
for (const [tag, h] of Object.entries(sums)) {
  out[tag] = {count: h.totalCount};
  for (const p of [50, 90, 99, 99.9]) {
    out[tag][`p${String(p).replace(".", "")}_ns`] = h.getValueAtPercentile(p);
  }
}
console.log(JSON.stringify(out));
"""


def run(*command):
    return subprocess.run(list(map(str, command)), cwd=WORK, text=True,
                          capture_output=True, check=False)


def compare(what, folder):
    record = json.loads(tillstorm("report", "--format", "json", folder,
                                  codes=(0, 1)))
    read = run("node", "read.js", WORK / folder / "latency.hlog",
               record["phases"]["warmup_s"])
    same(f"{what}: it reads the log", (read.returncode, read.stderr), (0, ""))
    theirs = json.loads(read.stdout or "{}")
    ours = {**record["latency"],
            **{f"engine_{k}": v for k, v in record["engine_parts"].items()}}
    same(f"{what}: tags", sorted(theirs), sorted(ours))
    for tag, facts in ours.items():
        for name, value in theirs.get(tag, {}).items():
            wanted = facts[name]
            if wanted != facts["max_ns"]:
                same(f"{what}: {tag} {name}", value, wanted)
                continue
            # Theirs is the end of a bucket, ours never above the exact maximum.
            figure(f"{what}: {tag} {name}", value, f"{wanted} +0.1 % +511",
                   wanted <= value <= wanted * 1.001 + 511)


installed = run("npm", "install", "--no-audit", "--no-fund",
                "hdr-histogram-js@3.0.1")
same("npm installs hdr-histogram-js 3.0.1", installed.returncode, 0)
if installed.returncode != 0:
    print(installed.stderr[-1000:])
    finish()
(WORK / "read.js").write_text(READER)
compare("made up", run(BUILD / "tests/run_demo", WORK / "demo").stdout.strip())
real = json.loads(tillstorm(
    "bench", "--to", "sqlite:", "--mode", "rate", "--rate", "20000",
    "--duration", "6s", "--ceilings", "off", "--out", "runs", "--progress",
    "never", "--json", codes=(0, 1)))
compare("real", f"runs/{real['name']}")
finish()
