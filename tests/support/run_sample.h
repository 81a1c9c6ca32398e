// A benchmark run that never was: 30 seconds of 1000 rows/s whose latencies are
// known, as a record, samples and histograms.
//
// The first 10 seconds are at 500 rows/s: warm-up. Every event waits 1 ms in
// the queue, 2 ms in the batch and 3 ms in the engine (1 ms of them to commit);
// every hundredth takes 20 ms longer in the engine.
#ifndef TILLSTORM_TESTS_SUPPORT_RUN_SAMPLE_H_
#define TILLSTORM_TESTS_SUPPORT_RUN_SAMPLE_H_

#include <string>
#include <utility>
#include <vector>

#include "harness/measure/event_latency.h"
#include "harness/measure/run_figures.h"
#include "harness/measure/run_folder.h"
#include "harness/measure/run_record.h"
#include "harness/measure/verdict.h"
#include "harness/version.h"
#include "storage/sqlite/run_registry.h"

namespace tillstorm {

struct SampleInterval {
  IntervalSample sample;
  LatencyHistograms latency;
};

inline void RecordSampleLatency(int64_t slow, int64_t events,
                                LatencyHistograms* latency) {
  constexpr int64_t kMs = 1'000'000;
  const auto record = [&](LatencyPart part, int64_t ms) {
    latency->parts[static_cast<size_t>(part)].Record(ms * kMs, events);
  };
  record(LatencyPart::kScheduleLag, 0);
  record(LatencyPart::kQueueWait, 1);
  record(LatencyPart::kBatchWait, 2);
  record(LatencyPart::kEngine, 3 + slow);
  record(LatencyPart::kTotal, 6 + slow);
  latency->engine[0].Record((2 + slow) * kMs, events);
  latency->engine[1].Record(kMs, events);
}

// 61 samples: one each half second, and that of the drain.
inline std::vector<SampleInterval> SampleIntervals() {
  std::vector<SampleInterval> intervals;
  IntervalSample sample;
  for (int i = 1; i <= 61; ++i) {
    // A little up and down, so that samples are independent of each other.
    const int64_t rows = i == 61 ? 0 : (i <= 20 ? 250 : 500) + i * 7 % 5 - 2;
    SampleInterval interval;
    RecordSampleLatency(0, rows - rows / 100, &interval.latency);
    RecordSampleLatency(20, rows / 100, &interval.latency);
    const Histogram& total = interval.latency.parts.back();
    sample.at_s = i == 61 ? 30.25 : i * 0.5;
    for (int64_t* counter : {&sample.committed, &sample.enqueued,
                             &sample.generated, &sample.scheduled}) {
      *counter += rows;
    }
    sample.commits += i == 61 ? 0 : 5;
    sample.total_p50_ns = total.Percentile(50);
    sample.total_p99_ns = total.Percentile(99);
    sample.total_max_ns = total.max();
    sample.checkpoints = i % 10 == 0 ? 1 : 0;
    sample.engine_busy = 0.5;
    sample.workers_busy = 0.25;
    interval.sample = sample;
    intervals.push_back(std::move(interval));
  }
  return intervals;
}

// What is known before it begins.
inline RunRecord SampleBegin() {
  RunRecord record;
  record.build = {std::string(Version()),
                  std::string(SourceCommit()),
                  "GNU 12.2.0",
                  "Release",
                  "-O2 -DNDEBUG",
                  true,
                  false,
                  true,
                  7,
                  {{"SQLite", "3.40.1"}}};
  RunSetup& setup = record.setup;
  setup.command = {"tillstorm", "bench", "--to", "sqlite:"};
  setup.location = "sqlite:";
  setup.engine = "sqlite";
  setup.durability = "process";
  setup.load = "copy";
  setup.indexes = "inline";
  setup.batch_rows = 10'000;
  setup.batch_bytes = 64ULL << 20;
  setup.linger_us = 100'000;
  setup.seed = 42;
  setup.scenario_hash = "00ff";
  setup.sites = 3;
  setup.devices = 12;
  setup.traffic = 3;
  setup.tables = {"health_checks", "device_metrics"};
  setup.duration_s = 30;
  setup.settings = {{"journal_mode", "wal"}, {"synchronous", "1"}};
  MachineFacts& machine = record.machine;
  machine.cpu_model = "An Imagined Processor";
  machine.cores = 2;
  machine.memory_bytes = int64_t{8} << 30;
  machine.kernel = "6.1.0";
  machine.governor = "performance";
  machine.file_system = "ext4 (rw)";
  machine.clock_read_ns = 25;
  record.probe_before = {400, 900, 250};
  record.noise_before.load_1min = 0.25;
  record.noise_before.others = 0.01;
  return record;
}

// The rest of it, measured and judged.
inline void SampleEnd(const std::vector<SampleInterval>& intervals,
                      RunRecord* record) {
  record->is_complete = true;
  record->probe_after = {410, 950, 245};
  record->noise_during.load_1min = 1.5;
  record->noise_during.others = 0.01;
  record->noise_during.steal = 0.001;
  record->phases = {1.5, 0, 30, 0.25, 0.75, 2};
  std::vector<CompactLatency> latency;
  record->intervals.clear();
  for (const SampleInterval& interval : intervals) {
    record->intervals.push_back(interval.sample);
    latency.emplace_back(interval.latency);
  }
  FillFigures(latency, record);
  const IntervalSample& last = record->intervals.back();
  AccountFacts& account = record->account;
  account.scheduled = last.scheduled;
  account.generated = last.generated;
  account.enqueued = last.enqueued;
  account.committed = last.committed;
  account.rows_expected = last.committed + 100;
  account.rows_found = account.rows_expected;
  account.digest_equal = true;
  account.acks_checked = 12;
  CostFacts& cost = record->cost;
  cost.client_cpu_us_per_row = 1.25;
  cost.written_per_logical_byte = 2.5;
  cost.fsyncs = 9;
  cost.commits_per_s = 10;
  cost.rows_per_commit = 100;
  cost.rss_max_bytes = 120'000'000;
  cost.stored_bytes = 34'000'000;
  cost.logical_bytes = 12'000'000;
  record->ceilings = {{"agents", 8'000, 80'000, 10, "agents alone"},
                      {"null", 4'000, 40'000, 10, "a null backend"},
                      {"loop", 1'250, 12'500, 10, "a loop of prepared INSERTs"},
                      {"engine", 2'000, 20'000, 10, "INSERT..SELECT"},
                      {"raw_copy", 9'000, 90'000, 10, "copied pages"}};
  record->verdict = Judge(*record);
}

// Leaves the whole run in a folder of `out`; the answer is its path.
inline Result<std::string> StoreSampleRun(const std::string& out,
                                          RunRecord* record) {
  const Result<Instant> started = ParseIsoDateTime("2026-01-05T08:00:00Z");
  if (!started.ok()) return started.status();
  Result<std::unique_ptr<RunFolder>> folder =
      RunFolder::Create(out, *started, "sample", record);
  if (!folder.ok()) return folder.status();
  const std::vector<SampleInterval> intervals = SampleIntervals();
  for (const SampleInterval& interval : intervals) {
    TS_RETURN_IF_ERROR((*folder)->Append(interval.sample, interval.latency));
  }
  SampleEnd(intervals, record);
  TS_RETURN_IF_ERROR((*folder)->Finish(*record));
  return (*folder)->path();
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_RUN_SAMPLE_H_
