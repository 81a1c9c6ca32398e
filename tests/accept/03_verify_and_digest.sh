#!/usr/bin/env bash
# verify accepts what generate wrote and finds any change of it; a Python
# program that knows the documented encoding alone gets the same digest.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

good="$work/good.sqlite"
copy="$work/copy.sqlite"
"$tillstorm" generate --to "$good" --days 1 --progress never >/dev/null
succeeds "verify accepts the dataset" "$tillstorm" verify "$good"

# both_digests FILE WHAT: ours and Python's, byte by byte.
both_digests() {
  "$tillstorm" digest "$1" >"$work/ours" 2>&1 || true
  /usr/bin/python3 "$root/tests/support/dataset_digest.py" "$1" \
    >"$work/python" 2>&1 || true
  local verdict=differ
  if cmp -s "$work/ours" "$work/python" && grep -q '^total ' "$work/ours"; then
    verdict=equal
  fi
  same "digest by tillstorm and by Python, $2" "$verdict" equal
  if [[ "$verdict" == differ ]]; then
    diff "$work/ours" "$work/python" | head -n 10 | sed 's/^/    /' || true
  fi
}
both_digests "$good" "as generated"

# tampered WHAT TABLE SQL ROW: changes a copy; verify must exit 1 and name the
# table and the row. ROW lists words, any of which names the row.
tampered() {
  local what="$1" table="$2" sql="$3" code=0
  shift 3
  cp "$good" "$copy"
  sqlite3 -bail "$copy" "$sql"
  "$tillstorm" verify "$copy" >"$work/output" 2>&1 || code=$?
  same "$what: exit code" "$code" 1
  local named=no row
  if grep -qw "$table" "$work/output"; then
    named="$table"
    for row in "$@"; do
      if grep -qF -- "$row" "$work/output"; then
        named="$table, row"
        break
      fi
    done
  fi
  same "$what: verify names" "$named" "$table, row"
  grep -w "$table" "$work/output" | head -n 3 | sed 's/^/    /' || true
}

# row TABLE OFFSET: id and instant of a row in the middle, as sqlite3 shows it.
row() { sqlite3 "$good" "SELECT id, timestamp FROM $1 LIMIT 1 OFFSET $2"; }

# Instants may be shown as SQL text or as ISO text.
instants() {
  echo "$1"
  echo "${1:0:10}T${1:11}" | sed 's/\.000000$//; s/$/Z/'
}

IFS='|' read -r id at <<<"$(row health_checks 12345)"
mapfile -t words < <(instants "$at")
tampered "one value changed" health_checks \
  "UPDATE health_checks SET response_time_ms = 1 +
     coalesce(response_time_ms, 0) WHERE id = $id" "id $id" "${words[@]}"

IFS='|' read -r id at <<<"$(row device_metrics 23456)"
mapfile -t words < <(instants "$at")
tampered "one row deleted" device_metrics \
  "DELETE FROM device_metrics WHERE id = $id" "id $id" "${words[@]}"

IFS='|' read -r id at <<<"$(row device_metrics 34567)"
mapfile -t words < <(instants "${at:0:20}000017")
tampered "one row added" device_metrics \
  "CREATE TEMP TABLE t AS SELECT * FROM device_metrics WHERE id = $id;
   UPDATE t SET id = (SELECT max(id) + 1 FROM device_metrics),
     timestamp = substr(timestamp, 1, 20) || '000017';
   INSERT INTO device_metrics SELECT * FROM t" "${words[@]}"

IFS='|' read -r id name <<<"$(sqlite3 "$good" \
  'SELECT id, site_id FROM sites ORDER BY id LIMIT 1 OFFSET 1')"
tampered "one fleet name changed" sites \
  "UPDATE sites SET name = name || 'x' WHERE id = $id" "id $id" "$name"

IFS='|' read -r id name <<<"$(sqlite3 "$good" \
  'SELECT id, job_id FROM jobs ORDER BY id LIMIT 1 OFFSET 700')"
tampered "one job's status changed" jobs \
  "UPDATE jobs SET status = 'acknowledged' WHERE id = $id" "id $id" "$name"

IFS='|' read -r id at <<<"$(row api_request_logs 45678)"
mapfile -t words < <(instants "$at")
tampered "one request's latency changed" api_request_logs \
  "UPDATE api_request_logs SET response_time_ms = response_time_ms + 0.001
     WHERE id = $id" "id $id" "${words[@]}"

# What the bootstrap makes is no row of the fleet at the start.
"$tillstorm" generate --to "$good" --sites 0 --devices 4 --span 2h --force \
  --progress never >/dev/null
both_digests "$good" "begun without sites"
name="$(sqlite3 "$good" 'SELECT device_id FROM devices WHERE id = 3')"
tampered "one terminal of a bootstrap changed" devices \
  "UPDATE devices SET name = name || 'x' WHERE id = 3" "id 3" "$name"

# A value that is not even of its column's type must not pass for a right one.
cp "$good" "$copy"
sqlite3 -bail "$copy" "
  UPDATE health_checks SET response_time_ms = 'soon' WHERE id = 7;
  UPDATE health_checks SET timestamp = 1.5 WHERE id = 8;
  UPDATE health_checks SET timestamp = '2026-02-30 00:00:00.000000'
    WHERE id = 9;
  UPDATE health_checks SET is_healthy = 5 WHERE id = 10;
  UPDATE device_metrics SET extra_metrics = 5 WHERE id = 11;
  UPDATE device_metrics SET provenance = x'00ff' WHERE id = 12;
  UPDATE site_operating_schedules SET open_time = '9:00' WHERE id = 1"
both_digests "$copy" "values of wrong types"
finish
