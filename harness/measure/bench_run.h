// BenchRun: one measured run into an empty location: dataset, load, drain,
// settling, and the account of it all.
//
//   set up --> offer (warm-up + measured window) --> drain --> settle --> check
//
// capacity  closed loop: workers offer as fast as blocks come back
// rate      open loop: a schedule that the system cannot slow down
//
// A sampler looks at the counters of all stages in equal intervals. At the end
// every event is accounted for: scheduled, generated, enqueued, committed, and
// found when the database is read back and its digest compared.
//
// Threads: Run() belongs to one thread and starts others.
// Errors: Run() returns what ended it; record() holds what was measured up to
// there and is not complete then. A run that is stopped gives kInterrupted.
#ifndef TILLSTORM_HARNESS_MEASURE_BENCH_RUN_H_
#define TILLSTORM_HARNESS_MEASURE_BENCH_RUN_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/plan.h"
#include "agents/scenario.h"
#include "harness/block_pool.h"
#include "harness/collect_stretch.h"
#include "harness/core/digest.h"
#include "harness/core/status.h"
#include "harness/futex.h"
#include "harness/measure/ack_check.h"
#include "harness/measure/event_latency.h"
#include "harness/measure/run_record.h"
#include "storage/backend.h"

namespace tillstorm {

struct BenchOptions {
  uint64_t seed = 0;
  Scenario scenario;
  Instant start;  // of virtual time
  BenchMode mode = BenchMode::kCapacity;
  double rate = 0;  // events per second that are offered; only at kRate
  // At least one of them; whichever is reached first.
  std::optional<std::chrono::nanoseconds> duration;
  int64_t events = 0;    // 0: no limit; ends with the Step that reaches it
  uint32_t workers = 1;  // threads that run agents, [1, 256]
  int lanes = 1;         // at most `workers`
  LoadPath load = LoadPath::kCopy;
  // kBulk: the dataset can be seen, and an acknowledgement is worth something,
  // only at the end; settling builds deferred indexes.
  Durability durability = Durability::kProcess;
  IndexMode indexes = IndexMode::kInline;  // kDeferred: only at kBulk
  bool replace = false;                    // a finished dataset of ours
  bool stores = true;  // false: there is nothing to read back
  // Makes an engine do at the end what it would do later; empty: it has done
  // all of it when its session is finished.
  std::string settle_sql;
  uint32_t batch_rows = 10'000;
  uint64_t batch_bytes = 64ULL << 20;
  std::chrono::nanoseconds linger = std::chrono::milliseconds(100);
  BlockPoolOptions pool;  // of all lanes together
  // Between two samples.
  std::chrono::milliseconds sample_every{500};
};

// Takes what a run shows while it goes on; in the thread of Run().
class BenchObserver {
 public:
  virtual ~BenchObserver() = default;
  // A phase begins: set-up, run, drain, settle, check.
  virtual void Phase(std::string_view /*name*/) {}
  // An interval is over; `latency` is of the events acknowledged in it.
  virtual Status Sample(const IntervalSample& sample,
                        const LatencyHistograms& latency) = 0;
};

class BenchRun {
 public:
  // Borrows both. REQUIRES: scenario.Validate() is ok.
  BenchRun(const BenchOptions& options, Backend& backend,
           BenchObserver& observer);
  ~BenchRun();
  BenchRun(const BenchRun&) = delete;
  BenchRun& operator=(const BenchRun&) = delete;

  // Fills intervals, phases, rates, latency, account, and of setup the settings
  // of `record`. Call it once.
  Status Run(const std::atomic<bool>& stop, RunRecord* record);

 private:
  using Clock = std::chrono::steady_clock;

  Status SetUp();
  [[nodiscard]] CollectStretchOptions StretchOptions();
  // Looks at what a lane acknowledged; in that lane's thread.
  [[nodiscard]] TimesObserver ObserverOf(EventLatency* latency);
  Status Offer(const std::atomic<bool>& stop);
  Status TakeSample(CollectStretch& stretch);
  [[nodiscard]] int64_t Scheduled(double at_s, int64_t generated) const;
  Status Settle(const std::atomic<bool>& stop);
  // Those who may not are told of it in the settings.
  void ForceCheckpoint();
  Status CheckDatabase(const std::atomic<bool>& stop);
  void Enter(std::string_view phase, double* seconds);

  const BenchOptions options_;
  Backend& backend_;
  BenchObserver& observer_;
  RunRecord* record_ = nullptr;

  std::unique_ptr<Plan> plan_;
  Manifest manifest_;
  std::unique_ptr<Session> session_;               // of lane 0
  std::vector<std::unique_ptr<Session>> further_;  // of lanes 1, 2, ...
  Digest digest_;  // of what is acknowledged, with the fleet
  std::vector<std::unique_ptr<EventLatency>> latencies_;  // by lane
  std::optional<AckCheck> acks_;                          // none at kBulk
  std::atomic<int64_t> logical_bytes_{0};  // of acknowledged events
  FutexWord changed_;

  Clock::time_point began_{};  // the gate was opened
  Clock::time_point phase_began_{};
  double* phase_seconds_ = nullptr;
  // When the schedule ended.
  double offered_s_ = std::numeric_limits<double>::infinity();
  std::chrono::nanoseconds workers_cpu_{0};  // at the last sample
  std::vector<CompactLatency> sampled_;      // by interval
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_BENCH_RUN_H_
