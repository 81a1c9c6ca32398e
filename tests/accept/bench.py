"""Shared by the scripts of benchmarks: runs `tillstorm bench` and reads what
it leaves."""
import base64
import json
import os
import struct
import subprocess
import tempfile
import zlib

from accept import BINARY, WORK, figure, finish, note

RUNS = int(os.environ.get("RUNS", "5"))  # of which the median counts


class Run:
    """One benchmark run: its exit code, folder and record."""

    def __init__(self, *flags, program=(BINARY,), ceilings="off"):
        out = tempfile.mkdtemp(dir=WORK)
        done = subprocess.run(
            [*map(str, program), "bench", "--to", "sqlite:", "--progress",
             "never", "--out", out, "--ceilings", ceilings, *map(str, flags)],
            capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL)
        self.code = done.returncode
        self.text = done.stdout
        self.error = done.stderr
        folders = [entry.path for entry in os.scandir(out) if entry.is_dir()]
        if len(folders) != 1:
            figure("a benchmark leaves one folder", self.error.strip(),
                   "1 folder", False)
            finish()
        self.folder = folders[0]
        with open(f"{self.folder}/run.json", encoding="utf-8") as file:
            self.record = json.load(file)
        self.kind = self.record["verdict"]["kind"]
        self.reasons = {reason["code"]: reason["sentence"]
                        for reason in self.record["verdict"]["reasons"]}
        note(f"{self.kind}: {self.record['verdict']['headline']}")

    def rate(self):
        return self.record["rates"]["acknowledged_rows_per_s"]

    def ms(self, part, percentile):
        return self.record["latency"][part][f"{percentile}_ns"] / 1e6


def parts(run):
    """The histogram of each part over the measured window, as value in ns
    (the end of its bucket) to number of rows."""
    sums = {}
    begin = run.record["phases"]["warmup_s"]
    with open(f"{run.folder}/latency.hlog", encoding="utf-8") as file:
        for line in file:
            if not line.startswith("Tag="):
                continue
            tag, start, _, _, payload = line.strip().split(",")
            if float(start) < begin - 1e-3:
                continue
            counts = sums.setdefault(tag[len("Tag="):], {})
            for value, count in decode(payload):
                counts[value] = counts.get(value, 0) + count
    return sums


def decode(payload):
    """HdrHistogram's compressed encoding V2: a deflated header of 40 bytes,
    then counts as ZigZag LEB128, where a negative one is a run of zeros."""
    data = zlib.decompress(base64.b64decode(payload)[8:])
    digits, lowest = struct.unpack(">iq", data[12:24])
    unit = lowest.bit_length() - 1
    half_bits = (2 * 10 ** digits - 1).bit_length() - 1
    index, at = 0, 40
    while at < len(data):
        number, shift = 0, 0
        for i in range(9):
            byte, at = data[at], at + 1
            if i == 8:
                number |= byte << shift
                break
            number |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        count = (number >> 1) ^ -(number & 1)
        if count < 0:
            index -= count
            continue
        if count > 0:
            bucket = max(0, (index >> half_bits) - 1)
            first = index - (bucket << half_bits)
            yield ((first + 1) << (bucket + unit)) - 1, count
        index += 1


def percentile_ms(counts, percent):
    rank = percent / 100 * sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value / 1e6
    return 0.0
