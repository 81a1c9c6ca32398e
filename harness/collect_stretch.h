// CollectStretch: agents and their batching writers at work over one piece of
// virtual time. Who owns one starts it, may cut it short, and joins it.
//
//   agents --> blocks --> queue --> LaneWriter --> Session     lane 0
//   agents --> blocks --> queue --> LaneWriter --> Session     lane 1 ...
//
//   Prepare()  the writers wait for blocks, all agents wait at the gate
//   Start()    opens the gate
//   done()     everything that the agents emitted is committed, or it failed
//   Join()     how it ended
//
// Order: lanes commit without regard to each other. That is sound because an
// agent has one lane, and a row refers only to rows of its own agent, of the
// fleet and of the bootstrap, which are acknowledged before a stretch begins.
//
// Threads: those of the host, one for each writer, one that waits for the host.
// Prepare(), Start() and Join() belong to one thread; everything else: any.
// Errors: kSystemLimit from Prepare() when not all agents get their thread;
// nothing was emitted then. The first error of a writer stops all agents; the
// other lanes commit what they have. Join() gives it, or that of the host.
#ifndef TILLSTORM_HARNESS_COLLECT_STRETCH_H_
#define TILLSTORM_HARNESS_COLLECT_STRETCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "harness/block_pool.h"
#include "harness/collect_snapshot.h"
#include "harness/core/digest.h"
#include "harness/core/instant.h"
#include "harness/core/mutex.h"
#include "harness/core/status.h"
#include "harness/event_queue.h"
#include "harness/futex.h"
#include "harness/lane_writer.h"
#include "harness/live_host.h"
#include "storage/backend.h"

namespace tillstorm {

struct CollectStretchLane {
  Session* session;  // borrowed; no other lane has it
  int32_t first_batch = 1;
  BatchObserver observer;  // called in the lane's thread
  TimesObserver times;     // likewise
};

struct CollectStretchOptions {
  uint32_t agents = 0;
  AgentFactory factory;
  LiveHostOptions host;
  BlockPoolOptions pool;     // shared out among the lanes
  LaneWriterOptions writer;  // its lane's number and first batch are not used
  std::vector<CollectStretchLane> lanes;  // at least one
};

class CollectStretch {
 public:
  // `changed` is borrowed, and bumped when done() turns true.
  CollectStretch(const CollectStretchOptions& options, FutexWord& changed);
  ~CollectStretch();  // drops and joins
  CollectStretch(const CollectStretch&) = delete;
  CollectStretch& operator=(const CollectStretch&) = delete;

  Status Prepare();
  void Start() { host_.Start(); }
  [[nodiscard]] bool done() const { return done_.load(); }

  // Ends virtual time as early as may be and says where.
  Instant Cut() { return host_.Cut(); }
  // Agents leave at once, wherever in virtual time each of them is; what they
  // emitted is committed.
  void StopAgents() { host_.Stop(); }
  // The same, and what is queued is not committed any more.
  void Drop();
  Status Join();

  // Adds what goes on now to what there was before.
  void AddTo(CollectSnapshot* snapshot) const;
  [[nodiscard]] const LiveHost& host() const { return host_; }
  // Of all lanes together.
  [[nodiscard]] LaneStats stats() const;
  // Events that went into the queues so far.
  [[nodiscard]] int64_t pushed_rows() const;
  [[nodiscard]] BlockPoolStats pool_stats() const;
  // After Join().
  [[nodiscard]] Digest digest() const;
  [[nodiscard]] int32_t next_batch(size_t lane) const {
    return lanes_[lane]->writer.next_batch();
  }

 private:
  struct LanePipe {
    LanePipe(const CollectStretchOptions& options, size_t number);
    BlockPool pool;
    EventQueue queue;
    LaneWriter writer;
    std::thread thread;
  };
  using LanePipes = std::vector<std::unique_ptr<LanePipe>>;

  static LanePipes MakePipes(const CollectStretchOptions& options);
  static std::vector<LiveLane> EndsOf(const LanePipes& lanes);
  void RunWriter(LanePipe& lane);
  // Waits for the agents and tells the writers that no more comes.
  void RunReaper();

  const LanePipes lanes_;
  LiveHost host_;
  FutexWord& changed_;

  FutexWord host_ready_;   // 0 until the reaper may join it
  bool has_host_ = false;  // written before host_ready_
  std::atomic<size_t> writers_left_;
  std::atomic<bool> done_{false};
  Mutex mutex_;
  Status writer_status_ GUARDED_BY(mutex_);  // the first error
  Status host_status_;                       // written before its thread ends
  std::thread reaper_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_STRETCH_H_
