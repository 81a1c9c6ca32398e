#!/usr/bin/env bash
# The writer's COPY is held against psql's of the same rows into the same table,
# in the same run: bench/copy_floor measures, compares and says.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

code=0
(cd "$work" && "$build/bench/copy_floor") >"$work/output" 2>&1 || code=$?
sed 's/^/  /' "$work/output"
verdict=passed
if ((code != 0)) || grep -qw failed "$work/output" ||
  ! grep -qw passed "$work/output"; then
  verdict=failed
fi
figure "bench/copy_floor" "exit $code" "exit 0, all passed" "$verdict"
finish
