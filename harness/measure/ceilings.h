// Ceilings: the reference rates that stand beside a benchmark's own, from the
// same machine, minutes and rows. None of them is a rate of tillstorm.
//
//   agents    what the workers of the run make alone: no queue, no writer
//   null      the whole pipeline into a backend that stores nothing
//   loop      a loop written by hand: one thread, rows ready in memory
//   engine    the rows moved by the engine itself
//   raw_copy  the file's bytes copied without the engine (SQLite)
//
// storage/engine_ceiling.h says what the last three do, and that they work in
// throw-away places beside the location, which are gone afterwards.
//
// An update counts as a row, as in a run; the last two move what the loop left.
//
// Threads: Measure() belongs to one thread and starts others.
// Errors: the first one; what was measured before is lost. kInterrupted soon
// after `stop` turned true.
// Memory: `rows_max` rows, formatted, and the events they were made of: about
// 700 bytes a row.
#ifndef TILLSTORM_HARNESS_MEASURE_CEILINGS_H_
#define TILLSTORM_HARNESS_MEASURE_CEILINGS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "agents/scenario.h"
#include "harness/block_pool.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/measure/run_record.h"
#include "storage/backend.h"

namespace tillstorm {

// All but the last three as in the run.
struct CeilingOptions {
  uint64_t seed = 0;
  Scenario scenario;
  Instant start;
  uint32_t workers = 1;  // threads that run agents, [1, 256]
  int lanes = 1;         // of the null backend; the loop has one connection
  Durability durability = Durability::kProcess;
  // kDeferred: the last three build none, as the run does after its rows.
  IndexMode indexes = IndexMode::kInline;
  LoadPath load = LoadPath::kCopy;  // of the loop
  uint32_t batch_rows = 10'000;
  uint64_t batch_bytes = 64ULL << 20;
  std::chrono::nanoseconds linger = std::chrono::milliseconds(100);
  BlockPoolOptions pool;  // of all lanes together

  // How long each should take. The loop may take up to twice as long; with fast
  // engines it takes less when `rows_max` rows are written earlier.
  std::chrono::milliseconds time_each{3'000};
  int64_t rows_max = 1'000'000;
  // Told the name of each before it begins; may be empty.
  std::function<void(std::string_view name)> observer;
};

// In the order above. Of a backend that stores nothing: the first two.
// REQUIRES: scenario.Validate() is ok.
[[nodiscard]] Result<std::vector<Ceiling>> MeasureCeilings(
    const CeilingOptions& options, Backend& backend,
    const std::atomic<bool>& stop);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_CEILINGS_H_
