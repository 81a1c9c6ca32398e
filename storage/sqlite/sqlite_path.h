// What is looked at of a file before SQLite opens it: where it is, what kind of
// thing it is, what its header says; and descriptors that may be closed beside
// SQLite's own.
//
// Threads: pure functions and values.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_PATH_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_PATH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "harness/core/status.h"

namespace tillstorm {

// Bytes 68 to 71 of every dataset that we made: "TILL".
inline constexpr uint32_t kApplicationId = 0x5449'4c4c;
// Of one that HOMEPOT set up and we adopted: "TILA". It is never replaced.
inline constexpr uint32_t kAdoptedApplicationId = 0x5449'4c41;

inline constexpr size_t kSqliteHeaderSize = 100;

// What the first 100 bytes of an SQLite file say.
struct SqliteHeader {
  uint32_t page_size = 0;
  uint32_t pages = 0;          // 0 when the header does not tell
  uint32_t text_encoding = 0;  // 1 is UTF-8
  uint32_t user_version = 0;
  uint32_t application_id = 0;
  bool is_wal = false;  // some of the content may be in a -wal beside it
};
// False unless the bytes are such a header.
[[nodiscard]] bool ParseSqliteHeader(std::span<const std::byte> bytes,
                                     SqliteHeader* header);

// `path` with links among its directories resolved; the last name stays. The
// answer is 0 or an errno: EISDIR for a path that ends without a name.
[[nodiscard]] int ResolveDirectory(const std::string& path,
                                   std::string* resolved);

// Finds the file to read, without opening it: to open a pipe would wait, and to
// close a descriptor of a file that this process has open in SQLite would drop
// the locks on it. kBadInput or kPermission unless a regular file with
// something in it is there. `file` is the resolved path.
Status FindRegularFile(const std::string& path, std::string* file);

// Whether the descriptor's file is the one that `path` names.
[[nodiscard]] bool IsNamed(int descriptor, const std::string& path);

// A descriptor that closes itself. When it is one of a file that SQLite may
// have open in this process too, `sqlite_file` names that file (resolved):
// its lock goes at once, the descriptor only with SQLite's last connection.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number, std::string sqlite_file = {})
      : number_(number), sqlite_file_(std::move(sqlite_file)) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)),
        sqlite_file_(std::move(other.sqlite_file_)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] bool ok() const { return number_ >= 0; }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_ = -1;
  std::string sqlite_file_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_PATH_H_
