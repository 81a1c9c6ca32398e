// PlainLines: a running collection as one plain line every few seconds, where
// there is no terminal to draw on.
//
//   tillstorm: 1m05s, 55s left  12,345,678 rows (+96,120)  1.48k rows/s
//   lag 3ms  limit schedule                              (all in one line)
//
// A command whose result comes at the end (collect) writes them to standard
// error, as ProgressLine does: standard output is then the result alone, and a
// reader of it that goes away early (`| head -1`) misses nothing and disturbs
// nothing. A command that has no other result (dashboard) writes them to
// standard output and ends when nobody reads on.
//
// Threads: one owner.
// Errors: one write, never repeated, so that a pipe that nobody empties keeps
// no signal waiting. After the first that fails nothing more is written.
#ifndef TILLSTORM_HARNESS_PLAIN_LINES_H_
#define TILLSTORM_HARNESS_PLAIN_LINES_H_

#include <chrono>
#include <optional>
#include <string>

#include "harness/collect_snapshot.h"

namespace tillstorm {

inline constexpr std::chrono::seconds kPlainLineInterval{5};

// `before` is what the rate is measured against; without it the session's mean
// is shown.
[[nodiscard]] std::string PlainCollectText(const CollectSnapshot* before,
                                           const CollectSnapshot& now);

class PlainLines {
 public:
  // The first line is due after one interval.
  PlainLines(int descriptor, std::chrono::milliseconds interval);

  [[nodiscard]] bool Due() const;
  void Show(const CollectSnapshot& snapshot);
  // The errno of the line that was refused, after which there are no more; 0:
  // none was. EPIPE: its reader has gone.
  [[nodiscard]] int error() const { return error_; }

 private:
  const int descriptor_;
  const std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point next_;
  std::optional<CollectSnapshot> before_;
  int error_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_PLAIN_LINES_H_
