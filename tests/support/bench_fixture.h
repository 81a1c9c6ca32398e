// What the tests of benchmark runs share: a small run, its backend, and what is
// seen of it.
#ifndef TILLSTORM_TESTS_SUPPORT_BENCH_FIXTURE_H_
#define TILLSTORM_TESTS_SUPPORT_BENCH_FIXTURE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/bench_run.h"
#include "harness/run_options.h"
#include "storage/location.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {

class Samples final : public BenchObserver {
 public:
  Status Sample(const IntervalSample& sample,
                const LatencyHistograms& latency) override {
    samples.push_back(sample);
    latencies.Add(latency);
    return Status::Ok();
  }
  std::vector<IntervalSample> samples;
  LatencyHistograms latencies;
};

inline BenchOptions SmallBench() {
  BenchOptions options;
  options.seed = 7;
  options.scenario = StandardScenario();
  options.start = kDefaultStart;
  options.events = 20'000;
  options.batch_rows = 1'000;
  options.sample_every = std::chrono::milliseconds(20);
  return options;
}

inline std::unique_ptr<Backend> BackendOf(const std::string& location) {
  auto backend = OpenBackend(*ParseLocation(location));
  REQUIRE(backend.ok());
  return std::move(*backend);
}

struct Ran {
  Status status;
  RunRecord record;
  Samples seen;
};

inline Ran RunBench(const BenchOptions& options, Backend& backend) {
  Ran ran;
  const std::atomic<bool> stop{false};
  BenchRun run(options, backend, ran.seen);
  ran.status = run.Run(stop, &ran.record);
  ran.record.is_complete = ran.status.ok();
  return ran;
}

// Counters of the pipeline, from its end to its beginning.
inline void CheckOrder(const std::vector<IntervalSample>& samples) {
  IntervalSample before;
  for (const IntervalSample& sample : samples) {
    CHECK(sample.committed <= sample.enqueued);
    CHECK(sample.enqueued <= sample.generated);
    CHECK(sample.generated <= sample.scheduled);
    CHECK(before.committed <= sample.committed);
    CHECK(before.at_s < sample.at_s);
    before = sample;
  }
}

// Raises the flag once something is acknowledged.
struct Stopper final : BenchObserver {
  explicit Stopper(std::atomic<bool>& flag) : stop(flag) {}
  Status Sample(const IntervalSample& sample,
                const LatencyHistograms& /*latency*/) override {
    if (sample.committed > 0) stop.store(true);
    return Status::Ok();
  }
  std::atomic<bool>& stop;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_BENCH_FIXTURE_H_
