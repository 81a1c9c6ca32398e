#!/usr/bin/env bash
# Inserts and updates applied one by one leave the rows that generate writes,
# row by row, whatever instant the dataset ends at: test cases tagged [fold].
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run_tagged harness_tests "[fold]"
compare "ends of the span compared row by row" \
  "$(sed -n 's/^figure: \([0-9]*\) ends.*/\1/p' "$work/tagged")" ">=" 20
finish
