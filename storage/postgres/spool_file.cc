#include "storage/postgres/spool_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace tillstorm {
namespace {

Status IoError(std::string_view doing) {
  return {StatusCode::kIo, fmt::format("a temporary file: {} failed: {}", doing,
                                       std::strerror(errno))};
}

}  // namespace

Result<SpoolFile> SpoolFile::Create() {
  const char* parent = std::getenv("TMPDIR");
  std::string path =
      fmt::format("{}/tillstorm-XXXXXX",
                  parent != nullptr && parent[0] == '/' ? parent : "/tmp");
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return Status(StatusCode::kCannotCreate,
                  fmt::format("no temporary file {} can be made: {}; set "
                              "TMPDIR to a directory that can be written",
                              path, std::strerror(errno)));
  }
  unlink(path.c_str());
  return SpoolFile(descriptor);
}

SpoolFile::~SpoolFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status SpoolFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(descriptor_, bytes.data(), bytes.size());
    if (put <= 0) return IoError("writing");
    size_ += put;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return Status::Ok();
}

Status SpoolFile::Sync() {
  return fdatasync(descriptor_) == 0 ? Status::Ok() : IoError("syncing");
}

Status SpoolFile::ReadAt(int64_t at, std::span<char> piece) const {
  while (!piece.empty()) {
    const ssize_t got = pread(descriptor_, piece.data(), piece.size(), at);
    if (got <= 0) return IoError("reading");
    at += got;
    piece = piece.subspan(static_cast<size_t>(got));
  }
  return Status::Ok();
}

}  // namespace tillstorm
