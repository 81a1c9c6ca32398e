// Invariants: what must be true of the rows of any database with HOMEPOT's
// tables. A rule about a table that was left out of a dataset, or that is not
// there, has no rows to look at; in a database of others neither has one about
// an empty table.
//
// Threads: one. Errors: those of the QuerySession.
#ifndef TILLSTORM_HARNESS_INVARIANTS_H_
#define TILLSTORM_HARNESS_INVARIANTS_H_

#include <vector>

#include "harness/core/status.h"
#include "harness/validate.h"
#include "storage/query.h"

namespace tillstorm {

[[nodiscard]] Result<std::vector<Invariant>> CheckInvariants(
    QuerySession& database, const DatasetFacts& facts);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_INVARIANTS_H_
