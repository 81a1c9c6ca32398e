// Requirements: what --require asks of a run, `rows_per_s>500000,p99<20ms`.
//
//   conditions, separated by commas:  FIGURE OPERATOR NUMBER[UNIT]
//   FIGURE    see named_figures.h
//   OPERATOR  <  <=  >  >=
//   UNIT      ns, us, ms, s: for latencies, which need one, and nothing else
//
// A condition on a figure that is withheld or was not measured is not met.
//
// Threads: pure functions.
// Errors: kUsage with one sentence: the condition, what is wrong, what would be
// right.
#ifndef TILLSTORM_HARNESS_MEASURE_REQUIRE_H_
#define TILLSTORM_HARNESS_MEASURE_REQUIRE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

enum class Comparison : uint8_t { kLess, kAtMost, kMore, kAtLeast };

struct Requirement {
  std::string text;  // as it was written
  std::string figure;
  Comparison comparison = Comparison::kLess;
  double bound = 0;  // in the figure's unit: nanoseconds for latencies
};

[[nodiscard]] Result<std::vector<Requirement>> ParseRequirements(
    std::string_view text);

struct RequirementResult {
  bool is_met = false;
  std::string sentence;  // `p99<20ms is not met: p99 is 31.2 ms`
};
[[nodiscard]] RequirementResult Check(const Requirement& requirement,
                                      const RunRecord& record);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_REQUIRE_H_
