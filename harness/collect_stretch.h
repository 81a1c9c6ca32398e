// CollectStretch: agents and the batching writer at work over one piece of
// virtual time. Who owns one starts it, may cut it short, and joins it.
//
//   Prepare()  the writer waits for blocks, all agents wait at the gate
//   Start()    opens the gate
//   done()     everything that the agents emitted is committed, or it failed
//   Join()     how it ended
//
// Threads: those of the host, one for the writer, one that waits for the host.
// Prepare(), Start() and Join() belong to one thread; everything else: any.
// Errors: kSystemLimit from Prepare() when not all agents get their thread;
// nothing was emitted then. Join() gives the first error of writer or host.
#ifndef TILLSTORM_HARNESS_COLLECT_STRETCH_H_
#define TILLSTORM_HARNESS_COLLECT_STRETCH_H_

#include <atomic>
#include <cstdint>
#include <thread>

#include "harness/block_pool.h"
#include "harness/collect_snapshot.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/event_queue.h"
#include "harness/futex.h"
#include "harness/lane_writer.h"
#include "harness/live_host.h"
#include "storage/backend.h"

namespace tillstorm {

struct CollectStretchOptions {
  uint32_t agents = 0;
  AgentFactory factory;
  LiveHostOptions host;
  BlockPoolOptions pool;
  LaneWriterOptions writer;
  BatchObserver observer;
};

class CollectStretch {
 public:
  // Borrows the session. `changed` is bumped when done() turns true.
  CollectStretch(const CollectStretchOptions& options, Session& session,
                 FutexWord& changed);
  ~CollectStretch();  // drops and joins
  CollectStretch(const CollectStretch&) = delete;
  CollectStretch& operator=(const CollectStretch&) = delete;

  Status Prepare();
  void Start() { host_.Start(); }
  [[nodiscard]] bool done() const { return done_.load(); }

  // Ends virtual time as early as may be and says where.
  Instant Cut() { return host_.Cut(); }
  // Agents leave at once, and what is queued is not committed any more.
  void Drop();
  Status Join();

  // Adds what goes on now to what there was before.
  void AddTo(CollectSnapshot* snapshot) const;
  [[nodiscard]] const LiveHost& host() const { return host_; }
  [[nodiscard]] const LaneWriter& writer() const { return writer_; }
  [[nodiscard]] const BlockPool& pool() const { return pool_; }

 private:
  void RunWriter();
  // Waits for the agents and tells the writer that no more comes.
  void RunReaper();

  BlockPool pool_;
  EventQueue queue_;
  LiveHost host_;
  LaneWriter writer_;
  FutexWord& changed_;

  FutexWord host_ready_;   // 0 until the reaper may join it
  bool has_host_ = false;  // written before host_ready_
  std::atomic<bool> done_{false};
  Status writer_status_;  // written before its thread ends
  Status host_status_;
  std::thread writer_thread_;
  std::thread reaper_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_STRETCH_H_
