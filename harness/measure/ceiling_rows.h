// RowsInMemory: events as agents of a live run emit them, kept in memory, and
// what must be in a database before them.
//
// Threads: one owner.
// Memory: that of the events.
#ifndef TILLSTORM_HARNESS_MEASURE_CEILING_ROWS_H_
#define TILLSTORM_HARNESS_MEASURE_CEILING_ROWS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "agents/plan.h"
#include "harness/core/status.h"
#include "harness/fleet_events.h"
#include "harness/pool_host.h"
#include "storage/engine_ceiling.h"

namespace tillstorm {

// Where the agents of a run begin when everything is there that they need, and
// on to the end of time.
[[nodiscard]] AgentSpan LiveSpan(const Plan& plan);

class RowsInMemory {
 public:
  // Fleet, and what the first traffic agent makes of one (--sites 0). Borrows
  // the plan.
  explicit RowsInMemory(const Plan& plan, uint32_t threads);
  ~RowsInMemory();
  RowsInMemory(const RowsInMemory&) = delete;
  RowsInMemory& operator=(const RowsInMemory&) = delete;

  // Goes on until there are so many events, in their total order; kInterrupted
  // when `stop` turned true first.
  Status Grow(int64_t events, const std::atomic<bool>& stop);
  [[nodiscard]] CeilingRows rows() const { return {opening_, events_}; }

 private:
  void TakeBootstrap();

  const Plan& plan_;
  const PoolHostOptions options_;
  const FleetEvents fleet_;
  std::vector<Batch> opening_;
  std::vector<const Event*> bootstrap_;
  std::vector<const Event*> events_;
  std::vector<std::unique_ptr<Window>> windows_;  // that hold them
  std::unique_ptr<PoolHost> host_;                // of what comes next
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_CEILING_ROWS_H_
