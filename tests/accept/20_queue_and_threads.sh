#!/usr/bin/env bash
# ThreadSanitizer finds nothing in the pipeline, with a mutex in place of the
# lock-free queue, whose fences it does not know; the real queue loses, doubles
# and reorders nothing of 1,000 producers.
# shellcheck source=tests/accept/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

note "the queue that is measured, ten times"
for round in 1 2 3 4 5 6 7 8 9 10; do
  succeeds "1,000 producers, round $round" "$build/tests/pipeline_tests" \
    "with 1,000 producers nothing is lost, doubled or out of order"
done

note "ThreadSanitizer"
tsan="$work/tsan"
succeeds "configured" cmake -S "$root" -B "$tsan" --preset tsan \
  -DTILLSTORM_BENCH=OFF
succeeds "built" cmake --build "$tsan" -j "$jobs" \
  --target pipeline_tests harness_tests
# That of clang 14 needs less randomness in addresses than newer kernels give.
for tests in "pipeline_tests *" "harness_tests [collect]"; do
  read -r program tags <<<"$tests"
  succeeds "ThreadSanitizer: $tests" env TSAN_OPTIONS=halt_on_error=1 \
    setarch "$(uname -m)" --addr-no-randomize "$tsan/tests/$program" "$tags"
done
finish
