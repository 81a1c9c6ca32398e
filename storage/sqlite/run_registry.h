// RunRegistry: every benchmark run that ever began in a folder of results, the
// invalid and the killed ones too, so that nobody can show the best of many as
// if it were the only one. An SQLite file, registry.sqlite beside the folders
// of the runs.
//
// It is only ever added to: a run is entered when it begins and entered again
// when it ends, and the file refuses UPDATE and DELETE of both. It is no
// safeguard against somebody who replaces the file.
//
// Threads: one owner. Any number of programs may add to one file at once; each
// waits for the others.
// Errors: as SqliteDb's; kBadInput for a file that is something else.
#ifndef TILLSTORM_STORAGE_SQLITE_RUN_REGISTRY_H_
#define TILLSTORM_STORAGE_SQLITE_RUN_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

inline constexpr std::string_view kRunRegistryFile = "registry.sqlite";

struct RunBegin {
  std::string started;  // ISO 8601, UTC
  std::string folder;   // its name, without a path
  std::string command;  // without passwords
};
struct RunEnd {
  std::string verdict;  // VALID, ...
  std::string headline;
  std::string checksum;  // of run.json
};

struct RunCounts {
  int64_t runs = 0;
  int64_t valid = 0;   // with warnings or without
  int64_t killed = 0;  // or still running
  int64_t alike = 0;   // of the same command
  int64_t alike_valid = 0;
};
// `9 runs, 7 valid, 1 never ended; of this command 3, 3 valid`
[[nodiscard]] std::string CountsText(const RunCounts& counts);

class RunRegistry {
 public:
  // Makes the file if it is missing. `folder` is there.
  [[nodiscard]] static Result<std::unique_ptr<RunRegistry>> Open(
      const std::string& folder);
  // Nothing when there is none; never makes or changes one.
  [[nodiscard]] static Result<std::unique_ptr<RunRegistry>> OpenToRead(
      const std::string& folder);
  virtual ~RunRegistry() = default;

  // Returns the number of the run.
  virtual Result<int64_t> Begin(const RunBegin& run) = 0;
  // REQUIRES: Begin() gave `number`. A run ends once.
  virtual Status End(int64_t number, const RunEnd& end) = 0;

  // How the run in a folder ended; nothing for one that it does not know, or
  // that never ended.
  virtual Result<std::optional<RunEnd>> Find(const std::string& folder) = 0;
  // `folder` tells which command counts as the same.
  virtual Result<RunCounts> Count(const std::string& folder) = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_RUN_REGISTRY_H_
