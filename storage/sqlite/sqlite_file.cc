#include "storage/sqlite/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harness/core/check.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_registry.h"
#include "storage/sqlite/sqlite_syncs.h"

namespace tillstorm {
namespace {

constexpr std::array<const char*, 3> kSidecars = {"-wal", "-shm", "-journal"};

std::string_view DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : std::string_view(path).substr(0, slash);
}

Status CannotCreate(std::string sentence) {
  return {StatusCode::kCannotCreate, std::move(sentence)};
}

Status CreateError(int error, const std::string& path) {
  const std::string_view directory = DirectoryOf(path);
  switch (error) {
    case EACCES:
    case EPERM:
      return {StatusCode::kPermission,
              fmt::format("no permission to create {}: choose a directory "
                          "that you may write to",
                          path)};
    case ENOENT:
      return CannotCreate(
          fmt::format("there is no directory {} to create {} in; make it "
                      "first or choose another path",
                      directory, path));
    case ENOTDIR:
      return CannotCreate(
          fmt::format("{} cannot be created, because {} is not a directory",
                      path, directory));
    case EISDIR:
      return CannotCreate(fmt::format(
          "{} is a directory; give the path of a file in it", path));
    case EMFILE:
    case ENFILE:
      return {StatusCode::kSystemLimit,
              fmt::format("{} cannot be created: {} (see ulimit -n)", path,
                          std::strerror(error))};
    default:
      return CannotCreate(
          fmt::format("{} cannot be created: {}", path, std::strerror(error)));
  }
}

Status OpenError(int error, const std::string& path) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return {StatusCode::kPermission,
              fmt::format("no permission to write {}", path)};
    case EMFILE:
    case ENFILE:
      return {StatusCode::kSystemLimit,
              fmt::format("{} cannot be opened: {} (see ulimit -n)", path,
                          std::strerror(error))};
    default:
      return {StatusCode::kBadInput, fmt::format("{} cannot be opened: {}",
                                                 path, std::strerror(error))};
  }
}

Status SyncError(int error, const std::string& path) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return DiskFull(error, "syncing", path);
  }
  return {StatusCode::kIo, fmt::format("{}: syncing it to the disk failed: {}",
                                       path, std::strerror(error))};
}

// Whether an SQLite file of ours, going by its header.
bool IsDataset(int descriptor) {
  std::array<std::byte, kSqliteHeaderSize> bytes{};
  const ssize_t size = pread(descriptor, bytes.data(), bytes.size(), 0);
  SqliteHeader header;
  return size == static_cast<ssize_t>(bytes.size()) &&
         ParseSqliteHeader(bytes, &header) &&
         header.application_id == kApplicationId;
}

Status BeingWritten(const std::string& path) {
  return {StatusCode::kUnavailable,
          fmt::format("another tillstorm is writing {}; wait for it or "
                      "choose another path",
                      path)};
}

// Opens and locks the dataset of ours that is to be replaced.
Result<FileDescriptor> OpenReplaceable(const std::string& file,
                                       const std::string& shown) {
  FileDescriptor old(
      open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), file);
  if (!old.ok()) return CreateError(errno, shown);
  if (!IsDataset(old.get())) {
    return CannotCreate(fmt::format(
        "{} exists and is not a tillstorm dataset, which not even --force "
        "replaces; choose another path",
        shown));
  }
  if (flock(old.get(), LOCK_EX | LOCK_NB) != 0) return BeingWritten(shown);
  return old;
}

