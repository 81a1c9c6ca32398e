// FleetEvents: the rows of the fleet as events that own their memory, ready to
// be the first batch of a dataset.
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_FLEET_EVENTS_H_
#define TILLSTORM_HARNESS_FLEET_EVENTS_H_

#include <memory>
#include <vector>

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/event.h"
#include "harness/core/event_sink.h"
#include "storage/backend.h"

namespace tillstorm {

class FleetEvents final : public BlockSource {
 public:
  // A device row is as of the end of its device's span.
  FleetEvents(const Plan& plan, const AgentSpans& span_of);
  FleetEvents(const FleetEvents&) = delete;
  FleetEvents& operator=(const FleetEvents&) = delete;

  // In total order.
  [[nodiscard]] const std::vector<const Event*>& events() const {
    return events_;
  }

  // All of them as the first batch of a dataset; borrows from this.
  [[nodiscard]] Batch OpeningBatch() const;

  EventBlock* NextBlock(size_t bytes_min) override;

 private:
  std::vector<std::unique_ptr<EventBlock>> blocks_;
  std::vector<const Event*> events_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_FLEET_EVENTS_H_
