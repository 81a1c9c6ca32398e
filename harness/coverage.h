// Coverage: which layers and tables of a database have rows, and whether its
// references hold.
//
// Threads: one. Errors: those of the QuerySession.
#ifndef TILLSTORM_HARNESS_COVERAGE_H_
#define TILLSTORM_HARNESS_COVERAGE_H_

#include <vector>

#include "harness/core/status.h"
#include "harness/validate.h"
#include "storage/query.h"

namespace tillstorm {

// What has no rows warns everywhere; a table that is not there has none.
[[nodiscard]] Result<std::vector<Coverage>> FindCoverage(
    QuerySession& database);
// Every reference of the schema whose tables are there.
[[nodiscard]] Result<std::vector<Invariant>> CheckReferences(
    QuerySession& database, const DatasetFacts& facts);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COVERAGE_H_
