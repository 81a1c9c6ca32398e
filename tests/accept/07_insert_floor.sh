#!/usr/bin/env bash
# generate is held against a bare loop of prepared INSERTs of the same rows,
# in the same run: bench/insert_floor measures, compares and says.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

code=0
(cd "$work" && "$build/bench/insert_floor") >"$work/output" 2>&1 || code=$?
sed 's/^/  /' "$work/output"
verdict=passed
if ((code != 0)) || grep -qw failed "$work/output" ||
  ! grep -qw passed "$work/output"; then
  verdict=failed
fi
figure "bench/insert_floor" "exit $code" "exit 0, all passed" "$verdict"
finish
