// The files of a run's folder: text that grows by whole pieces, and text that
// is replaced at once, so that a program that is killed leaves nothing broken
// but a last piece.
//
// Threads: an AppendFile has one owner.
// Errors: kCannotCreate, kPermission, kIo (disk full too), kBadInput when there
// is no such file to read; one sentence with the path.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_FILE_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_FILE_H_

#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

class AppendFile {
 public:
  // Makes a new file; one that is there is refused.
  [[nodiscard]] static Result<AppendFile> Create(std::string path);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  // Given to the system before it returns; not synced.
  Status Append(std::string_view text);
  // Brings everything to stable storage.
  Status Sync();

 private:
  AppendFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_ = -1;
};

// Writes `path` anew under another name, syncs it and renames it: whoever reads
// finds the old text or the new one.
Status ReplaceFile(const std::string& path, std::string_view text);

[[nodiscard]] Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_FILE_H_
