#include "harness/measure/event_latency.h"

#include <chrono>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const Clock::time_point kZero{};
Clock::time_point At(int ms) { return kZero + milliseconds(ms); }

int64_t Value(const LatencyTaken& taken, LatencyPart part) {
  return taken.histograms.parts[static_cast<size_t>(part)].max();
}

constexpr int64_t kMs = 1'000'000;

TEST_CASE("the parts of a latency are those of its way", "[latency]") {
  EventLatency latency;
  BatchTimes batch;
  batch.ready = At(110);
  batch.applied = At(130);
  batch.acknowledged = At(190);
  batch.engine.execute = milliseconds(45);
  batch.engine.commit = milliseconds(15);
  SECTION("handed over before its batch was ready") {
    // Due at 3, begun at 5, handed over at 10.
    latency.Record(batch, std::vector<StepTimes>{{7, At(3), At(5), At(10)}});
    const LatencyTaken taken = latency.Take();
    CHECK(Value(taken, LatencyPart::kScheduleLag) == 2 * kMs);
    CHECK(Value(taken, LatencyPart::kQueueWait) == (5 + 20) * kMs);
    CHECK(Value(taken, LatencyPart::kBatchWait) == 100 * kMs);
    CHECK(Value(taken, LatencyPart::kEngine) == 60 * kMs);
    CHECK(Value(taken, LatencyPart::kTotal) == 187 * kMs);
    CHECK(taken.histograms.engine[0].max() == 45 * kMs);
    CHECK(taken.histograms.engine[1].max() == 15 * kMs);
    CHECK(taken.histograms.parts[0].count() == 7);
    CHECK(taken.histograms.engine[1].count() == 7);
  }
  SECTION("handed over after it was ready: no wait for the batch") {
    latency.Record(batch,
                   std::vector<StepTimes>{{1, At(100), At(110), At(120)}});
    const LatencyTaken taken = latency.Take();
    CHECK(Value(taken, LatencyPart::kScheduleLag) == 10 * kMs);
    CHECK(Value(taken, LatencyPart::kQueueWait) == (10 + 10) * kMs);
    CHECK(Value(taken, LatencyPart::kBatchWait) == 0);
    CHECK(Value(taken, LatencyPart::kTotal) == 90 * kMs);
  }
  CHECK(latency.events_off() == 0);
}

TEST_CASE("a pipeline that tells its times wrongly is found", "[latency]") {
  EventLatency latency;
  BatchTimes batch;
  batch.ready = batch.applied = At(20);
  batch.acknowledged = At(30);
  // Begun before it was due: the schedule lag would be negative.
  latency.Record(batch, std::vector<StepTimes>{{3, At(10), At(5), At(12)},
                                               {2, At(10), At(10), At(12)}});
  CHECK(latency.events_off() == 3);
}

TEST_CASE("what was taken is not taken again", "[latency]") {
  EventLatency latency;
  BatchTimes batch;
  batch.acknowledged = At(1);
  batch.engine.checkpoint = milliseconds(7);
  const std::vector<StepTimes> steps = {{2, At(0), At(0), At(0)}};
  latency.Record(batch, steps);
  batch.engine.checkpoint = milliseconds(0);
  latency.Record(batch, steps);
  const LatencyTaken first = latency.Take();
  CHECK(first.histograms.parts[0].count() == 4);
  CHECK(first.commits == 2);
  CHECK(first.checkpoints == 1);
  CHECK(first.longest_checkpoint == milliseconds(7));
  const LatencyTaken second = latency.Take();
  CHECK(second.histograms.parts[0].count() == 0);
  CHECK(second.commits == 0);
}

TEST_CASE("a compact copy loses nothing", "[latency]") {
  LatencyHistograms all;
  for (int64_t i = 1; i < 2000; ++i) {
    all.parts[static_cast<size_t>(i) % kLatencyParts].Record(i * i * 1000, i);
  }
  all.engine[1].Record(int64_t{7'200} * 1'000 * kMs);  // beyond the layout
  LatencyHistograms sum;
  CompactLatency(all).AddTo(&sum);
  CompactLatency(all).AddTo(&sum);
  for (size_t part = 0; part < kLatencyParts; ++part) {
    CHECK(sum.parts[part].count() == 2 * all.parts[part].count());
    CHECK(sum.parts[part].max() == all.parts[part].max());
    for (const double percent : {1.0, 50.0, 99.0, 99.9}) {
      CHECK(sum.parts[part].Percentile(percent) ==
            all.parts[part].Percentile(percent));
    }
  }
  CHECK(sum.engine[1].out_of_range() == 2);
  CHECK(sum.engine[1].max() == int64_t{7'200} * 1'000 * kMs);
}

TEST_CASE("percentiles are told only with ten events beyond them",
          "[latency]") {
  Histogram histogram(EventLatencyLayout());
  histogram.Record(5000, 9'999);
  CHECK_FALSE(FactsOf(histogram).p999_ns.has_value());
  histogram.Record(5000, 1);
  CHECK(FactsOf(histogram).p999_ns.has_value());
  CHECK_FALSE(FactsOf(histogram).p9999_ns.has_value());
  histogram.Record(5000, 90'000);
  CHECK(FactsOf(histogram).p9999_ns.has_value());
  CHECK(FactsOf(histogram).count == 100'000);
}

}  // namespace
}  // namespace tillstorm
