// intervals.csv: the samples of a run, one line each, under a line with the
// names of IntervalSample's fields (run_fields.h). It grows while the run goes
// on. Numbers come back exactly.
//
// Threads: pure functions.
// Errors: kBadInput with one sentence: file, line, column.
#ifndef TILLSTORM_HARNESS_MEASURE_INTERVALS_CSV_H_
#define TILLSTORM_HARNESS_MEASURE_INTERVALS_CSV_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

// Both with their line break.
[[nodiscard]] std::string IntervalsCsvHeader();
[[nodiscard]] std::string IntervalsCsvLine(const IntervalSample& sample);

// A last line without a line break was being written when its program was
// killed: it is left out. `shown` is what messages call the file.
[[nodiscard]] Result<std::vector<IntervalSample>> ReadIntervalsCsv(
    std::string_view text, std::string_view shown);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_INTERVALS_CSV_H_
