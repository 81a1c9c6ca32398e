// DirectoryProbe: whether a directory will do for the files of a dataset:
// files can be made in it, its file system is one for databases, it has room,
// and its clock is ours.
//
// Threads: any.
// Errors: none; what goes wrong is a line.
#ifndef TILLSTORM_STORAGE_DIRECTORY_PROBE_H_
#define TILLSTORM_STORAGE_DIRECTORY_PROBE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/preflight_line.h"

namespace tillstorm {

// Less than this is no room for any run, unless it is known to need less than
// half of what there is.
inline constexpr int64_t kRoomMin = int64_t{64} << 20;
// A live collection that nobody watches fills this in a few hours.
inline constexpr int64_t kRoomComfortable = int64_t{1} << 30;

// Makes an empty file without a telling name for a moment. `directory` is
// absolute. Lines: directory, file system, free disk, disk clock.
[[nodiscard]] std::vector<PreflightLine> ProbeDirectory(
    const std::string& directory, std::optional<int64_t> expected_bytes);

// The judgements, apart from the measuring.

// `magic` is what statfs() calls the type.
[[nodiscard]] PreflightLine JudgeFileSystem(const std::string& directory,
                                            uint32_t magic, bool read_only);

struct DiskRoom {
  int64_t free_bytes = 0;
  std::optional<int64_t> free_inodes;    // none: they are not counted
  std::optional<int64_t> file_size_max;  // ulimit -f
};
[[nodiscard]] PreflightLine JudgeRoom(const std::string& directory,
                                      const DiskRoom& room,
                                      std::optional<int64_t> expected_bytes);

// `ahead`: time of a file made just now less the system's clock.
[[nodiscard]] PreflightLine JudgeDiskClock(const std::string& directory,
                                           std::chrono::milliseconds ahead);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_DIRECTORY_PROBE_H_
