#!/usr/bin/env bash
# Time grows with the length of the dataset and hardly faster, memory does not.
# 12 devices, 3 against 30 days, with indexes and without: medians of 5 runs,
# taken in turn so that a slow spell of the machine meets all of them alike.
# 2,000 devices: one run, memory alone.
# RUNS=3 makes it shorter.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

runs="${RUNS:-5}"
file="$work/dataset.sqlite"

# measure NAME FLAGS...: appends seconds and peak KiB to files of that name.
measure() {
  local name="$1" started ended
  shift
  sync # what the last run left in memory is not this run's work
  started="$EPOCHREALTIME"
  /usr/bin/time -v -o "$work/time" "$tillstorm" generate --to "$file" \
    --progress never "$@" >/dev/null
  ended="$EPOCHREALTIME"
  awk -v a="$started" -v b="$ended" 'BEGIN { printf "%.3f\n", b - a }' \
    >>"$work/$name.seconds"
  awk -F': ' '/Maximum resident set size/ { print $2 }' "$work/time" \
    >>"$work/$name.kib"
  rm -f "$file"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", a / b }'; }

note "medians of $runs runs, threads as by default ($(nproc) cores)"
for ((run = 1; run <= runs; ++run)); do
  for indexes in none deferred; do
    for days in 3 30; do
      measure "$indexes-$days" --devices 12 --days "$days" --indexes "$indexes"
    done
  done
done

for indexes in none deferred; do
  for days in 3 30; do
    note "--indexes $indexes --days $days:" \
      "$(median <"$work/$indexes-$days.seconds") s" \
      "($(sort -g "$work/$indexes-$days.seconds" | tr '\n' ' '))," \
      "peak $(median <"$work/$indexes-$days.kib") KiB"
  done
done
compare "time of 30 days / time of 3, --indexes none" \
  "$(ratio "$(median <"$work/none-30.seconds")" \
    "$(median <"$work/none-3.seconds")")" "<=" 10.5
compare "time of 30 days / time of 3, with indexes" \
  "$(ratio "$(median <"$work/deferred-30.seconds")" \
    "$(median <"$work/deferred-3.seconds")")" "<=" 12
for indexes in none deferred; do
  compare "peak of 30 days / peak of 3, --indexes $indexes" \
    "$(ratio "$(median <"$work/$indexes-30.kib")" \
      "$(median <"$work/$indexes-3.kib")")" "<" 1.10
done

measure fleet --devices 2000 --days 0.2
compare "peak of 2,000 devices, 0.2 days" \
  "$(awk '{ printf "%.0f", $1 / 1024 }' "$work/fleet.kib")" "<" 512 MiB
finish
