#include "harness/lane.h"

#include <utility>

#include "harness/core/check.h"

namespace tillstorm {

Batch Lane::NextBatch(std::span<const Event* const> events,
                      std::vector<OwnerInstant> owners) const {
  Batch batch;
  batch.events = events;
  batch.ledger.lane = options_.lane;
  batch.ledger.batch = next_batch_;
  batch.ledger.run = options_.run;
  batch.ledger.owners = std::move(owners);
  for (const Event* event : events) AddToDigest(*event, &batch.ledger.delta);
  return batch;
}

void Lane::Acknowledge(const Batch& batch) {
  TS_CHECK(batch.ledger.batch == next_batch_);
  ++next_batch_;
  digest_.Add(batch.ledger.delta);
}

}  // namespace tillstorm
