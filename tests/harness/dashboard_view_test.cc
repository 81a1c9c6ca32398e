#include "harness/dashboard_view.h"

#include <sstream>
#include <string>
#include <vector>

#include "harness/dashboard_text.h"
#include "harness/key_reader.h"
#include "harness/plain_lines.h"
#include "harness/safe_text.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kMorning{Micros{1'767'600'000'000'000}};

CollectSnapshot Begin() {
  CollectSnapshot snapshot;
  snapshot.phase = CollectPhase::kCollecting;
  snapshot.taken = CollectSnapshot::Clock::time_point(seconds(1000));
  snapshot.location = "fleet.db";
  snapshot.rows_total[Index(TableId::kDeviceMetrics)] = 1'000'000;
  snapshot.rows_total[Index(TableId::kTenants)] = 1;
  return snapshot;
}

// A minute later: 48,000 metrics, a steady rate.
CollectSnapshot AfterAMinute(int s = 60) {
  CollectSnapshot snapshot = Begin();
  snapshot.taken += seconds(s);
  snapshot.elapsed = seconds(s);
  snapshot.remaining = seconds(3600 - s);
  snapshot.virtual_now = kMorning;
  snapshot.durability = "process";
  snapshot.rows_new[Index(TableId::kDeviceMetrics)] = 800 * s;
  snapshot.rows_total[Index(TableId::kDeviceMetrics)] += 800 * s;
  snapshot.rows_new[Index(TableId::kErrorLogs)] = s / 30;
  snapshot.rows_total[Index(TableId::kErrorLogs)] += s / 30;
  snapshot.queue_rows = 12'345;
  snapshot.credits_left = 980;
  snapshot.credits_total = 1024;
  snapshot.batch_rows = 10'000;
  snapshot.batches = 4'321;
  snapshot.commit_p50 = microseconds(1'240);
  snapshot.commit_p99 = microseconds(18'700);
  snapshot.commit_max = milliseconds(431);
  snapshot.wal_bytes = 4'194'304;
  snapshot.agents_alive = 8'099;
  snapshot.agents_total = 8'100;
  snapshot.lag = milliseconds(12);
  snapshot.limit = CollectLimit::kEngine;
  snapshot.last_commit = kMorning;
  return snapshot;
}

SnapshotHistory MinuteOfHistory() {
  SnapshotHistory history;
  history.Add(Begin());
  for (int s = 1; s <= 60; ++s) history.Add(AfterAMinute(s));
  return history;
}

std::string Text(const CellGrid& grid) {
  std::string text;
  for (size_t row = 0; row < grid.rows(); ++row) {
    text += grid.RowText(row) + "\n";
  }
  return text;
}

// Row by row, so that a failure shows which.
void CheckRows(const CellGrid& grid, const std::string& expected) {
  std::istringstream lines(expected);
  std::string line;
  for (size_t row = 0; row < grid.rows(); ++row) {
    REQUIRE(std::getline(lines, line));
    CHECK(grid.RowText(row) == line);
  }
}

TEST_CASE("80x24 shows all that the dashboard is for", "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::vector<LogLine> log = {
      {kMorning, false, "job 1042 created: restart for site 7, priority high"},
      {kMorning + seconds(1), true, std::string(400, 'x')}};
  const CellGrid grid =
      RenderDashboard({history, log, DashboardPage::kMain, true, true}, 24, 80);
  const std::string rule =
      "────────────────────────────────────────────────────────────────────────"
      "────────";
  CheckRows(
      grid,
      " tillstorm  fleet.db                       2026-01-05 08:00:00 UTC   "
      "collecting\n"
      "                          total          new  now/min  avg/min      "
      "  last 2m40s\n"
      " Device Metrics       1,048,000      +48,000   48,000   48,000        "
      "    ▇▇▇▇▇▇\n"
      " API Request Logs             0           +0        0        0        "
      "    ▁▁▁▁▁▁\n"
      " Error Logs                   2           +2      6.0      2.0        "
      "    ▁▁█▁▁█\n"
      " User Activity                0           +0        0        0        "
      "    ▁▁▁▁▁▁\n"
      " Job Outcomes                 0           +0        0        0        "
      "    ▁▁▁▁▁▁\n"
      " Config History               0           +0        0        0        "
      "    ▁▁▁▁▁▁\n"
      " All tables           1,048,003      +48,002   48,006   48,002        "
      "    ▇▇▇▇▇▇\n" +
          rule +
          "\n"
          " elapsed     1m00s         queue       12,345 rows   commit p50  "
          "1.2 ms\n"
          " remaining   59m00s        credits     980/1,024     commit p99  "
          "19 ms\n"
          " agents      8,099/8,100   batch size  10,000 rows   commit max  "
          "431 ms\n"
          " clock lag   12 ms         batches     4,321         last commit "
          "08:00:00\n"
          " limited by  engine        WAL size    4.19 MB       durability  "
          "process\n"
          "── log ───────────────────────────────────────────────────────────"
          "──────────────\n"
          " 08:00:00   job 1042 created: restart for site 7, priority high\n"
          " 08:00:01 ! " +
          std::string(65, 'x') +
          "...\n"
          "\n\n\n\n\n"
          " q quit   p pause   tab all tables   ? help\n");
}

TEST_CASE("What is not known reads -", "[dashboard_view]") {
  SnapshotHistory history;
  CollectSnapshot snapshot = Begin();
  snapshot.phase = CollectPhase::kWatching;
  history.Add(snapshot);
  const std::string text = Text(RenderDashboard(
      {history, std::nullopt, DashboardPage::kMain, true, false}, 24, 80));
  CHECK_THAT(text, HoldsText(" watching\n"));
  CHECK_THAT(text, HoldsText(" queue       -  "));
  CHECK_THAT(text, HoldsText(" commit p50  -\n"));
  CHECK_THAT(text, HoldsText(" limited by  -  "));
  CHECK_THAT(text, HoldsText(" last commit -\n"));
  CHECK_THAT(text, HoldsText("1,000,000           +0        -        -\n"));
  CHECK_THAT(text, HoldsText(" q quit   tab all tables   ? help\n"));
}

TEST_CASE("A pause is seen, and how to go on", "[dashboard_view]") {
  SnapshotHistory history;
  CollectSnapshot snapshot = AfterAMinute();
  snapshot.phase = CollectPhase::kPaused;
  history.Add(snapshot);
  const CellGrid grid = RenderDashboard(
      {history, std::nullopt, DashboardPage::kMain, true, true}, 24, 80);
  CHECK_THAT(grid.RowText(0), HoldsText("   paused"));
  CHECK(grid.At(0, 78).style == CellStyle::kBarNotice);
  CHECK_THAT(grid.RowText(23), HoldsText("p go on"));
}

TEST_CASE("40x10 keeps the six metrics, what limits and the keys",
          "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::vector<LogLine> log;
  CHECK(Text(RenderDashboard({history, log, DashboardPage::kMain, true, true},
                             10, 40)) ==
        " tillstorm  fleet.db         collecting\n"
        "                          total  now/min\n"
        " Device Metrics       1,048,000   48,000\n"
        " API Request Logs             0        0\n"
        " Error Logs                   2      6.0\n"
        " User Activity                0        0\n"
        " Job Outcomes                 0        0\n"
        " Config History               0        0\n"
        " limited by  engine\n"
        " q quit  p pause  tab all tables  ? help\n");
}

TEST_CASE("Every size can be drawn, on every page, in ASCII as well",
          "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::vector<LogLine> log(50, {kMorning, true, std::string(400, 'x')});
  for (const auto page : {DashboardPage::kMain, DashboardPage::kTables}) {
    for (size_t rows = 0; rows <= 60; rows += 1 + rows / 20) {
      for (size_t columns = 0; columns <= 220; columns += 1 + columns / 20) {
        const CellGrid grid =
            RenderDashboard({history, log, page, false, true}, rows, columns);
        REQUIRE(grid.rows() == rows);
        const CellGrid help = RenderHelp(true, false, rows, columns);
        REQUIRE(help.rows() <= rows);
        REQUIRE(help.columns() <= columns);
        for (size_t row = 0; row < rows; ++row) {
          for (const char c : grid.RowText(row)) REQUIRE((c >= ' ' && c < 127));
        }
      }
    }
  }
}

TEST_CASE("All tables fit in 80x24", "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::string text = Text(RenderDashboard(
      {history, std::nullopt, DashboardPage::kTables, true, true}, 24, 80));
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    CHECK_THAT(text, HoldsText(" " + std::string(table.name) + " "));
  }
  CHECK_THAT(text, HoldsText("tab back"));
}

