# Shared by the scripts of tests/accept/; sourced, never run.
#
# A script measures figures and prints each with its bar and a verdict; the
# last line of a script is `finish`, which exits 1 if any figure failed.
#   $root  the checkout          $build  its build folder ($TILLSTORM_BUILD)
#   $work  a folder of the script's own, removed at the end
#   $tillstorm  the binary       $jobs   compile jobs at a time
# shellcheck shell=bash disable=SC2034

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
build="${TILLSTORM_BUILD:-$root/build/release}"
tillstorm="${TILLSTORM:-$build/tillstorm}"
jobs="${CMAKE_BUILD_PARALLEL_LEVEL:-2}"
failures=0

if [[ ! -x "$tillstorm" ]]; then
  echo "There is no $tillstorm: build it with ./test.sh --accept," \
    "or name one in TILLSTORM." >&2
  exit 2
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/tillstorm-accept.XXXXXX")"
# A script that needs more than its folder removed defines clean_up().
clean_up() { :; }
trap 'clean_up; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

note() { printf '  %s\n' "$*"; }

# figure WHAT VALUE BAR passed|failed
figure() {
  printf 'figure %-52s %-24s bar %-20s %s\n' "$1" "$2" "$3" "$4"
  if [[ "$4" != passed ]]; then
    failures=$((failures + 1))
  fi
}

# compare WHAT VALUE OPERATOR NUMBER [UNIT]: a figure that is a number.
compare() {
  local verdict=failed unit="${5:+ $5}"
  if [[ -n "$2" ]] && awk "BEGIN { exit !(($2) $3 ($4)) }"; then
    verdict=passed
  fi
  figure "$1" "$2$unit" "$3 $4$unit" "$verdict"
}

# same WHAT FOUND WANTED: a figure that is a text, and not an empty one.
same() {
  local verdict=failed
  if [[ -n "$2" && "$2" == "$3" ]]; then
    verdict=passed
  fi
  figure "$1" "$2" "$3" "$verdict"
}

# succeeds WHAT COMMAND...: runs it, shows its output only if it fails.
succeeds() {
  local what="$1"
  shift
  if "$@" >"$work/output" 2>&1; then
    figure "$what" "exit 0" "exit 0" passed
  else
    figure "$what" "exit $?" "exit 0" failed
    sed 's/^/    /' "$work/output" | tail -n 40
  fi
}

# The middle one of the numbers on standard input, one a line.
median() {
  sort -g | awk '{ v[NR] = $1 }
    END { if (NR) printf "%.6g\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# run_tagged PROGRAM TAG: runs those test cases of a program of tests/ and shows
# what they print. No such test case is a failure.
run_tagged() {
  local verdict=failed output="$work/tagged" code=0
  "$build/tests/$1" "$2" >"$output" 2>&1 || code=$?
  sed 's/^/  /' "$output"
  if ((code == 0)) && grep -q '^All tests passed (' "$output"; then
    verdict=passed
  fi
  figure "$1 $2" "$(tail -n 2 "$output" | grep -v '^$' | tail -n 1 |
    cut -c1-60)" "All tests passed" "$verdict"
}

finish() {
  if ((failures > 0)); then
    echo "$failures figure(s) failed"
    exit 1
  fi
  echo "all figures passed"
  exit 0
}
