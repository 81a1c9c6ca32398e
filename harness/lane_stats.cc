#include "harness/lane_stats.h"

#include <algorithm>

namespace tillstorm {

LatencySummary SummaryOf(const Histogram& histogram) {
  const auto at = [&histogram](double percent) {
    return std::chrono::nanoseconds(histogram.Percentile(percent));
  };
  return {histogram.count(), at(50), at(99),
          std::chrono::nanoseconds(histogram.max())};
}

void LaneStats::Add(const LaneStats& other) {
  for (size_t i = 0; i < rows.size(); ++i) rows[i] += other.rows[i];
  events += other.events;
  batches += other.batches;
  if (other.last_commit &&
      (!last_commit || *last_commit < *other.last_commit)) {
    last_commit = other.last_commit;
    last_batch_events = other.last_batch_events;
  }
  retries += other.retries;
  dropped_events += other.dropped_events;
  queue_wait.Add(other.queue_wait);
  batch_wait.Add(other.batch_wait);
  execute.Add(other.execute);
  commit.Add(other.commit);
  engine_busy = std::max(engine_busy, other.engine_busy);
}

}  // namespace tillstorm
