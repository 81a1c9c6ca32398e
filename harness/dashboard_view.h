// DashboardView: where things stand on the dashboard. Draws into a grid; knows
// no terminal.
//
// 80x24 is what it is made for: title, six key metrics and their total, gauges,
// the log, keys. With more room graphs grow, then gauges stand in more columns
// and all tables stand beside the log; with less the log goes first, then
// gauges by importance, then columns of the metrics. Nothing is drawn half: a
// number that does not fit is rounded (`1.23M`), a text ends in `...`.
//
// What is not known reads `-`.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_DASHBOARD_VIEW_H_
#define TILLSTORM_HARNESS_DASHBOARD_VIEW_H_

#include <cstdint>
#include <optional>
#include <span>

#include "harness/cell_grid.h"
#include "harness/log_stream.h"
#include "harness/snapshot_history.h"

namespace tillstorm {

enum class DashboardPage : uint8_t { kMain, kTables };

struct DashboardFrame {
  const SnapshotHistory& history;  // not empty
  // The newest last; none: there is no log, and tables stand in its place.
  std::optional<std::span<const LogLine>> log;
  DashboardPage page = DashboardPage::kMain;
  bool utf8 = true;       // else ASCII only
  bool can_pause = true;  // whether p is offered
};

[[nodiscard]] CellGrid RenderDashboard(const DashboardFrame& frame, size_t rows,
                                       size_t columns);

// What lies over it after ?, as large as its text, at most that large.
[[nodiscard]] CellGrid RenderHelp(bool can_pause, bool utf8, size_t rows,
                                  size_t columns);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DASHBOARD_VIEW_H_
