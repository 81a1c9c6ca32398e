// The figures of a run under the names by which conditions and tables ask for
// them: `rows_per_s`, `p99` (of the whole latency), `queue_wait.p99`,
// `loop_ratio`. A figure that the verdict withholds has no value here, nor has
// a percentile that too few events support: nobody can quote it by accident.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_NAMED_FIGURES_H_
#define TILLSTORM_HARNESS_MEASURE_NAMED_FIGURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/run_record.h"

namespace tillstorm {

enum class FigureKind : uint8_t {
  kPlain,  // rows per second, ratios, counts, microseconds of processor time
  kTime,   // nanoseconds
};

// Nothing for a name that is no figure.
[[nodiscard]] std::optional<FigureKind> FindFigure(std::string_view name);
// All of them; latencies of parts as `queue_wait.p99`.
[[nodiscard]] std::vector<std::string> FigureNames();

struct NamedFigure {
  std::optional<double> value;
  std::string why_none;  // completes "p99 ...", when there is no value
};
// REQUIRES: FindFigure(name).
[[nodiscard]] NamedFigure FigureOf(const RunRecord& record,
                                   std::string_view name);

// Null when it was not measured.
[[nodiscard]] const Ceiling* FindCeiling(const RunRecord& record,
                                         std::string_view name);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_NAMED_FIGURES_H_
