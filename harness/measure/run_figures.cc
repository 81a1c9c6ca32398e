#include "harness/measure/run_figures.h"

#include <algorithm>
#include <span>

#include "harness/core/check.h"
#include "harness/measure/steady_state.h"

namespace tillstorm {
namespace {

// Of each interval between two samples.
template <class Value>
std::vector<double> PerSecond(std::span<const IntervalSample> samples,
                              Value value) {
  std::vector<double> rates;
  IntervalSample before;  // the beginning: all zero
  for (const IntervalSample& sample : samples) {
    const double seconds = sample.at_s - before.at_s;
    rates.push_back(seconds > 0 ? (value(sample) - value(before)) / seconds
                                : 0);
    before = sample;
  }
  return rates;
}

double Committed(const IntervalSample& sample) {
  return static_cast<double>(sample.committed);
}

// Samples that were taken while load was offered.
std::span<const IntervalSample> Offered(const RunRecord& record) {
  const std::span<const IntervalSample> all(record.intervals);
  const auto end = std::find_if(all.begin(), all.end(),
                                [&record](const IntervalSample& sample) {
                                  return sample.at_s > record.phases.measured_s;
                                });
  return all.first(static_cast<size_t>(end - all.begin()));
}

void FillRates(std::span<const IntervalSample> offered, size_t warmup,
               RunRecord* record) {
  RateFacts& rates = record->rates;
  const PhaseFacts& phases = record->phases;
  const IntervalSample begin =
      warmup == 0 ? IntervalSample() : offered[warmup - 1];
  const IntervalSample& end = offered.back();
  const double window = end.at_s - begin.at_s;
  if (window <= 0) return;
  const std::span<const IntervalSample> measured = offered.subspan(warmup);
  const std::vector<double> per_second = [&offered, warmup] {
    std::vector<double> all = PerSecond(offered, Committed);
    all.erase(all.begin(), all.begin() + static_cast<long>(warmup));
    return all;
  }();
  const double samples_per_s = static_cast<double>(measured.size()) / window;
  rates.acknowledged_rows_per_s = (Committed(end) - Committed(begin)) / window;
  rates.whole_rows_per_s = Committed(end) / end.at_s;
  if (phases.check_s > 0) {  // it came so far
    const double settled_s = end.at_s + phases.drain_s + phases.settle_s;
    rates.settled_rows_per_s = Committed(record->intervals.back()) / settled_s;
  }
  const double mean = Mean(per_second);
  rates.slope_per_s = mean > 0 ? Slope(per_second) * samples_per_s / mean : 0;
  rates.effective_samples = EffectiveSamples(per_second);
  std::vector<double> backlog;
  double before_s = begin.at_s;
  for (const IntervalSample& sample : measured) {
    rates.workers_busy +=
        sample.workers_busy * (sample.at_s - before_s) / window;
    before_s = sample.at_s;
    rates.checkpoints += sample.checkpoints;
    backlog.push_back(static_cast<double>(sample.scheduled - sample.committed));
  }
  rates.backlog_slope_rows_per_s = Slope(backlog) * samples_per_s;
}

void FillLatency(const std::vector<CompactLatency>& sampled, size_t warmup,
                 RunRecord* record) {
  LatencyHistograms sum;
  for (size_t i = warmup; i < sampled.size(); ++i) sampled[i].AddTo(&sum);
  for (size_t i = 0; i < sum.parts.size(); ++i) {
    record->latency[i] = FactsOf(sum.parts[i]);
  }
  for (size_t i = 0; i < sum.engine.size(); ++i) {
    record->engine_parts[i] = FactsOf(sum.engine[i]);
  }
}

}  // namespace

void FillFigures(const std::vector<CompactLatency>& sampled,
                 RunRecord* record) {
  TS_CHECK(sampled.size() == record->intervals.size());
  const std::span<const IntervalSample> offered = Offered(*record);
  if (offered.empty()) return;
  const std::optional<size_t> found =
      WarmupLength(PerSecond(offered, Committed));
  const size_t warmup = found.value_or(0);
  record->rates = {};
  record->rates.is_steady = found.has_value();
  FillRates(offered, warmup, record);
  FillLatency(sampled, warmup, record);
  record->phases.warmup_s = warmup == 0 ? 0 : offered[warmup - 1].at_s;
  record->phases.measured_s -= record->phases.warmup_s;
}

}  // namespace tillstorm
