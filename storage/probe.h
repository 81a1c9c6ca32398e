// Probing: what can be told of engines and of a location before anything is
// opened for work. `doctor` shows it, `collect` refuses to start on it.
//
// A probe never makes, changes or waits for anything that stays: a file that it
// makes to see whether files can be made has a name of its own and is gone
// when it returns. A dataset that somebody writes is not opened.
//
// Threads: any; one probe of a location at a time.
// Errors: none; what goes wrong is a line.
#ifndef TILLSTORM_STORAGE_PROBE_H_
#define TILLSTORM_STORAGE_PROBE_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/core/preflight_line.h"
#include "storage/location.h"
#include "storage/manifest.h"

namespace tillstorm {

struct ProbeNeeds {
  // Bytes that a run is expected to add to the dataset, if that is known.
  std::optional<int64_t> expected_bytes;
  // kStreamVersion of agents/scenario.h: of datasets that can be gone on with.
  int stream_version = 0;
  // What is there is a database of HOMEPOT's that is about to be adopted.
  bool adopts = false;
  // Sessions that will write at once.
  int lanes = 1;
  // Raised to end the starting of a server and the waiting for its other
  // clients soon; null: nobody does.
  const std::atomic<bool>* stop = nullptr;
  Notice say = {};  // told of that waiting; may be empty
};

struct LocationProbe {
  std::vector<PreflightLine> lines;
  // Of the dataset of ours that is there and can be gone on with.
  std::optional<Manifest> manifest;
};

// The libraries of all engines.
[[nodiscard]] std::vector<PreflightLine> ProbeLibraries();

// What stands at the location, whether it can be written, and how much room
// there is. REQUIRES: this process does not write the dataset, which would look
// as if another one did.
[[nodiscard]] LocationProbe ProbeLocation(const Location& location,
                                          const ProbeNeeds& needs);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_PROBE_H_
