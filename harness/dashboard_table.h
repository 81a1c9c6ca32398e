// DashboardTable: the table of metrics of a dashboard: name, total, new in this
// session, rows a minute now and since the start, a graph.
//
// Threads: pure functions but for the grid that they draw into.
#ifndef TILLSTORM_HARNESS_DASHBOARD_TABLE_H_
#define TILLSTORM_HARNESS_DASHBOARD_TABLE_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "harness/cell_grid.h"
#include "harness/snapshot_history.h"

namespace tillstorm {

// What one row of the table counts.
struct Metric {
  std::string_view name;
  std::vector<TableId> tables;
  bool strong = false;  // a total
};

// The six key metrics, in HOMEPOT's order and words.
[[nodiscard]] std::span<const Metric> KeyMetrics();
// Every table of the digest, together.
[[nodiscard]] const Metric& AllRows();
// Tables that agents fill, and the truth; by their names.
[[nodiscard]] std::span<const Metric> EventMetrics();
// The other tables of the digest: the fleet.
[[nodiscard]] std::span<const Metric> FleetMetrics();

// Where the columns of the table end, from its left edge; 0 for those that are
// left out. The graph takes what remains.
struct TableLayout {
  size_t height = 1;  // rows of a metric; its numbers stand in the last one
  bool utf8 = true;
  size_t left = 0;
  size_t name = 0;  // its width
  size_t total_end = 0;
  size_t gain_end = 0;
  size_t now_end = 0;
  size_t mean_end = 0;
  size_t graph_begin = 0;
  size_t graph_end = 0;
};
// For `columns` columns from `left` on and names that wide.
[[nodiscard]] TableLayout LayOutTable(size_t left, size_t columns, size_t name);

void DrawTableHeader(const TableLayout& layout, size_t row, CellGrid* grid);

// The first of the metric's rows is `row`.
void DrawMetric(const SnapshotHistory& history, const Metric& metric,
                const TableLayout& layout, size_t row, CellGrid* grid);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DASHBOARD_TABLE_H_
