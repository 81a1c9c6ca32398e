#!/usr/bin/env bash
# Both hosts, any speed, block and batch: what is collected has the digest of
# what generate makes of the same span. By the program, and by the test cases
# tagged [same-data] for sizes that have no flag.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fleet=(--sites 5 --devices 90 --traffic 5 --start 2026-03-02T10:00:00
  --span 10m)
"$tillstorm" generate --to "$work/generated.db" --progress never \
  "${fleet[@]}" >/dev/null
digest_of() { "$tillstorm" digest "$1" | awk '$1 == "total" { print $3 }'; }
want="$(digest_of "$work/generated.db")"
for host in threads pool; do
  for speed in 60x max; do
    for rows in 1 100 100000; do
      file="$work/live.db"
      "$tillstorm" collect --to "$file" "${fleet[@]}" --host "$host" \
        --speed "$speed" --batch-rows "$rows" --dashboard off \
        >/dev/null 2>"$work/errors" || cat "$work/errors"
      same "--host $host --speed $speed --batch-rows $rows" \
        "$(digest_of "$file")" "$want"
      rm -f "$file"*
    done
  done
done
run_tagged harness_tests "[same-data]"
finish
