// LiveHost: runs agents in threads, each at its time, and hands what they emit
// to the queue.
//
//   runners (an OS thread each, with 1..n agents) --> Producer --> EventQueue
//
// With as many runners as agents it is one thread per agent; with fewer, every
// runner keeps its agents in the order of their next instants. What is emitted
// is the same.
//
//   Prepare()   makes all threads; each builds its agents and waits at the gate
//   Start()     opens it
//   Cut() or Stop(), or nothing: agents end by themselves at the end
//   Join()      everything is handed over
//
// Threads: runners of its own, with all signals blocked. Prepare(), Start() and
// Join() belong to one thread; everything else: any.
// Errors: all threads start or none does. kSystemLimit from Prepare() names the
// limit; nothing was emitted then. Join() gives the first error of a runner
// (out of memory), which has stopped the others.
// Memory: of a runner: the touched pages of its stack, its token and 200 bytes;
// live_host.cc has the figures.
#ifndef TILLSTORM_HARNESS_LIVE_HOST_H_
#define TILLSTORM_HARNESS_LIVE_HOST_H_

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "harness/block_pool.h"
#include "harness/core/status.h"
#include "harness/event_queue.h"
#include "harness/futex.h"
#include "harness/pacer.h"
#include "harness/producer.h"

namespace tillstorm {

// Makes agent `index`; called once for each, from any runner.
using AgentFactory = std::function<std::unique_ptr<Agent>(uint32_t index)>;
// pthread_create, or what a test puts in its place.
using ThreadCreator = int (*)(pthread_t*, const pthread_attr_t*,
                              void* (*)(void*), void*);

// The way to one writer. Borrowed.
struct LiveLane {
  BlockPool* pool;
  EventQueue* queue;
};

struct LiveHostOptions {
  // 0: a thread per agent. Otherwise agent i belongs to runner i % runners.
  // Runner r emits into lane r % lanes, so that each agent has one lane.
  uint32_t runners = 0;
  // Of one runner; a guard page comes on top. 0: what the build needs.
  size_t stack_bytes = 0;
  PacerOptions pace;
  ProducerOptions producer;
  // Events per second that all runners offer together, each an equal share, on
  // a schedule that depends on nothing but what it emitted: a Step is due at
  // the opening of the gate + (its runner's events before it) / share. None: a
  // Step is due when its turn comes.
  std::optional<double> rate;
  // A runner leaves after the Step with which it has emitted its equal share of
  // so many events. 0: no limit.
  int64_t events_max = 0;
  // Steps are stamped with when they were due and when they began. Needed for
  // the two above.
  bool has_stamps = false;
  ThreadCreator create_thread = pthread_create;
};

class LiveHost {
 public:
  // For agents [0, agents). Borrows pool and queue. REQUIRES: agents > 0.
  LiveHost(uint32_t agents, AgentFactory factory,
           const LiveHostOptions& options, BlockPool& pool, EventQueue& queue)
      : LiveHost(agents, std::move(factory), options, {{&pool, &queue}}) {}
  // With several lanes. REQUIRES: not empty.
  LiveHost(uint32_t agents, AgentFactory factory,
           const LiveHostOptions& options, std::vector<LiveLane> lanes);
  // Unless joined: stops, closes the pools so that nobody waits for credit,
  // and joins.
  ~LiveHost();
  LiveHost(const LiveHost&) = delete;
  LiveHost& operator=(const LiveHost&) = delete;

  Status Prepare();
  void Start() { pacer_.Start(); }
  // See Pacer. Before Start() they end everything before the first event.
  Instant Cut() { return pacer_.Cut(); }
  void Stop() { pacer_.Stop(); }
  // Waits for all runners. What they emitted is in the queue then.
  Status Join();

  [[nodiscard]] const Pacer& pacer() const { return pacer_; }
  [[nodiscard]] uint32_t agents_total() const { return agents_; }
  [[nodiscard]] size_t stack_bytes() const;  // of one runner
  // Built, and not at their end yet.
  [[nodiscard]] uint32_t agents_alive() const { return alive_.load(); }
  // Events emitted so far. Only with stamps.
  [[nodiscard]] int64_t emitted() const;
  // Processor time of all runners so far. REQUIRES: between Prepare() and
  // Join().
  [[nodiscard]] std::chrono::nanoseconds runners_cpu() const;

 private:
  class Runner;

  static void* ThreadMain(void* runner);
  static uint32_t RunnersFor(uint32_t agents, uint32_t runners);
  // Makes threads until there are all or one cannot be made: the error then.
  int CreateThreads();
  void StopWithoutMemory() noexcept;

  const uint32_t agents_;
  const AgentFactory factory_;
  const LiveHostOptions options_;
  const std::vector<LiveLane> lanes_;
  Pacer pacer_;
  std::vector<std::unique_ptr<Runner>> runners_;
  std::vector<pthread_t> threads_;
  FutexWord preparing_;  // runners that have not built their agents yet
  std::atomic<uint32_t> alive_{0};
  std::atomic<bool> out_of_memory_{false};
  Status status_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LIVE_HOST_H_
