#include "storage/sqlite/sqlite_path.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "harness/core/check.h"
#include "storage/sqlite/sqlite_registry.h"

namespace tillstorm {
namespace {

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

Status LookupError(int error, const std::string& path) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Bad(fmt::format("there is no file {}", path));
    case EISDIR:
      return Bad(
          fmt::format("{} is a directory; give the path of a dataset", path));
    case EACCES:
    case EPERM:
      return {StatusCode::kPermission,
              fmt::format("no permission to read {}", path)};
    default:
      return Bad(
          fmt::format("{} cannot be read: {}", path, std::strerror(error)));
  }
}

uint32_t BigEndian(std::span<const std::byte> bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<uint32_t>(bytes[at + i]);
  }
  return value;
}

}  // namespace

bool ParseSqliteHeader(std::span<const std::byte> bytes, SqliteHeader* header) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (bytes.size() < kSqliteHeaderSize ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return false;
  }
  const uint32_t page_size = BigEndian(bytes, 16, 2);
  header->page_size = page_size == 1 ? 65'536 : page_size;
  // The number of pages counts only if the last writer kept it up to date.
  const bool counted = BigEndian(bytes, 24, 4) == BigEndian(bytes, 92, 4);
  header->pages = counted ? BigEndian(bytes, 28, 4) : 0;
  header->text_encoding = BigEndian(bytes, 56, 4);
  header->user_version = BigEndian(bytes, 60, 4);
  header->application_id = BigEndian(bytes, 68, 4);
  header->is_wal = BigEndian(bytes, 19, 1) == 2;
  return true;
}

int ResolveDirectory(const std::string& path, std::string* resolved) {
  TS_CHECK(!path.empty() && path[0] == '/');
  const size_t slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return EISDIR;
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  const std::unique_ptr<char, decltype(&std::free)> real(
      realpath(directory.c_str(), nullptr), &std::free);
  if (real == nullptr) return errno;
  *resolved = real.get();
  if (resolved->back() != '/') *resolved += '/';
  *resolved += name;
  return 0;
}

Status FindRegularFile(const std::string& path, std::string* file) {
  int error = ResolveDirectory(path, file);
  struct stat found {};
  if (error == 0 && lstat(file->c_str(), &found) != 0) error = errno;
  if (error != 0) return LookupError(error, path);
  if (S_ISDIR(found.st_mode)) return LookupError(EISDIR, path);
  if (S_ISLNK(found.st_mode)) {
    return Bad(fmt::format(
        "{} is a symbolic link; give the path of the file itself", path));
  }
  if (!S_ISREG(found.st_mode)) {
    return Bad(fmt::format("{} is no regular file, so it is no dataset", path));
  }
  if (found.st_size == 0) {
    return Bad(fmt::format("{} is empty, so it is no dataset", path));
  }
  return Status::Ok();
}

bool IsNamed(int descriptor, const std::string& path) {
  struct stat open_file {};
  struct stat named_file {};
  return fstat(descriptor, &open_file) == 0 &&
         lstat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev &&
         open_file.st_ino == named_file.st_ino;
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(sqlite_file_, other.sqlite_file_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (number_ < 0) return;
  if (sqlite_file_.empty()) {
    close(number_);
  } else {
    sqlite_registry::CloseDescriptor(sqlite_file_, number_);
  }
}

}  // namespace tillstorm
