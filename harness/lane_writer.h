// LaneWriter: the batching writer of a live run. It drains the queue of one
// lane into one storage Session, a batch at a time.
//
//   EventQueue --> LaneWriter --> Session
//       ^              | blocks, once their commit is acknowledged
//   producers <-- BlockPool
//
// A batch is committed when it holds `rows` events, `bytes`, or half of the
// pool's blocks, or when its first event has waited for `linger`: whichever
// comes first; and at the end. Of what waited while the batch before was made,
// the writer does not know for how long: it counts from the beginning of that.
// It ends with a Step: it exceeds its
// bounds by at most one. Half of the pool, so that agents fill the other half
// meanwhile; and since no producer holds a block while it waits, a batch that
// is waited for fills up by itself.
//
// Integrity: the items of each producer must come with the numbers 0, 1, 2, ...
// A gap or a repeat ends the run with kIntegrity.
//
// Threads: Run() belongs to the Session's thread; RequestDrop() and stats() may
// be called from any; digest() after Run().
// Errors: a batch is all or nothing. What may be repeated is repeated, at most
// `retries_max` times, after growing waits. What is in doubt is resolved by the
// Session. Whenever Run() returns the pool is closed, so that nobody waits for
// credits that will not come; what was not acknowledged by then is not counted.
#ifndef TILLSTORM_HARNESS_LANE_WRITER_H_
#define TILLSTORM_HARNESS_LANE_WRITER_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/block_pool.h"
#include "harness/busy_meter.h"
#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/histogram.h"
#include "harness/core/instant.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "harness/event_queue.h"
#include "harness/futex.h"
#include "harness/lane.h"
#include "harness/lane_stats.h"
#include "harness/owner_list.h"
#include "storage/backend.h"

namespace tillstorm {

struct LaneWriterOptions {
  LaneOptions lane;
  // Targets. Ranges [1, 10'000'000] and [1 KiB, 1 GiB]. Larger ones make more
  // of each commit, and a crash costs more.
  uint32_t rows = 10'000;
  uint64_t bytes = 64ULL << 20;  // of payloads
  // Longest wait of a batch's first event. Zero commits at once.
  std::chrono::nanoseconds linger = std::chrono::milliseconds(250);
  // Attempts after the first. With the default waits: 3.1 s in all.
  uint32_t retries_max = 5;
  // Before the first repetition; doubles with each.
  std::chrono::nanoseconds retry_wait = std::chrono::milliseconds(100);
};

// Called with the events of each acknowledged batch, in the writer's thread:
// what it takes, the writer waits.
using BatchObserver = std::function<void(std::span<const Event* const>)>;

// The way of a Step through the pipeline; of its batch there is:
//   ready         it was full, or had lingered long enough
//   applied       it was given to the engine: later than ready when the writer
//                 was busy with the one before
//   acknowledged
struct StepTimes {
  uint32_t events = 0;
  std::chrono::steady_clock::time_point due{};
  std::chrono::steady_clock::time_point begun{};
  std::chrono::steady_clock::time_point handed_over{};
};
struct BatchTimes {
  std::chrono::steady_clock::time_point ready{};
  std::chrono::steady_clock::time_point applied{};
  std::chrono::steady_clock::time_point acknowledged{};
  ApplyTimes engine;  // as the session says
};
// Called for each acknowledged batch with its Steps that are stamped, likewise.
using TimesObserver = std::function<void(const Batch&, const BatchTimes&,
                                         std::span<const StepTimes>)>;

class LaneWriter {
 public:
  // Borrows all of them. `observer` may be empty.
  LaneWriter(Session& session, EventQueue& queue, BlockPool& pool,
             const LaneWriterOptions& options, BatchObserver observer = {},
             TimesObserver times = {});
  LaneWriter(const LaneWriter&) = delete;
  LaneWriter& operator=(const LaneWriter&) = delete;

