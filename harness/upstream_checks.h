// UpstreamChecks: the twelve checks of HOMEPOT's own validator, in its order,
// with its names, thresholds and keys.
//
// Threads: one. Errors: those of the QuerySession.
#ifndef TILLSTORM_HARNESS_UPSTREAM_CHECKS_H_
#define TILLSTORM_HARNESS_UPSTREAM_CHECKS_H_

#include <functional>

#include "harness/core/status.h"
#include "harness/validate.h"
#include "storage/query.h"

namespace tillstorm {

inline constexpr int kUpstreamChecks = 12;

// Fills checks, issues, recommendations and notices. Calls `checked` after each
// check. REQUIRES: report->now and report->min_days are set.
[[nodiscard]] Status RunUpstreamChecks(QuerySession& database,
                                       const std::function<void()>& checked,
                                       ValidateReport* report);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_UPSTREAM_CHECKS_H_
