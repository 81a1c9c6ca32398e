#include "harness/dashboard_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dashboard_table.h"
#include "harness/dashboard_text.h"
#include "harness/progress_line.h"
#include "harness/safe_text.h"

namespace tillstorm {
namespace {

constexpr size_t kKeyNameWidth = 16;    // API Request Logs
constexpr size_t kTableNameWidth = 24;  // site_operating_schedules
constexpr size_t kGaugeWidth = 26;
constexpr size_t kGaugeLabelWidth = 12;
constexpr size_t kTallRows = 40;      // from here on graphs are two rows high
constexpr size_t kWideColumns = 150;  // and tables stand beside the log
constexpr size_t kSideWidth = 62;

// How many rows each part of the main page gets.
struct MainPlan {
  size_t title = 0;
  size_t header = 0;
  size_t metrics = 0;  // how many of them
  size_t total = 0;
  size_t height = 1;  // of a metric
  size_t rule = 0;    // above the gauges
  size_t gauges = 0;
  size_t below = 0;  // log or tables, with their heading
  size_t footer = 0;
};

// What matters most takes its rows first.
MainPlan PlanMain(size_t rows, size_t gauges_full) {
  MainPlan plan;
  size_t left = rows;
  const auto take = [&left](size_t wanted, size_t least) {
    const size_t taken = left >= least ? std::min(left, wanted) : 0;
    left -= taken;
    return taken;
  };
  plan.title = take(1, 1);
  plan.metrics = take(KeyMetrics().size(), 1);
  plan.header = take(1, 1);
  plan.gauges = take(1, 1);
  plan.footer = take(1, 1);
  plan.total = take(1, 1);
  plan.below = take(3, 3);
  // On narrow terminals they would take all there is.
  const size_t gauges = std::min(gauges_full, rows / 3);
  if (gauges > plan.gauges) plan.gauges += take(gauges - plan.gauges, 1);
  plan.rule = take(1, 1);
  const size_t higher = plan.metrics + plan.total;
  if (rows >= kTallRows && take(higher, higher) > 0) plan.height = 2;
  if (plan.below > 0) plan.below += left;
  return plan;
}

void DrawRule(size_t row, bool utf8, CellGrid* grid) {
  grid->Fill(row, utf8 ? U'─' : U'-', CellStyle::kDim);
}

// In a rule, above what begins at `left`.
void DrawHeading(std::string_view title, size_t row, size_t left,
                 CellGrid* grid) {
  grid->Put(row, left + 2, fmt::format(" {} ", title), CellStyle::kDim);
}

void DrawTitle(const CollectSnapshot& now, CellGrid* grid) {
  grid->Fill(0, U' ', CellStyle::kBar);
  const std::string phase = fmt::format(" {} ", Name(now.phase));
  const bool good = now.phase == CollectPhase::kCollecting ||
                    now.phase == CollectPhase::kWatching;
  size_t end = grid->columns();
  grid->PutRight(0, end, phase,
                 good ? CellStyle::kBarGood : CellStyle::kBarNotice);
  end -= std::min(end, phase.size() + 2);
  if (grid->columns() >= 64 && MicrosSinceEpoch(now.virtual_now) > 0) {
    const std::string clock =
        SqlDateTime(now.virtual_now).substr(0, 19) + " UTC";
    grid->PutRight(0, end, clock, CellStyle::kBar);
    end -= clock.size() + 2;
  }
  constexpr std::string_view kName = " tillstorm  ";
  if (end <= kName.size()) return;
  grid->Put(0, 0, kName, CellStyle::kBar);
  grid->Put(0, kName.size(),
            CutText(SafeText(now.location), end - kName.size()),
            CellStyle::kBar);
}

void DrawFooter(const DashboardFrame& frame, CellGrid* grid) {
  const bool paused = frame.history.latest().phase == CollectPhase::kPaused;
  const bool main = frame.page == DashboardPage::kMain;
  std::vector<std::string_view> keys = {"q quit"};
  if (frame.can_pause) keys.push_back(paused ? "p go on" : "p pause");
  keys.push_back(main ? "tab all tables" : "tab back");
  keys.push_back("? help");
  std::string text =
      fmt::format(" {}", fmt::join(keys, grid->columns() >= 60 ? "   " : "  "));
  // "all" can be spared.
  if (text.size() > grid->columns() && main) {
    text = fmt::format(" {}", fmt::join(keys, "  "));
    text.erase(text.find("all "), 4);
  }
  grid->Put(grid->rows() - 1, 0, text, CellStyle::kDim);
}

void DrawGauges(const CollectSnapshot& now, size_t row, size_t rows,
                CellGrid* grid) {
  const size_t columns =
      std::clamp<size_t>(grid->columns() / kGaugeWidth, 1, 5);
  std::vector<Gauge> gauges = GaugesOf(now);
  while (gauges.size() > rows * columns) {
    gauges.erase(std::max_element(
        gauges.begin(), gauges.end(),
        [](const Gauge& a, const Gauge& b) { return a.rank < b.rank; }));
  }
  const size_t width = (grid->columns() - 1) / columns;
  if (width <= kGaugeLabelWidth + 1) return;
  for (size_t i = 0; i < gauges.size(); ++i) {
    const Gauge& gauge = gauges[i];
    const size_t left = 1 + i / rows * width;
    grid->Put(row + i % rows, left, gauge.label, CellStyle::kDim);
    grid->Put(row + i % rows, left + kGaugeLabelWidth,
              CutText(gauge.value, width - kGaugeLabelWidth - 1),
              gauge.notice ? CellStyle::kNotice : CellStyle::kStrong);
  }
}

void DrawLog(const DashboardFrame& frame, size_t row, size_t rows, size_t left,
             CellGrid* grid) {
  DrawHeading("log", row, left, grid);
  const auto lines = *frame.log;
  const size_t shown = std::min(lines.size(), rows - 1);
  if (shown == 0) {
    grid->Put(row + 1, left + 1, "nothing yet", CellStyle::kDim);
  }
  for (size_t i = 0; i < shown; ++i) {
    const LogLine& line = lines[lines.size() - shown + i];
    size_t at =
        grid->Put(row + 1 + i, left + 1, SqlDateTime(line.when).substr(11, 8),
                  CellStyle::kDim);
    // A mark as well: colours may be off.
    at = grid->Put(row + 1 + i, at, line.warning ? " ! " : "   ",
                   CellStyle::kNotice);
    grid->Put(row + 1 + i, at, CutText(line.text, grid->columns() - at),
              line.warning ? CellStyle::kNotice : CellStyle::kPlain);
  }
}

// Tables one under the other: those of events, then the fleet's.
void DrawSideTables(const DashboardFrame& frame, size_t row, size_t rows,
                    size_t columns, CellGrid* grid) {
  TableLayout layout = LayOutTable(1, columns - 1, kTableNameWidth);
  layout.utf8 = frame.utf8;
  DrawHeading("all tables", row, 0, grid);
  DrawTableHeader(layout, row + 1, grid);
  size_t at = row + 2;
  for (const auto& metrics : {EventMetrics(), FleetMetrics()}) {
    for (const Metric& metric : metrics) {
      if (at >= row + rows) return;
      DrawMetric(frame.history, metric, layout, at++, grid);
    }
  }
}

void DrawBelow(const DashboardFrame& frame, size_t row, size_t rows,
               CellGrid* grid) {
  DrawRule(row, frame.utf8, grid);
  if (!frame.log) {
    DrawSideTables(frame, row, rows, grid->columns(), grid);
    return;
  }
  // Beside the log where most of the tables fit.
  size_t left = 0;
  if (grid->columns() >= kWideColumns && rows >= EventMetrics().size() + 2) {
    DrawSideTables(frame, row, rows, kSideWidth, grid);
    left = kSideWidth + 1;
  }
  DrawLog(frame, row, rows, left, grid);
}

void DrawMain(const DashboardFrame& frame, CellGrid* grid) {
  const size_t gauge_columns =
      std::clamp<size_t>(grid->columns() / kGaugeWidth, 1, 5);
  const size_t gauges = GaugesOf(frame.history.latest()).size();
  const MainPlan plan =
      PlanMain(grid->rows(), (gauges + gauge_columns - 1) / gauge_columns);
  TableLayout layout = LayOutTable(1, grid->columns() - 1, kKeyNameWidth);
  layout.utf8 = frame.utf8;
  layout.height = plan.height;
  size_t row = plan.title;
  if (plan.header > 0) DrawTableHeader(layout, row++, grid);
  for (size_t i = 0; i < plan.metrics; ++i) {
    DrawMetric(frame.history, KeyMetrics()[i], layout, row, grid);
    row += plan.height;
  }
  if (plan.total > 0) {
    DrawMetric(frame.history, AllRows(), layout, row, grid);
    row += plan.height;
  }
  if (plan.rule > 0) DrawRule(row++, frame.utf8, grid);
  if (plan.gauges > 0) {
    DrawGauges(frame.history.latest(), row, plan.gauges, grid);
  }
  row += plan.gauges;
  if (plan.below > 0) DrawBelow(frame, row, plan.below, grid);
  if (plan.footer > 0) DrawFooter(frame, grid);
}

// The fleet's tables, which hardly change: name and total, in columns.
void DrawFleet(const DashboardFrame& frame, size_t row, size_t rows,
               CellGrid* grid) {
  constexpr size_t kWidth = kTableNameWidth + 14;
  const size_t columns = std::clamp<size_t>(grid->columns() / kWidth, 1, 4);
  DrawRule(row, frame.utf8, grid);
  DrawHeading("the fleet", row, 0, grid);
  const auto fleet = FleetMetrics();
  const size_t lines = (fleet.size() + columns - 1) / columns;
  for (size_t i = 0; i < fleet.size(); ++i) {
    if (i % lines + 1 >= rows) continue;
    TableLayout layout = LayOutTable(
        1 + i / lines * (grid->columns() / columns), kWidth, kTableNameWidth);
    layout.now_end = 0;
    layout.utf8 = frame.utf8;
    DrawMetric(frame.history, fleet[i], layout, row + 1 + i % lines, grid);
  }
}

void DrawTables(const DashboardFrame& frame, CellGrid* grid) {
  TableLayout layout = LayOutTable(1, grid->columns() - 1, kTableNameWidth);
  layout.utf8 = frame.utf8;
  const size_t end = grid->rows() - 1;  // of what is above the footer
  size_t row = 1;
  DrawTableHeader(layout, row++, grid);
  for (const Metric& metric : EventMetrics()) {
    if (row >= end) break;
    DrawMetric(frame.history, metric, layout, row++, grid);
  }
  if (row + 2 <= end) DrawFleet(frame, row, end - row, grid);
  DrawFooter(frame, grid);
}

std::vector<std::string> HelpLines(bool can_pause) {
  std::vector<std::string> lines = {"q    stop: what is queued is committed"};
  if (can_pause) {
    lines.emplace_back("p    close the interval; again: open the next");
  }
  const std::array<std::string_view, 14> rest = {
      "tab  all tables, and back",
      "?    this help, and back",
      "",
      "total      rows in the dataset",
      "new        rows since the session began",
      "now/min    rows a minute, last 10 seconds",
      "avg/min    rows a minute, whole session",
      "clock lag  of the agent most behind its time",
      "queue      handed over, not yet committed",
      "credits    event blocks that agents may take",
      "limited by schedule (nothing is), agents,",
      "           queue or engine",
      "-          not known",
      "times      UTC",
  };
  lines.insert(lines.end(), rest.begin(), rest.end());
  return lines;
}

}  // namespace

CellGrid RenderDashboard(const DashboardFrame& frame, size_t rows,
                         size_t columns) {
  CellGrid grid(rows, columns);
  if (rows == 0 || columns == 0) return grid;
  if (frame.page == DashboardPage::kTables && rows >= 4) {
    DrawTables(frame, &grid);
  } else {
    DrawMain(frame, &grid);
  }
  DrawTitle(frame.history.latest(), &grid);
  if (!frame.utf8) grid.KeepAscii();
  return grid;
}

CellGrid RenderHelp(bool can_pause, bool utf8, size_t rows, size_t columns) {
  const std::vector<std::string> lines = HelpLines(can_pause);
  size_t width = 0;
  for (const std::string& line : lines) width = std::max(width, line.size());
  CellGrid grid(std::min(rows, lines.size() + 2), std::min(columns, width + 4));
  if (grid.rows() < 3 || grid.columns() < 5) return grid;
  const size_t bottom = grid.rows() - 1;
  const size_t right = grid.columns() - 1;
  for (const size_t row : {size_t{0}, bottom}) {
    grid.Fill(row, utf8 ? U'─' : U'-', CellStyle::kDim);
  }
  for (size_t row = 1; row < bottom; ++row) {
    grid.PutCharacter(row, 0, utf8 ? U'│' : U'|', CellStyle::kDim);
    grid.PutCharacter(row, right, utf8 ? U'│' : U'|', CellStyle::kDim);
    grid.Put(row, 2, CutText(lines[row - 1], right - 3));
  }
  const std::u32string_view corners = utf8 ? U"┌┐└┘" : U"++++";
  grid.PutCharacter(0, 0, corners[0], CellStyle::kDim);
  grid.PutCharacter(0, right, corners[1], CellStyle::kDim);
  grid.PutCharacter(bottom, 0, corners[2], CellStyle::kDim);
  grid.PutCharacter(bottom, right, corners[3], CellStyle::kDim);
  return grid;
}

}  // namespace tillstorm
