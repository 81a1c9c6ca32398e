// Collection: a live run on one dataset, from its opening to its close.
//
//   agents in threads --> blocks --> queue --> batching writer --> Session
//
// With several lanes there are as many queues, writers and sessions, and each
// agent has one of them (CollectStretch says why that is sound). Everything
// that is not a stretch, levelling too, goes through lane 0.
//
// A new dataset is made, or adopted of a database that HOMEPOT set up; one that
// is there is gone on with: first all owners
// are levelled to the one who came furthest, then the open interval is closed
// there and the next one opened. What was collected is what the intervals and
// the schedule say, whatever the clock did meanwhile.
//
// Ends: at the end of its span or duration, by RequestEnd(), or when an error
// ends it. An end that is asked for cuts virtual time at one instant, lets all
// agents come that far and closes the interval there. What cannot be written
// within `drain_max` is dropped, unacknowledged; the interval stays open then,
// and the next run levels it.
//
// Threads: Run() belongs to one thread and starts others; Snapshot(),
// RequestEnd() and TogglePause() are for any.
// Errors: Run() returns the first one. Whatever it is, what was acknowledged is
// in the dataset and a further run goes on with it.
// Memory: the pool of blocks, the agents, the backend's own.
#ifndef TILLSTORM_HARNESS_COLLECT_H_
#define TILLSTORM_HARNESS_COLLECT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agents/scenario.h"
#include "harness/block_pool.h"
#include "harness/collect_snapshot.h"
#include "harness/collect_stretch.h"
#include "harness/core/digest.h"
#include "harness/core/instant.h"
#include "harness/core/mutex.h"
#include "harness/core/status.h"
#include "harness/dataset.h"
#include "harness/event_log.h"
#include "harness/futex.h"
#include "harness/lane_writer.h"
#include "harness/log_stream.h"
#include "harness/run_options.h"
#include "storage/backend.h"

namespace tillstorm {

// With more agents than that a thread for each is refused.
inline constexpr uint32_t kAgentThreadsMax = 20'000;

struct CollectOptions {
  // Of a new dataset; of one that is there its manifest has them.
  uint64_t seed = 0;
  Scenario scenario;
  IndexMode indexes = IndexMode::kInline;  // not kDeferred
  // Of a database that is to be adopted: its scenario, from what is in it. Else
  // empty.
  std::function<Result<Scenario>(Reader& database)> adopt;

  // Where the first interval of this run opens, given the close of the last one
  // (of a new dataset: nothing). May refuse.
  std::function<Result<Instant>(std::optional<Instant> close)> opening;
  // The wall clock, which says where intervals open after a pause.
  std::function<Instant()> now;
  std::optional<Micros> span;      // of virtual time; none: until stopped
  std::optional<Micros> duration;  // by the clock, from the gate; likewise
  Speed speed;
  uint32_t workers = 0;  // 0: a thread per agent
  uint32_t threads = 1;  // for levelling
  // Connections that write at once. Range [1, Backend::max_lanes()].
  int lanes = 1;
  LoadPath load = LoadPath::kCopy;

