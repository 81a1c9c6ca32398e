#include "harness/log_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/mutex.h"
#include "harness/core/secrets.h"
#include "harness/safe_text.h"
#include "harness/wall_clock.h"

namespace tillstorm {
namespace {

constexpr std::string_view kPattern = "%Y-%m-%dT%H:%M:%SZ %-7l %v";
constexpr std::string_view kFirstLine = "log begins";
// What every line of ours begins with; 0 stands for a digit.
constexpr std::string_view kStampForm = "0000-00-00T00:00:00Z ";

int64_t SecondOf(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant)
      .time_since_epoch()
      .count();
}

// --- the file ---

Status Refused(const std::string& path, std::string_view why) {
  return {StatusCode::kCannotCreate,
          fmt::format("--log: {} {}; give another name", path, why)};
}

Status CannotOpen(const std::string& path, int error) {
  return {
      error == EACCES || error == EPERM ? StatusCode::kPermission
                                        : StatusCode::kCannotCreate,
      fmt::format("--log: cannot write {}: {}", path, std::strerror(error))};
}

Status CheckKind(const std::string& path, const struct stat& found) {
  if (S_ISREG(found.st_mode)) return Status::Ok();
  if (S_ISLNK(found.st_mode)) return Refused(path, "is a symbolic link");
  if (S_ISDIR(found.st_mode)) return Refused(path, "is a directory");
  return Refused(path, "is no regular file");
}

bool BeginsLikeALog(int descriptor) {
  std::array<char, kStampForm.size()> head{};
  if (pread(descriptor, head.data(), head.size(), 0) !=
      static_cast<ssize_t>(head.size())) {
    return false;
  }
  for (size_t i = 0; i < head.size(); ++i) {
    const bool digit = head[i] >= '0' && head[i] <= '9';
    if (kStampForm[i] == '0' ? !digit : head[i] != kStampForm[i]) return false;
  }
  return true;
}

// Looks before it opens: opening alone does something to a device or a pipe.
Result<int> OpenLogFile(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    TS_RETURN_IF_ERROR(CheckKind(path, found));
  }
  const int descriptor = open(path.c_str(),
                              O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW |
                                  O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
                              0666);
  if (descriptor < 0) return CannotOpen(path, errno);
  Status status;
  if (fstat(descriptor, &found) != 0) {
    status = CannotOpen(path, errno);
  } else {
    status = CheckKind(path, found);
  }
  if (status.ok() && found.st_size > 0 && !BeginsLikeALog(descriptor)) {
    status = Refused(path, "exists and is no log of tillstorm");
  }
  if (status.ok()) return descriptor;
  close(descriptor);
  return status;
}

// Writes whole lines; after the first failure none, as half a line may be
// there.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(int descriptor) : descriptor_(descriptor) {}
  ~FileSink() override { CloseFile(); }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void CloseFile() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  [[nodiscard]] uint64_t lines_lost() const { return lines_lost_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (descriptor_ < 0) return;
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (error_ == 0 && !WriteAll(line.data(), line.size())) error_ = errno;
    if (error_ != 0) ++lines_lost_;
  }
  void flush_() override {}

  bool WriteAll(const char* bytes, size_t size) {
    while (size > 0) {
      const ssize_t written = write(descriptor_, bytes, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    return true;
  }

  int descriptor_;
  std::atomic<int> error_{0};
  std::atomic<uint64_t> lines_lost_{0};
};

}  // namespace

