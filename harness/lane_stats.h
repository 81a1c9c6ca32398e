// LaneStats: what the writer of a lane has done so far, and what the writers of
// several lanes have done together.
//
// Threads: values.
// Memory: four histograms of 27 KiB.
#ifndef TILLSTORM_HARNESS_LANE_STATS_H_
#define TILLSTORM_HARNESS_LANE_STATS_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "harness/core/histogram.h"
#include "harness/core/instant.h"
#include "harness/core/schema.h"

namespace tillstorm {

struct LatencySummary {
  int64_t count = 0;
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds max{0};
};
// REQUIRES: recorded in nanoseconds.
[[nodiscard]] LatencySummary SummaryOf(const Histogram& histogram);

// Of all latencies of a lane: told to 1 %. A reader goes through all buckets.
[[nodiscard]] inline HistogramLayout LaneLatencyLayout() {
  return HistogramLayout::Latency(2);
}

// A snapshot: fields may be a batch apart.
struct LaneStats {
  // Inserted and acknowledged, by table.
  std::array<int64_t, kTableCount> rows{};
  int64_t events = 0;  // acknowledged: inserts and updates
  int64_t batches = 0;
  int64_t last_batch_events = 0;
  std::optional<Instant> last_commit;  // wall clock
  int64_t retries = 0;
  int64_t dropped_events = 0;  // by RequestDrop(); never acknowledged
  // Of a block, from hand-over to its batch.
  Histogram queue_wait{LaneLatencyLayout()};
  // From the first event of a batch to Apply().
  Histogram batch_wait{LaneLatencyLayout()};
  Histogram execute{LaneLatencyLayout()};  // as the session says
  Histogram commit{LaneLatencyLayout()};
  // Share of the time that the session was busy with batches, over the last
  // second or since the last call, whichever is longer: [0, 1].
  double engine_busy = 0;

  // Adds another lane: the last batch is that of the later commit, and the
  // engine is as busy as the busier lane finds it.
  void Add(const LaneStats& other);
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LANE_STATS_H_
