#!/usr/bin/env bash
# From a bare Debian 12 to a checked dataset: installs what is missing, builds,
# generates four days of the standard fleet that end now, collects live for a
# minute on top, verifies and validates it and shows what is there. Nothing that
# exists is replaced.
#   ./start.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if (($# > 0)); then
  if [[ "$1" == --help || "$1" == -h ]]; then
    sed -n '2,7s/^# *//p' "${BASH_SOURCE[0]}"
    exit 0
  fi
  echo "start.sh takes no arguments; '$1' was given." >&2
  exit 2
fi

step() { printf '\n== %s\n' "$*"; }
tillstorm=build/release/tillstorm
jobs="${CMAKE_BUILD_PARALLEL_LEVEL:-2}"

step "1/6  What is needed"
cmake/packages.sh build
echo "Everything is there."

step "2/6  Building ($tillstorm)"
if [[ ! -f build/release/build.ninja ]]; then
  # The program alone: tests and their libraries are test.sh's business.
  cmake --preset release -DTILLSTORM_TESTS=OFF -DTILLSTORM_BENCH=OFF \
    --log-level=NOTICE
fi
cmake --build --preset release --target tillstorm -j "$jobs"

mkdir -p data
file=data/standard.sqlite
if [[ -e "$file" ]]; then
  echo
  echo "$file exists and is kept; this run gets a name of its own."
  file="data/standard-$(date -u +%Y%m%dT%H%M%SZ).sqlite"
fi
step "3/6  Generating: 12 devices on 3 sites, the last four days ($file)"
"$tillstorm" generate --to "$file" --days 4 --end now --interval 30s

step "4/6  Collecting: one minute live, a thread per agent"
"$tillstorm" collect --to "$file" --duration 1m

step "5/6  Verifying: every row is made again and compared"
"$tillstorm" verify "$file"

step "6/6  Validating: what HOMEPOT's own tools need, and what must be true"
"$tillstorm" validate --min-days 3 "$file"

step "The dataset: $PWD/$file ($(du -h "$file" | cut -f1))"
"$tillstorm" digest "$file" |
  awk '$1 == "total" { print ""; print "  digest " $3; next }
       $2 > 0 { printf "  %-28s %9d rows\n", $1, $2 }'

cat <<END

What to type next:
  $tillstorm --help                         all commands
  $tillstorm collect --to $file
                    goes on with it, live, until Ctrl-C; on a terminal with a dashboard
  $tillstorm generate --help                larger fleets, longer spans, other seeds
  $tillstorm generate --to data/big.sqlite --sites 25 --devices 300 --days 1
  $tillstorm digest $file
                    the same seed, flags and instants give this digest anywhere
  ./test.sh                                 every test (a few minutes)

Any SQLite client reads the file, HOMEPOT included: its 25 tables are as
HOMEPOT makes them. Which faults were injected, and when, is in the table
tillstorm_truth.
END
