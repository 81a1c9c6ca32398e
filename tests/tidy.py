#!/usr/bin/env python3
"""Fails when an #include crosses folders against the dependency rule.

    tidy.py [ROOT]     prints one line per offence; exit 1 if there is any
"""
import pathlib
import re
import sys

MAY_INCLUDE = {  # folder -> folders it may include from; longest prefix wins
    "harness/core": {"harness/core"},
    "agents": {"agents", "harness/core"},
    "storage": {"storage", "harness/core"},
    "harness": {"harness", "harness/core", "agents", "storage"},
    "bench": {"bench", "harness", "harness/core", "agents", "storage"},
    "tests": {"tests", "harness", "harness/core", "agents", "storage"},
}
ONLY_IN = {  # third-party header prefix -> the only files that may name it
    "sqlite3.h": r"storage/sqlite/|bench/|tests/",
    "pqxx/": r"storage/postgres/|bench/|tests/",
    "libpq-fe.h": r"storage/postgres/|bench/|tests/",
    "concurrentqueue/": r"harness/event_queue\.",
    "cxxopts": r"harness/(main|command_line|commands/)",
    "Random123/": r"harness/core/|tests/",
    "xxhash.h": r"harness/core/|tests/",
    "spdlog/": r"harness/log_stream\.",
    "curses.h": r"harness/screen\.",
    "panel.h": r"harness/screen\.",
    "zlib.h": r"harness/measure/hdr_payload\.",
    "benchmark/": r"bench/",
    "catch2/": r"tests/",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def folder(path):
    owners = (f for f in MAY_INCLUDE if path.startswith(f + "/"))
    return max(owners, key=len, default=None)


def files(root):
    for top in sorted({f.split("/")[0] for f in MAY_INCLUDE}):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc"):
                yield file, file.relative_to(root).as_posix()


def check(root):
    for file, path in files(root):
        home = folder(path)
        for target in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if folder(target) and folder(target) not in MAY_INCLUDE[home]:
                yield f"{path}: {home} may not include {target}"
            for prefix, owner in ONLY_IN.items():
                if target.startswith(prefix) and not re.match(owner, path):
                    yield f"{path}: only {owner} may include <{target}>"


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    errors = list(check(root))
    print("\n".join(errors) or f"{sum(1 for _ in files(root))} files, no offence")
    sys.exit(bool(errors))
