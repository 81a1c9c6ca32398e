#!/usr/bin/env bash
# The file is the same to the byte for any number of threads, for g++ and
# clang, for any optimisation, and with or without the newer instructions of
# the CPU. Another seed gives other data in every table of events.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

file="$work/dataset.sqlite"

# fingerprint BINARY FLAGS...: generates, prints the hash of the file, removes
# it (the large ones have gigabytes).
fingerprint() {
  local binary="$1"
  shift
  "$binary" generate --to "$file" --progress never "$@" >/dev/null || return 1
  sha256sum <"$file" | cut -c1-16
  rm -f "$file"
}

# variant NAME COMPILER OPTIONS...: builds the program alone; prints its path.
variant() {
  local folder="$work/$1"
  {
    cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER="$2" \
      -DTILLSTORM_TESTS=OFF -DTILLSTORM_BENCH=OFF "${@:3}" &&
      cmake --build "$folder" --target tillstorm -j "$jobs"
  } >"$folder.log" 2>&1 || {
    tail -n 30 "$folder.log" >&2
    return 1
  }
  echo "$folder/tillstorm"
}

note "24 devices, one day: threads"
small=(--seed 42 --devices 24 --days 1)
want="$(fingerprint "$tillstorm" "${small[@]}" --threads 1)"
note "sha256 of the file begins with $want"
for threads in 2 7 64; do
  same "threads 1 and $threads" \
    "$(fingerprint "$tillstorm" "${small[@]}" --threads "$threads")" "$want"
done

note "24 devices, one day: instructions and compilers"
same "without FMA and AVX2" "$(
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2,-AVX2_Usable,-FMA_Usable \
    fingerprint "$tillstorm" "${small[@]}" --threads 2
)" "$want"
for compiler in g++ clang++; do
  plain="$(variant "$compiler-O0" "$compiler" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG=-O0)" || plain=false
  same "$compiler -O0" \
    "$(fingerprint "$plain" "${small[@]}" --threads 2 || true)" "$want"
  fast="$(variant "$compiler-O3" "$compiler" -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_CXX_FLAGS_RELEASE=-O3 -march=native -DNDEBUG")" || fast=false
  same "$compiler -O3 -march=native" \
    "$(fingerprint "$fast" "${small[@]}" --threads 2 || true)" "$want"
done

note "24 devices, one day: another seed"
"$tillstorm" generate --to "$file" --progress never --devices 24 --days 1 \
  --seed 42 >/dev/null
"$tillstorm" digest "$file" >"$work/seed42"
"$tillstorm" generate --to "$file" --progress never --devices 24 --days 1 \
  --seed 43 --force >/dev/null
"$tillstorm" digest "$file" >"$work/seed43"
rm -f "$file"
# Every table of events must differ and have rows of both seeds; a day of this
# fleet may have no alert, no command, no fault.
for table in jobs device_commands push_notification_logs audit_logs \
  configuration_history alerts error_logs job_outcomes health_checks \
  device_metrics device_state_history api_request_logs user_activities \
  tillstorm_truth; do
  one="$(awk -v t="$table" '$1 == t { print $2, $3 }' "$work/seed42")"
  two="$(awk -v t="$table" '$1 == t { print $2, $3 }' "$work/seed43")"
  case "$table" in
    alerts | device_commands | tillstorm_truth)
      [[ "$one" != 0\ * || "$two" != 0\ * ]] || continue ;;
    *) [[ "$one" != 0\ * && "$two" != 0\ * ]] || one="$two" ;;
  esac
  if [[ -n "$one" && "$one" != "$two" ]]; then
    figure "$table of seeds 42 and 43" "differ" "differ" passed
  else
    figure "$table of seeds 42 and 43" "'$one', '$two'" "differ" failed
  fi
done

note "300 devices on 25 sites, one day: threads"
large=(--seed 42 --sites 25 --devices 300 --days 1)
want="$(fingerprint "$tillstorm" "${large[@]}" --threads 1)"
same "threads 1 and 7" \
  "$(fingerprint "$tillstorm" "${large[@]}" --threads 7)" "$want"

note "one day of other mixes: threads"
for mix in "--traffic 40 --sites 7 --devices 9 --profile code --interval 60s" \
  "--traffic 2 --sites 30 --interval 60s --start 2026-03-28T17:00:00" \
  "--sites 0 --devices 20 --traffic 3 --interval 60s"; do
  read -ra flags <<<"$mix --days 1"
  want="$(fingerprint "$tillstorm" "${flags[@]}" --threads 1)"
  for threads in 2 7; do
    same "$mix, $threads threads" \
      "$(fingerprint "$tillstorm" "${flags[@]}" --threads "$threads")" "$want"
  done
done
finish
