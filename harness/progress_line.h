// ProgressLine: how far a job is, on standard error.
//
// On a terminal one line is redrawn in place, at most ten times a second and
// never wider than the terminal. Elsewhere (a file, a pipe, TERM=dumb) a plain
// line is written every five seconds. No colours and no escape sequences, so
// NO_COLOR has nothing to switch off.
//
// Threads: one owner. The job writes atomics; the owner makes a snapshot.
// Errors: a line that cannot be written is skipped.
#ifndef TILLSTORM_HARNESS_PROGRESS_LINE_H_
#define TILLSTORM_HARNESS_PROGRESS_LINE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/instant.h"

namespace tillstorm {

enum class ProgressMode : uint8_t { kAuto, kSilent };
enum class ProgressStyle : uint8_t { kOff, kRedrawn, kPlain };

// One moment of a job.
struct ProgressSnapshot {
  // What is going on when it is not the rows: `index 3 of 100`. It stands in
  // place of the percentage.
  std::string stage;
  // Of the current part of the job, [0, 1]; nothing when unknown.
  std::optional<double> fraction;
  int64_t rows = 0;
  std::optional<int64_t> bytes;
  // Since the current part began; rates and ETA are means over it. Zero leaves
  // them out.
  std::chrono::nanoseconds elapsed{0};
  bool show_rates = true;
  std::optional<Instant> virtual_now;
};

// `mode` is --progress; `term` is TERM, null when unset.
[[nodiscard]] ProgressStyle ChooseProgressStyle(ProgressMode mode,
                                                bool is_terminal,
                                                const char* term);

// At most `width` columns, ASCII: the bar takes what the fields leave, and
// where they do not fit the less important ones go.
[[nodiscard]] std::string ProgressText(const ProgressSnapshot& snapshot,
                                       size_t width);
// The same facts without a bar.
[[nodiscard]] std::string PlainProgressText(const ProgressSnapshot& snapshot);

// Three significant digits: `999`, `12.3k`, `1.23M`.
[[nodiscard]] std::string CompactCount(double count);
// `1,234,567`
[[nodiscard]] std::string GroupedCount(int64_t count);
// `12s`, `3m05s`, `2h07m`, `3d04h`
[[nodiscard]] std::string CompactDuration(std::chrono::seconds duration);
// `512 B`, `12.3 kB`, `1.23 GB`
[[nodiscard]] std::string CompactBytes(int64_t bytes);

class ProgressLine {
 public:
  // Looks at standard error and TERM.
  explicit ProgressLine(ProgressMode mode);
  ~ProgressLine();  // clears
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether a line is due; making a snapshot is worth it only then.
  [[nodiscard]] bool Due() const;
  void Show(const ProgressSnapshot& snapshot);
  // Leaves an empty line, before anything else is printed.
  void Clear();

 private:
  ProgressStyle style_;
  std::chrono::steady_clock::time_point next_;
  size_t columns_drawn_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_PROGRESS_LINE_H_
