// HdrLog: histogram logs of HdrHistogram, format version 1.3 with payloads V2.
// A text file that grows by a line per interval and tag, so that what is there
// can be read whenever the program that wrote it was killed:
//
//   #[Histogram log format version 1.3]
//   #[StartTime: 1764413400.000 (seconds since epoch), 2025-11-29T10:50:00Z]
//   "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_..."
//   Tag=total,0.000,1.000,12.345678,HISTFAAAA...
//
// Values are nanoseconds; Interval_Max is in milliseconds, as everywhere, but
// with all six decimals, so that the exact maximum comes back. What was out of
// range stands in a comment before its line, `#[OutOfRange: 3]`, which other
// readers skip. Reading and adding up loses nothing.
//
// Threads: pure functions.
// Errors: kBadInput with one sentence: file, line, what is wrong.
#ifndef TILLSTORM_HARNESS_MEASURE_HDR_LOG_H_
#define TILLSTORM_HARNESS_MEASURE_HDR_LOG_H_

#include <functional>
#include <string>
#include <string_view>

#include "harness/core/histogram.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"

namespace tillstorm {

struct HdrLogLine {
  std::string tag;      // without commas, blanks and line breaks; may be empty
  double start_s = 0;   // since the log's StartTime
  double length_s = 0;  // of the interval
  Histogram histogram;
};

// What a log begins with. `comment` is one line.
[[nodiscard]] std::string HdrLogHeader(Instant started,
                                       std::string_view comment);
// One interval of one tag, with its line break.
[[nodiscard]] std::string HdrLogText(const HdrLogLine& line);

// Calls `take` for each line in order, and ends at its first error. A last line
// without a line break was being written when its program was killed: it is
// left out, not refused. `shown` is what messages call the file.
Status ReadHdrLog(std::string_view text, std::string_view shown,
                  const std::function<Status(HdrLogLine)>& take);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_HDR_LOG_H_
