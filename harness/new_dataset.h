// What every live run on a new dataset begins with: the fleet and the opening
// of the first interval, and a session per lane.
//
// Threads: one.
// Errors: the backend's.
#ifndef TILLSTORM_HARNESS_NEW_DATASET_H_
#define TILLSTORM_HARNESS_NEW_DATASET_H_

#include <memory>
#include <vector>

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/digest.h"
#include "storage/backend.h"

namespace tillstorm {

// Of owners who have emitted nothing yet.
[[nodiscard]] AgentSpans OpeningSpans(Instant opening);

struct NewDataset {
  std::unique_ptr<Session> session;  // of lane 0
  Digest opening;                    // of its first rows
};

// The fleet is as of the plan's start.
// `manifest`: of that plan.
[[nodiscard]] Result<NewDataset> BeginDataset(const CreateOptions& options,
                                              const Plan& plan,
                                              const Manifest& manifest,
                                              Backend& backend);

// The sessions of lanes 1, 2, ... beside that of lane 0.
[[nodiscard]] Result<std::vector<std::unique_ptr<Session>>> OpenFurtherLanes(
    Session& first, int lanes);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_NEW_DATASET_H_
