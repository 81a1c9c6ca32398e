#!/usr/bin/env bash
# An agent started at any instant emits exactly the rest of its full stream,
# and starts fast: the test cases tagged [seek].
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run_tagged agents_tests "[seek]"
compare "agents started" \
  "$(sed -n 's/^figure: \([0-9]*\) agents started.*/\1/p' "$work/tagged")" \
  ">=" 500
compare "slowest start" \
  "$(sed -n 's/^figure: slowest start \([0-9.]*\) ms/\1/p' "$work/tagged")" \
  "<" 10 ms
finish
