// ProcessUsage: what processes and everything that they started have used since
// they began: /proc/PID/stat and /proc/PID/io.
//
// Of a process that ended its parent keeps account once it has waited for it,
// so the sums only grow while the topmost processes live.
//
// Threads: pure functions. Errors: nothing where /proc does not say.
#ifndef TILLSTORM_HARNESS_MEASURE_PROCESS_USAGE_H_
#define TILLSTORM_HARNESS_MEASURE_PROCESS_USAGE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tillstorm {

struct ProcessUsage {
  std::chrono::microseconds cpu{0};  // user and system
  // Bytes that they caused to be sent to storage; those of files that were
  // removed in time are in it. Nothing when one of them may not be looked at.
  std::optional<int64_t> written_bytes;
};

// Of all processes of which one of `tops` is the ancestor, and of these; each
// once. Nothing when `tops` is empty or one of them is not there. `root` stands
// before /proc, for tests.
[[nodiscard]] std::optional<ProcessUsage> ReadUsage(
    std::span<const int> tops, const std::string& root = {});

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_PROCESS_USAGE_H_
