// Generate: an offline dataset, from Scenario and seed to a finished location.
//
//   plan -> agents in windows of virtual time on a pool of workers -> one total
//   order -> batching writer -> backend
//
// The bytes of the result depend on seed, scenario, span, batch sizes and index
// mode alone, never on the number of threads.
//
// Threads: call it from one thread; it starts and joins its own.
// Memory: bounded by a few windows, whatever the span.
#ifndef TILLSTORM_HARNESS_GENERATE_H_
#define TILLSTORM_HARNESS_GENERATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "agents/scenario.h"
#include "harness/core/digest.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

struct GenerateOptions {
  uint64_t seed = 42;
  Scenario scenario;
  Instant start;  // resolved; the first instant of the dataset
  Instant end;    // the first instant after it
  // Workers that run agents. Range [1, 256]. Default: one per core.
  uint32_t threads = 1;
  // A batch ends at the first instant boundary at or after either bound.
  // Range [1, 10'000'000] and [1 KiB, 1 GiB].
  uint32_t batch_rows = 10'000;
  uint64_t batch_bytes = 64ULL << 20;
  IndexMode indexes = IndexMode::kDeferred;
  bool replace = false;
  LoadPath load = LoadPath::kCopy;
  int lanes = 1;  // sessions that write at once, [1, Backend::max_lanes()]
};

// What is going on, for a progress line. Written by the job, read by any
// thread.
struct GenerateProgress {
  std::atomic<int64_t> rows{0};
  std::atomic<int64_t> bytes{0};        // of encoded rows
  std::atomic<int64_t> virtual_now{0};  // microseconds, last committed instant
  std::atomic<int> indexes_done{0};
  std::atomic<int> indexes_total{0};   // > 0 once rows are through
  std::atomic<bool> finishing{false};  // syncing and renaming
};

struct GenerateSummary {
  Digest digest;           // of all rows
  int64_t event_rows = 0;  // what agents emitted: all but the fleet
  int64_t bytes = 0;       // of encoded rows
  int64_t batches = 0;     // the fleet's included
  std::chrono::nanoseconds rows_time{0};   // of event_rows, to the last commit
  std::chrono::nanoseconds total_time{0};  // with indexes and the final name
  std::vector<std::pair<std::string, std::string>> settings;  // read back
};

// kInterrupted when `stop` was raised; nothing is left behind then.
[[nodiscard]] Result<GenerateSummary> Generate(const GenerateOptions& options,
                                               Backend& backend,
                                               GenerateProgress* progress,
                                               const std::atomic<bool>& stop);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_GENERATE_H_
