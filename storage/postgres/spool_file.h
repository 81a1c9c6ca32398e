// SpoolFile: a file without a name for bytes that are written once and read
// back, in $TMPDIR or /tmp; it goes with its descriptor, however the program
// ends.
//
// Threads: one to write; ReadAt() from any.
// Errors: kCannotCreate, kIo.
#ifndef TILLSTORM_STORAGE_POSTGRES_SPOOL_FILE_H_
#define TILLSTORM_STORAGE_POSTGRES_SPOOL_FILE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "harness/core/status.h"

namespace tillstorm {

class SpoolFile {
 public:
  struct Range {
    int64_t begin = 0;
    int64_t end = 0;
  };

  [[nodiscard]] static Result<SpoolFile> Create();
  SpoolFile(SpoolFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
  SpoolFile& operator=(SpoolFile&&) = delete;
  ~SpoolFile();

  Status Append(std::string_view bytes);
  // Brings it to the disk, so that the system does not do it later.
  Status Sync();
  [[nodiscard]] int64_t size() const { return size_; }
  // Fills `piece` with what is at `at`. REQUIRES: it is within the file.
  Status ReadAt(int64_t at, std::span<char> piece) const;

 private:
  explicit SpoolFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  int64_t size_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SPOOL_FILE_H_