  Durability durability = Durability::kProcess;
  uint32_t batch_rows = 10'000;
  uint64_t batch_bytes = 64ULL << 20;
  Micros linger{100'000};
  BlockPoolOptions pool;  // of all lanes together
  uint32_t block_events_max = ~uint32_t{0};
  // From RequestEnd() until what is queued is dropped.
  std::chrono::milliseconds drain_max{3'500};

  std::string location;      // for display
  LogStream* log = nullptr;  // borrowed; may be null
};

struct CollectSummary {
  std::vector<Interval> intervals;  // of the dataset
  bool is_closed = false;           // the last interval has its close
  Digest total;                     // what is in the dataset
  Digest fresh;                     // of this run
  int64_t events = 0;               // acknowledged in this run
  int64_t dropped_events = 0;
  int64_t levelled_rows = 0;  // before the first interval of this run
  int64_t batches = 0;
  std::chrono::nanoseconds agents_up{0};   // until all waited at their gate
  std::chrono::nanoseconds collecting{0};  // gates open until all is committed
  LatencySummary queue_wait;               // since the last pause
  LatencySummary batch_wait;
  LatencySummary execute;
  LatencySummary commit;
  LatencySummary lateness;  // of Steps; empty at max
  BlockPoolStats pool;
  std::vector<std::pair<std::string, std::string>> settings;
};

class Collection {
 public:
  // Borrows the backend. REQUIRES: scenario.Validate() is ok, lanes in range.
  Collection(CollectOptions options, Backend& backend);
  ~Collection();
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  // Call it once. Ok also after RequestEnd().
  Status Run();
  // After Run(), as far as it came.
  [[nodiscard]] const CollectSummary& summary() const { return summary_; }
  // Whether an interval of this run was opened in the dataset. Any thread.
  [[nodiscard]] bool has_begun() const { return has_begun_.load(); }

  void RequestEnd();
  // Closes the interval for all agents, or opens the next one.
  void TogglePause();
  [[nodiscard]] CollectSnapshot Snapshot() const;

 private:
  using Clock = std::chrono::steady_clock;
  Status RunIntervals();
  Status Prepare();
  Status CreateNew();
  Status AdoptExisting();
  // Plan and manifest of a new dataset.
  Status PlanNew(const Scenario& scenario, Instant opening);
  // What is so once its first rows are written.
  void TakeNew(const Digest& opening);
  Status ContinueExisting();
  Status OpenLanes();
  Status Level(const Dataset& dataset);
  // How far this run goes at most, from that opening on.
  Status PlanEnd(Instant opening);
  Status OpenNext(Instant opening);
  // The interval that is open, to its end, or to where it is cut.
  Status CollectInterval();
  Status RunStretch(Instant from, Instant end, bool bootstrap);
  [[nodiscard]] CollectStretchOptions StretchOptions(Instant from, Instant end,
                                                     bool bootstrap);
  [[nodiscard]] LiveHostOptions HostOptions(Instant from, Instant end) const;
  [[nodiscard]] std::vector<CollectStretchLane> StretchLanes();
  // Looks at what a lane committed; in that lane's thread.
  void Observe(std::span<const Event* const> events);
  // Waits for the stretch, cuts or drops it when that is asked for.
  void Attend(CollectStretch& stretch);
  void Account(const CollectStretch& stretch);
  // Waits for the end of the pause; false: the collection ends.
  bool WaitOutPause();
  Status Finish();
  void Say(const std::string& text) const;
  void SetPhase(CollectPhase phase);
  void Wake();
  // Whether time is up or an end was asked for.
  [[nodiscard]] bool IsOver() const;
  [[nodiscard]] std::optional<Clock::time_point> DropTime() const;

  const CollectOptions options_;
  Backend& backend_;
  const Clock::time_point began_ = Clock::now();

  Manifest manifest_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Session> session_;               // of lane 0
  std::vector<std::unique_ptr<Session>> further_;  // of lanes 1, 2, ...
  std::vector<Stretch> earlier_;  // closed stretches, borrowed by agents
  int32_t run_ = 1;
  std::vector<int32_t> next_batches_;  // by lane
  Instant from_;                       // everything before it is in the dataset
  Instant planned_end_;                // of this run
  std::optional<Instant> cut_;         // where the interval was cut
  bool is_dropped_ = false;
  CollectSummary summary_;

  // When an end was asked for, 0 before that; when time is up, likewise.
  std::atomic<Clock::rep> end_requested_{0};
  std::atomic<Clock::rep> deadline_{0};
  std::atomic<bool> pause_wanted_{false};
  std::atomic<bool> stop_preparing_{false};
  std::atomic<bool> has_begun_{false};
  std::atomic<int64_t> log_bytes_{0};
  FutexWord changed_;  // bumped whenever the thread of Run() should look

  Mutex log_mutex_;
  std::optional<EventLog> event_log_ GUARDED_BY(log_mutex_);

  mutable Mutex mutex_;
  CollectPhase phase_ GUARDED_BY(mutex_) = CollectPhase::kPreparing;
  CollectStretch* stretch_ GUARDED_BY(mutex_) = nullptr;  // the one at work
  // Before it: of the dataset, of this run.
  Digest total_ GUARDED_BY(mutex_);
  Digest fresh_ GUARDED_BY(mutex_);
  int64_t batches_ GUARDED_BY(mutex_) = 0;
  std::optional<Instant> last_commit_ GUARDED_BY(mutex_);  // wall clock
  Instant virtual_now_ GUARDED_BY(mutex_);
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_H_
