#include "harness/fleet_events.h"

#include <algorithm>

#include "agents/fleet_rows.h"

namespace tillstorm {

FleetEvents::FleetEvents(const Plan& plan, const AgentSpans& span_of) {
  EventSink sink(*this);
  EmitFleet(plan, span_of, sink);
  for (const auto& block : blocks_) {
    block->ForEach([this](const Event& event) { events_.push_back(&event); });
  }
  TS_CHECK(std::is_sorted(
      events_.begin(), events_.end(),
      [](const Event* a, const Event* b) { return Before(*a, *b); }));
}

Batch FleetEvents::OpeningBatch() const {
  Batch batch;
  batch.events = events_;
  for (const Event* event : events_) {
    AddToDigest(*event, &batch.ledger.delta);
  }
  return batch;
}

EventBlock* FleetEvents::NextBlock(size_t bytes_min) {
  constexpr size_t kBlockBytes = 64 * 1024;
  blocks_.push_back(
      std::make_unique<EventBlock>(std::max(bytes_min, kBlockBytes)));
  return blocks_.back().get();
}

}  // namespace tillstorm
