// RowDifference: of two small sets of rows of one table, which row differs
// first and how, as a sentence for a person.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_ROW_DIFFERENCE_H_
#define TILLSTORM_HARNESS_ROW_DIFFERENCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/schema.h"

namespace tillstorm {

struct RowCopy {
  Hash128 hash;
  std::vector<std::byte> encoding;
  int64_t id = 0;  // as stored; 0 for a row that is only expected
};

// Names the first row, in time order, that is in one set only; rows that agree
// in at least half of their columns are taken for the same row. Empty when the
// sets are equal.
[[nodiscard]] std::string FirstRowDifference(const TableInfo& table,
                                             std::vector<RowCopy> expected,
                                             std::vector<RowCopy> found);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_ROW_DIFFERENCE_H_
