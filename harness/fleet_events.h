// FleetEvents: the rows of the fleet as events that own their memory, ready to
// be the first batch of a dataset.
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_FLEET_EVENTS_H_
#define TILLSTORM_HARNESS_FLEET_EVENTS_H_

#include <memory>
#include <vector>

#include "agents/plan.h"
#include "harness/core/event.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"

namespace tillstorm {

class FleetEvents final : public BlockSource {
 public:
  // Device rows are as of just before `devices_as_of`.
  FleetEvents(const Plan& plan, Instant devices_as_of);
  FleetEvents(const FleetEvents&) = delete;
  FleetEvents& operator=(const FleetEvents&) = delete;

  // In total order.
  [[nodiscard]] const std::vector<const Event*>& events() const {
    return events_;
  }

  EventBlock* NextBlock(size_t bytes_min) override;

 private:
  std::vector<std::unique_ptr<EventBlock>> blocks_;
  std::vector<const Event*> events_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_FLEET_EVENTS_H_
