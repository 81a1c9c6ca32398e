#include "harness/measure/storage_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_path.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 4096;
constexpr size_t kPiece = size_t{1} << 20;
constexpr int kPieces = 64;
constexpr int kSyncsMin = 20;
constexpr int kSyncsMax = 300;
constexpr std::chrono::milliseconds kSyncTime{300};

class ProbeFile {
 public:
  ProbeFile(std::string path, const std::atomic<bool>& stop)
      : path_(std::move(path)), stop_(stop) {}

  Status Open() {
    file_ = FileDescriptor(
        open(path_.c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return file_.ok() ? Status::Ok() : Error("creating it");
  }

  // A page more and its fsync, again and again: how long each took.
  Result<std::vector<double>> TimeSyncs() {
    const std::vector<char> page(kPage, 'p');
    std::vector<double> micros;
    const Clock::time_point end = Clock::now() + kSyncTime;
    while (micros.size() < kSyncsMin ||
           (micros.size() < kSyncsMax && Clock::now() < end)) {
      const Clock::time_point began = Clock::now();
      TS_RETURN_IF_ERROR(Write(page));
      TS_RETURN_IF_ERROR(Sync());
      micros.push_back(
          std::chrono::duration<double, std::micro>(Clock::now() - began)
              .count());
    }
    return micros;
  }

  // Seconds for all pieces and their fsync.
  Result<double> TimePieces() {
    const std::vector<char> piece(kPiece, 'p');
    const Clock::time_point began = Clock::now();
    for (int i = 0; i < kPieces; ++i) TS_RETURN_IF_ERROR(Write(piece));
    TS_RETURN_IF_ERROR(Sync());
    return std::chrono::duration<double>(Clock::now() - began).count();
  }

 private:
  Status Write(const std::vector<char>& bytes) {
    if (stop_.load()) {
      return {StatusCode::kInterrupted, "stopped while measuring the disk"};
    }
    for (size_t put = 0; put < bytes.size();) {
      const ssize_t written =
          write(file_.get(), bytes.data() + put, bytes.size() - put);
      if (written <= 0) return Error("writing");
      put += static_cast<size_t>(written);
    }
    return Status::Ok();
  }
  Status Sync() {
    return fsync(file_.get()) == 0 ? Status::Ok() : Error("syncing");
  }
  [[nodiscard]] Status Error(std::string_view doing) const {
    return {StatusCode::kIo,
            fmt::format("{}: {} failed while the disk was measured: {}", path_,
                        doing, std::strerror(errno))};
  }

  const std::string path_;
  const std::atomic<bool>& stop_;
  FileDescriptor file_;
};

// The smallest value that so many of a hundred are not above.
double Percentile(const std::vector<double>& sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

Result<std::unique_ptr<ThrowAwayDirectory>> MakeDirectory(
    const std::string& folder) {
  return folder.empty() ? ThrowAwayDirectory::Create()
                        : ThrowAwayDirectory::CreateIn(folder);
}

}  // namespace

Status CheckFolder(const std::string& folder) {
  return MakeDirectory(folder).status();
}

Result<ProbeFacts> ProbeStorage(const std::string& folder,
                                const std::atomic<bool>& stop) {
  const auto directory = MakeDirectory(folder);
  if (!directory.ok()) return directory.status();
  ProbeFile file((*directory)->path(), stop);
  TS_RETURN_IF_ERROR(file.Open());
  Result<std::vector<double>> micros = file.TimeSyncs();
  if (!micros.ok()) return micros.status();
  const Result<double> seconds = file.TimePieces();
  if (!seconds.ok()) return seconds.status();
  std::sort(micros->begin(), micros->end());
  ProbeFacts facts;
  facts.fsync_p50_us = Percentile(*micros, 50);
  facts.fsync_p99_us = Percentile(*micros, 99);
  facts.write_mib_per_s = kPieces / *seconds;
  return facts;
}

}  // namespace tillstorm
