// Numbers and facts as the reports for people write them.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_REPORT_WORDS_H_
#define TILLSTORM_HARNESS_MEASURE_REPORT_WORDS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/run_record.h"

namespace tillstorm {

// What stands where nothing is known, or nothing may be said.
inline constexpr std::string_view kNoFigure = "-";

// `850 ns`, `12.3 us`, `4.56 ms`, `1.20 s`: three digits.
[[nodiscard]] std::string NanosText(double nanoseconds);
// Three digits below a thousand, whole and grouped from there: `0.847`,
// `512,345`.
[[nodiscard]] std::string NumberText(double number);
// A figure of named_figures.h, or `-`.
[[nodiscard]] std::string FigureText(const RunRecord& record,
                                     std::string_view name);

// How load was offered and what a latency means: `capacity: closed loop, ...`.
[[nodiscard]] std::string LoadText(const RunRecord& record);
// `sqlite, durability process, copy, 1 lane, 2 workers, indexes inline`
[[nodiscard]] std::string EngineText(const RunRecord& record);
// `10,000 rows, 64 MiB or 100 ms`
[[nodiscard]] std::string BatchText(const RunRecord& record);
// `seed 42, 3 sites, 12 devices, 3 traffic agents`
[[nodiscard]] std::string FleetText(const RunRecord& record);
// How every event and row is accounted for.
[[nodiscard]] std::string AccountText(const RunRecord& record);
// What came of looking for acknowledged batches: `41, 0 missing`
[[nodiscard]] std::string AcksText(const RunRecord& record);

// The rows of the latency table: the five parts, then what the engine's part
// consists of.
struct LatencyRow {
  std::string name;
  std::string prefix;  // of the names of its figures
};
[[nodiscard]] const std::array<LatencyRow, 7>& LatencyRows();
inline constexpr std::array<std::string_view, 6> kLatencyColumns = {
    "p50", "p90", "p99", "p999", "p9999", "max"};

// The ceilings that a rate is held against.
struct RatioRow {
  std::string_view name;     // `5/2`
  std::string_view ceiling;  // `null`
  std::string_view figure;   // `null_ratio`
  std::string_view meaning;
};
[[nodiscard]] const std::array<RatioRow, 3>& RatioRows();

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_REPORT_WORDS_H_
