// EventLatency: how long events took from when they were due until their commit
// was acknowledged, in four parts that sum to the whole, of one lane.
//
//   due ---------- begun ------------- ready ------- applied ---- acknowledged
//    schedule lag  | hand-over | batch wait | queue wait |   engine
//
//   schedule lag  the agent was late: it, or the wait for a free block
//   queue wait    from the beginning of its Step until its block was handed
//                 over, and for as long as its batch was ready (full, or had
//                 lingered) and the writer was busy with the one before
//   batch wait    for others to fill the batch, or for it to linger
//   engine        execute and commit, repetitions included
//
// So a longer linger shows in the batch wait, a slower writer in the queue
// wait, and a late generator in the schedule lag. In a closed loop a Step is
// due when it begins, and the whole is no user's response time.
//
// Threads: Record() has one owner, the lane's writer; everything else: any.
// Order: none; every event counts alike.
#ifndef TILLSTORM_HARNESS_MEASURE_EVENT_LATENCY_H_
#define TILLSTORM_HARNESS_MEASURE_EVENT_LATENCY_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "harness/core/histogram.h"
#include "harness/core/mutex.h"
#include "harness/lane_writer.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

// Told to 0.1 %.
[[nodiscard]] inline HistogramLayout EventLatencyLayout() {
  return HistogramLayout::Latency(3);
}

// In nanoseconds, one value per event. 1.3 MiB.
struct LatencyHistograms {
  LatencyHistograms();
  void Add(const LatencyHistograms& other);

  std::vector<Histogram> parts;   // by LatencyPart
  std::vector<Histogram> engine;  // execute, commit: as the session says
};

// The same in a few KiB, to be kept for every interval of a run.
class CompactLatency {
 public:
  explicit CompactLatency(const LatencyHistograms& histograms);
  void AddTo(LatencyHistograms* sum) const;

 private:
  struct Counts {
    std::vector<std::pair<uint32_t, int64_t>> buckets;  // those that are not 0
    int64_t out_of_range = 0;
    int64_t max = 0;
  };
  static Counts Compact(const Histogram& histogram);
  static void Add(const Counts& counts, Histogram* sum);

  std::vector<Counts> parts_;
  std::vector<Counts> engine_;
};

// What happened since the last Take().
struct LatencyTaken {
  LatencyHistograms histograms;
  int64_t commits = 0;
  int64_t checkpoints = 0;
  std::chrono::nanoseconds longest_checkpoint{0};
};

class EventLatency {
 public:
  void Record(const BatchTimes& batch, std::span<const StepTimes> steps);
  // What was recorded since the last call.
  [[nodiscard]] LatencyTaken Take();
  // Events whose parts were negative or did not sum to their whole: 0, unless
  // the pipeline tells the times wrongly.
  [[nodiscard]] int64_t events_off() const { return events_off_.load(); }

 private:
  Mutex mutex_;  // held once per batch
  LatencyTaken taken_ GUARDED_BY(mutex_);
  std::atomic<int64_t> events_off_{0};
};

// Percentiles that the count supports: at least ten events beyond each.
[[nodiscard]] LatencyFacts FactsOf(const Histogram& histogram);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_EVENT_LATENCY_H_