TEST_CASE("200x50 shows tables beside the log and longer, higher graphs",
          "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::vector<LogLine> log = {{kMorning, false, "a line"}};
  const std::string text = Text(RenderDashboard(
      {history, log, DashboardPage::kMain, true, true}, 50, 200));
  CHECK_THAT(text, HoldsText(" tillstorm_truth "));
  CHECK_THAT(text, HoldsText(" tenants "));
  CHECK_THAT(text, HoldsText(" 08:00:00   a line\n"));
  CHECK_THAT(text, HoldsText("last 10m"));
}

TEST_CASE("Without UTF-8 there is only ASCII", "[dashboard_view]") {
  const SnapshotHistory history = MinuteOfHistory();
  const std::vector<LogLine> log = {{kMorning, false, "caf\u00e9"}};
  const std::string text = Text(RenderDashboard(
      {history, log, DashboardPage::kMain, false, true}, 24, 80));
  CHECK_THAT(text, HoldsText(" 08:00:00   caf?\n"));
  CHECK_THAT(text, HoldsText("-- log ---"));
}

TEST_CASE("A location cannot steer the terminal", "[dashboard_view]") {
  SnapshotHistory history;
  CollectSnapshot snapshot = Begin();
  snapshot.location = "\x1b[2J.db";
  history.Add(snapshot);
  const CellGrid grid = RenderDashboard(
      {history, std::nullopt, DashboardPage::kMain, true, true}, 24, 80);
  CHECK_THAT(grid.RowText(0), HoldsText("tillstorm  \\x1b[2J.db "));
}