// The window of the rate is one second of the wall clock, the one that lines
// bear: so the promise can be checked in the file.
class LogStream::Impl {
 public:
  Impl(const LogStreamOptions& options, std::shared_ptr<FileSink> file)
      : now_(options.now),
        lines_per_s_(options.lines_per_s),
        file_(std::move(file)),
        ring_(std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(
            options.ring_lines)),
        logger_("tillstorm", ring_) {
    if (file_ != nullptr) logger_.sinks().push_back(file_);
    logger_.set_level(spdlog::level::info);
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        std::string(kPattern), spdlog::pattern_time_type::utc));
    // A log that cannot be written must not end what it tells about, nor write
    // to standard error.
    logger_.set_error_handler([](const std::string&) {});
  }

  void Add(spdlog::level::level_enum level, std::string_view text) {
    const std::string safe = SafeText(HidePasswords(text));
    const MutexLock lock(mutex_);
    const Instant now = now_();
    EnterSecondOf(now);
    if (lines_in_second_ >= lines_per_s_) {
      ++skipped_;
      return;
    }
    Put(now, level, safe);
  }

  [[nodiscard]] bool HasRoom() const {
    return !full_.load(std::memory_order_relaxed) ||
           SecondOf(now_()) != full_second_.load(std::memory_order_relaxed);
  }

  void Skip(uint64_t lines) {
    const MutexLock lock(mutex_);
    skipped_ += lines;
  }

  std::vector<LogLine> Newest(size_t lines_max) {
    {
      // What a flood left uncounted is said even when no line follows.
      const MutexLock lock(mutex_);
      EnterSecondOf(now_());
    }
    std::vector<LogLine> lines;
    // Zero would mean all of them.
    if (lines_max == 0) return lines;
    for (const auto& raw : ring_->last_raw(lines_max)) {
      lines.push_back({std::chrono::floor<Micros>(raw.time),
                       raw.level >= spdlog::level::warn,
                       std::string(raw.payload.data(), raw.payload.size())});
    }
    return lines;
  }

  void Close() {
    const MutexLock lock(mutex_);
    if (file_ == nullptr || closed_) return;
    if (skipped_ > 0) SaySkipped(now_());
    file_->CloseFile();
    closed_ = true;
  }

  [[nodiscard]] uint64_t lines_lost() const {
    return file_ == nullptr ? 0 : file_->lines_lost();
  }

 private:
  // A clock that was set back begins a new second as well.
  void EnterSecondOf(Instant now) REQUIRES_LOCK(mutex_) {
    if (SecondOf(now) == second_) return;
    second_ = SecondOf(now);
    lines_in_second_ = 0;
    full_.store(false, std::memory_order_relaxed);
    if (skipped_ > 0) SaySkipped(now);
  }

  void SaySkipped(Instant now) REQUIRES_LOCK(mutex_) {
    const std::string note =
        fmt::format("{} more line{}", skipped_, skipped_ == 1 ? "" : "s");
    skipped_ = 0;
    Put(now, spdlog::level::info, note);
  }

  void Put(Instant now, spdlog::level::level_enum level,
           const std::string& text) REQUIRES_LOCK(mutex_) {
    if (++lines_in_second_ >= lines_per_s_) {
      // A hint for HasRoom(): nothing else is published by it, hence relaxed.
      full_second_.store(second_, std::memory_order_relaxed);
      full_.store(true, std::memory_order_relaxed);
    }
    logger_.log(now, spdlog::source_loc{}, level, text);
    if (file_ == nullptr || file_->error() == 0 || failure_said_) return;
    failure_said_ = true;
    logger_.log(now, spdlog::source_loc{}, spdlog::level::warn,
                fmt::format("the log file takes no more lines: {}",
                            std::strerror(file_->error())));
  }

  const std::function<Instant()> now_;
  const uint32_t lines_per_s_;
  const std::shared_ptr<FileSink> file_;
  const std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> ring_;
  spdlog::logger logger_;

  Mutex mutex_;
  int64_t second_ GUARDED_BY(mutex_) = INT64_MIN;
  uint32_t lines_in_second_ GUARDED_BY(mutex_) = 0;
  uint64_t skipped_ GUARDED_BY(mutex_) = 0;
  bool failure_said_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> full_{false};
  std::atomic<int64_t> full_second_{0};
};

Result<std::unique_ptr<LogStream>> LogStream::Open(
    const LogStreamOptions& options) {
  TS_CHECK(options.ring_lines >= 1 && options.ring_lines <= 10'000);
  TS_CHECK(options.lines_per_s >= 2 && options.lines_per_s <= 10'000);
  LogStreamOptions complete = options;
  if (!complete.now) {
    complete.now = [] { return WallClockNow(); };
  }
  std::shared_ptr<FileSink> file;
  if (!complete.file.empty()) {
    const Result<int> descriptor = OpenLogFile(complete.file);
    if (!descriptor.ok()) return descriptor.status();
    file = std::make_shared<FileSink>(*descriptor);
  }
  std::unique_ptr<LogStream> log(
      new LogStream(std::make_unique<Impl>(complete, file)));
  // An empty file could pass for a database that is still to be made.
  if (file != nullptr) log->Info(kFirstLine);
  return log;
}

LogStream::LogStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogStream::~LogStream() { impl_->Close(); }

void LogStream::Info(std::string_view text) {
  impl_->Add(spdlog::level::info, text);
}
void LogStream::Warning(std::string_view text) {
  impl_->Add(spdlog::level::warn, text);
}
bool LogStream::HasRoom() const { return impl_->HasRoom(); }
void LogStream::Skip(uint64_t lines) { impl_->Skip(lines); }
std::vector<LogLine> LogStream::Newest(size_t lines_max) const {
  return impl_->Newest(lines_max);
}
uint64_t LogStream::lines_lost() const { return impl_->lines_lost(); }
void LogStream::Close() { impl_->Close(); }

}  // namespace tillstorm
