#include "harness/new_dataset.h"

#include <utility>

#include "harness/fleet_events.h"

namespace tillstorm {

AgentSpans OpeningSpans(Instant opening) {
  return [opening](EntityId) { return AgentSpan{opening, opening, opening}; };
}

Result<NewDataset> BeginDataset(const CreateOptions& options, const Plan& plan,
                                const Manifest& manifest, Backend& backend) {
  const FleetEvents fleet(plan, OpeningSpans(plan.start()));
  const Batch opening = fleet.OpeningBatch();
  auto session = backend.Create(options, manifest, opening);
  if (!session.ok()) return session.status();
  return NewDataset{std::move(*session), opening.ledger.delta};
}

Result<std::vector<std::unique_ptr<Session>>> OpenFurtherLanes(Session& first,
                                                               int lanes) {
  std::vector<std::unique_ptr<Session>> further;
  for (int lane = 1; lane < lanes; ++lane) {
    auto session = first.OpenLane();
    if (!session.ok()) return session.status();
    further.push_back(std::move(*session));
  }
  return further;
}

}  // namespace tillstorm
