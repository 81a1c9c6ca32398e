// Manifest: what a dataset is, stored in tillstorm_manifest as one row per
// fact. It holds only what changes data (never threads, compiler, commit or
// host), so that equal data means equal manifests.
//
//   format          2, of this table
//   schema_version  kSchemaVersion
//   stream_version  kStreamVersion of agents/scenario.h
//   seed            decimal
//   scenario        canonical JSON of the Scenario
//   scenario_hash   XXH3-128 of that text, hex
//   ids             JSON: R and the daily caps of every table with pure ids
//   intervals       JSON [[opening, close], ...] in microseconds since 1970;
//   the
//                   close of an open interval is null
//   state           complete, or the word for what is still missing
#ifndef TILLSTORM_STORAGE_MANIFEST_H_
#define TILLSTORM_STORAGE_MANIFEST_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/status.h"

namespace tillstorm {

// A collected stretch of time, half-open.
struct Interval {
  Instant opening;
  std::optional<Instant> close;
};

struct Manifest {
  uint64_t seed = 0;
  int schema_version = 0;
  int stream_version = 0;
  std::string scenario;       // canonical JSON
  std::string scenario_hash;  // hex
  std::string ids;            // follows from the scenario
  std::vector<Interval> intervals;
  std::string state = "complete";

  // The rows of tillstorm_manifest, ordered by key.
  [[nodiscard]] std::map<std::string, std::string> ToRows() const;
  // kBadInput, with a sentence about what is wrong, unless the rows are a
  // manifest of this format.
  [[nodiscard]] static Result<Manifest> FromRows(
      const std::map<std::string, std::string>& rows);
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_MANIFEST_H_
