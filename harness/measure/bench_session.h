// BenchSession: one benchmark run with all that makes it worth believing: its
// folder and its line in the registry, the machine, the probes and ceilings
// before it, what it cost, the verdict after it.
//
//   folder, registry --> machine, probe, ceilings --> BenchRun --> probe -->
//   verdict --> run.json, registry
//
// Whatever ends it, the folder tells how far it came, and the registry that it
// began.
//
// Threads: one owner; Show() of the observer is called from its thread.
// Errors: what ended the run, after its record was written. A verdict is no
// error.
#ifndef TILLSTORM_HARNESS_MEASURE_BENCH_SESSION_H_
#define TILLSTORM_HARNESS_MEASURE_BENCH_SESSION_H_

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/mutex.h"
#include "harness/measure/bench_options.h"
#include "harness/measure/bench_run.h"
#include "harness/measure/cost_meter.h"
#include "harness/measure/noise_meter.h"
#include "harness/measure/run_folder.h"
#include "harness/measure/run_record.h"
#include "storage/backend.h"
#include "storage/sqlite/run_registry.h"

namespace tillstorm {

// Where the dataset of a location lies or will lie; empty for one on a server
// of somebody else's or a throw-away one.
[[nodiscard]] std::string DatasetFolder(const Location& location);

// What a session is at, for a progress line. Written by it, read by any thread.
class BenchProgress {
 public:
  struct Now {
    std::string stage;
    int64_t committed = 0;
    std::optional<double> fraction;  // of the run
  };
  void Set(Now now);
  [[nodiscard]] Now now() const;

 private:
  mutable Mutex mutex_;
  Now now_ GUARDED_BY(mutex_);
};

class BenchSession final : private BenchObserver {
 public:
  // Borrows all of them. `command` is argv.
  BenchSession(const BenchCommandOptions& options, const BenchOptions& run,
               std::vector<std::string> command, Backend& backend,
               RunRegistry& registry, BenchProgress& progress);

  // Call it once.
  Status Measure(const std::atomic<bool>& stop);

  [[nodiscard]] const RunRecord& record() const { return record_; }
  // Of the run's files; empty when they could not be made.
  [[nodiscard]] const std::string& folder() const { return path_; }

 private:
  void Phase(std::string_view name) override;
  Status Sample(const IntervalSample& sample,
                const LatencyHistograms& latency) override;

  Status Begin();
  Status MeasureAround(const std::atomic<bool>& stop);
  Status MeasureCeilingsHere(const std::atomic<bool>& stop);
  void FillSetup();
  void EndMeters();
  void FillCost();
  Status End(const Status& ended);
  [[nodiscard]] std::optional<int> Server();
  [[nodiscard]] CostSubject Subject();
  [[nodiscard]] std::vector<int> Servers();

  const BenchCommandOptions& options_;
  const BenchOptions run_;
  const std::vector<std::string> command_;
  Backend& backend_;
  RunRegistry& registry_;
  BenchProgress& progress_;

  RunRecord record_;
  std::unique_ptr<RunFolder> folder_;
  std::string path_;
  int64_t number_ = 0;  // in the registry
  std::string stage_;

  std::optional<int> server_;  // its topmost process, once it is found

  // Of the run: from its first event until it is settled, or until it ended.
  std::optional<NoiseMeter> noise_;
  CostSample cost_begin_;
  CostSample cost_;
  std::optional<int64_t> syncs_begin_;
  std::optional<int64_t> syncs_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_BENCH_SESSION_H_
