// RunFolder: where a benchmark run leaves everything, `<out>/<time>-<name>/`:
//
//   run.json       the RunRecord; there from the beginning, with is_complete
//                  false, and replaced at once at the end
//   intervals.csv  a line per interval, appended while the run goes on
//   latency.hlog   likewise, a line per interval and part of the latency
//
// So a run that is killed at any moment leaves a folder that can be read: a
// PARTIAL report. No folder is ever written a second time.
//
// run.json ends with the checksums of the raw files and with its own. Reading
// compares them, derives again every figure that follows from the raw files,
// and judges again: what contradicts itself is INVALID with the reason
// `edited`. This finds what was changed by mistake or in one place; it is no
// signature: somebody who changes raw files, figures and checksums together is
// not found, unless a registry (run_registry.h) or a copy elsewhere tells.
//
// Threads: one owner.
// Errors: see run_file.h; kBadInput for a folder that holds no run.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_FOLDER_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_FOLDER_H_

#include <memory>
#include <string>
#include <string_view>

#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/measure/event_latency.h"
#include "harness/measure/run_file.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

class RunFolder {
 public:
  // Makes `out` if it is missing, and in it a new folder: a number is added to
  // its name if another run has it. `record` is what is known at the beginning;
  // its name and started are filled, is_complete becomes false, and it is
  // written. REQUIRES: `name` of letters, digits and dashes.
  [[nodiscard]] static Result<std::unique_ptr<RunFolder>> Create(
      const std::string& out, Instant started, std::string_view name,
      RunRecord* record);

  // An interval is over: its sample, and the latencies of the events that were
  // acknowledged in it. The last one is that of the drain.
  Status Append(const IntervalSample& sample, const LatencyHistograms& latency);

  // The run has ended; `record` is written as it is. Call it once.
  Status Finish(const RunRecord& record);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Of run.json as it was written last, as 32 hex digits.
  [[nodiscard]] const std::string& checksum() const { return checksum_; }

 private:
  RunFolder(std::string path, AppendFile intervals, AppendFile latency)
      : path_(std::move(path)),
        intervals_(std::move(intervals)),
        latency_(std::move(latency)) {}

  const std::string path_;
  AppendFile intervals_;
  AppendFile latency_;
  double last_s_ = 0;  // where the last interval ended
  std::string checksum_;
};

struct StoredRun {
  RunRecord record;      // with its intervals, and judged again
  std::string checksum;  // that run.json ends with
};

// A run that was not complete has its rates and latencies from what there is of
// the raw files.
[[nodiscard]] Result<StoredRun> ReadRunFolder(const std::string& path);

// Says that a record contradicts what it was made of: the verdict becomes
// INVALID, reason `edited`.
void MarkEdited(std::string sentence, RunRecord* record);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_FOLDER_H_
