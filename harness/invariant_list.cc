#include "harness/invariant_list.h"

#include <fmt/format.h>

#include <utility>

#include "harness/core/schema.h"
#include "harness/progress_line.h"

namespace tillstorm {

void InvariantList::Add(Invariant result) {
  if (result.broken > 0) {
    result.status = facts_.broken();
  } else if (result.checked == 0) {
    result.message = "no rows to look at";
  } else {
    result.message = fmt::format("{} rows", GroupedCount(result.checked));
  }
  found_.push_back(std::move(result));
}

Result<bool> InvariantList::CanAsk(
    std::initializer_list<std::string_view> tables) {
  for (const std::string_view name : tables) {
    const TableInfo* table = FindTable(name);
    if (table != nullptr && facts_.left_out[Index(table->id)]) return false;
    const auto there = database_.HasTable(name);
    if (!there.ok() || !*there) return there;
    // What is empty in a dataset of ours is so against the rule.
    if (facts_.is_ours) continue;
    bool filled = false;
    TS_RETURN_IF_ERROR(database_.Query(
        fmt::format("SELECT 1 FROM {} LIMIT 1", name), [&filled](QueryRow) {
          filled = true;
          return false;
        }));
    if (!filled) return false;
  }
  return true;
}

}  // namespace tillstorm