// A leftover of another database would be taken for a part of ours.
Status CheckNoSidecars(const std::string& file) {
  for (const char* suffix : kSidecars) {
    const std::string sidecar = file + suffix;
    struct stat found {};
    if (lstat(sidecar.c_str(), &found) == 0) {
      return CannotCreate(fmt::format(
          "{} is left over from another database; remove it or choose "
          "another path",
          sidecar));
    }
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<DatasetFile>> DatasetFile::Create(
    const std::string& path, bool replace) {
  std::unique_ptr<DatasetFile> file(new DatasetFile);
  file->shown_ = path;
  file->replace_ = replace;
  std::string resolved;
  const int error = ResolveDirectory(path, &resolved);
  if (error != 0) return CreateError(error, path);
  const size_t name = resolved.rfind('/') + 1;
  file->partial_ = fmt::format("{}.{}.partial", resolved.substr(0, name),
                               resolved.substr(name));
  if (!sqlite_registry::Hold(resolved)) return BeingWritten(path);
  file->final_ = resolved;
  TS_RETURN_IF_ERROR(file->CheckDestination());
  TS_RETURN_IF_ERROR(file->TakePartial());
  return file;
}

Result<std::unique_ptr<DatasetFile>> DatasetFile::Open(
    const std::string& path) {
  std::string resolved;
  TS_RETURN_IF_ERROR(FindRegularFile(path, &resolved));
  if (!sqlite_registry::Hold(resolved)) {
    return BeingWritten(path);
  }
  std::unique_ptr<DatasetFile> file(new DatasetFile);
  file->shown_ = path;
  file->final_ = resolved;
  file->published_ = true;
  file->lock_ = FileDescriptor(
      open(resolved.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
      resolved);
  if (!file->lock_.ok()) return OpenError(errno, path);
  // A file without its name was replaced by another tillstorm just now.
  if (flock(file->lock_.get(), LOCK_EX | LOCK_NB) != 0 ||
      !IsNamed(file->lock_.get(), resolved)) {
    return BeingWritten(path);
  }
  return file;
}

Result<bool> DatasetFile::Exists(const std::string& path) {
  std::string resolved;
  int error = ResolveDirectory(path, &resolved);
  struct stat found {};
  if (error == 0 && lstat(resolved.c_str(), &found) != 0) error = errno;
  if (error == 0 || error == EISDIR) return true;
  if (error == ENOENT || error == ENOTDIR) return false;
  return OpenError(error, path);
}

DatasetFile::~DatasetFile() {
  if (lock_.ok() && !published_) {
    if (IsNamed(lock_.get(), partial_)) unlink(partial_.c_str());
    sqlite_registry::ForgetFile(partial_);
  }
  write_behind_.reset();
  lock_ = FileDescriptor();
  if (!final_.empty()) sqlite_registry::Release(final_);
}

Status DatasetFile::CheckDestination() {
  struct stat found {};
  if (lstat(final_.c_str(), &found) != 0) {
    if (errno != ENOENT) return CreateError(errno, shown_);
    return CheckNoSidecars(final_);
  }
  if (S_ISDIR(found.st_mode)) return CreateError(EISDIR, shown_);
  if (S_ISLNK(found.st_mode)) {
    return CannotCreate(fmt::format(
        "{} is a symbolic link; give the path of the file itself", shown_));
  }
  if (!S_ISREG(found.st_mode)) {
    return CannotCreate(fmt::format(
        "{} exists and is no regular file; choose another path", shown_));
  }
  if (!replace_) {
    return CannotCreate(fmt::format(
        "{} exists; give --force to replace it, if it is a tillstorm dataset, "
        "or choose another path",
        shown_));
  }
  Result<FileDescriptor> old = OpenReplaceable(final_, shown_);
  if (!old.ok()) return old.status();
  replacing_ = true;
  return Status::Ok();
}

Status DatasetFile::TakePartial() {
  // Each round ends because another process made or removed the partial file
  // at the same moment; that many times in a row is no accident.
  constexpr int kRounds = 16;
  for (int round = 0; round < kRounds; ++round) {
    bool taken = false;
    TS_RETURN_IF_ERROR(TryTakePartial(&taken));
    if (taken) {
      sqlite_registry::RememberFile(partial_);
      return Status::Ok();
    }
  }
  return BeingWritten(shown_);
}

Status DatasetFile::TryTakePartial(bool* taken) {
  constexpr mode_t kAnyMode = 0666;
  constexpr mode_t kPrivateMode = 0600;
  // It closes as one of the final file, which it will be.
  FileDescriptor made(
      open(partial_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
           kAnyMode),
      final_);
  if (!made.ok()) {
    return errno == EEXIST ? RemoveStale() : CreateError(errno, shown_);
  }
  struct stat status {};
  if (flock(made.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Status::Ok();  // taken for a stale one
    const int error = errno;
    unlink(partial_.c_str());
    return CreateError(error, shown_);
  }
  if (!IsNamed(made.get(), partial_)) return Status::Ok();  // likewise
  if (fstat(made.get(), &status) != 0 ||
      fchmod(made.get(), kPrivateMode) != 0) {
    const int error = errno;
    unlink(partial_.c_str());
    return CreateError(error, shown_);
  }
  mode_ = status.st_mode & kAnyMode;
  lock_ = std::move(made);
  *taken = true;
  return Status::Ok();
}

Status DatasetFile::RemoveStale() const {
  const FileDescriptor stale(
      open(partial_.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!stale.ok() && errno == ENOENT) return Status::Ok();
  struct stat status {};
  if (!stale.ok() || fstat(stale.get(), &status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return CannotCreate(
        fmt::format("{} is in the way of {}; remove it or choose another path",
                    partial_, shown_));
  }
  if (flock(stale.get(), LOCK_EX | LOCK_NB) != 0) return BeingWritten(shown_);
  if (!IsNamed(stale.get(), partial_)) return Status::Ok();
  if (status.st_size != 0 && !IsDataset(stale.get())) {
    return CannotCreate(fmt::format(
        "{} is in the way of {} and is not ours; remove it or choose another "
        "path",
        partial_, shown_));
  }
  if (unlink(partial_.c_str()) != 0) return CreateError(errno, shown_);
  return Status::Ok();
}

void DatasetFile::WriteBehindGrowth() {
  struct stat status {};
  if (fstat(lock_.get(), &status) != 0) return;
  if (write_behind_ == nullptr) {
    write_behind_ = std::make_unique<WriteBehind>(lock_.get());
  }
  write_behind_->Grow(status.st_size);
}

Status DatasetFile::Sync(const std::atomic<bool>& stop) {
  // In pieces, so that a large file does not keep a user who wants to stop
  // waiting. A file system that cannot do pieces does it all in fsync().
  constexpr off_t kPiece = off_t{8} << 20;
  struct stat status {};
  if (fstat(lock_.get(), &status) != 0) return SyncError(errno, shown_);
  for (off_t at = 0; at < status.st_size; at += kPiece) {
    if (stop) {
      return {StatusCode::kInterrupted,
              fmt::format("{}: stopped while syncing", shown_)};
    }
    const int done =
        sync_file_range(lock_.get(), at, kPiece,
                        SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    if (done != 0) break;
  }
  if (SyncCounted(lock_.get()) != 0) return SyncError(errno, shown_);
  return published_ ? SyncLog() : Status::Ok();
}

// SQLite holds no locks on its -wal, so that closing one here drops none.
Status DatasetFile::SyncLog() const {
  const std::string log = final_ + "-wal";
  const FileDescriptor descriptor(
      open(log.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!descriptor.ok()) {
    return errno == ENOENT ? Status::Ok() : SyncError(errno, log);
  }
  return SyncCounted(descriptor.get()) == 0 ? Status::Ok()
                                            : SyncError(errno, log);
}

Status DatasetFile::CheckInPlace() const {
  if (IsNamed(lock_.get(), file())) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{} was moved, replaced or removed while it was written",
                      file())};
}

Status DatasetFile::Publish() {
  TS_CHECK(!published_);
  TS_RETURN_IF_ERROR(CheckInPlace());
  if (fchmod(lock_.get(), mode_) != 0) return CreateError(errno, shown_);
  TS_RETURN_IF_ERROR(Rename());
  published_ = true;
  sqlite_registry::ForgetFile(partial_);
  const FileDescriptor directory(open(std::string(DirectoryOf(final_)).c_str(),
                                      O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory that may be written but not read cannot be synced.
  if (directory.ok() && SyncCounted(directory.get()) != 0 && errno != EINVAL) {
    return SyncError(errno, shown_);
  }
  return Status::Ok();
}

Status DatasetFile::Rename() {
  if (replacing_) {
    const Result<FileDescriptor> old = OpenReplaceable(final_, shown_);
    if (!old.ok()) return old.status();
    // Those of the old dataset would be taken for parts of the new one.
    for (const char* suffix : kSidecars) unlink((final_ + suffix).c_str());
    if (rename(partial_.c_str(), final_.c_str()) == 0) return Status::Ok();
    return CreateError(errno, shown_);
  }
  TS_RETURN_IF_ERROR(CheckNoSidecars(final_));
  int error = 0;
  if (renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, final_.c_str(),
                RENAME_NOREPLACE) != 0) {
    error = errno;
  }
  if (error == EINVAL) {  // a file system without RENAME_NOREPLACE
    error = link(partial_.c_str(), final_.c_str()) == 0 ? 0 : errno;
    if (error == 0) unlink(partial_.c_str());
  }
  if (error == 0) return Status::Ok();
  if (error == EEXIST) {
    return CannotCreate(fmt::format(
        "{} was made by another program meanwhile; nothing was replaced",
        shown_));
  }
  return CreateError(error, shown_);
}

}  // namespace tillstorm
