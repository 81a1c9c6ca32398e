#include "harness/dashboard_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "harness/dashboard_text.h"
#include "harness/progress_line.h"

namespace tillstorm {
namespace {

constexpr size_t kTotalWidth = 13;  // 2,147,483,647
constexpr size_t kGainWidth = 12;
constexpr size_t kRateWidth = 7;
constexpr size_t kGraphMin = 8;

std::vector<Metric> TablesWhere(bool (*wanted)(const TableInfo&)) {
  std::vector<Metric> metrics;
  for (const TableInfo& table : AllTables()) {
    if (table.in_digest && wanted(table)) {
      metrics.push_back({table.name, {table.id}});
    }
  }
  return metrics;
}

bool IsFilled(const TableInfo& table) {
  return table.is_event() || table.is_ours();
}

int64_t Sum(const std::array<int64_t, kTableCount>& rows,
            const Metric& metric) {
  int64_t sum = 0;
  for (const TableId table : metric.tables) sum += rows[Index(table)];
  return sum;
}

using RateOf = std::optional<double> (SnapshotHistory::*)(TableId) const;

std::optional<double> SumOfRates(const SnapshotHistory& history,
                                 const Metric& metric, RateOf rate_of) {
  double sum = 0;
  for (const TableId table : metric.tables) {
    const std::optional<double> rate = (history.*rate_of)(table);
    if (!rate) return std::nullopt;
    sum += *rate;
  }
  return sum;
}

std::vector<int64_t> SumOfGraphs(const SnapshotHistory& history,
                                 const Metric& metric, size_t columns) {
  std::vector<int64_t> sum;
  for (const TableId table : metric.tables) {
    const std::vector<int64_t> graph = history.Graph(table, columns);
    sum.resize(graph.size());
    for (size_t i = 0; i < graph.size(); ++i) sum[i] += graph[i];
  }
  return sum;
}

void DrawGraph(const SnapshotHistory& history, const Metric& metric,
               const TableLayout& layout, size_t row, CellGrid* grid) {
  const std::vector<int64_t> values =
      SumOfGraphs(history, metric, layout.graph_end - layout.graph_begin);
  const auto text = GraphText(values, layout.height, layout.utf8);
  // The newest at the right edge, where it stays.
  const size_t begin = layout.graph_end - values.size();
  for (size_t i = 0; i < text.size(); ++i) {
    for (size_t j = 0; j < text[i].size(); ++j) {
      grid->PutCharacter(row + i, begin + j, text[i][j], CellStyle::kGraph);
    }
  }
}

}  // namespace

std::span<const Metric> KeyMetrics() {
  static const std::array<Metric, 6> metrics = {{
      {"Device Metrics", {TableId::kDeviceMetrics}},
      {"API Request Logs", {TableId::kApiRequestLogs}},
      {"Error Logs", {TableId::kErrorLogs}},
      {"User Activity", {TableId::kUserActivities}},
      {"Job Outcomes", {TableId::kJobOutcomes}},
      {"Config History", {TableId::kConfigurationHistory}},
  }};
  return metrics;
}

const Metric& AllRows() {
  static const Metric all = [] {
    Metric metric{"All tables", {}, true};
    for (const TableInfo& table : AllTables()) {
      if (table.in_digest) metric.tables.push_back(table.id);
    }
    return metric;
  }();
  return all;
}

std::span<const Metric> EventMetrics() {
  static const std::vector<Metric> metrics = TablesWhere(IsFilled);
  return metrics;
}

std::span<const Metric> FleetMetrics() {
  static const std::vector<Metric> metrics =
      TablesWhere([](const TableInfo& table) { return !IsFilled(table); });
  return metrics;
}

TableLayout LayOutTable(size_t left, size_t columns, size_t name) {
  // Wider columns are easier to read, where there is room for a graph as well.
  const size_t gap = columns >= 100 ? 3 : 0;
  TableLayout layout;
  layout.left = left;
  const size_t end = left + columns;
  size_t at = left;
  const auto take = [&](size_t width, size_t* column_end) {
    if (at + width > end) return;
    at += width;
    *column_end = at;
  };
  layout.name = std::min(name, columns);
  at += layout.name;
  // Order of importance is not the order of columns: the rate now comes before
  // what is new.
  const bool has_gain =
      columns >= name + kTotalWidth + kGainWidth + kRateWidth + 5;
  take(kTotalWidth + 1 + gap, &layout.total_end);
  if (has_gain) take(kGainWidth + 1 + gap, &layout.gain_end);
  take(kRateWidth + 2 + gap, &layout.now_end);
  take(kRateWidth + 2 + gap, &layout.mean_end);
  const size_t graph_begin = at + 2;
  if (graph_begin + kGraphMin <= end) {
    layout.graph_begin = graph_begin;
    layout.graph_end = end;
  }
  return layout;
}

void DrawTableHeader(const TableLayout& layout, size_t row, CellGrid* grid) {
  const auto put = [&](size_t end, std::string_view text) {
    if (end > 0) grid->PutRight(row, end, text, CellStyle::kDim);
  };
  put(layout.total_end, "total");
  put(layout.gain_end, "new");
  put(layout.now_end, "now/min");
  put(layout.mean_end, "avg/min");
  if (layout.graph_end == 0) return;
  const size_t columns = layout.graph_end - layout.graph_begin;
  const auto span =
      SnapshotHistory::GraphStep(columns) * static_cast<int64_t>(columns);
  const std::string words = "last " + CompactDuration(span);
  put(layout.graph_end,
      words.size() <= columns ? words : CompactDuration(span));
}

void DrawMetric(const SnapshotHistory& history, const Metric& metric,
                const TableLayout& layout, size_t row, CellGrid* grid) {
  const CollectSnapshot& now = history.latest();
  const CellStyle plain =
      metric.strong ? CellStyle::kStrong : CellStyle::kPlain;
  const size_t last = row + layout.height - 1;
  const auto put = [&](size_t end, const std::string& text, CellStyle how) {
    if (end > 0) grid->PutRight(last, end, text, how);
  };
  grid->Put(last, layout.left, CutText(metric.name, layout.name), plain);
  put(layout.total_end, FittedCount(Sum(now.rows_total, metric), kTotalWidth),
      plain);
  const int64_t gain = Sum(now.rows_new, metric);
  put(layout.gain_end, FittedGain(gain, kGainWidth),
      gain == 0 ? CellStyle::kDim : plain);
  put(layout.now_end,
      RateText(SumOfRates(history, metric, &SnapshotHistory::RateNow)),
      CellStyle::kStrong);
  put(layout.mean_end,
      RateText(SumOfRates(history, metric, &SnapshotHistory::RateOfSession)),
      plain);
  if (layout.graph_end > 0) {
    DrawGraph(history, metric, layout, row, grid);
  }
}

}  // namespace tillstorm
