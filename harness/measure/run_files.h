// The raw files of a run's folder: their names, what is in them, and what
// follows from them.
//
// Threads: pure functions, but for reading files.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_FILES_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_FILES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.h"
#include "harness/measure/event_latency.h"
#include "harness/measure/run_record.h"
#include "harness/measure/sealed_json.h"

namespace tillstorm {

inline constexpr std::string_view kRunFile = "run.json";
inline constexpr std::string_view kIntervalsFile = "intervals.csv";
inline constexpr std::string_view kLatencyFile = "latency.hlog";

// latency.hlog has a line per tag and interval, in this order: the names of
// LatencyPart, engine_execute, engine_commit.
inline constexpr size_t kLatencyTags = kLatencyParts + 2;
[[nodiscard]] std::string_view LatencyTag(size_t index);
[[nodiscard]] const Histogram& HistogramOf(const LatencyHistograms& latency,
                                           size_t index);

struct RawFiles {
  FileChecksums checksums;
  std::vector<IntervalSample> intervals;
  std::vector<CompactLatency> latency;  // by interval
  // Of each interval its end and latencies as latency.hlog tells them.
  std::vector<IntervalSample> totals;
  int64_t acknowledged = 0;  // events in latency.hlog
  std::string error;         // what is wrong in them; empty: nothing
};

[[nodiscard]] Result<FileChecksums> ChecksumsOfRawFiles(
    const std::string& folder);
// kBadInput when a file is missing. What they hold may be wrong: see `error`.
[[nodiscard]] Result<RawFiles> ReadRawFiles(const std::string& folder);

// What contradicts itself in a complete record and its raw files, in one
// sentence; empty when nothing does. Fills record->intervals.
[[nodiscard]] std::string CheckAgainstRawFiles(const RawFiles& raw,
                                               RunRecord* record);

// Gives a record that was never finished what its raw files tell.
void FillFromRawFiles(const RawFiles& raw, RunRecord* record);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_FILES_H_
