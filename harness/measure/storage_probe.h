// StorageProbe: how quick the file system of a folder is right now: small
// writes that are each brought to the disk, and one long write.
//
// It works on a file in a hidden directory there, which is removed whatever
// happens.
//
// Threads: one. Errors: kInterrupted when `stop` turned true; kCannotCreate,
// kPermission, kIo as they come. Costs: 64 MiB of room, and about a second;
// more where an fsync takes longer than 15 ms or the disk writes less than 100
// MiB/s.
#ifndef TILLSTORM_HARNESS_MEASURE_STORAGE_PROBE_H_
#define TILLSTORM_HARNESS_MEASURE_STORAGE_PROBE_H_

#include <atomic>
#include <string>

#include "harness/core/status.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

// Whether files can be made in `folder`, which is as below.
[[nodiscard]] Status CheckFolder(const std::string& folder);

// `folder`: an absolute path; empty: where throw-away datasets are.
[[nodiscard]] Result<ProbeFacts> ProbeStorage(const std::string& folder,
                                              const std::atomic<bool>& stop);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_STORAGE_PROBE_H_
