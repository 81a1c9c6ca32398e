// CollectFleet: whose events a collection collects: those of the dataset that
// is there, of a database that it adopts, or of a new fleet. Looked at before
// anything is changed; doctor looks at it too.
//
// Threads: one.
// Errors: kUsage for flags that do not go with what is there, kBadInput for
// what cannot be gone on with or adopted, and those of the backend.
#ifndef TILLSTORM_HARNESS_COLLECT_FLEET_H_
#define TILLSTORM_HARNESS_COLLECT_FLEET_H_

#include <cstdint>
#include <functional>
#include <string>

#include "agents/scenario.h"
#include "harness/command_line.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

struct CollectFleet {
  Scenario scenario;
  uint64_t seed = 0;
  // Of a database that is to be adopted: reads it once more, when it is taken.
  // Borrows the flags. Else empty.
  std::function<Result<Scenario>(Reader& database)> adopt;
  std::string note;  // what must be said about the fleet; may be empty
};

// `location` is how messages name the dataset.
[[nodiscard]] Result<CollectFleet> ReadCollectFleet(
    const FlagValues& flags, Backend& backend, const std::string& location);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_FLEET_H_
