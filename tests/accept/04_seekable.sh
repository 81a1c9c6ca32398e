#!/usr/bin/env bash
# An agent started at any instant emits exactly the rest of its full stream,
# and starts fast: the test cases tagged [seek], for devices,
# sites and traffic agents, in the middle of whatever they have going.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run_tagged agents_tests "[seek]"
compare "agents started" \
  "$(awk '/^figure: .* agents started/ { n += $2 } END { print n }' \
    "$work/tagged")" ">=" 1000
compare "slowest start, CPU" \
  "$(awk '/^figure: slowest start/ && $4 > ms { ms = $4 } END { print ms }' \
    "$work/tagged")" "<" 10 ms
finish
