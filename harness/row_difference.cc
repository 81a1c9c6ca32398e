#include "harness/row_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "harness/core/row_codec.h"

namespace tillstorm {
namespace {

bool HashLess(const RowCopy& a, const RowCopy& b) {
  return std::tie(a.hash.high, a.hash.low) < std::tie(b.hash.high, b.hash.low);
}

// What of `rows` is not in `others`, duplicates counted. Both sorted by hash.
std::vector<RowCopy> Without(const std::vector<RowCopy>& rows,
                             const std::vector<RowCopy>& others) {
  std::vector<RowCopy> left;
  std::set_difference(rows.begin(), rows.end(), others.begin(), others.end(),
                      std::back_inserter(left), HashLess);
  return left;
}

int64_t TimeOf(const TableInfo& table, const std::vector<ValueView>& values) {
  return table.time_column < 0
             ? 0
             : values[static_cast<size_t>(table.time_column)].integer;
}

bool Same(const ValueView& a, const ValueView& b) {
  return a.state == b.state && a.integer == b.integer && a.real == b.real &&
         a.text == b.text && a.storage_class == b.storage_class;
}

size_t EqualColumns(const std::vector<ValueView>& a,
                    const std::vector<ValueView>& b) {
  size_t equal = 0;
  for (size_t i = 0; i < a.size(); ++i) equal += Same(a[i], b[i]) ? 1 : 0;
  return equal;
}

// `row 17 (timestamp 2026-..., device_id 3)`; the columns that tell rows apart.
std::string RowName(const TableInfo& table, const RowCopy& row) {
  const std::vector<ValueView> values = DecodeRow(table, row.encoding);
  std::string name;
  const auto add = [&](int column) {
    if (column < 0) return;
    const auto i = static_cast<size_t>(column);
    name +=
        fmt::format("{}{} {}", name.empty() ? "" : ", ", table.columns[i].name,
                    Describe(table.columns[i].type, values[i]));
  };
  if (table.id_source == IdSource::kPure) {
    add(table.id_column);
  } else if (row.id != 0) {
    name = fmt::format("id {}", row.id);
  }
  add(table.time_column);
  add(table.Find("device_id"));
  if (table.id == TableId::kTruth) add(table.Find("entity_id"));
  return fmt::format("the row with {}", name);
}

std::string Changes(const TableInfo& table, const RowCopy& expected,
                    const RowCopy& found) {
  const std::vector<ValueView> right = DecodeRow(table, expected.encoding);
  const std::vector<ValueView> wrong = DecodeRow(table, found.encoding);
  std::string changes;
  for (size_t i = 0; i < right.size(); ++i) {
    if (Same(right[i], wrong[i])) continue;
    const ColumnInfo& column = table.columns[i];
    changes += fmt::format(
        "{}{} is {}, expected {}", changes.empty() ? "" : "; ", column.name,
        Describe(column.type, wrong[i]), Describe(column.type, right[i]));
  }
  return changes;
}

}  // namespace

std::string FirstRowDifference(const TableInfo& table,
                               std::vector<RowCopy> expected,
                               std::vector<RowCopy> found) {
  std::sort(expected.begin(), expected.end(), HashLess);
  std::sort(found.begin(), found.end(), HashLess);
  std::vector<RowCopy> missing = Without(expected, found);
  std::vector<RowCopy> extra = Without(found, expected);
  const auto by_time = [&table](const RowCopy& a, const RowCopy& b) {
    return TimeOf(table, DecodeRow(table, a.encoding)) <
           TimeOf(table, DecodeRow(table, b.encoding));
  };
  std::stable_sort(missing.begin(), missing.end(), by_time);
  std::stable_sort(extra.begin(), extra.end(), by_time);
  if (missing.empty() && extra.empty()) return "";
  if (missing.empty()) {
    return fmt::format("{} should not be there", RowName(table, extra.front()));
  }
  const RowCopy& first = missing.front();
  const std::vector<ValueView> values = DecodeRow(table, first.encoding);
  const RowCopy* twin = nullptr;
  size_t twin_equal = values.size() / 2;
  for (const RowCopy& row : extra) {
    const size_t equal = EqualColumns(values, DecodeRow(table, row.encoding));
    if (equal > twin_equal) {
      twin = &row;
      twin_equal = equal;
    }
  }
  if (twin == nullptr) {
    return fmt::format("{} is missing", RowName(table, first));
  }
  return fmt::format("{}: {}", RowName(table, *twin),
                     Changes(table, first, *twin));
}

}  // namespace tillstorm
