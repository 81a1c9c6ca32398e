#include "harness/measure/event_latency.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tillstorm {
namespace {

using Parts = std::array<int64_t, kLatencyParts>;

int64_t Ns(std::chrono::nanoseconds duration) { return duration.count(); }

// The four parts and their whole, each measured by itself.
Parts PartsOf(const BatchTimes& batch, const StepTimes& step) {
  // A block can be handed over after its batch was due.
  const auto joined = std::max(batch.ready, step.handed_over);
  const auto queued =
      (step.handed_over - step.begun) + (batch.applied - joined);
  return {Ns(step.begun - step.due), Ns(queued), Ns(joined - step.handed_over),
          Ns(batch.acknowledged - batch.applied),
          Ns(batch.acknowledged - step.due)};
}

bool AddUp(const Parts& parts) {
  const auto whole = parts.back();
  return *std::min_element(parts.begin(), parts.end()) >= 0 &&
         std::accumulate(parts.begin(), parts.end() - 1, int64_t{0}) == whole;
}

}  // namespace

LatencyHistograms::LatencyHistograms()
    : parts(kLatencyParts, Histogram(EventLatencyLayout())),
      engine(2, Histogram(EventLatencyLayout())) {}

void LatencyHistograms::Add(const LatencyHistograms& other) {
  for (size_t i = 0; i < parts.size(); ++i) parts[i].Add(other.parts[i]);
  for (size_t i = 0; i < engine.size(); ++i) engine[i].Add(other.engine[i]);
}

CompactLatency::CompactLatency(const LatencyHistograms& histograms) {
  for (const Histogram& part : histograms.parts) {
    parts_.push_back(Compact(part));
  }
  for (const Histogram& part : histograms.engine) {
    engine_.push_back(Compact(part));
  }
}

CompactLatency::Counts CompactLatency::Compact(const Histogram& histogram) {
  Counts counts;
  const std::span<const int64_t> all = histogram.counts();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] == 0) continue;
    counts.buckets.emplace_back(static_cast<uint32_t>(i), all[i]);
  }
  counts.out_of_range = histogram.out_of_range();
  counts.max = histogram.max();
  return counts;
}

void CompactLatency::Add(const Counts& counts, Histogram* sum) {
  std::vector<int64_t> all(
      counts.buckets.empty() ? 0 : counts.buckets.back().first + size_t{1});
  for (const auto& [bucket, count] : counts.buckets) all[bucket] = count;
  sum->Add(
      Histogram::Restore(sum->layout(), all, counts.out_of_range, counts.max));
}

void CompactLatency::AddTo(LatencyHistograms* sum) const {
  for (size_t i = 0; i < parts_.size(); ++i) Add(parts_[i], &sum->parts[i]);
  for (size_t i = 0; i < engine_.size(); ++i) Add(engine_[i], &sum->engine[i]);
}

void EventLatency::Record(const BatchTimes& batch,
                          std::span<const StepTimes> steps) {
  const MutexLock lock(mutex_);
  int64_t events = 0;
  int64_t off = 0;
  for (const StepTimes& step : steps) {
    const Parts parts = PartsOf(batch, step);
    if (!AddUp(parts)) off += step.events;
    for (size_t i = 0; i < parts.size(); ++i) {
      taken_.histograms.parts[i].Record(parts[i], step.events);
    }
    events += step.events;
  }
  const ApplyTimes& engine = batch.engine;
  taken_.histograms.engine[0].Record(Ns(engine.execute), events);
  taken_.histograms.engine[1].Record(Ns(engine.commit), events);
  ++taken_.commits;
  if (engine.checkpoint > engine.checkpoint.zero()) ++taken_.checkpoints;
  taken_.longest_checkpoint =
      std::max(taken_.longest_checkpoint, engine.checkpoint);
  if (off > 0) events_off_.fetch_add(off);
}

LatencyTaken EventLatency::Take() {
  LatencyTaken fresh;  // made before the writer has to wait
  const MutexLock lock(mutex_);
  std::swap(fresh, taken_);
  return fresh;
}

LatencyFacts FactsOf(const Histogram& histogram) {
  constexpr int64_t kBeyondMin = 10;
  LatencyFacts facts;
  facts.count = histogram.count();
  facts.p50_ns = histogram.Percentile(50);
  facts.p90_ns = histogram.Percentile(90);
  facts.p99_ns = histogram.Percentile(99);
  if (facts.count >= 1'000 * kBeyondMin) {
    facts.p999_ns = histogram.Percentile(99.9);
  }
  if (facts.count >= 10'000 * kBeyondMin) {
    facts.p9999_ns = histogram.Percentile(99.99);
  }
  facts.max_ns = histogram.max();
  return facts;
}

}  // namespace tillstorm
