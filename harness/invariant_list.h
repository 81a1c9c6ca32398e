// InvariantList: what checks of invariants have in common: the database, what
// is known about it, and what was found so far.
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_INVARIANT_LIST_H_
#define TILLSTORM_HARNESS_INVARIANT_LIST_H_

#include <initializer_list>
#include <string_view>
#include <vector>

#include "harness/core/status.h"
#include "harness/validate.h"
#include "storage/query.h"

namespace tillstorm {

struct InvariantCounter {
  Invariant result;
  // Counts a row that was looked at, and whether it breaks the invariant.
  void Count(bool holds, std::string_view first) {
    ++result.checked;
    if (holds) return;
    if (result.broken++ == 0) result.message = first;
  }
};

class InvariantList {
 public:
  // Borrows.
  InvariantList(QuerySession& database, const DatasetFacts& facts)
      : database_(database), facts_(facts) {}

  [[nodiscard]] QuerySession& database() { return database_; }
  [[nodiscard]] const DatasetFacts& facts() const { return facts_; }
  // Whether there is something to be said about all of the tables: of one that
  // was left out, or that whoever filled the database never used, there is not.
  [[nodiscard]] Result<bool> CanAsk(
      std::initializer_list<std::string_view> tables);
  // Judges what was counted.
  void Add(Invariant result);
  [[nodiscard]] std::vector<Invariant>& found() { return found_; }

 private:
  QuerySession& database_;
  const DatasetFacts& facts_;
  std::vector<Invariant> found_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_INVARIANT_LIST_H_
