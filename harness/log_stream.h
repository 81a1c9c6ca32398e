// LogStream: the lines that a running collection says about itself and what it
// makes: jobs, faults, alerts, failed log-ins. The only door to spdlog.
//
//   Info(), Warning() --> at most `lines_per_s` --> spdlog --> file of --log
//                                                          \-> ring (dashboard)
//
// Rate: at most `lines_per_s` lines bear the same second; what is over is
// counted, and the next second begins with `N more lines`, which counts as one.
// Text: passes SafeText(), whoever gives it.
// File: appended to, one line each: `2026-01-05T08:00:00Z warning <text>`; what
// follows is UTF-8 without control characters.
//
// Threads: any, for all but Open() and Close(). HasRoom() takes no lock.
// Errors: of opening only. A file that cannot be written later (a full disk)
// ends nothing: that is said once in the ring, and lines_lost() counts.
#ifndef TILLSTORM_HARNESS_LOG_STREAM_H_
#define TILLSTORM_HARNESS_LOG_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/status.h"

namespace tillstorm {

struct LogStreamOptions {
  // The file of --log; empty: none.
  std::string file;
  // Lines that the ring keeps, [1, 10000]. Costs their text in memory.
  size_t ring_lines = 400;
  // [2, 10000].
  uint32_t lines_per_s = 20;
  // Wall clock; a test gives its own.
  std::function<Instant()> now;
};

struct LogLine {
  Instant when{};  // wall clock
  bool warning = false;
  std::string text;  // safe
};

class LogStream {
 public:
  // Opens the file, creating it; its first line says so. Appends only to what
  // is empty or begins like a log of ours. kCannotCreate (or kPermission) with
  // a sentence for anything else: symbolic links, directories, devices, other
  // people's files, a database.
  [[nodiscard]] static Result<std::unique_ptr<LogStream>> Open(
      const LogStreamOptions& options);
  ~LogStream();  // closes
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;

  void Info(std::string_view text);
  void Warning(std::string_view text);

  // Whether a line would be taken now. A hint for those to whom making one
  // costs something: with no room they call Skip() instead.
  [[nodiscard]] bool HasRoom() const;
  // Counts lines that were not made.
  void Skip(uint64_t lines);

  // The newest lines, at most `lines_max`, oldest first.
  [[nodiscard]] std::vector<LogLine> Newest(size_t lines_max) const;
  // Lines that the file did not take.
  [[nodiscard]] uint64_t lines_lost() const;

  // Says what is still counted and ends the file. Later lines go to the ring.
  void Close();

 private:
  class Impl;
  explicit LogStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LOG_STREAM_H_
