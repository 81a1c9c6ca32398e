// PoolHost: runs any number of agents on a few workers in virtual time and
// hands out their events in one total order, window by window.
//
//   slices of agents x windows of time --> workers --> sorted window --> Next()
//
// A window is a stretch of virtual time; a slice is a group of agents that one
// worker at a time runs through it. The worker that finishes the last slice of
// a window sorts it. Windows come out in order, whatever the workers do, and
// their events depend on neither.
//
// Threads: workers of its own. Next() and Release() belong to one consumer
// thread; RequestStop() may be called from any.
// Memory: at most `windows_ahead` windows that the consumer has not taken, plus
// those it holds. Full means that workers wait.
#ifndef TILLSTORM_HARNESS_POOL_HOST_H_
#define TILLSTORM_HARNESS_POOL_HOST_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/event_block.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"
#include "harness/core/mutex.h"

namespace tillstorm {

struct PoolHostOptions {
  uint32_t threads = 1;  // [1, 256]
  Micros window{60'000'000};
  int windows_ahead = 4;  // [2, 64]
  bool ordered = true;    // false: events stay unsorted (to measure agents)
};

// A window that keeps about 4,000 events, at most 15 minutes. Small, so that
// what a worker wrote is still in the cache when the writer reads it; and no
// agent runs more than an hour ahead of another.
[[nodiscard]] Micros WindowFor(const Scenario& scenario);

// The events of one window.
class Window {
 public:
  // In total order. Valid until the window is released.
  [[nodiscard]] const std::vector<const Event*>& events() const {
    return events_;
  }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  friend class PoolHost;
  std::vector<const Event*> events_;
  std::vector<std::unique_ptr<EventBlock>> blocks_;
  int64_t bytes_ = 0;  // of payloads
  size_t slices_left_ = 0;
};

class PoolHost {
 public:
  // Runs all agents of the plan over the span. Borrows the plan.
  PoolHost(const Plan& plan, const AgentSpan& span,
           const PoolHostOptions& options);
  // Each agent over a span of its own; windows cover [whole.from, whole.end).
  // Borrows what the spans borrow. REQUIRES: no span reaches beyond `whole`.
  PoolHost(const Plan& plan, const AgentSpan& whole, AgentSpans span_of,
           const PoolHostOptions& options);
  ~PoolHost();  // stops
  PoolHost(const PoolHost&) = delete;
  PoolHost& operator=(const PoolHost&) = delete;

  // The next window, or nullptr when there is none or a stop was requested.
  // Blocks.
  [[nodiscard]] std::unique_ptr<Window> Next();
  // Takes a window back: its memory serves the next one.
  void Release(std::unique_ptr<Window> window);

  void RequestStop() noexcept;

 private:
  struct Slice;
  class Blocks;  // the BlockSource of one worker's task

  void Work();
  // The slice that is furthest behind and may run, or nullptr to stop.
  Slice* TakeSlice();
  void Finish(Slice& slice, int64_t index,
              std::vector<std::unique_ptr<EventBlock>> blocks);
  static void Sort(Window& window, bool ordered);
  [[nodiscard]] Instant EndOf(int64_t window) const;

  const Plan& plan_;
  const AgentSpan span_;
  const AgentSpans span_of_;
  const PoolHostOptions options_;
  const int64_t windows_;  // in the span
  std::atomic<bool> stop_{false};

  Mutex mutex_;
  Condition work_;   // a slice may run
  Condition ready_;  // a window is ready
  std::vector<std::unique_ptr<Slice>> slices_ GUARDED_BY(mutex_);
  // Windows from next_window_ on that are being made or are ready.
  std::vector<std::unique_ptr<Window>> ring_ GUARDED_BY(mutex_);
  int64_t next_window_ GUARDED_BY(mutex_) = 0;  // that Next() gives
  std::vector<std::unique_ptr<EventBlock>> free_blocks_ GUARDED_BY(mutex_);

  std::vector<std::thread> workers_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_POOL_HOST_H_
