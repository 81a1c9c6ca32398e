// A collection that never was, on the real display: synthetic snapshots and
// hostile log lines, for tests in a real terminal.
//
//   dashboard_demo [WORD...]
//     on, off       --dashboard; auto without
//     unknown       only what a reader of somebody else's ledger knows
//     steady        the same numbers for ever (for measuring)
//     crash         aborts after two seconds
//     flood         a thousand log lines a second
//
// Time runs 20 times as fast in it as on the wall. Ends like a collection: q
// with 0, SIGINT with 130, SIGTERM with 143; prints `demo ended` then.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "harness/collect_display.h"
#include "harness/log_stream.h"
#include "harness/stop_signal.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSpeed = 20;

// Rows that each table gains in a second, on average.
int64_t RowsPerSecond(TableId table) {
  switch (table) {
    case TableId::kDeviceMetrics:
    case TableId::kHealthChecks:
      return 800;
    case TableId::kApiRequestLogs:
      return 69;
    case TableId::kUserActivities:
      return 8;
    case TableId::kErrorLogs:
      return 1;
    case TableId::kJobOutcomes:
      return 3;
    default:
      return Index(table) >= Index(TableId::kJobs) && Index(table) < 26 ? 1 : 0;
  }
}

class FakeCollection {
 public:
  explicit FakeCollection(const std::set<std::string>& words)
      : known_(!words.contains("unknown")), steady_(words.contains("steady")) {
    for (size_t i = 0; i < kTableCount; ++i) {
      snapshot_.rows_total[i] = i < 12 ? 100 : 1'234'567;
    }
    snapshot_.taken = CollectSnapshot::Clock::now();
    snapshot_.phase =
        known_ ? CollectPhase::kCollecting : CollectPhase::kWatching;
    snapshot_.location = "fleet.db";
    if (known_) SetKnown();
  }

  void Advance(milliseconds step) {
    snapshot_.taken += step;
    snapshot_.elapsed += step;
    if (steady_) return;
    const double s = std::chrono::duration<double>(step).count();
    const bool paused = snapshot_.phase == CollectPhase::kPaused;
    for (size_t i = 0; i < kTableCount && !paused; ++i) {
      // A wave of two minutes.
      const auto phase = static_cast<double>(
          (snapshot_.elapsed / milliseconds(1) + 7'000 * i) % 120'000);
      const double wave = phase < 60'000 ? phase / 60'000 : 2 - phase / 60'000;
      owed_[i] += s *
                  static_cast<double>(RowsPerSecond(static_cast<TableId>(i))) *
                  (0.5 + wave);
      const auto rows = static_cast<int64_t>(owed_[i]);
      owed_[i] -= static_cast<double>(rows);
      snapshot_.rows_total[i] += rows;
      snapshot_.rows_new[i] += rows;
    }
    if (snapshot_.remaining) *snapshot_.remaining -= step;
    if (known_) snapshot_.virtual_now += step;
    snapshot_.last_commit =
        std::chrono::floor<Micros>(std::chrono::system_clock::now());
  }

  void TogglePause() {
    snapshot_.phase = snapshot_.phase == CollectPhase::kPaused
                          ? CollectPhase::kCollecting
                          : CollectPhase::kPaused;
  }

  [[nodiscard]] const CollectSnapshot& snapshot() const { return snapshot_; }

 private:
  void SetKnown() {
    snapshot_.remaining = std::chrono::hours(1);
    snapshot_.virtual_now = FromMicros(1'767'571'200'000'000);
    snapshot_.durability = "process";
    snapshot_.queue_rows = 12'345;
    snapshot_.credits_left = 980;
    snapshot_.credits_total = 1024;
    snapshot_.batch_rows = 10'000;
    snapshot_.batches = 4'321;
    snapshot_.commit_p50 = std::chrono::microseconds(1'240);
    snapshot_.commit_p99 = std::chrono::microseconds(18'700);
    snapshot_.commit_max = std::chrono::milliseconds(431);
    snapshot_.wal_bytes = 4'194'304;
    snapshot_.agents_alive = 8'100;
    snapshot_.agents_total = 8'100;
    snapshot_.lag = milliseconds(12);
    snapshot_.limit = CollectLimit::kEngine;
  }

  const bool known_;
  const bool steady_;
  CollectSnapshot snapshot_;
  std::array<double, kTableCount> owed_{};
};

void SayHostileThings(LogStream& log) {
  log.Info(
      "job 1042 created: update_pos_payment_config for site 7, "
      "priority high");
  log.Warning("alert 12 raised, critical: Memory leak on POS Terminal 3-2");
  log.Info("\x1b[2J\x1b[1;1Hclears the screen\x1b[31m in red");
  log.Info("\x1b]0;owned\a sets the title, \x1b]52;c;b3duZWQ=\a the clipboard");
  log.Info(
      "two\nlines\r\nand a \x9b"
      "31mC1, \xc2\x9b"
      "31m as UTF-8");
  log.Info(
      "bidi \xe2\x80\xae"
      "gnp.exe\xe2\x81\xa6 and bad \xff\xc0\xaf UTF-8");
  log.Info("caf\xc3\xa9 " + std::string(4'000, 'x') + " the end");
}

int Run(const std::set<std::string>& words) {
  LogStreamOptions log_options;
  Result<std::unique_ptr<LogStream>> log = LogStream::Open(log_options);
  if (!log.ok()) return log.status().exit_code();
  CollectDisplayOptions options;
  options.mode = words.contains("on")    ? DashboardMode::kOn
                 : words.contains("off") ? DashboardMode::kOff
                                         : DashboardMode::kAuto;
  options.dashboard.can_pause = !words.contains("unknown");
  if (!words.contains("unknown")) options.dashboard.log = log->get();
  StopSignal signal;
  Result<std::unique_ptr<CollectDisplay>> display =
      CollectDisplay::Open(options);
  if (!display.ok()) {
    ReportError(display.status().message());
    return display.status().exit_code();
  }
  FakeCollection collection(words);
  SayHostileThings(**log);
  const auto begun = std::chrono::steady_clock::now();
  auto last = begun;
  int code = 0;
  while (signal.count() == 0) {
    signal.Wait(milliseconds(100));
    const DashboardKey key = (*display)->ReadKey();
    if (key == DashboardKey::kQuit) break;
    if (key == DashboardKey::kPause) collection.TogglePause();
    const auto now = std::chrono::steady_clock::now();
    if (words.contains("crash") && now - begun > seconds(2)) std::abort();
    for (int i = 0; words.contains("flood") && i < 100; ++i) {
      (*log)->Info("one of a flood");
    }
    if (!(*display)->Due()) continue;
    collection.Advance(kSpeed *
                       std::chrono::duration_cast<milliseconds>(now - last));
    last = now;
    (*display)->Show(collection.snapshot());
  }
  if (signal.count() > 0) code = static_cast<int>(signal.code());
  (*display)->Close();
  std::puts("demo ended");
  return code;
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  tillstorm::PrepareProcess();
  return tillstorm::Run({argv + 1, argv + argc});
}
