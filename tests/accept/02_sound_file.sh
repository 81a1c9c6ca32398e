#!/usr/bin/env bash
# SQLite's own shell finds the file sound: every page and index in order, every
# foreign key satisfied.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for indexes in deferred inline none; do
  file="$work/$indexes.sqlite"
  "$tillstorm" generate --to "$file" --days 1 --indexes "$indexes" \
    --progress never >/dev/null
  same "integrity and foreign keys, --indexes $indexes" \
    "$(sqlite3 "$file" 'PRAGMA integrity_check; PRAGMA foreign_key_check;' |
      head -n 5)" ok
  count="$(sqlite3 "$file" "SELECT count(*) FROM sqlite_schema
    WHERE type = 'index' AND sql IS NOT NULL
      AND tbl_name NOT LIKE 'tillstorm%'")"
  if [[ "$indexes" == none ]]; then
    compare "secondary indexes, --indexes $indexes" "$count" "==" 0
  else
    compare "secondary indexes, --indexes $indexes" "$count" "==" 100
  fi
  rm -f "$file"
done
finish