  // Commits batches until the queue is closed and empty, a drop was requested,
  // or an error ends the run. Blocks. Call it once.
  Status Run();
  // Run() returns at the next border of batches: what is queued then is
  // dropped, unacknowledged. A running Apply() is not interrupted.
  void RequestDrop();

  [[nodiscard]] LaneStats stats() const;
  // Of acknowledged batches.
  [[nodiscard]] const Digest& digest() const { return lane_.digest(); }
  [[nodiscard]] int32_t next_batch() const { return lane_.next_batch(); }

 private:
  using Clock = std::chrono::steady_clock;

  // A block whose events are pending up to, but not including, `end`.
  struct Held {
    QueuedBlock* item;
    size_t end;
    size_t next_stamp = 0;  // of Steps that are not acknowledged
  };

  // What there is to commit after a wait.
  enum class Gathered : uint8_t {
    kMore,  // maybe enough for a batch
    kAll,   // commit what there is
    kEnd,   // nothing is left and nothing more comes
  };

  Status Drain();
  // Sleeps until a batch is worth making, then takes what is queued.
  Gathered Gather();
  [[nodiscard]] QueueDemand Missing() const;
  // Whether there is anything taken now.
  bool TakeQueued();
  // Adds what was taken to the pending events until a batch is full.
  Status Fill();
  // Whether the pending events hold a full batch: sets cut_.
  bool FindCut();
  Status CheckSequence(const QueuedBlock& item);
  [[nodiscard]] Status CheckEmpty() const;
  Status CommitBatch();
  Status ApplyUntilKnown(const Batch& batch, bool* acknowledged);
  Status ApplyTimed(const Batch& batch);
  // False: a drop was requested meanwhile.
  bool WaitToRetry(uint32_t repeats);
  // Counts the batch and lets go of its events.
  void Acknowledge(const Batch& batch);
  // Since when there is no reason for the batch at hand to wait.
  [[nodiscard]] Clock::time_point ReadyTime() const;
  void ObserveTimes(const Batch& batch);
  Status Drop();

  Session& session_;
  EventQueue& queue_;
  BlockPool& pool_;
  const LaneWriterOptions options_;
  const uint32_t blocks_max_;  // of one batch
  const BatchObserver observer_;
  const TimesObserver times_observer_;
  Lane lane_;

  // Taken from the queue, not yet looked at: [taken_next_, taken_.size()).
  std::vector<QueuedBlock*> taken_;
  size_t taken_next_ = 0;
  Clock::time_point taken_at_{};
  // Of the batch to be: [0, cut_) once there is one.
  std::vector<const Event*> pending_;
  std::vector<Held> held_;
  std::vector<QueuedBlock*> returning_;
  size_t scanned_ = 0;  // of pending_, looked at for a cut
  uint64_t scanned_bytes_ = 0;
  uint32_t blocks_ = 0;  // in held_, chains counted
  size_t cut_ = 0;
  bool is_full_ = false;  // that is why there is a cut
  // No event of the batch to be is older.
  Clock::time_point batch_began_{};
  BatchTimes times_;                // of the batch at hand
  std::vector<StepTimes> stepped_;  // scratch
  std::vector<uint64_t> expected_;  // by producer: the next sequence number
  OwnerList owners_;

  std::atomic<bool> drop_{false};
  FutexWord drop_word_;
  std::array<std::atomic<int64_t>, kTableCount> rows_{};
  std::atomic<int64_t> events_{0};
  std::atomic<int64_t> batches_{0};
  std::atomic<int64_t> last_batch_events_{0};
  std::atomic<int64_t> last_commit_us_{0};  // wall clock; 0: none yet
  std::atomic<int64_t> retries_{0};
  std::atomic<int64_t> dropped_events_{0};
  BusyMeter busy_;
  SharedHistogram queue_wait_;
  SharedHistogram batch_wait_;
  SharedHistogram execute_;
  SharedHistogram commit_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LANE_WRITER_H_
