#include "harness/measure/run_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tillstorm {
namespace {

Status SystemError(StatusCode code, std::string_view path,
                   std::string_view doing, int error) {
  if (error == EACCES || error == EPERM) code = StatusCode::kPermission;
  return {code,
          fmt::format("{}: cannot {}: {}", path, doing, std::strerror(error))};
}

// A rename is stable once its directory is.
Status SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor =
      open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Status::Ok();  // not readable, but writable
  const bool synced = fsync(descriptor) == 0 || errno == EINVAL;
  const int error = errno;
  close(descriptor);
  return synced ? Status::Ok()
                : SystemError(StatusCode::kIo, directory, "sync it", error);
}

}  // namespace

Result<AppendFile> AppendFile::Create(std::string path) {
  const int descriptor = open(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return SystemError(StatusCode::kCannotCreate, path, "make it", errno);
  }
  return AppendFile(std::move(path), descriptor);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status AppendFile::Append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return SystemError(StatusCode::kIo, path_, "write to it", errno);
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return Status::Ok();
}

Status AppendFile::Sync() {
  if (fsync(descriptor_) == 0) return Status::Ok();
  return SystemError(StatusCode::kIo, path_, "sync it", errno);
}

Status ReplaceFile(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  {
    Result<AppendFile> file = AppendFile::Create(fresh);
    if (!file.ok()) return file.status();
    TS_RETURN_IF_ERROR(file->Append(text));
    TS_RETURN_IF_ERROR(file->Sync());
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return SystemError(StatusCode::kIo, path, "replace it", errno);
  }
  return SyncDirectoryOf(path);
}

Result<std::string> ReadWholeFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return SystemError(StatusCode::kBadInput, path, "read it", errno);
  }
  std::string text;
  ssize_t got = 0;
  do {
    std::array<char, size_t{64} << 10> piece;
    got = read(descriptor, piece.data(), piece.size());
    if (got > 0) text.append(piece.data(), static_cast<size_t>(got));
  } while (got > 0 || (got < 0 && errno == EINTR));
  const int error = errno;
  close(descriptor);
  if (got < 0) {
    return SystemError(error == EIO ? StatusCode::kIo : StatusCode::kBadInput,
                       path, "read it", error);
  }
  return text;
}

}  // namespace tillstorm