TEST_CASE("Graphs reach from zero to a round number", "[dashboard_view]") {
  CHECK(GraphText(std::vector<int64_t>{0, 1, 5, 10}, 1, true)[0] == U"▁▂▅█");
  CHECK(GraphText(std::vector<int64_t>{0, 1, 5, 10}, 1, false)[0] == U"_.=#");
  // 11 rows call for a scale up to 20.
  CHECK(GraphText(std::vector<int64_t>{11, 20}, 1, true)[0] == U"▅█");
  const auto two = GraphText(std::vector<int64_t>{0, 10, 20}, 2, true);
  CHECK(two[0] == U" ▁█");
  CHECK(two[1] == U"▁██");
  CHECK(GraphText({}, 1, true)[0].empty());
}

TEST_CASE("Numbers fit their columns", "[dashboard_view]") {
  CHECK(FittedCount(2'147'483'647, 13) == "2,147,483,647");
  CHECK(FittedCount(2'147'483'647, 12) == "2.15G");
  CHECK(FittedGain(0, 12) == "+0");
  CHECK(FittedGain(12'345'678, 12) == "+12,345,678");
  CHECK(FittedGain(123'456'789, 12) == "+123,456,789");
  CHECK(FittedGain(1'234'567'890, 12) == "+1.23G");
  CHECK(RateText(std::nullopt) == "-");
  CHECK(RateText(0) == "0");
  CHECK(RateText(0.52) == "0.5");
  CHECK(RateText(9.94) == "9.9");
  CHECK(RateText(9.96) == "10");
  CHECK(RateText(12'345.6) == "12,346");
  CHECK(RateText(1'234'567) == "1.23M");
}

TEST_CASE("Latencies have a unit that suits them", "[dashboard_view]") {
  CHECK(LatencyText(std::chrono::nanoseconds(0)) == "0 ms");
  CHECK(LatencyText(microseconds(4)) == "4.0 us");
  CHECK(LatencyText(microseconds(450)) == "450 us");
  CHECK(LatencyText(microseconds(1'240)) == "1.2 ms");
  CHECK(LatencyText(microseconds(12'400)) == "12 ms");
  CHECK(LatencyText(milliseconds(4'500)) == "4.5 s");
  CHECK(LatencyText(seconds(125)) == "2m05s");
}

TEST_CASE("A plain line has the same facts", "[plain_lines]") {
  const CollectSnapshot now = AfterAMinute();
  CHECK(PlainCollectText(nullptr, now) ==
        "1m00s, 59m00s left  1,048,003 rows (+48,002)  800 rows/s  lag 12 ms  "
        "limit engine");
  const CollectSnapshot before = AfterAMinute(50);
  CHECK_THAT(PlainCollectText(&before, now), HoldsText("  800 rows/s  "));
  CollectSnapshot unknown = Begin();
  unknown.phase = CollectPhase::kPreparing;
  CHECK(PlainCollectText(nullptr, unknown) ==
        "0s  1,000,001 rows (+0)  - rows/s  lag -  limit -  preparing");
}

std::string KeysOf(std::string_view bytes) {
  KeyReader reader;
  std::string keys;
  for (const char byte : bytes) {
    if (const auto key = reader.Feed(byte)) keys += *key;
  }
  return keys;
}

TEST_CASE("Sequences of other keys hold no keys", "[key_reader]") {
  CHECK(KeysOf("q?\tp") == "q?\tp");
  CHECK(KeysOf("\x1b[Aq\x1b[15~q\x1bOqq") == "qqq");
  CHECK(KeysOf("\x1b]11;rgb:qqqq/qqqq\ap") == "p");
  CHECK(KeysOf("\x1b]11;qqqq\x1b\\p") == "p");
  CHECK(KeysOf("\x1b[?1;2qp") == "p");
  CHECK(KeysOf("\xc3\xa9q\x03\r\n") == "q");
}

TEST_CASE("Esc alone swallows nothing once it is over", "[key_reader]") {
  KeyReader reader;
  CHECK_FALSE(reader.Feed('\x1b').has_value());
  reader.Pause();
  CHECK(reader.Feed('q') == 'q');
}

}  // namespace
}  // namespace tillstorm
