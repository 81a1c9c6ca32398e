// DatasetProbe: what the dataset that stands at a location is good for,
// whatever engine it is in.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_DATASET_PROBE_H_
#define TILLSTORM_STORAGE_DATASET_PROBE_H_

#include <string>

#include "harness/core/status.h"
#include "storage/manifest.h"
#include "storage/probe.h"

namespace tillstorm {

inline constexpr const char* kDatasetCheck = "dataset";

// The line of a location without a dataset that can be gone on with, because of
// `why`.
[[nodiscard]] PreflightLine NoDataset(const Status& why);

// Adds the line of the dataset `name`, whose manifest was read or not, and the
// manifest of one that can be gone on with.
void JudgeDataset(const std::string& name, Result<Manifest> manifest,
                  const ProbeNeeds& needs, LocationProbe* probe);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_DATASET_PROBE_H_
